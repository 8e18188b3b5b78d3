"""Decided before anything else: noise, attacks, a bare yes or no, and commands that say not to."""

import re

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
    "|not really"
)
_THANKS = _only("please|thanks|thank you|ok|perfect|great")
_NOT_TO_FORGET = re.compile(r"\bdo not (?:forget|hesitate|worry)\b")
_NEGATED = re.compile(
    rf"(?:^|\b(?:but|and|then|so|please) )(?:please )?(?:do not|never|not|no|stop|avoid|without"
    rf"|refrain from|quit) (?:(?:please|ever|yet|you|just|to|dare|even|need|go and) )*{CHANGE}\b"
    rf"|\b(?:(?:i|we) (?:do|did|would|will) not (?:want|wanted|need|like|wish|ask|asked|say|said|mean)"
    rf"|(?:should|must|shall|may|can|will|better|need) not|no need|not allowed|rather (?:you )?not"
    rf"|(?:wait|hold off|hold on|stop)(?: \w+)? before you) (?:(?:you|to|that|anyone|anybody|us|for|anything) )*"
    rf"(?:be )?{CHANGE}(?:ed|d|ing)?\b"
    r"|^(?:please )?(?:do not|never) (?!we\b|you\b|they\b|i\b|the\b|know\b|have\b|see\b|understand\b"
    r"|think\b|forget\b|worry\b|hesitate\b)\w+"
    r"|^(?:please )?(?:leave|keep) .{1,60}\b(?:as (?:it is|is|they are)|unchanged|alone|where it is)$"
    r"|^(?:please )?(?:stop|avoid|quit) \w+ing\b"
)
_QUESTION = re.compile(
    r"^(?:what|which|who|whom|whose|where|when|why|how|is|are|was|were|am|do|does|did|has|have|had|should"
    r"|shall|may|might|any|anything|anyone|anybody|is there|are there|will|would|can (?:i|it|they|she|he|we)"
    r"|could (?:i|it|they|she|he))\b(?! not\b)"
)
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
    r"|(?:phone|mobile) numbers?|home address|where does .{1,30} live|(?:salary|salaries)|date of birth"
    r"|email address(?:es)?|database (?:dump|schema|tables?)|sudo|rm rf|hack(?:ed|ing)?|bypass)\b"
)


def strip_polite(plain: str) -> str:
    """Return the message without the courtesies in front of its verb."""
    for _ in range(8):
        shorter = _POLITE.sub("", plain, count=1)
        if shorter == plain or not shorter:
            break
        plain = shorter
    return plain


def is_question(core: str) -> bool:
    return bool(_QUESTION.match(core))


def is_attack(plain: str) -> bool:
    return bool(_ATTACK.search(plain))


def is_negated(plain: str, core: str) -> bool:
    """Tell whether the message says not to do something: then nothing may be done."""
    if _NOT_TO_FORGET.search(plain) or is_question(core):
        return False
    return bool(_NEGATED.search(core) or _NEGATED.search(plain))


def is_yes(plain: str) -> bool:
    return bool(_YES.match(plain)) and not _THANKS.match(plain)


def is_no(plain: str) -> bool:
    return bool(_NO.match(plain)) and not _THANKS.match(plain)
