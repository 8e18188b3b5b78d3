from hypothesis import given
from hypothesis import strategies as st

from insights.held import HeldDocuments


def test_what_was_put_last_under_a_key_is_there():
    held = HeldDocuments(10)
    held.put("a", b"1")
    held.put("a", b"22")
    assert held.get("a") == b"22"
    assert held.get("b") is None


def test_the_least_recently_used_goes_first():
    held = HeldDocuments(3)
    for key in "abc":
        held.put(key, b"x")
    held.get("a")
    held.put("d", b"x")
    assert [held.get(key) for key in "abcd"] == [b"x", None, b"x", b"x"]


def test_a_document_larger_than_everything_is_not_held():
    held = HeldDocuments(3)
    held.put("a", b"xxxx")
    assert held.get("a") is None
    held.put("b", b"xxx")
    assert held.get("b") == b"xxx"


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.binary(max_size=6))))
def test_the_bytes_never_exceed_the_bound(puts):
    held = HeldDocuments(10)
    for key, document in puts:
        held.put(key, document)
        there = [held.get(key) for key in "abcd"]
        assert sum(len(document) for document in there if document) <= 10
