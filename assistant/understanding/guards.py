"""Decided before anything else: noise, attacks, a bare yes or no, and commands that say not to."""

import re
from collections.abc import Sequence

from assistant.understanding.lexicon import BARE_PAGES

# The words that start a change, in the form of a command: "approve", never "approved".
CHANGE = (
    r"(?:mark|set|change|update|move|add|register|create|make|assign|reassign|unassign|complete"
    r"|finish|start|begin|block|unblock|reopen|close|reschedule|postpone|delay|push|shift|extend"
    r"|approve|reject|decline|discard|tag|untag|label|rate|export|download|share|send|remind|notify"
    r"|message|email|text|alert|ping|chase|delete|remove|erase|wipe|turn|enable|disable|mute|unmute"
    r"|rename|edit|flag|unflag|receive|book|cancel|put|give|hand|swap|switch|apply|do|confirm"
    r"|touch|save|clear|reset|archive|accept|sign|bin|trash|drop|release|return|ship|check in"
    r"|show|open|go|tell|take|list)"
)
_POLITE = re.compile(
    r"^(?:hey|hi|hello|ok|so|well|and|also|then|please|kindly|just|now|quickly|assistant|fashionos"
    r"|alright|right|sorry|actually|could you|can you|would you|will you|you can|you could"
    r"|(?:can|could) we(?! (?:start|begin|shoot|still|make|open|finish|get|fit|do)\b)"
    r"|shall we|let us|go ahead and|help me(?: to)?|i want you to|i need you to"
    r"|i would like you to|i want to|i need to|i would like to|i have to|we want to|we need to"
    r"|we have to|would you mind|do me a favour and|it is time to|time to|be so kind and"
    r"|i wish to|do not forget to|do not forget|make sure (?:to|you)|is it ok to|maybe|perhaps"
    r"|quick|question|good morning|morning|thanks)\b ?"
)


def _only(phrases: str) -> re.Pattern[str]:
    """Compile "nothing but these phrases"; atomic, so a long message costs one pass."""
    longest_first = sorted(phrases.split("|"), key=lambda phrase: (-len(phrase), phrase))
    return re.compile(rf"(?>(?:{'|'.join(longest_first)})(?: |$))++$")


_YES = _only(
    "yes|ok|sure|correct|right|exactly|confirm|confirmed|agreed|absolutely|definitely|y|si|oui"
    "|certainly|indeed|perfect|great|fine|please|thanks|of course|go ahead|go for it|do it|do that"
    "|apply|apply it|apply that|apply them|yes please|sounds good|that is right|make it so|proceed"
    "|let us do it|let us go|why not|please do|that works|works for me|all good|go on|affirmative"
    "|by all means|looks good|approved|carry on|it is ok|i confirm|save it|sure thing|that one"
)
_NO = _only(
    "no|cancel|stop|never|nevermind|never mind|abort|undo|wait|please|thanks|thank you|not now|n"
    "|not yet|not today|forget it|forget that|forget about it|leave it|leave it as is|leave that"
    "|drop it|scrap that|scrap it|cancel it|cancel that|cancel this|undo that|undo it|hold on"
    "|do not|do not do it|do not do that|no way|rather not|i changed my mind|i would rather not"
    "|skip|skip it|skip that|not that|not that one|wrong one|the other one|dismiss|non|nein"
    "|hold off|ignore that|let us not|negative|absolutely not|better not|do nothing|stop it"
    "|not really|kill that|kill that request|kill it|scrap that idea|drop that idea"
    "|cancel that request|cancel the request|bin that idea"
)
_THANKS = _only("please|thanks|thank you|ok|perfect|great")
_NOT_TO_FORGET = re.compile(r"\bdo not (?:forget|hesitate|worry|let (?:me|us|him|her|them) f\w+)\b")
_LINK = (
    r"(?:(?:please|ever|yet|you|just|to|dare|even|need|go|and|that|anyone|anybody|us|for|anything"
    r"|be) )*"
)
_NEGATED = re.compile(
    r"(?:^|\b(?:but|and|then|so|please|yet|ok) )(?:please )?"
    rf"(?:do not|never|not|no|avoid|without|refrain from) {_LINK}{CHANGE}\b"
    r"|\b(?:(?:i|we) (?:do|did|would) not (?:want|wanted|need|like|wish|ask|asked|say|said|mean)"
    r" (?:you|it|that|this|anyone|them|us|him|her|any|to)|you (?:should|must|may|can|need) not"
    r"|(?:should|must|shall|better) not|no need|not allowed|rather (?:you )?not"
    r"|nobody (?:said|asked|told you)|under no circumstances"
    r"|(?:wait|hold off|hold on|stop)(?: \w+)? before you|please not|not to)"
    rf" {_LINK}{CHANGE}(?:ed|d|ing)?\b"
    r"|^(?:please )?(?:do not|never) (?!we\b|you\b|they\b|i\b|the\b|know\b|have\b|see\b"
    r"|understand\b|think\b|forget\b|worry\b|hesitate\b|work)\w+"
    r"|^(?:please )?(?:leave|keep) .{1,60}\b(?:as (?:it is|is|they are|it was)|unchanged|alone"
    r"|where it is)$"
    r"|^(?:please )?leave (?!(?:me |us )?(?:a |the )?(?:note|comment|message|reminder)\b)"
    r".{1,60}\b(?:on|in|at|with)\b"
    r"|^(?:the|our|that|this|xitem) .{1,60}\bstays? (?:on|in|at|with|put|where|as)\b"
    r"|^(?:please )?(?:hands off|hang fire|hold (?:off|fire)) (?:on )?(?:\w+ ?){1,6}"
)
_NEGATION_BEFORE_A_VERB = re.compile(
    r"\b(?:not|never|no|nobody|nothing|without|nor|neither|stop|off)\b"
    rf" (?:(?!and\b|but\b|so\b|then\b|please\b)\w+ ){{0,5}}{CHANGE}(?:ing)?\b"
)
# "Turn off" and "stop sending" are commands.
_STOPS = re.compile(
    r"\b(?:turn|switch|sign|ticks?|check|cross|wrap|send|mark|log)(?:ed|ing)? (?:\w+ )?off\b"
    r"|\bstop \w+ing\b"
)
_QUESTION = re.compile(
    r"^(?:what|which|who|whom|whose|where|when|why|how|is|are|was|were|am|do|does|did|has|have|had|should"
    r"|shall|may|might|any|anything|anyone|anybody|is there|are there|will|would|can (?:i|it|they|she|he|we)"
    r"|could (?:i|it|they|she|he))\b(?! not\b)"
)
_PAGE_TALK = re.compile(r"\b(?:please|the|page|screen|now)\b ?")
_CHANGE = re.compile(rf"\b{CHANGE}\b")
_PERSONAL = re.compile(r"\b(?:(?:phone|mobile) numbers?|email address(?:es)?)\b")
_CONTACT = re.compile(
    r"\b(?:support|help ?(?:desk|line)?|hotline|customer|service|contact|fashionos|your (?:phone|email|number)"
    r"|(?:call|reach|email|phone) (?:you|someone|somebody|a human|a person))\b"
)
_COMMAND = re.compile(rf"^{CHANGE}\b")
_ATTACK = re.compile(
    r"\b(?:ignore (?:all |any |the |your |my |every )*(?:previous|prior|above|earlier|instructions?|rules?)"
    r"|disregard (?:all |any |the |your )*(?:previous|prior|above|instructions?|rules?)"
    r"|forget (?:all |any |the |your )*(?:previous |prior )?(?:instructions?|rules?|prompt)"
    r"|system prompt|your (?:prompt|instructions|rules|source code|training data)|developer mode"
    r"|jailbreak|dan mode|act as (?:if|an?|the)|pretend (?:to be|you|that)|you are now|as an admin"
    r"|drop table|select from|delete from|union select|insert into|or 1 1|xp cmdshell|alert 1"
    r"|script alert|onerror|etc passwd|environment variables?|secret key|api keys?|access tokens?"
    r"|passwords?|passwd|credentials?|credit cards?|bank (?:account|details)|social security"
    r"|(?:other|another|all|every|different) (?:users?|accounts?|customers?|clients?|teams?|compan(?:y|ies)|tenants?)"
    r"(?: (?:data|samples?|chats?|conversations?|messages?|history|names?|emails?|account|accounts|files))?"
    r"|(?:someone|somebody|anyone|everybody|everyone) else (?:data|samples|chats|conversations|account|messages)"
    r"|home address|where does .{1,30} live|(?:salary|salaries)|date of birth"
    r"|database (?:dump|schema|tables?)|sudo|rm rf|hack(?:ed|ing)?|bypass)\b"
)


