"""Pages and records: answers that take the user there."""

import re

from assistant.schemas import Action
from assistant.skills import routes
from assistant.skills.questions import next_questions
from assistant.skills.samples import locate
from assistant.skills.turn import Reply, Turn
from assistant.skills.wording import clip, name_of

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
    pieces = turn.linked()
    if len(pieces) == 1:
        return _open(turn, name_of(pieces[0]), routes.sample(pieces[0]))
    if pieces:
        return locate(turn)
    if turn.slots.look is not None:
        slug = _LOOK_PAGES.get(turn.kit, "samples")
        target = routes.filtered(slug, look=turn.slots.look)
        return _open(turn, f"look {turn.slots.look}", target)
    picture = _PICTURE.search(turn.message)
    if picture:
        number = clip(picture[1], 30)
        return _open(turn, f"the gallery at “{number}”", routes.filtered("gallery", q=number))
    if _TASK.search(turn.message):
        return Reply(
            content="I can't see your tasks here yet, so I can't pick that one; "
            "this opens the task list.",
            type="navigation",
            actions=(routes.open_page("tasks", primary=True),),
            follow_up=next_questions(turn),
        )
    return locate(turn)


def _open(turn: Turn, name: str, target: str) -> Reply:
    return Reply(
        content=f"Opening {name}.",
        type="navigation",
        actions=(Action(label=f"Open {name}", target=target, primary=True),),
        follow_up=next_questions(turn),
    )
