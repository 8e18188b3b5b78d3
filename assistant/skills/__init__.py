"""Every skill by its name: an answer is `SKILLS[skill].run(turn)`, pure and bounded."""

from assistant.skills import (
    advice,
    crew,
    critical_path,
    gallery,
    help,  # noqa: A004 -- the family of skills has this name
    logistics,
    movements,
    navigation,
    overview,
    quality,
    run_of_show,
    samples,
    shots,
    tasks,
)
from assistant.skills.actions import ACTIONS
from assistant.skills.turn import Reply, Skill, Turn

__all__ = ["SKILLS", "Reply", "Skill", "Turn"]

_EVERYTHING = ("samples", "event", "tasks", "staffing", "people", "assets", "shots")
_EVENT = ("event", "tasks", "people")
_CREW = ("event", "tasks", "staffing", "people")
_SHOW = ("event", "tasks", "cues")
_GALLERY = ("assets", "samples")
_COVERAGE = ("assets", "shots")
_URGENT = (
    *("logistics.readiness", "logistics.blockers"),
    *("event.critical_path", "event.staffing", "media.missing"),
)

_ALL = (
    Skill("nav.page", navigation.page),
    Skill("nav.entity", navigation.entity, parts=("samples", "tasks", "assets", "packages")),
    Skill("logistics.locate", samples.locate, parts=("samples",)),
    Skill("logistics.list", samples.listing, parts=("samples",)),
    Skill("logistics.readiness", logistics.readiness, ("logistics.readiness",), ("samples",)),
    Skill("logistics.blockers", logistics.blockers, ("logistics.blockers",), ("samples",)),
    Skill("logistics.batching", logistics.batching, ("logistics.batching",), ("samples",)),
    Skill("logistics.arrivals", movements.arrivals, parts=("samples",)),
    Skill("logistics.returns", movements.returns, parts=("samples",)),
    Skill("events.critical_path", critical_path.critical_path, ("event.critical_path",), _EVENT),
    Skill("events.staffing", crew.staffing, ("event.staffing",), _CREW),
    Skill("events.workload", crew.workload, parts=_CREW),
    Skill("events.run_of_show", run_of_show.run_of_show, ("event.run_of_show",), _SHOW),
    Skill("events.task_lookup", tasks.lookup, parts=_EVENT),
    Skill("events.task_list", tasks.listing, parts=_EVENT),
    Skill("media.asset_find", gallery.find, parts=_GALLERY),
    Skill("media.quality", quality.quality, ("media.quality",), _GALLERY),
    Skill("media.missing", shots.missing, ("media.missing",), _COVERAGE),
    Skill("media.selects", shots.selects, ("media.quality", "media.selects"), _COVERAGE),
    Skill("media.approvals", gallery.approvals, parts=_GALLERY),
    Skill("rec.packages", advice.packages, ("recommendation.packages",), ("packages",)),
    Skill(
        "rec.next_actions",
        advice.next_actions,
        (*_URGENT, "recommendation.next_actions"),
        _EVERYTHING,
    ),
    Skill("rec.features", advice.features, ("recommendation.features",)),
    Skill("overview.summary", overview.summary, _URGENT, _EVERYTHING),
    *(Skill(name, run, needs, parts) for name, (run, needs, parts) in ACTIONS.items()),
    Skill("help.howto", help.howto),
    Skill("help.capabilities", help.capabilities),
    Skill("help.explain", help.explain),
    Skill("help.troubleshoot", help.troubleshoot),
    Skill("help.contact", help.contact),
    Skill("smalltalk", help.smalltalk),
    Skill("dialog.affirm", help.affirm),
    Skill("dialog.deny", help.deny),
    Skill("out_of_scope", help.out_of_scope),
)

SKILLS = {skill.name: skill for skill in _ALL}
