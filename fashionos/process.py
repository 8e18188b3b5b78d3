"""What the process that serves settles once, before its threads share it."""

import ctypes
from collections.abc import Iterator

import msgspec

_M_MMAP_THRESHOLD = -3  # of <malloc.h>
_LARGE_BYTES = 8 * 1024 * 1024


def return_large_blocks() -> bool:
    """Have the C library give large blocks back to the system when they are freed; tell whether it does.

    By itself glibc raises that size to the largest block freed so far, up to 32 MB. Hashing one password frees 19 MB:
    from then on the blocks of all requests stay in the heap of whichever thread had them, half a gigabyte after 200
    people have signed in. A C library without this setting (musl, macOS) has not that habit either.
    """
    try:
        accepted: int = ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
    except (AttributeError, OSError):
        return False
    return accepted == 1


def resolve_schemas() -> None:
    """Have msgspec look up the fields' types of every struct that is defined by now.

    It does so when a struct is first read, and publishes the table of types before that is filled: a second thread
    which reads the struct meanwhile follows a null pointer, and the process dies (StructInfo_Convert in its _core.c).
    """
    for schema in _structs(msgspec.Struct):
        msgspec.json.Decoder(schema)


def _structs(base: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for struct in base.__subclasses__():
        yield struct
        yield from _structs(struct)
