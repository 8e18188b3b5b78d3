"""Numbers that are somebody's: bank accounts, cards, national numbers, phones.

A number is many things in fashion production: an order, a barcode, a range of sizes, a date. So what has a check digit
must pass it, what has none needs a word before it that says what it is, and after a word of production a number stands
for what the word says.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Any

import phonenumbers
from stdnum import iban, luhn

_REACH = 32  # characters before a number in which a word says what it is
_MOST_NUMBERS = (
    50  # of one text that are checked against the plans of countries; more are taken for phones
)


def redact_numbers(text: str, label: str) -> str:
    """Replace each by its kind in brackets; `label` says what the text is, as the words before it would."""
    text = _NAMED_NATIONAL.sub(_named_national, text)
    text = _IBAN.sub(_iban, text)
    text = _CARD.sub(lambda match: _card(match, label), text)
    text = _NATIONAL.sub(lambda match: _national(match, label), text)
    return _phones(text, label)


def words_before(match: re.Match[str], label: str) -> str:
    """Return the words before a match, up to what was replaced already."""
    start = match.start()
    near = match.string[max(0, start - _REACH) : start].rpartition("]")[2]
    return f"{label} {near}" if start < _REACH else near


# What a number is by the word before it: production's own.
_PRODUCT = re.compile(
    r"""\b(?:orders?|sku|styles?|ref(?:erence)?|p\.?o|lot|batch|barcode|ean(?:-?\d+)?|upc|gtin(?:-?\d+)?|plu|awb
    |way\s?bill|tracking|track|parcel|carton|dhl|ups|fedex|invoice|docket|consignment|article|art|item|serial|model
    |looks?|sizes?|frames?|shots?|racks?|rows?|seats?|rooms?|pantone|budget|eu|us|uk|it|fr|de|isbn|id|version|build
    |measurements?|bust|waist|hips|height|count|quantity|qty)
    (?:\b|_)[\s\#:.=\-]*(?:(?:no|nr|numbers?|num|code|n°|is)\b)?[\s\#:.=\-]*[\w\-]{0,6}[\s\-/,]*$""",
    re.IGNORECASE | re.VERBOSE,
)


# Bank accounts and cards

_IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?![A-Z0-9])", re.IGNORECASE)
_IBAN_SHAPE = re.compile(
    r"[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?", re.IGNORECASE
)


def _iban(match: re.Match[str]) -> str:
    text = match[0]
    for end in range(len(text), 14, -1):
        # Only words end here: what follows an account may look like more of it.
        if (end == len(text) or text[end] in " -") and iban.is_valid(text[:end]):
            return f"[iban]{text[end:]}"
    if re.search(r"\biban\W{0,3}$", words_before(match, ""), re.IGNORECASE):
        shape = _IBAN_SHAPE.match(text)
        return f"[iban]{text[shape.end() :]}" if shape else text
    return text


_CARD = re.compile(r"(?<![\w.+-])\d(?:[ -]?\d){12,18}(?![\w-]|[.,]\d)")
_CARD_WORD = re.compile(
    r"\b(?:cards?|visa|mastercard|amex|maestro|credit|debit|charge|pa(?:id|y)|carte|karte|tarjeta|carta)\b",
    re.IGNORECASE,
)
# The ranges that are issued, by ISO/IEC 7812, and their lengths.
_ISSUED = re.compile(
    r"""4\d{15}(?:\d{3})?|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}
    |3(?:0[0-5]|[689]\d)\d{11}|(?:6011|65\d\d|64[4-9]\d)\d{12}|62\d{14}(?:\d{3})?|35(?:2[89]|[3-8]\d)\d{12}
    |220[0-4]\d{12}|(?:50|5[6-9]|6[0-9])\d{14}""",
    re.VERBOSE,
)
_GROUPED = re.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5}|\d+")


def _card(match: re.Match[str], label: str) -> str:
    text = match[0]
    before = words_before(match, label)
    number = re.sub(r"\D", "", text)
    if not _GROUPED.fullmatch(text) or _PRODUCT.search(before):
        return text
    if _CARD_WORD.search(before):
        return "[card]" if luhn.is_valid(number) or not text.isdigit() else text
    return "[card]" if _ISSUED.fullmatch(number) and luhn.is_valid(number) else text


# National numbers

