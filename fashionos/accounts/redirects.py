r"""Where a browser may be sent back to: the site itself, and what the allow-list names.

A list of places is only as good as the reading of the URL that is held against it: programs disagree on what is the
host of `https://evil\@site`, browsers worst of all. So nothing is repaired here. What is not plainly a URL is refused,
and host and path are matched apart, so that a wildcard of the one never reaches into the other.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlencode

LONGEST_URL = 2_048

# Scheme, authority, the rest up to the fragment. No user info, no backslash, no space, nothing beyond ASCII.
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])"
    r"(?P<port>:[0-9]{1,5})?(?P<rest>(?:[/?][!$-;=?-Z_a-z~\[\]%]*)?)(?:#[!#-;=?-Z_a-z~\[\]%]*)?"
)
_HOSTNAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
# Schemes that run or read something where they are opened.
_NEVER = {"javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source"}
_PATTERN = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)(.*)")


class Place(NamedTuple):
    scheme: str
    host: str
    port: str  # with its colon, or empty
    rest: str  # path and query


def allowed_redirect(url: str, site: str, patterns: Iterable[str]) -> bool:
    """Whether a browser may be sent to the URL: on the site's own origin, or matched by a pattern.

    Patterns are GoTrue's: `*` stands for anything but "." and "/", `**` for anything, `?` for one character but these,
    and `[abc]`, `[!a-z]`, `{one,other}` as in a shell. A port is free on loopback (RFC 8252). Hosts that are addresses
    must be loopback's.
    """
    place = _read(url)
    if place is None:
        return False
    home = _read(site)
    if home is not None and _same_origin(place, home):
        return True
    return any(_matches(place, pattern) for pattern in patterns)


def _read(url: str) -> Place | None:
    found = _URL.fullmatch(url) if len(url) <= LONGEST_URL else None
    if found is None or (scheme := found["scheme"].lower()) in _NEVER:
        return None
    place = Place(scheme, found["host"].lower(), found["port"] or "", found["rest"])
    if scheme in {"http", "https"} and not _plain_host(place.host):
        return None
    return place


def _plain_host(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        pass
    # Browsers read a host whose last label is a number, or hexadecimal, as an address in disguise.
    last = host.rstrip(".").rpartition(".")[2]
    disguised = re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last) is not None
    return _HOSTNAME.fullmatch(host) is not None and not disguised


def _same_origin(place: Place, home: Place) -> bool:
    if (place.scheme, place.host) != (home.scheme, home.host):
        return False
    return place.port == home.port or _is_loopback(place.host)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _matches(place: Place, pattern: str) -> bool:
    compiled = _compile(pattern)
    if compiled is None:
        return False
    scheme, authority, rest = compiled
    return (
        place.scheme == scheme
        and authority.fullmatch(place.host + place.port) is not None
        and rest.fullmatch(place.rest) is not None
    )


@lru_cache(maxsize=256)
def _compile(pattern: str) -> tuple[str, re.Pattern[str], re.Pattern[str]] | None:
    found = _PATTERN.fullmatch(pattern)
    if found is None:
        return None
    scheme, authority, rest = found.groups()
    if not rest and authority.endswith("**"):
        # Meant for what follows the host: it must not go on to name another one (https://site.evil.example).
        authority, rest = authority.rstrip("*"), "**"
    try:
        return scheme.lower(), _glob(authority.lower()), _glob(rest)
    except re.error:
        return None


_TOKEN = re.compile(
    r"(?P<any>\*\*+)|(?P<some>\*)|(?P<one>\?)|\[(?P<set>!?[^\[\]/]+)\]|\{(?P<choice>[^{}]*)\}|\\(?P<quoted>.)|(?P<plain>.)",
    re.DOTALL,
)


def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(map(_as_regex, _TOKEN.finditer(pattern))))


def _as_regex(token: re.Match[str]) -> str:
    match token.lastgroup:
        case "any":
            return ".*"
        case "some":
            return "[^./]*"
        case "one":
            return "[^./]"
        case "set":
            letters = token["set"]
            negated = "^./" if letters.startswith("!") else ""
            # The dash keeps its meaning, all other signs lose theirs.
            escaped = re.sub(r"([\\^&|~])", r"\\\1", letters.removeprefix("!"))
            return f"[{negated}{escaped}]"
        case "choice":
            return (
                "(?:" + "|".join(_glob(part).pattern for part in token["choice"].split(",")) + ")"
            )
    return re.escape(token[token.lastgroup or 0])


def with_parameters(
    url: str, *, query: Mapping[str, str] | None = None, fragment: Mapping[str, str] | None = None
) -> str:
    """Add to the URL's query, and replace its fragment, if any is given."""
    address, _, old_fragment = url.partition("#")
    if query:
        address += ("&" if "?" in address else "?") + urlencode(query)
    tail = urlencode(fragment) if fragment else old_fragment
    return f"{address}#{tail}" if tail else address
