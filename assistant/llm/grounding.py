"""Whether a text of the model may be shown: plain, and made of nothing that the data did not say."""

import re
from collections.abc import Iterable, Iterator

MOST_CHARACTERS = 2_000

_MARKUP = (
    (re.compile(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])"), ""),  # images
    (re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])"), r"\1"),  # links keep their words
    (re.compile(r"<[^>]*>?"), ""),
    (re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}:\s?//\S*"), ""),
    (re.compile(r"\b(?:javascript|mailto|data|tel|vbscript):\S*", re.IGNORECASE), ""),
    (re.compile(r"\bwww\.\S+", re.IGNORECASE), ""),
    (re.compile(r"^\s{0,3}(?:#{1,6}|>|[-*+•])\s+", re.MULTILINE), ""),
    (re.compile(r"\*\*|__|`+|~~|\*(?=\w)|(?<=\w)\*"), ""),
    (re.compile(r"[^\S\n]+"), " "),
    (re.compile(r" ?\n\s*"), "\n"),
)
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)

_TOKEN = re.compile(r"\w(?:[\w.,:/@#+'&-]*\w)?")
_NUMERIC = re.compile(r"[\d.,:/+-]+")
_MEASURE = re.compile(
    r"([\d.,]*\d)-?(?:h|hours?|min|mins|minutes?|s|m|d|days?|x|st|nd|rd|th|px|mb|gb|k)"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_LIKE_AN_ADDRESS = re.compile(r"\w[.@_]\w")
_ABBREVIATIONS = {"e.g", "i.e", "a.m", "p.m"}
_ONES = "two three four five six seven eight nine ten eleven twelve"
_TEENS = "thir four fif six seven eigh nine"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORD_NUMBERS = (
    {word: str(value) for value, word in enumerate(_ONES.split(), start=2)}
    | {f"{stem}teen": str(value) for value, stem in enumerate(_TEENS.split(), start=13)}
    | {word: str(value * 10) for value, word in enumerate(_TENS.split(), start=2)}
    | {"dozen": "12", "hundred": "100", "thousand": "1000", "million": "1000000", "half": "50"}
)

_SENTENCE = re.compile(r"(?<=[.!?:;])\s+|\n|[\"“”()\[\];|]|\s[-–—]\s|[,:]\s")  # noqa: RUF001 -- dashes are meant
_EDGES = " .,:;!?'\"“”‘’()[]{}…*-–—"  # noqa: RUF001 -- as above
# What a sentence may begin with that is no name.
_EVERYDAY = """
    a about after all also although an and another any are as at based be because before both but by can check chase
    consider currently do each either every everything few finally first for from has have here how however i if in
    is it it's its last let many meanwhile more most much neither next no nobody none nor not nothing now of on once
    one only open or other otherwise our overall please right second since so some sorry still than thank that that's
    the their then there there's these they this those though to today tomorrow tonight under until unless we what
    when where whether which while who with within without yes yesterday yet you your you're
"""
_FIRST = frozenset(_EVERYDAY.split()) | _WORD_NUMBERS.keys()
_ALWAYS = frozenset({"i", "i'm", "i'll", "i've", "i'd", "fashionos", "ok"})

_CHANGE = (
    r"(?:mark|set|chang|updat|mov|add|creat|assign|reassign|reschedul|postpon|approv|reject|tag|rat|export|shar|send|sent"
    r"|notif|remind|email|delet|remov|cancel|complet|confirm|sav|book|order|appl|archiv|do it|done|take care|took care)"
)
_CLAIMS = re.compile(
    rf"\b(?:i|we)(?:'ve|'ll|'m| have| had| will| can| could| shall| am| are)?(?: \w+){{0,2}} {_CHANGE}"
    r"|\b(?:shall|should|may) (?:i|we)\b|\b(?:want|like) (?:me|us) to\b|\blet me\b|\bconsider it done\b|^done\b"
    rf"|\b(?:(?:has|have) (?:now |just |successfully )+been|(?:is|are) (?:now|hereby)|successfully|ready to) {_CHANGE}"
    r"|\b(?:reply|say|type|answer|press|click|tap) (?:\w+ )?['\"“]?(?:yes|ok|confirm)\b"
    r"|\bto confirm\b|\bconfirm (?:to|and)\b"
)


def strip_markup(text: str) -> str:
    """Return plain text: no links, images, tags or marks, and nothing that cannot be seen."""
    plain = _UNSEEN.sub("", text.replace("\t", " "))
    for pattern, instead in _MARKUP:
        plain = pattern.sub(instead, plain)
    return plain.strip()


def claims_a_change(text: str) -> bool:
    """Tell whether a text says that something was, will be or can be changed by the one who speaks."""
    return _CLAIMS.search(_straight(text).casefold()) is not None


def find_ungrounded(text: str, facts: Iterable[str]) -> str | None:
    """Return the first number, id or capitalised name of a text that the facts do not hold."""
    known = [_straight(fact) for fact in facts]
    tokens: set[str] = {token.casefold() for fact in known for token in _TOKEN.findall(fact)}
    numbers = {number for token in tokens for number in _numbers(token)}
    phrases = "\n".join(f" {' '.join(_words(fact))} " for fact in known)
    plain = _straight(text)
    for match in _TOKEN.finditer(plain):
        if not _is_known(match[0].casefold(), tokens, numbers):
            return match[0]
    return next((name for name in _names(plain) if f" {name} " not in phrases), None)


def _is_known(token: str, tokens: set[str], numbers: set[str]) -> bool:
    if token in tokens or token in _ABBREVIATIONS:
        return True
    if any(letter.isdigit() for letter in token):
        found = _numbers(token)
        return bool(found) and found <= numbers
    if _LIKE_AN_ADDRESS.search(token):
        return False
    spelled = [_WORD_NUMBERS[part] for part in token.split("-") if part in _WORD_NUMBERS]
    return numbers.issuperset(spelled)


def _numbers(token: str) -> set[str]:
    """Return the numbers that a token is made of; none of an id, whose digits count nothing."""
    if token in _WORD_NUMBERS:
        return {_WORD_NUMBERS[token]}
    measure = _MEASURE.fullmatch(token)
    bare = measure[1] if measure else token
    if not _NUMERIC.fullmatch(bare):
        return set()
    parts = [
        part.replace(",", "") if _THOUSANDS.fullmatch(part) else part
        for part in re.split(r"[/+-]", bare)
    ]
    found = {piece for part in parts for piece in part.split(",") if piece}
    return {piece.removesuffix(".0") for piece in found}


def _names(text: str) -> Iterator[str]:
    """Yield each run of capitalised words; the first word of a sentence is one unless it is an everyday word."""
    for sentence in _SENTENCE.split(text):
        run: list[str] = []
        for at, word in enumerate(_words(sentence, fold=False)):
            folded = word.casefold()
            everyday = folded in _ALWAYS or (at == 0 and folded in _FIRST)
            if word[0].isalpha() and not word[0].islower() and not everyday:
                run.append(folded)
                continue
            if run:
                yield " ".join(run)
            run = []
        if run:
            yield " ".join(run)


def _words(text: str, *, fold: bool = True) -> list[str]:
    bare = (word.strip(_EDGES).removesuffix("'s") for word in text.split())
    return [word.casefold() if fold else word for word in bare if word]


def _straight(text: str) -> str:
    return text.replace("’", "'").replace("‘", "'")  # noqa: RUF001 -- curly quotes are what is meant
