"""Pages and records: answers that take the user there."""

import re

from assistant.schemas import Action
from assistant.skills import routes
from assistant.skills.gallery import not_in_gallery, which_asset
from assistant.skills.questions import next_questions, no_data
from assistant.skills.samples import locate
from assistant.skills.tasks import unknown_task, which_task
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import asset_name, clip, name_of, package_name, task_name

_LOOK_PAGES = {"media": "gallery", "events": "run_of_show"}
_PICTURE = re.compile(
    r"\b(?:image|photo|picture|pic|asset|frame|shot)\b.{0,12}?\b(\w*\d\w*)", re.IGNORECASE
)
_TASK = re.compile(r"\btask\b", re.IGNORECASE)


def page(turn: Turn) -> Reply:
    slug = turn.slots.target or "home"
    title = routes.PAGE_TITLES[slug]
    action = Action(
        label="Go back" if slug == "back" else f"Open {title}",
        target=routes.page(slug),
        primary=True,
    )
    return Reply(
        content="Taking you back." if slug == "back" else f"Opening {title}.",
        type="navigation",
        actions=(action,),
        follow_up=next_questions(turn),
    )


def entity(turn: Turn) -> Reply:
    assets, tasks = turn.linked_assets(), turn.linked_tasks()
    if len(turn.linked()) > 1:
        return locate(turn)
    if len(assets) > 1:
        return which_asset(assets)
    if len(tasks) > 1:
        return which_task(tasks)
    record = _record(turn)
    if record:
        return record
    return _unlinked(turn) if turn.slots.look is None else _look(turn, turn.slots.look)


def _record(turn: Turn) -> Reply | None:
    """Open the one record that is named, of whatever kind."""
    offers = [offer for offer in turn.context.packages if offer.id in turn.slots.packages]
    found = [
        *((name_of(piece), "samples", piece.id) for piece in turn.linked()),
        *((asset_name(asset), "gallery", asset.id) for asset in turn.linked_assets()),
        *((task_name(task), "tasks", task.id) for task in turn.linked_tasks()),
        *((package_name(offer), "packages", offer.id) for offer in offers),
    ]
    if not found:
        return None
    name, slug, record_id = found[0]
    return _open(turn, name, routes.record(slug, record_id), focus=record_id)


def _look(turn: Turn, look: int) -> Reply:
    slug = _LOOK_PAGES.get(turn.kit, "samples")
    return _open(turn, f"look {look}", routes.filtered(slug, look=look))


def _unlinked(turn: Turn) -> Reply:
    """Answer for a record that is named and not linked: it is not there, or its list has not come."""
    picture = _PICTURE.search(turn.message)
    if picture and turn.assets:
        return not_in_gallery(turn, clip(picture[1], 30))
    if picture:
        number = clip(picture[1], 30)
        return _open(turn, f"the gallery at “{number}”", routes.filtered("gallery", q=number))
    if _TASK.search(turn.message):
        return unknown_task(turn) if turn.tasks else no_data(turn, "tasks")
    return locate(turn)


def _open(turn: Turn, name: str, target: str, *, focus: str | None = None) -> Reply:
    return Reply(
        content=f"Opening {name}.",
        type="navigation",
        actions=(Action(label=f"Open {name}", target=target, primary=True),),
        follow_up=next_questions(turn),
        shown=(focus,) if focus else (),
        focus=focus,
    )