_NAMES_OF_NUMBERS = r"""(?i:social\ssecurity|national\s?insurance|passports?|reisepass|passeport|pasaporte|passaporto
    |(?:identity|id)[\s-]?card|personalausweis|driv(?:ing|er'?s?)\s?licen[cs]e|national\sid|personal\sid
    |tax(?:payer)?\s?(?:id|number)|steuer-?id(?:nr)?|steuernummer|sozialversicherungsnummer|sécurité\ssociale
    |codice\sfiscale|burgerservicenummer|personnummer|fødselsnummer|henkilötunnus|rijksregister(?:nummer)?
    |aadhaar|isikukood|asmens\skodas|personas\skods|kimlik(?:\sno)?|rodné\sčíslo|nhs\snumber|(?:african|emirates)\sid
    |身份证|身分證|주민등록번호|マイナンバー|pesel|hetu)
    |\b(?:SSN|NINO|NI|DNI|NIE|NIF|NIR|INSEE|BSN|CPR|AHV|AVS|SVNR|CPF|PAN|CURP|RFC|CUIT|CUIL|RUT|SIN|PPSN?|TFN|EMŠO
    |OIB|CNP|EGN|AMKA|TCKN|ssn|nino|dni|nie|cpf|bsn|cpr|amka|cnp|curp)\b"""
_PIECE = r"(?:[A-Z]{0,5}\d[A-Z0-9]{0,17}|[A-Z]{1,2}(?![A-Za-z]))"
_NAMED_NATIONAL = re.compile(
    rf"((?:{_NAMES_OF_NUMBERS})"
    rf"(?i:\W{{0,3}}(?:no|nr|number|nummer|n°|is|:)?\W{{1,3}}))({_PIECE}(?:[ ./+-]?{_PIECE}){{0,6}})(?![A-Za-z])",
    re.VERBOSE,
)
_FEWEST_OF_NATIONAL = 3

