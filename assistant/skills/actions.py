"""Every action by its skill: each proposes, none does. Here also those that change no record of the production."""

import re
from collections.abc import Callable
from datetime import datetime

from assistant.schemas import Value
from assistant.skills import asset_actions, routes, sample_actions, task_actions
from assistant.skills.changes import ask, listed, moment_of, offer, plain
from assistant.skills.proposals import Change
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import clip, counted, join, name_of
from assistant.understanding.normalise import fold

_FORMATS = (
    ("xlsx", "an Excel file", re.compile(r"\b(?:excel|xlsx?|spreadsheet|sheets?)\b")),
    ("csv", "a CSV file", re.compile(r"\bcsv\b")),
    ("pdf", "a PDF", re.compile(r"\b(?:pdf|print\w*)\b")),
    ("zip", "a ZIP file", re.compile(r"\bzip\w*\b")),
)
# The first whose words are said is exported: page, its words, what it is called.
_LISTS = (
    ("run_of_show", r"run of show|timeline|schedule|rundown|call sheet|cue sheet", "run of show"),
    ("shot_list", r"shot ?list|missing shots", "shot list"),
    ("selects", r"selects?|picks", "selects"),
    ("staffing", r"staff\w*|crew|roster|shifts?", "staffing plan"),
    ("tasks", r"tasks?|to ?dos?|checklist", "task list"),
    ("returns", r"returns?|loans?", "returns list"),
    ("packages", r"packages?|offers?|quotes?", "packages"),
    ("gallery", r"gallery|images?|photos?|pictures?|pics|assets?|files?", "gallery"),
    ("samples", r"samples?|pieces?|tracker|inventory|trolley|rail", "sample list"),
    ("insights", r"reports?|readiness|blockers?|analys\w+|summary|insights?", "report"),
)
_LIST_RULES = tuple((slug, re.compile(rf"\b(?:{words})\b"), title) for slug, words, title in _LISTS)
_LIST_OF_KIT = {
    "logistics": ("samples", "sample list"),
    "events": ("tasks", "task list"),
    "media": ("gallery", "gallery"),
    "recommendations": ("packages", "packages"),
}
_SHARES = re.compile(r"\b(?:share|send|email|mail|forward|pass|give)\b")
_WHOM = re.compile(
    r"\b(?:with|to)\s+(?:the\s+|our\s+|my\s+)?(?P<whom>client|team|press|stylist|photographer|designer"
    r"|producer|brand|agency|crew|retoucher|printer|everyone|everybody)\b",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"\b(?:tell|text|message|email|ping|notify|alert|remind|inform|let|warn|update|chase|nudge)\s+(?:the\s+|our\s+|my\s+)?"
    r"(?:(?:whole|entire)\s+)?(?P<whom>client|team|press|stylist|photographer|designer|producer|brand|agency|crew|retoucher"
    r"|printer|caterers?|venue|everyone|everybody)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|regarding|re|that|of|on|to|for)\s+(?:the\s+|my\s+)?(?P<about>[^.!?;]{2,120})$",
    re.IGNORECASE,
)
_HOUR = re.compile(r"\b\d{1,2}(?:[:.]\d\d)? ?(?:am|pm|h|o'clock)\b|\b\d{1,2}:\d\d\b", re.IGNORECASE)
_REMINDS = re.compile(r"\b(?:remind\w*|nudge|reminder|alarm|ping me|alert me|notify me|wake)\b")
_ME = re.compile(r"\b(?:me|myself|us)\b")
_OFF = re.compile(
    r"\b(?:off|disable|mute|stop|no|hide|without|silence|unsubscribe|deactivate|less)\b"
)
_KIT = re.compile(r"\b(logistics|events?|media|recommendations?|home)\b")
_KITS = {"event": "events", "recommendation": "recommendations"}
_EXPORTS = re.compile(
    r"\b(?:export|download|copy|send|get|give|extract|receive|see|all the data)\b"
)
_DELETES = re.compile(r"\b(?:delete|erase|remove|wipe|forget|clear|destroy|purge|close)\b")


