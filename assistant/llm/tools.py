"""The skills that a model may call: those that only read, with a schema of what each takes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, get_args

import msgspec

from assistant.llm.provider import Function, Refused
from assistant.skills import SKILLS
from assistant.skills.routes import PAGE_TITLES
from assistant.understanding import Understanding
from assistant.understanding.context import Context
from insights.schemas.logistics import Status
from insights.schemas.media import Angle, AssetStatus, Orientation
from insights.schemas.tasks import TaskStatus

_MOST = 40
_Words = Annotated[str, msgspec.Meta(max_length=500)]
_Texts = Annotated[
    tuple[Annotated[str, msgspec.Meta(max_length=200)], ...], msgspec.Meta(max_length=_MOST)
]
_PAGES = Literal[tuple(PAGE_TITLES)]  # type: ignore[valid-type]
_OVERDUE = Literal[(*get_args(TaskStatus), "overdue")]  # type: ignore[valid-type]


def _some(of: Any) -> Any:
    return Annotated[tuple[of, ...], msgspec.Meta(max_length=_MOST)]


# The slots a call may fill; those that it leaves out are read from its `question`, as from a message.
_SLOTS: Mapping[str, Any] = {
    "items": _Texts,
    "tasks": _Texts,
    "assets": _Texts,
    "packages": _Texts,
    "people": _Texts,
    "statuses": _some(Status),
    "categories": _Texts,
    "colours": _Texts,
    "designers": _Texts,
    "places": _Texts,
    "hero": bool,
    "look": Annotated[int, msgspec.Meta(ge=0, le=9999)],
    "task_statuses": _some(_OVERDUE),
    "roles": _Texts,
    "asset_statuses": _some(AssetStatus),
    "tags": _Texts,
    "angles": _some(Angle),
    "orientation": Orientation,
    "rating": Annotated[int, msgspec.Meta(ge=0, le=5)],
    "count": Annotated[int, msgspec.Meta(ge=1, le=1000)],
    "budget": Annotated[float, msgspec.Meta(ge=0, le=1e9)],
    "currency": Annotated[str, msgspec.Meta(max_length=3)],
    "target": _PAGES,
}
_OF_SAMPLES = ("items", "statuses", "categories", "colours", "designers", "places", "hero", "look")
_OF_EVENTS = ("tasks", "people", "task_statuses", "roles")
_OF_MEDIA = ("assets", "items", "asset_statuses", "tags", "angles", "orientation", "look", "rating")
_SLOTS_OF_FAMILY = {
    "logistics": (*_OF_SAMPLES, "count"),
    "events": (*_OF_EVENTS, "count"),
    "media": (*_OF_MEDIA, "count"),
    "rec": ("packages", "budget", "currency", "count"),
    "overview": (),
    "help": (),
}
_SLOTS_OF_SKILL = {
    "nav.page": ("target",),
    "nav.entity": ("items", "tasks", "assets", "packages"),
}

_DOES = {
    "nav.page": "Give the way to a page of the app.",
    "nav.entity": "Give the way to one record.",
    "logistics.locate": "Say where samples are and in which status.",
    "logistics.list": "List and count samples that pass filters.",
    "logistics.readiness": "Say how ready the samples are, and what is missing.",
    "logistics.blockers": "Rank what endangers the shoot.",
    "logistics.batching": "Plan the order of shooting.",
    "logistics.arrivals": "Say what arrives when.",
    "logistics.returns": "Say what has to go back when.",
    "events.critical_path": "Find the critical path, the slack and what delays the event.",
    "events.staffing": "Find unfilled roles and conflicts of the crew.",
    "events.workload": "Say who has how much to do.",
    "events.run_of_show": "Give the run of show and its cues.",
    "events.task_lookup": "Say what is known of one task.",
    "events.task_list": "List and count tasks that pass filters.",
    "media.asset_find": "Find and count images that pass filters.",
    "media.quality": "Judge the quality of images.",
    "media.missing": "Find the shots that are missing.",
    "media.selects": "Pick the best images.",
    "media.approvals": "Say what waits for approval.",
    "rec.packages": "Recommend packages for a budget.",
    "rec.next_actions": "Say what to do next.",
    "rec.features": "Suggest features of the app.",
    "overview.summary": "Sum up the state of everything.",
    "help.howto": "Explain how something is done in the app.",
    "help.capabilities": "Say what can be asked.",
    "help.explain": "Explain a term.",
    "help.troubleshoot": "Help with a problem of the app.",
    "help.contact": "Say how to reach support.",
}


def _slots_of(skill: str) -> tuple[str, ...]:
    return _SLOTS_OF_SKILL.get(skill) or _SLOTS_OF_FAMILY[skill.partition(".")[0]]


# A function's name may hold no dot.
_SKILL_OF = {skill.replace(".", "__"): skill for skill in SKILLS if skill in _DOES}
_ARGUMENTS = {
    skill: msgspec.defstruct(
        name,
        [
            ("question", _Words | msgspec.UnsetType, msgspec.UNSET),
            *((slot, _SLOTS[slot] | msgspec.UnsetType, msgspec.UNSET) for slot in _slots_of(skill)),
        ],
        frozen=True,
        forbid_unknown_fields=True,
    )
    for name, skill in _SKILL_OF.items()
}


def _schema(skill: str) -> dict[str, Any]:
    arguments = _ARGUMENTS[skill]
    _, parts = msgspec.json.schema_components([arguments])
    return {key: part for key, part in parts[arguments.__name__].items() if key != "title"}


TOOLS = tuple(
    {
        "type": "function",
        "function": {"name": name, "description": _DOES[skill], "parameters": _schema(skill)},
    }
    for name, skill in _SKILL_OF.items()
)


def read_call(function: Function) -> tuple[str, dict[str, Any]]:
    """Return the skill that is called and its arguments. Raises Refused for what is no call of a tool of ours."""
    skill = _SKILL_OF.get(function.name)
    if skill is None:
        raise Refused("unknown_tool")
    given = function.arguments
    try:
        document = msgspec.json.decode(given or "{}") if isinstance(given, str) else given or {}
        called = msgspec.convert(document, _ARGUMENTS[skill])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Refused("bad_arguments") from error
    fields = msgspec.structs.asdict(called)
    return skill, {name: value for name, value in fields.items() if value is not msgspec.UNSET}


def understand_call(
    skill: str, arguments: Mapping[str, Any], found: Understanding, context: Context
) -> Understanding:
    """Return what a call means; `found` is what its question says. Raises Refused for records that are not there."""
    given = {name: value for name, value in arguments.items() if name != "question"}
    known: dict[str, Iterable[str]] = {
        "items": (row.id for row in context.samples),
        "tasks": (row.id for row in context.tasks),
        "assets": (row.id for row in context.assets),
        "packages": (row.id for row in context.packages),
        "people": context.names,
    }
    for name, ids in known.items():
        if not set(given.get(name, ())) <= set(ids):
            raise Refused("unknown_record")
    slots = replace(found.slots, negated=False, **given)
    return replace(found, skill=skill, slots=slots, decided=True)
