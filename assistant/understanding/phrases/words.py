"""A rule, and the fragments that several tables share.

Every gap in a pattern is bounded, so that a pattern costs one pass over a message.
"""

import re
from dataclasses import dataclass

from assistant.understanding.lexicon import CLASS_OF

ITEM = "xitem"  # stands for the piece that a message names

PICTURE = r"(?:images?|photos?|pictures?|pics?|assets?|frames?|files?|jpe?gs?|shots?)"
ONE_PICTURE = r"(?:image|photo|picture|pic|asset|frame|shot) (?:number |no )?\w*\d\w*"
PIECE = r"(?:samples?|pieces?|items?|garments?|looks?|products?|products|clothes)"
GARMENT = rf"(?:{'|'.join(sorted(CLASS_OF, key=len, reverse=True))})(?:e?s)?"
CREW = (
    r"(?:ushers?|dressers?|stylists?|hair ?(?:dressers?|stylists?|and makeup)?"
    r"|make ?up(?: artists?)?|crew|staff|staffing|staffed|understaffed|volunteers?|security"
    r"|hosts?|hostess(?:es)?|runners?|stage managers?|roles?|shifts?|headcount|photographers?"
    r"|caterers?|technicians?|stagehands?|positions?|crew members?)"
)
TASK = r"(?:tasks?|to ?dos?|to do|milestones?|deadlines?|action items?|checklist)"
SEE = r"(?:show|view|display|see|open|pull up|bring up|get|check|look at|give|find|visit|launch)"
GO = (
    r"(?:go|goto|back|take (?:me|us)|bring (?:me|us)|navigate|jump|switch|head|move|land|lead me"
    r"|get me|open(?: up)?|launch|visit|return|access|enter)"
)
PAGE = (
    r"(?:home|homepage|dashboard|logistics?|sample tracker|tracker|samples?|sample list"
    r"|inventory|returns?|loans|events?|event planner|tasks?|task list|task board|to ?dos?"
    r"|run of show|rundown|running order|timeline|staffing|roster|crew|media|gallery"
    r"|media gallery|photo gallery|photos|images|assets|asset library|shot list|selects"
    r"|selection|recommendations?|packages?|pricing|plans|insights?|reports?|analytics|stats"
    r"|statistics|metrics|usage|history|chat history|conversation history|conversations"
    r"|past (?:chats|conversations)|notifications?|alerts|inbox|settings?|preferences"
    r"|my account|account|profile|my profile|config)"
)
PAGE_WORD = (
    r"(?:page|kit|screen|tab|section|view|module|area|panel|board|overview|menu|center|centre)"
)
PLAIN_PAGE = (
    r"(?:settings|preferences|notifications|history|chat history|conversation history|gallery"
    r"|media gallery|photo gallery|image gallery|shot list|analytics|insights|dashboard|home"
    r"|homepage|inbox|sample tracker|profile|my profile|my account|account|reports"
    r"|recommendations|statistics|stats|past (?:chats|conversations)|roster|task board"
    r"|sample list)"
)
THE = r"(?:the |my |our |your |all |me |us |up |back |to |over |into |on |a )*"
PERSON = (
    r"(?!(?:the|it|this|that|everything|anything|all|there|my|our|xitem|look|image|any|every|a"
    r"|he|she)\b)[a-z]+"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A phrase of a skill; it holds in every kit, or in `kits` only."""

    skill: str
    pattern: re.Pattern[str]
    kits: frozenset[str]


def rule(skill: str, *alternatives: str, kits: str = "") -> Rule:
    return Rule(skill, re.compile("|".join(alternatives)), frozenset(kits.split()))


def by_kit(*alternatives: str, **skills: str) -> tuple[Rule, ...]:
    return tuple(rule(skill, *alternatives, kits=kit) for kit, skill in skills.items())
