"""Bodies out of what the database gave: opened ciphertext, paths into it, CSV, ranges."""

import msgspec
import pytest

from fashionos.postgrest.expressions import Field
from fashionos.postgrest.headers import AS_ARRAY, read_accept
from fashionos.postgrest.problems import Problem
from fashionos.postgrest.render import jsonb_text, one_object, page_range, rows_body
from fashionos.postgrest.tree import Step

CSV = read_accept("text/csv")
STRIPPED = read_accept("application/vnd.pgrst.array+json;nulls=stripped")
PLAIN = {"message": b"are we\nready?", "response": b'{"b":1.50,"a":[1,{"x":null,"yy":"z"}]}'}


def opener(cells):
    assert all(sealed[name] == b"\x01\xff" for _, _, sealed in cells for name in sealed)
    return [PLAIN for _ in cells]


def shown(*fields, shape=AS_ARRAY):
    row = ["01ff" if field.sealed else 7 for field in fields] + ["key", "owner"]
    return rows_body(msgspec.json.encode([row]), fields, shape, opener)


def response(*steps, is_json=True):
    return Field("r", "response", tuple(Step(*step) for step in steps), is_json)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Field("r", "message"), "are we\nready?"),
        (response(), {"b": 1.5, "a": [1, {"x": None, "yy": "z"}]}),
        (response(is_json=False), '{"a": [1, {"x": null, "yy": "z"}], "b": 1.5}'),
        (response(("a", False), (0, False)), 1),
        (response(("a", False), (-1, False), ("yy", False)), "z"),
        (response(("a", False), (1, False), ("yy", True)), "z"),
        (response(("b", True)), "1.5"),
        (response(("a", True)), '[1, {"x": null, "yy": "z"}]'),
        (response(("a", False), (1, False), ("x", True)), None),
        (response(("a", False), (9, False)), None),
        (response(("b", False), ("c", False)), None),
        (response(("a", False), ("c", False)), None),
    ],
)
def test_an_opened_value_is_shown_as_the_path_asks(field, value):
    if field == response(is_json=False):
        # As a text it is a document printed.
        body = rows_body(b'[["01ff","k","o"]]', [field], AS_ARRAY, opener)
        assert msgspec.json.decode(body) == [{"r": PLAIN["response"].decode()}]
        return
    assert msgspec.json.decode(shown(field)) == [{"r": value}]


def test_what_cannot_be_opened_is_null():
    body = rows_body(
        b'[["01ff","k","o"]]', [Field("r", "message")], AS_ARRAY, lambda cells: [{"message": None}]
    )
    assert body == b'[{"r":null}]'


def test_nulls_are_stripped_inside_documents_too():
    body = shown(response(), Field("n"), shape=STRIPPED)
    assert msgspec.json.decode(body) == [{"r": {"b": 1.5, "a": [1, {"yy": "z"}]}, "n": 7}]


def test_csv_quotes_as_postgresql_does():
    cells = ["plain", "a,b", 'q"', "two words", "", None, "(x)", "back\\slash", "1\n2"]
    fields = [Field(f"c{n}") for n in range(len(cells))]
    body = rows_body(msgspec.json.encode([cells]), fields, CSV)
    head, row = body.decode().split("\n", 1)
    assert head == "c0,c1,c2,c3,c4,c5,c6,c7,c8"
    assert row == 'plain,"a,b","q""","two words","",,"(x)","back\\\\slash","1\n2"'


def test_csv_without_rows_is_empty():
    assert rows_body(b"[]", [Field("a")], CSV) == b""


def test_jsonb_prints_keys_by_length_then_bytes():
    assert (
        jsonb_text({"bb": [True, None], "c": "é", "a": {}})
        == '{"a": {}, "c": "é", "bb": [true, null]}'
    )


def test_one_object_is_exactly_one():
    assert one_object(b'[{"a":1}]', 1) == b'{"a":1}'
    with pytest.raises(Problem) as refused:
        one_object(b"[]", 0)
    assert (refused.value.status, refused.value.code) == (406, "PGRST116")
    assert refused.value.details == "The result contains 0 rows"


def test_ranges_count_from_zero():
    assert page_range(0, 10, None) == "0-9/*"
    assert page_range(10, 10, 57) == "10-19/57"
    assert page_range(0, 0, 0) == "*/0"
    assert page_range(5, 0, None) == "*/*"