def strip_polite(plain: str) -> str:
    """Return the message without the courtesies in front of its verb."""
    for _ in range(8):
        shorter = _POLITE.sub("", plain, count=1)
        if shorter == plain or not shorter:
            break
        plain = shorter
    return plain


def names_a_change(plain: str) -> bool:
    """Tell whether there is a verb that changes something, wherever it stands."""
    return bool(_CHANGE.search(plain))


def is_command(core: str) -> bool:
    """Tell whether the message begins with a verb that changes something."""
    return bool(_COMMAND.match(core))


def is_question(core: str) -> bool:
    return bool(_QUESTION.match(core))


def decide(plain: str, *, clauses: Sequence[str], asks: bool) -> str | None:
    """Return the skill that is decided whatever else the words say: noise, attacks, yes, no, "do not".

    `plain` are the spelled words of a message, `clauses` those between its commas and stops;
    `asks` is whether it ends in a question mark.
    """
    if not plain:
        return "help.capabilities" if asks else "out_of_scope"
    letters = [letter for letter in plain if letter.isalpha()]
    foreign = sum(not letter.isascii() for letter in letters)
    if (letters and foreign * 2 >= len(letters)) or is_attack(plain):
        return "out_of_scope"
    if asks:
        return "dialog.deny" if is_negated(plain) and not is_question(clauses[-1]) else None
    if _PAGE_TALK.sub("", plain).strip() in BARE_PAGES:
        return "nav.page"
    if is_yes(plain):
        return "dialog.affirm"
    return "dialog.deny" if is_no(plain) or any(map(is_negated, clauses)) else None


def is_attack(plain: str) -> bool:
    if _PERSONAL.search(plain) and not _CONTACT.search(plain):
        return True
    return bool(_ATTACK.search(plain))


def is_negated(clause: str) -> bool:
    """Tell whether a clause says not to do something: then nothing may be done."""
    core = strip_polite(clause)
    if _NOT_TO_FORGET.search(clause) or is_question(core):
        return False
    return bool(_NEGATED.search(core) or _NEGATED.search(clause))


def may_act(plain: str, *, clauses: Sequence[str], asks: bool) -> bool:
    """Tell whether an action may be proposed at all.

    Never for a question about one, nor where a negation stands before its verb.
    """
    core = strip_polite(plain)
    if is_question(core) or (asks and not is_command(core)):
        return False
    return not any(
        _NEGATION_BEFORE_A_VERB.search(clause)
        for clause in clauses
        if not _NOT_TO_FORGET.search(clause) and not _STOPS.search(clause)
    )


def is_yes(plain: str) -> bool:
    return bool(_YES.match(plain)) and not _THANKS.match(plain)


def is_no(plain: str) -> bool:
    return bool(_NO.match(plain)) and not _THANKS.match(plain)