# Shapes that are a country's own, each with the module of stdnum that knows the check digits.
_SHAPES: tuple[tuple[str, str], ...] = (
    (r"\d{3}-\d{2}-\d{4}", "us.ssn"),
    (r"[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]", "it.codicefiscale"),
    (r"\d{8}-?[A-Z]", "es.dni"),
    (r"[XYZ]-?\d{7}-?[A-Z]", "es.nie"),
    (r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d", "be.nn"),
    (r"756\.\d{4}\.\d{4}\.\d\d", "ch.ssn"),
    (r"\d{3}\.\d{3}\.\d{3}-\d\d", "br.cpf"),
    (r"(?:\d\d)?\d{6}[-+]\d{4}", "se.personnummer"),
    (r"\d{6}-\d{4}", "dk.cpr"),
    (r"\d{6}-[1-8]\d{6}", "kr.rrn"),
    (r"\d{6}[-+A-FU-Y]\d{3}[0-9A-Z]", "fi.hetu"),
    (r"\d{6}/\d{4}", "cz.rc"),
    (r"\d{17}[\dX]", "cn.ric"),
    (r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d", "mx.curp"),
    (r"\d{1,2}\.\d{3}\.\d{3}-[\dK]", "cl.rut"),
    (r"(?:20|23|24|27)-\d{8}-\d", "ar.cuit"),
    (r"[12]\s?\d\d\s?\d\d\s?\d[\dAB]\s?\d{3}\s?\d{3}\s?\d\d", "fr.nir"),
    (r"[A-Z]{3}P[A-Z]\d{4}[A-Z]", "in_.pan"),
    (
        r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\s?\d\d\s?\d\d\s?\d\d\s?[A-D]",
        "",
    ),  # GB: no digit to check
)
_NATIONAL = re.compile(
    r"(?<![\w./+-])(?:" + "|".join(f"({shape})" for shape, _ in _SHAPES) + r")(?![\w/+-]|\.\d)"
)


def _named_national(match: re.Match[str]) -> str:
    digits = sum(map(match[2].count, "0123456789"))
    return f"{match[1]}[national_id]" if digits >= _FEWEST_OF_NATIONAL else match[0]


def _national(match: re.Match[str], label: str) -> str:
    # Two countries may share a shape: each that fits is asked.
    fits = (name for shape, name in _SHAPES if _compiled(shape).fullmatch(match[0]))
    if any(not name or _module(name).is_valid(match[0]) for name in fits):
        return match[0] if _PRODUCT.search(words_before(match, label)) else "[national_id]"
    return match[0]


_compiled = cache(re.compile)


@cache
def _module(name: str) -> Any:
    return import_module(f"stdnum.{name}")


# Phones

_NUMBER = re.compile(
    r"(?<![\w+.#/-])(?<!\d[,:])(?:\+|\(\+?)?\d(?:(?:[ \u00a0.()-]{0,3}+|/)\d){5,16}+(?![\w%°€$£]|[.,:]\d|[/-]\w)"
)
_PHONE_WORD = re.compile(
    r"""(?:\b(?:phones?|tel|telephone|tél|téléphone|telef[oó]n[oa]?|mobile?|mobil|mob|móvil|movil|cell(?:ular)?|celular
    |handy|gsm|portable|puh(?:elin)?|kin(?:ito)?|whats\s?app|sms|fax|hotline|(?:contact|her|his|my|their)\s(?:number|no)
    |reach\s(?:me|him|her|them|us)|(?:call|ring|text|dial|give|bel)(?:\s(?:me|him|her|us|them|hem|haar))?(?:\s(?:at|on))?)
    |电话|電話|手机|전화|тел|telefon)[^;\n]{0,16}$""",
    re.IGNORECASE | re.VERBOSE,
)
_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d[-./ ]?(?:0?[1-9]|1[0-2])[-./ ]?(?:[0-3]?\d)(?!\d)"
    r"|(?<!\d)[0-3]?\d([-./])[0-3]?\d\1(?:(?:19|20)\d\d|[2-3]\d)(?!\d)"
)
_NORTH_AMERICAN = re.compile(r"(?:1[ .-]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}")
_BRACKETED = re.compile(r"\(\d{2,5}\)[ \d-]{6,12}")
# Where a national number begins with 0, or with brackets around the area.
_WITH_ZERO = (
    *("GB", "DE", "FR", "IT", "NL", "BE", "CH", "AT"),
    *("SE", "IE", "AU", "NZ", "ZA", "JP", "TR", "FI"),
)
_LONGEST_PHONE, _SHORTEST_UNNAMED, _SHORTEST_WITH_PLUS = 15, 9, 8  # digits; the first by E.164
_MOBILE = {
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
}


def _phones(text: str, label: str) -> str:
    left = iter(range(_MOST_NUMBERS))
    return _NUMBER.sub(lambda match: _phone(match, label, left), text)


def _phone(match: re.Match[str], label: str, left: Iterator[int]) -> str:
    text = match[0]
    before = words_before(match, label)
    digits = sum(map(text.count, "0123456789"))
    is_product = bool(_PRODUCT.search(before))
    if text.startswith(("+", "(+")) or (text.startswith("00") and not is_product):
        return _longest(text, lambda number: _is_international(number, left))
    if _PHONE_WORD.search(before):
        is_number = digits <= _LONGEST_PHONE and not _DATE.search(text)
        return "[phone]" if is_number else text
    if digits < _SHORTEST_UNNAMED or _DATE.search(text) or is_product:
        return text
    return _longest(text, lambda number: _is_national(number, left))


def _longest(text: str, is_phone: Callable[[str], bool]) -> str:
    """Replace the longest run of groups that is a phone number, which numbers of other things may touch."""
    cuts = [match.start() for match in re.finditer(r" (?=[\d(])", text)]
    for end in (len(text), *reversed(cuts[-3:])):
        if is_phone(text[:end]):
            return f"[phone]{text[end:]}"
    for start in cuts[:2]:
        if is_phone(text[start + 1 :]):
            return f"{text[: start + 1]}[phone]"
    return text


def _is_international(text: str, left: Iterator[int]) -> bool:
    if next(left, None) is None:
        return True
    with_plus = "+" + text[2:] if text.startswith("00") else text
    try:
        number = phonenumbers.parse(with_plus)
    except phonenumbers.NumberParseException:
        return False
    valid = phonenumbers.is_valid_number(number)
    # Nobody writes a plus before anything else so long; two zeros begin many numbers.
    return valid or (text[0] == "+" and len(str(number.national_number)) >= _SHORTEST_WITH_PLUS)


def _is_national(text: str, left: Iterator[int]) -> bool:
    if _NORTH_AMERICAN.fullmatch(text):
        return _is_valid(text, "US", left) or _is_valid(text, "CA", left)
    if _BRACKETED.fullmatch(text) and _is_valid(text, "BR", left):
        return True
    if not re.match(r"\(?0[1-9]", text):
        return False
    return any(_is_valid(text, region, left, mobile=text.isdigit()) for region in _WITH_ZERO)


def _is_valid(text: str, region: str, left: Iterator[int], *, mobile: bool = False) -> bool:
    if next(left, None) is None:
        return True
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_valid_number_for_region(number, region):
        return False
    return not mobile or phonenumbers.number_type(number) in _MOBILE