def export(turn: Turn) -> Reply:
    said = plain(turn)
    slug, title = next(
        ((slug, title) for slug, rule, title in _LIST_RULES if rule.search(said)),
        _LIST_OF_KIT.get(turn.kit, ("insights", "report")),
    )
    name, file = next(
        ((name, file) for name, file, rule in _FORMATS if rule.search(said)), ("", "")
    )
    count = _count_of(turn, slug)
    whole = f"the {title}{f' ({count})' if count else ''}"
    if turn.slots.look is not None and slug in {"samples", "gallery"}:
        whole = f"look {turn.slots.look} of the {title}"
    whom = _receiver(turn)
    if _SHARES.search(said) and whom:
        words = f"share {whole}{f' as {file}' if file else ''} with {whom}"
    else:
        words = f"export {whole}{f' as {file}' if file else ''}"
    fields: dict[str, Value] = {"format": name or None, "receiver": whom, "look": turn.slots.look}
    return offer(
        turn,
        words,
        [
            _request("exports", title, "page", slug),
            *(_request("exports", title, field, value) for field, value in fields.items() if value),
        ],
        warning="It leaves your workspace." if whom else "",
        links=(routes.open_page(slug),),
    )


def _receiver(turn: Turn) -> str | None:
    people = turn.slots.people
    if len(people) == 1:
        return clip(people[0])
    found = _WHOM.search(turn.message)
    return f"the {found['whom'].lower()}" if found else None


def _count_of(turn: Turn, slug: str) -> str:
    context = turn.context
    counts = {
        "samples": (len(context.samples), "sample"),
        "tasks": (len(context.tasks), "task"),
        "gallery": (len(context.assets), "image"),
        "shot_list": (len(context.shots), "shot"),
        "run_of_show": (len(context.cues), "cue"),
    }
    count, noun = counts.get(slug, (0, ""))
    return counted(count, noun) if count else ""


def notify(turn: Turn) -> Reply:
    said = plain(turn)
    to_me = bool(_ME.search(said)) and not turn.slots.people
    whom = _addressee(turn, to_me=to_me)
    if isinstance(whom, Reply):
        return whom
    about = _subject(turn)
    at = None if _tells_of_a_time(turn, about) else _moment(turn)
    if not about:
        return ask(turn, f"What should {whom} hear about?", routes.open_page("notifications"))
    verb = "remind" if _REMINDS.search(said) else "message"
    when = f" {turn.when(at)}" if at else ""
    table = "reminders" if verb == "remind" else "messages"
    changes = [_request(table, about, "receiver", whom), _request(table, about, "about", about)]
    if at:
        changes.append(_request(table, about, "at", at.isoformat()))
    return offer(
        turn,
        f"{verb} {whom}{when} about {about}",
        changes,
        links=(routes.open_page("notifications"),),
    )


def _addressee(turn: Turn, *, to_me: bool) -> str | Reply:  # noqa: PLR0911 -- one return for each thing to say
    people = turn.slots.people
    if to_me:
        return "you"
    if len(people) == 1:
        return clip(people[0])
    if people:
        names = join([clip(name) for name in people[:6]], "or")
        return ask(turn, f"Whom do you mean: {names}?", routes.open_page("staffing"))
    if found := _WHOM.search(f"to {turn.message}") or _GROUP.search(turn.message):
        whom = found["whom"].lower()
        return whom if whom.startswith("every") else f"the {whom}"
    owners = {task.owner_name for task in turn.linked_tasks() if task.owner_name}
    if len(owners) == 1:
        return clip(owners.pop())
    if _REMINDS.search(plain(turn)):
        return "you"
    return ask(turn, "Whom should I write to?", routes.open_page("staffing"))


def _subject(turn: Turn) -> str:
    names = [clip(task.label) for task in turn.linked_tasks()]
    names = names or [name_of(piece) for piece in turn.linked()]
    names = names or [clip(asset.file_name or asset.id) for asset in turn.linked_assets()]
    if names:
        return listed(names)
    said = turn.message.strip()
    window = turn.slots.window
    if window and said.casefold().endswith(window.text.casefold()):
        said = said[: -len(window.text)].strip(" ,")
    found = _ABOUT.search(said)
    about = clip(found["about"], 120).strip(" \"'“”") if found else ""
    about = re.sub(r"[\s,]+(?:please|pls|at|on|by)$", "", about, flags=re.IGNORECASE)
    people = {clip(name).casefold() for name in turn.slots.people}
    return "" if about.casefold() in people | {"me", "us"} else about


def _tells_of_a_time(turn: Turn, about: str) -> bool:
    """Tell whether a time is what a message says ("that call is at two"), not when it is to be sent."""
    window = turn.slots.window
    said = window.text if window else ""
    is_in = bool(_HOUR.search(about)) or (bool(said) and fold(said) in fold(about))
    return is_in and not _REMINDS.search(plain(turn))


