"""What all families share: bounded values, and the caution that a request was read otherwise than written."""

from datetime import datetime
from typing import Annotated

import msgspec

from fashionos.kit.wire import Document

MAX_MINUTES = 525_600  # a year: nothing on a shoot takes longer, and no sum of them overflows
MAX_COUNT = 1_000_000
MAX_AMOUNT = 1e15
MAX_LABEL = 80
# Outside it is a mistake, such as seconds since power-on, and 9999 overflows date arithmetic.
FIRST_YEAR, LAST_YEAR = 1980, 2200

Minutes = Annotated[float, msgspec.Meta(ge=0, le=MAX_MINUTES)]
Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)]
Amount = Annotated[float, msgspec.Meta(ge=0, le=MAX_AMOUNT)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Identifier = Annotated[str, msgspec.Meta(min_length=1)]


def clip(label: str) -> str:
    """Cut a name to what a sentence can hold, and show that it was cut."""
    return label if len(label) <= MAX_LABEL else f"{label[: MAX_LABEL - 1]}…"


class Caution(Document, frozen=True, kw_only=True):
    """Something in the request was left out or read otherwise than written."""

    path: str
    code: str
    message: str
