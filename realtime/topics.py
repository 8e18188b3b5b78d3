"""Names of channels: the three kinds that carry facts, and all others, which are public rooms."""

from typing import NamedTuple
from uuid import UUID

PREFIX = "realtime:"  # of every channel's topic on the wire
HEARTBEAT = "phoenix"
KINDS = ("samples", "events", "assets")
LONGEST = 240  # bytes of a name: with the prefix it has to fit the 255 of a binary frame


class BadTopic(ValueError):  # noqa: N818 -- a fact, named as one
    """No name of a channel; the text says why."""


class FactTopic(NamedTuple):
    """`samples:<user>`, `events:<event>`, `assets:<user>`: always private, whatever the client asks for."""

    kind: str
    id: UUID


def fact_topic(name: str) -> FactTopic | None:
    """Return what a channel's name (without prefix) stands for, None for a public room.

    Raises BadTopic for a name that only looks like one of the three kinds (other case, blanks, no uuid): as a public
    room it would be a trap for those who mistype it.
    """
    if not name or len(name.encode(errors="surrogatepass")) > LONGEST:
        raise BadTopic("You must provide a topic name")
    kind, _, rest = name.partition(":")
    if kind.strip().casefold() not in KINDS:
        return None
    try:
        topic = FactTopic(kind, UUID(rest))
    except ValueError:
        raise BadTopic(f"{name} is no topic") from None
    if f"{kind}:{topic.id}" != name or kind not in KINDS:
        raise BadTopic(f"{name} is no topic")
    return topic
