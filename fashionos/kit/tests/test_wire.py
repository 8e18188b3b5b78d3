import json
import math
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashionos.kit.wire import Document, WireError, read_json, write_json

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
)
KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=5)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def code_of(body, **options):
    with pytest.raises(WireError) as caught:
        read_json(body, **options)
    assert caught.value.message
    return caught.value.code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"1 2", "invalid_json"),
        (b"[1,]", "invalid_json"),
        (b"{'a': 1}", "invalid_json"),
        (b'"a\tb"', "invalid_json"),
        (b"\xef\xbb\xbf1", "invalid_json"),
        ('{"a": 1}'.encode("utf-16"), "bad_text"),
        (b'"\xff"', "bad_text"),
        (b'"\xed\xa0\x80"', "bad_text"),
        (b'"\\ud800"', "bad_text"),
        (b'"\\udc00 and more text"', "bad_text"),
        (b'{"message": "hi \\ud83d"}', "bad_text"),
        (b'"\\u0000"', "bad_text"),
        (b'{"\\u0000": 1}', "bad_text"),
        (b'"\\\\\\u0000"', "bad_text"),
        (b"NaN", "not_finite"),
        (b'{"a": -Infinity}', "not_finite"),
        (b"[1e400]", "not_finite"),
        (b"-1e400", "not_finite"),
        (b"9" * 5000, "not_finite"),
        (b'{"a": 1, "a": 1}', "duplicate_key"),
        (b'[{"a": {"user_id": 1, "user\\u005fid" : 2}}]', "duplicate_key"),
        (b'{"a" :1,"b":":", "a"\n:2}', "duplicate_key"),
        (b"[" * 65 + b"]" * 65, "too_deep"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "too_deep"),
        (b"[" * 100_000, "too_deep"),
        (b'{"a":' * 2_000, "too_deep"),
    ],
)
def test_refuses_what_would_hurt_further_in(body, code):
    assert code_of(body) == code


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b" 1 ", 1),
        (b"12345678901234567890123", 12345678901234567890123),
        (b"-0.5e3", -500.0),
        (b'"\\\\u0000"', "\\u0000"),
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        (b'{":a": ":", "b": "\\":"}', {":a": ":", "b": '":'}),
        (b'{"a": {"a": 1}, "b": [{"a": 2}, {"a": 3}]}', {"a": {"a": 1}, "b": [{"a": 2}, {"a": 3}]}),
    ],
)
def test_reads_what_json_allows(body, value):
    assert read_json(body) == value


def test_the_depth_is_a_number_of_nested_containers():
    assert read_json(b"[" * 64 + b"]" * 64)
    assert read_json(b"1", max_depth=0) == 1
    assert read_json(b"[[1]]", max_depth=2) == [[1]]
    assert code_of(b"[[1]]", max_depth=1) == "too_deep"


@given(JSON, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_agrees_with_the_standard_library_on_valid_documents(value, ascii_only, indent):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert read_json(text.encode()) == json.loads(text)


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_a_wire_error(body):
    with suppress(WireError):
        read_json(body)


@given(JSON, st.data())
def test_a_mutilated_document_gives_a_value_or_a_wire_error(value, data):
    body = bytearray(json.dumps({"rows": [value, {"a": 1}]}).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(body) - 1))
        body[place : place + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from([b"", b'"', b"\\", b"{", b"]", b":", b"\\ud8", b"\x00", b"9e9", b","])
            | st.binary(max_size=2)
        )
    try:
        found = read_json(bytes(body))
    except WireError:
        return
    assert found == json.loads(bytes(body).decode())


@given(st.lists(st.tuples(KEYS, SCALARS), min_size=1, max_size=5))
def test_a_key_named_twice_is_always_seen(pairs):
    members = [f"{json.dumps(key)} : {json.dumps(value)}" for key, value in pairs]
    body = ("[{" + ",".join(members) + "}]").encode()
    if len({key for key, _ in pairs}) < len(pairs):
        assert code_of(body) == "duplicate_key"
    else:
        assert read_json(body) == [dict(pairs)]


class Stamp(Document, frozen=True, kw_only=True):
    taken_at: datetime
    seen_by: dict[str, datetime] = {}


def test_documents_are_camel_case_and_times_utc_in_whole_seconds():
    summer = timezone(timedelta(hours=2))
    stamp = Stamp(
        taken_at=datetime(2026, 7, 1, 12, 30, 15, 999_999, tzinfo=summer),
        seen_by={"ann": datetime(2026, 7, 1, tzinfo=UTC)},
    )
    expected = b'{"takenAt":"2026-07-01T10:30:15Z","seenBy":{"ann":"2026-07-01T00:00:00Z"}}'
    assert write_json(stamp) == expected
    assert write_json([stamp, {"deep": (stamp,)}]) == b'[%b,{"deep":[%b]}]' % (expected, expected)


def test_text_that_looks_like_a_time_stays_as_it_is():
    value = {"a": "2026-07-01T10:30:15.5+02:00", "b": datetime(2026, 1, 1, tzinfo=UTC)}
    assert json.loads(write_json(value)) == {"a": value["a"], "b": "2026-01-01T00:00:00Z"}


def test_a_time_without_offset_is_not_emitted():
    with pytest.raises(ValueError, match="offset"):
        write_json({"at": datetime(2026, 1, 1)})  # noqa: DTZ001 -- what is refused here


def test_no_infinity_and_no_nan_leave_the_house():
    assert write_json([math.nan, math.inf, -math.inf]) == b"[null,null,null]"


@given(JSON)
def test_what_was_read_can_be_written_and_read_again(value):
    assert read_json(write_json(value)) == value


def test_long_integers_survive_the_round_trip():
    assert read_json(write_json([2**70, -(2**70)])) == [2**70, -(2**70)]