def _moment(turn: Turn) -> datetime | None:
    slots = turn.slots
    if slots.window is None and slots.clock is None:
        return None
    return moment_of(turn, None)


def preferences(turn: Turn) -> Reply:
    said = plain(turn)
    on = not _OFF.search(said)
    state = "on" if on else "off"
    found = _preference(turn, said, on=on, state=state)
    settings = routes.open_page("settings")
    if found is None:
        return ask(
            turn,
            "Which preference do you mean: suggestions, alerts, the default kit, the order of the kits, "
            "favourites, or how long conversations are kept?",
            settings,
        )
    field, value, words = found
    change = Change(
        table="user_preferences",
        id=turn.context.user_id or "",
        label="preferences",
        field=field,
        new=value,
    )
    return offer(turn, words, [change], links=(settings,))


def _preference(turn: Turn, said: str, *, on: bool, state: str) -> tuple[str, Value, str] | None:  # noqa: PLR0911 -- one return for each thing to say
    kits = [_KITS.get(name, name) for name in _KIT.findall(said)]
    days = turn.slots.minutes
    if re.search(r"\b(?:keep|retention|retain|history)\b", said) and days and days >= _DAY:
        count = round(days / _DAY)
        return (
            "conversation_history_retention_days",
            count,
            f"keep your conversations for {counted(count, 'day')}",
        )
    if re.search(r"\b(?:order|sort|reorder|first|rearrange|top)\b", said) and kits:
        order = tuple(dict.fromkeys(kits))
        return "kit_order", order, f"put {join(order)} first in the order of the kits"
    if re.search(r"\b(?:default|start\w*|open\w*|land\w*|home kit)\b", said) and kits:
        return "default_kit", kits[-1], f"make {kits[-1]} your default kit"
    if re.search(r"\bfavou?rites?\b|\bfav\b|\bpin\b|\bstar\b", said):
        target = clip(turn.message, 80)
        return "favorite_actions", (target,), "change your favourites"
    if re.search(r"\bsuggest\w*|\bhints?\b|\btips?\b|\bprompts?\b", said):
        return "auto_suggestions_enabled", on, f"turn suggestions {state}"
    if re.search(r"\b(?:alert|notif|email|push|sound|reminder|ping|mute|silence)\w*", said):
        about = f" about {join(list(dict.fromkeys(kits)))}" if kits else ""
        key = ",".join(dict.fromkeys(kits)) or "all"
        return f"notification_preferences.{key}", on, f"turn alerts{about} {state}"
    return None


_DAY = 1_440


def privacy(turn: Turn) -> Reply:
    said = plain(turn)
    what = "your conversations with me" if re.search(
        r"\b(?:chats?|conversations?|history|messages?)\b", said
    ) else "your personal data"  # fmt: skip
    deletes = bool(_DELETES.search(said)) and not re.search(r"\b(?:export|download)\b", said)
    verb = "delete" if deletes or not _EXPORTS.search(said) else "export"
    return offer(
        turn,
        f"{verb} {what}",
        [
            _request("privacy_requests", what, "request", verb),
            _request("privacy_requests", what, "scope", what.split()[1]),
        ],
        warning="This cannot be undone." if verb == "delete" else "",
        links=(routes.open_page("settings"),),
    )


def _request(table: str, label: str, field: str, value: Value) -> Change:
    return Change(table=table, id="", label=label, field=field, new=value)


# skill -> (what proposes it, the analyses and the parts of the context that it reads)
ACTIONS: dict[str, tuple[Callable[[Turn], Reply], tuple[str, ...], tuple[str, ...]]] = {
    "act.sample_status": (sample_actions.status, (), ("samples",)),
    "act.sample_add": (sample_actions.add, (), ("samples",)),
    "act.sample_edit": (sample_actions.edit, (), ("samples",)),
    "act.task_status": (task_actions.status, ("event.critical_path",), ("tasks",)),
    "act.task_assign": (task_actions.assign, (), ("tasks",)),
    "act.task_create": (task_actions.create, (), ("tasks",)),
    "act.task_reschedule": (task_actions.reschedule, ("event.critical_path",), ("tasks",)),
    "act.asset_approve": (asset_actions.approve, ("media.quality",), ("assets",)),
    "act.asset_reject": (asset_actions.reject, ("media.quality",), ("assets",)),
    "act.asset_tag": (asset_actions.tag, ("media.quality",), ("assets",)),
    "act.export_share": (export, (), ()),
    "act.notify": (notify, (), ()),
    "act.preferences": (preferences, (), ()),
    "act.privacy": (privacy, (), ()),
}
