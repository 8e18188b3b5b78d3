"""Which piece a message names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tests.shoot import LONDON, NOW, SHOOT, a_sample
from assistant.understanding import understand
from assistant.understanding.linker import Index, edits, same_look
from assistant.understanding.normalise import fold, read


def linked(message, samples=SHOOT):
    return Index(samples).link(read(message)).ids


@pytest.mark.parametrize(
    ("message", "ids"),
    [
        ("where is the ivory Dior gown", ("s1",)),
        ("DR-101", ("s1",)),
        ("dr 101", ("s1",)),
        ("dr101?", ("s1",)),
        ("status of BG_202", ("s2",)),
        ("where is the velvt cape", ("s3",)),
        ("gucci lofers", ("s4",)),
        ("the loewe bag", ("s2",)),
        ("emerald gown", ("s6",)),
        ("THE VELVET CAPE!!!", ("s3",)),
        ("where's dior's ivory gown", ("s1",)),
        ("what changed since yesterday", ()),
        ("where is the prada gown", ()),
        ("are we ready", ()),
    ],
)
def test_a_name_or_a_code_finds_its_piece(message, ids):
    assert linked(message) == ids


def test_two_pieces_that_fit_equally_are_both_given():
    assert linked("where is the ivory gown") == ("s1", "s7")


def test_a_name_that_is_spelled_out_beats_a_longer_one():
    twins = (a_sample("a", "Red Coat"), a_sample("b", "Red Coat Long"))
    assert linked("the red coat", twins) == ("a",)


def test_accents_and_case_do_not_matter():
    assert fold("Chlo\u00e9 \uff23\uff21\uff30\uff25") == "chloe cape"
    assert linked("chloe cape", (a_sample("a", "Chloé CAPE"), a_sample("b", "Black belt"))) == (
        "a",
    )


def test_a_unknown_house_is_told_apart_from_a_filler():
    link = Index(SHOOT).link(read("where is the prada gown"))
    assert link.unknown == ("prada",)


@pytest.mark.parametrize("look_id", ["18", "look-18", "L18", "FW26/L-018"])
def test_a_look_is_known_by_its_last_number(look_id):
    assert same_look(a_sample("a", "x", look_ids=(look_id,)), 18)
    assert not same_look(a_sample("a", "x", look_ids=(look_id,)), 26)


def test_a_message_about_many_pieces_names_none():
    for message in ("how many dresses are there", "everything from Gucci", "list gucci"):
        found = understand(message, kit="logistics", samples=SHOOT, now=NOW, zone=LONDON)
        assert found.slots.items == ()


def test_the_filters_of_a_message_become_slots():
    found = understand(
        "which black hero shoes from Gucci are delayed in look 3 on rail b",
        kit="logistics", samples=SHOOT, now=NOW, zone=LONDON,
    ).slots  # fmt: skip
    assert found.statuses == ("delayed",)
    assert found.categories == ("shoe",)
    assert found.colours == ("black",)
    assert found.designers == ("Gucci",)
    assert found.places == ("Rail B",)
    assert (found.hero, found.look) == (True, 3)


WORDS = st.text(alphabet="abcde", max_size=8)


@given(WORDS, WORDS)
def test_edits_are_symmetric_and_zero_for_equals_only(one, two):
    assert edits(one, two, 9) == edits(two, one, 9)
    assert (edits(one, two, 9) == 0) == (one == two)


@given(WORDS, WORDS, st.integers(0, 3))
def test_a_limit_only_cuts_the_distance(one, two, limit):
    assert edits(one, two, limit) == min(edits(one, two, 99), limit + 1)


def test_a_swap_of_neighbours_is_one_edit():
    assert edits("cpae", "cape", 2) == 1


@given(name=st.text(max_size=40), message=st.text(max_size=60))
def test_any_name_and_any_message_can_be_compared(name, message):
    assert set(linked(message, (a_sample("a", name), a_sample("b", "Coat")))) <= {"a", "b"}
