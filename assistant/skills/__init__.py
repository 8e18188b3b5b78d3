"""Every skill by its name: an answer is `SKILLS[skill].run(turn)`, pure and bounded."""

from assistant.skills import (
    coming,
    help,  # noqa: A004 -- the family of skills has this name
    logistics,
    movements,
    navigation,
    samples,
)
from assistant.skills.turn import Reply, Skill, Turn

__all__ = ["SKILLS", "Reply", "Skill", "Turn"]

_ALL = (
    Skill("nav.page", navigation.page),
    Skill("nav.entity", navigation.entity),
    Skill("logistics.locate", samples.locate),
    Skill("logistics.list", samples.listing),
    Skill("logistics.readiness", logistics.readiness, needs="readiness"),
    Skill("logistics.blockers", logistics.blockers, needs="blockers"),
    Skill("logistics.batching", logistics.batching, needs="batching"),
    Skill("logistics.arrivals", movements.arrivals),
    Skill("logistics.returns", movements.returns),
    *(Skill(name, coming.question(name)) for name in coming.QUESTIONS),
    Skill("overview.summary", coming.summary, needs="readiness"),
    *(Skill(name, coming.action(name)) for name in coming.ACTIONS),
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
