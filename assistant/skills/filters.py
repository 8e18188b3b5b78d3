"""Which records a message asks for, and how bad the worst of them is."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from assistant.schemas import Severity
from assistant.skills.questions import COMING, OPEN_TASKS, PENDING
from assistant.skills.turn import Turn
from assistant.understanding.lexicon import CLASS_OF
from assistant.understanding.linker import same_look, tokens_of
from assistant.understanding.normalise import fold, words_of
from assistant.understanding.slots import Slots
from assistant.understanding.spelling import singular
from insights.schemas.logistics import Sample
from insights.schemas.media import GalleryAsset
from insights.schemas.tasks import Task

_MINE = re.compile(r"\b(?:my|mine|myself|i|assigned to me|for me|on me)\b")
_ASKS = re.compile(r"\b(?:can|could|may|should|do) i (?:see|get|have a look|find|know)\b")
_LEFT = re.compile(r"\b(?:left|remaining|outstanding|unfinished|pending|to go)\b")
_MUST = re.compile(
    r"\b(?:must|needs? to|have to|has to|had to|should|ought to|got to|gotta|to be)\b"
)
_NOT_BEGUN = re.compile(r"\b(?:not (?:yet )?(?:started|begun)|to ?do|upcoming)\b")
_NO_OWNER = re.compile(
    r"\b(?:no(?:body|[ -]?one)?(?: has)? (?:an? )?(?:owners?|assignees?)|un(?:assigned|owned|claimed)"
    r"|without (?:an? |any )?(?:owners?|assignees?|person)|not (?:yet )?assigned"
    r"|(?:nobody|no one) (?:owns|has|does|assigned|is (?:on|doing|assigned)))\b"
)
_APPROVED = re.compile(r"\b(?:approved|signed off|accepted)\b")
_AT_LEAST = re.compile(
    r"\b(?:at least|or (?:more|better|higher|up|above)|and (?:up|above|higher|better)|from)\b|\+"
)
_SQUARE_FROM, _SQUARE_TO = 0.98, 1.02
_DIGITS = re.compile(r"[0-9]{1,9}")

BAD = frozenset({"lost", "delayed", "damaged"})


def fits(sample: Sample, slots: Slots) -> bool:
    """Tell whether a piece passes every filter that the message sets."""
    return (
        (not slots.statuses or sample.status in slots.statuses)
        and (not slots.items or sample.id in slots.items)
        and (not slots.places or _same(sample.location, slots.places))
        and (not slots.colours or bool(tokens_of(sample)[0].intersection(slots.colours)))
        and fits_kind(sample, slots)
        and not (slots.excluded and _is_excluded(sample, slots.excluded))
    )


def _is_excluded(sample: Sample, excluded: Sequence[str]) -> bool:
    tokens, _ = tokens_of(sample)
    return (
        is_of(sample, excluded)
        or not tokens.isdisjoint(map(fold, excluded))
        or _same(sample.designer, excluded)
    )


def fits_kind(sample: Sample, slots: Slots) -> bool:
    """Tell the same for what a piece is: its house, category, look and whether it is a hero."""
    return (
        (slots.hero is None or sample.is_hero == slots.hero)
        and (slots.look is None or same_look(sample, slots.look))
        and (not slots.designers or _same(sample.designer, slots.designers))
        and (not slots.categories or is_of(sample, slots.categories))
    )


def is_of(sample: Sample, categories: Sequence[str]) -> bool:
    """Tell whether a piece is of a category by its own word for it, its class, or its name."""
    if category_names(sample.category).intersection(categories):
        return True
    tokens, classes = tokens_of(sample)
    return not classes.union(map(singular, tokens)).isdisjoint(categories)


def agrees(sample: Sample, categories: Sequence[str]) -> bool:
    """Tell whether a piece can be what a message calls it: a suit is no handbag, a tote may be a bag."""
    _, classes = tokens_of(sample)
    said = {CLASS_OF.get(category, category) for category in categories}
    return not said or not classes or not said.isdisjoint(classes) or is_of(sample, categories)


def category_names(category: str) -> set[str]:
    """Return the words that ask for a category: itself in the singular, and its class."""
    head = singular(category.strip().lower())
    return {head, CLASS_OF.get(head, head)}


def _same(value: str | None, wanted: Iterable[str]) -> bool:
    return value is not None and fold(value) in {fold(name) for name in wanted}


def severity_of(samples: Iterable[Sample], now: datetime) -> Severity:
    """Return how bad the worst of these is: a lost or late hero is critical."""
    worst: Severity = "info"
    for sample in samples:
        overdue = sample.status in COMING and bool(sample.expected_at and sample.expected_at < now)
        if sample.status in BAD or overdue:
            if sample.is_hero:
                return "critical"
            worst = "warning"
    return worst


def is_look(look_id: str | None, look: int) -> bool:
    """Tell whether an id names the look of this number: `18`, `look-18` and `L18` do."""
    digits = _DIGITS.findall(look_id[-20:]) if look_id else []
    return bool(digits) and int(digits[-1]) == look


# Tasks.


def is_open(task: Task) -> bool:
    return task.status in OPEN_TASKS


def is_overdue(task: Task, now: datetime) -> bool:
    return is_open(task) and task.due_at is not None and task.due_at < now


def is_of_user(task: Task, turn: Turn) -> bool:
    user_id, name = turn.context.user_id, turn.context.user_name
    return (user_id is not None and user_id in {task.owner_id, *task.assignee_ids}) or (
        name is not None and name == task.owner_name
    )


def _is_of(task: Task, names: Collection[str], ids: Collection[str]) -> bool:
    """Tell whether a task is owned by, or assigned to, somebody of these names or ids."""
    return task.owner_name in names or not {task.owner_id, *task.assignee_ids}.isdisjoint(ids)


def asks_mine(turn: Turn) -> bool:
    plain = fold(turn.message)
    return bool(_MINE.search(plain)) and not _ASKS.search(plain)


def people_asked(turn: Turn) -> tuple[str, ...]:
    """Return who is asked about: the user before those of the turn before ("and mine?")."""
    said = set(words_of(turn.message))
    named = any(not said.isdisjoint(words_of(name)) for name in turn.slots.people)
    return () if asks_mine(turn) and not named else turn.slots.people


def asks_no_owner(turn: Turn) -> bool:
    return bool(_NO_OWNER.search(fold(turn.message)))


def task_statuses(turn: Turn) -> tuple[str, ...]:
    """Return the statuses that are asked for: what is open need not wait, what is not started may be ready."""
    said = turn.slots.task_statuses
    plain = fold(turn.message)
    all_open = "not_started" in said and not _NOT_BEGUN.search(plain)
    # "Which must be finished today" asks for what is not.
    if all_open or (not said and _LEFT.search(plain)) or ("done" in said and _MUST.search(plain)):
        return OPEN_TASKS
    statuses = [status for status in said if status != "overdue"]
    return (*statuses, "ready") if "not_started" in statuses else tuple(statuses)


def wanted_tasks(turn: Turn) -> list[Task]:
    """Return the tasks that pass every filter of the message, those due first in front."""
    slots = turn.slots
    statuses = task_statuses(turn)
    overdue = "overdue" in slots.task_statuses
    people, mine, nobody = people_asked(turn), asks_mine(turn), asks_no_owner(turn)
    ids = {person.id for person in turn.context.people if person.name in people}
    window = None if overdue else slots.window
    due_only = window is not None and not statuses
    found = [
        task
        for task in turn.tasks
        if task.status != "cancelled"
        and (not statuses or overdue or task.status in statuses)
        and (not overdue or is_overdue(task, turn.now))
        and (not due_only or is_open(task))
        and (
            window is None or (task.due_at is not None and window.start <= task.due_at < window.end)
        )
        and (not people or _is_of(task, people, ids))
        and (not mine or bool(people) or is_of_user(task, turn))
        and (not nobody or not task.is_assigned)
        and (not slots.tasks or task.id in slots.tasks)
        and (not slots.roles or _has_role(task, slots.roles))
    ]
    return sorted(found, key=lambda task: (task.due_at is None, task.due_at or turn.now))


def _has_role(task: Task, roles: Iterable[str]) -> bool:
    return task.role is not None and singular(fold(task.role)) in {
        singular(fold(role)) for role in roles
    }


# Pictures.


def asset_statuses(turn: Turn) -> frozenset[str]:
    """Return the statuses that are asked for; what waits for a review is pending."""
    said = set(turn.slots.asset_statuses)
    if "pending_review" in said:
        # "Still to approve" has the word of "approved" in it.
        if not _APPROVED.search(fold(turn.message).replace("not approved", "")):
            said.discard("approved")
        said |= PENDING
    return frozenset(said)


def orientation_of(asset: GalleryAsset) -> str | None:
    if asset.orientation or not asset.width or not asset.height:
        return asset.orientation
    ratio = asset.width / asset.height
    if _SQUARE_FROM <= ratio <= _SQUARE_TO:
        return "square"
    return "landscape" if ratio > 1 else "portrait"


def at_least(turn: Turn) -> bool:
    """Tell whether a rating is asked for as the lowest of several."""
    return bool(_AT_LEAST.search(turn.message.lower()))


def wanted_assets(turn: Turn) -> list[GalleryAsset]:
    """Return the pictures that pass every filter of the message."""
    slots = turn.slots
    statuses = asset_statuses(turn)
    pieces = turn.linked()
    ids = {piece.id for piece in pieces}
    skus = {piece.sku for piece in pieces if piece.sku}
    tags = {fold(tag) for tag in slots.tags}
    or_more = at_least(turn)
    return [
        asset
        for asset in turn.assets
        if (not slots.assets or asset.id in slots.assets)
        and (not statuses or asset.status in statuses)
        and (slots.look is None or is_look(asset.look_id, slots.look))
        and (not slots.angles or asset.angle in slots.angles)
        and (slots.orientation is None or orientation_of(asset) == slots.orientation)
        and (not tags or not tags.isdisjoint(fold(tag) for tag in asset.tags))
        and (
            slots.rating is None
            or asset.rating == slots.rating
            or (or_more and asset.rating >= slots.rating)
        )
        and (not ids or asset.sample_id in ids or not skus.isdisjoint({asset.sku, *asset.skus}))
    ]
