"""Measures pictures in a process of its own: what a hostile one does to its decoder, it does to nobody else.

On the standard input comes a picture after the other, each after its length (8 bytes, big-endian); on the standard
output goes a document for each, framed alike: its measures, or why it has none. The end of the input ends it.
"""

import os
import resource
import sys
from typing import IO

import msgspec

from insights.schemas.media import PictureMeasures

LENGTH = 8  # bytes that say how many follow
_MEMORY = 2_500_000_000  # bytes of address space; decoding takes 400 MB at most, libraries and their threads the rest
_NICENESS = 10  # requests go first


class Measured(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the two: the measures, or the reason for a person why there are none."""

    measures: PictureMeasures | None = None
    refused: str = ""


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICENESS)
    # What a library prints must not come between the documents.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while head := sys.stdin.buffer.read(LENGTH):
        answer = _measure(sys.stdin.buffer, int.from_bytes(head))
        answers.write(len(answer).to_bytes(LENGTH) + answer)
        answers.flush()


def _measure(source: IO[bytes], length: int) -> bytes:
    from insights.analysis.media.pixels import (  # noqa: PLC0415 -- numpy and OpenCV, which the parent reads this without
        PictureRefused,
        measure_picture,
    )

    data = source.read(length)
    if len(data) < length:
        sys.exit()  # whoever asked is gone
    try:
        measured = Measured(measures=measure_picture(data))
    except PictureRefused as refused:
        measured = Measured(refused=str(refused))
    return msgspec.json.encode(measured)


if __name__ == "__main__":
    main()
