"""Names, types and sizes: pure."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionos.storage.names import (
    LAST,
    folder_owner,
    is_allowed,
    is_bucket_id,
    is_content_type,
    is_key,
    is_type_pattern,
    read_size,
)

ALICE = "0b5ac0e2-1111-4222-8333-444455556666"


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "a/b.txt",
        "look 1 (final).jpg",
        "été/東🧵.png",
        "a%2Fb",
        "a\\b",
        "...",
        "a..b/c",
        "~",
        "?#",
    ],
)
def test_keys_that_are(name):
    assert is_key(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "a/./b"),
        *("a\0b", "a\nb", "a\x7fb", "a\x85b", "\ud800", f"a{LAST}", "x" * 1025, "é" * 513),
    ],
)
def test_keys_that_are_not(name):
    assert not is_key(name)


@given(st.text(max_size=40))
def test_a_key_s_segments_are_names_and_nothing_else(name):
    if is_key(name):
        assert all(segment not in {"", ".", ".."} for segment in name.split("/"))
        assert name.isprintable() or not any(ord(letter) < 32 for letter in name)
        assert name < name + LAST


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        (f"{ALICE}/a", UUID(ALICE)),
        (f"{ALICE}/a/b", UUID(ALICE)),
        (ALICE, None),
        (f"{ALICE.upper()}/a", None),
        (f"{{{ALICE}}}/a", None),
        (f"{ALICE.replace('-', '')}/a", None),
        (f"urn:uuid:{ALICE}/a", None),
        (f" {ALICE}/a", None),
        (f"x/{ALICE}/a", None),
    ],
)
def test_a_folder_is_a_user_s_if_it_is_written_as_we_write_ids(name, owner):
    assert folder_owner(name) == owner


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("attic", True),
        ("Look Book (2026)!", True),
        ("..", True),
        ("", False),
        (" a", False),
        ("a/b", False),
        ("a\\b", False),
        ("a\n", False),
        ("x" * 101, False),
        *((word, False) for word in ("public", "sign", "list", "list-v2", "move", "copy", "info")),
        *((word, False) for word in ("authenticated", "upload")),
    ],
)
def test_buckets_are_called_as_the_client_allows_and_never_as_a_route(name, good):
    assert is_bucket_id(name) is good


@pytest.mark.parametrize(
    ("content_type", "allowed", "good"),
    [
        ("image/png", [], True),
        ("image/png", ["image/*"], True),
        ("IMAGE/PNG; q=1", ["image/png"], True),
        ("image/png", ["image/jpeg", "*/*"], True),
        ("imagex/png", ["image/*"], False),
        ("text/html", ["image/*", "text/plain"], False),
        ("image/*", ["image/png"], False),
    ],
)
def test_wildcards_in_allowed_types(content_type, allowed, good):
    assert is_allowed(content_type, allowed) is good


def test_types_and_patterns():
    assert is_content_type("text/plain;charset=UTF-8")
    assert is_content_type("application/vnd.ms-excel")
    assert is_content_type('video/mp4; codecs="avc1.42E01E, mp4a.40.2"')
    for bad in ("", "text", "text/", "/x", "text/pl ain", "text/plain\r\nx: y", "té/x", "a/b" * 99):
        assert not is_content_type(bad)
    assert not is_content_type("a/b" + " ; " * 80 + "!")  # at once
    assert is_type_pattern("image/*")
    assert is_type_pattern("*/*")
    for bad in ("*", "*/png", "image/", "image/p*g", "image"):
        assert not is_type_pattern(bad)


@pytest.mark.parametrize(
    "parameters",
    [
        ",text/html",
        ";,text/html",
        ";a=b,text/html",
        '; a="b",text/html',
        ';a="b',
        ';a="\\",text/html',
    ],
)
def test_one_type_brings_no_other_along(parameters):
    assert not is_content_type(f"image/png{parameters}")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        *(("1000", 1000), ("1mb", 1_000_000), ("20 KB", 20_000), ("1.5GB", 1_500_000_000)),
        *(("0", 0), ("3B", 3), ("1mib", None), ("-1", None), ("", None), ("1e9", None)),
        *(("MB", None), ("٣", None), ("9" * 16, None)),
    ],
)
def test_sizes_are_decimal(text, size):
    assert read_size(text) == size
