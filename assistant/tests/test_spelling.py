"""Slips of the finger, and words that are written short."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.understanding.lexicon import CLASS_OF, COLOURS, DESIGNERS, FILLERS, NAMES
from assistant.understanding.normalise import read, squeeze, squeeze_each, words_of
from assistant.understanding.spelling import is_common, spell


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("lok", "look"),
        ("lsit", "list"),
        ("chek", "check"),
        ("tsak", "task"),
        ("dlvry", "delivery"),
        ("rcvd", "received"),
        ("pckg", "package"),
        ("jckt", "jacket"),
        ("blk", "black"),
        ("aproval", "approval"),
        ("smaple", "sample"),
    ],
)
def test_a_word_of_the_product_is_repaired(said, meant):
    assert spell(said) == meant


@pytest.mark.parametrize(
    "word", ["shops", "lit", "why", "dry", "csv", "dhl", "silk", "net", "slik2"]
)
def test_a_word_that_is_right_stays(word):
    assert spell(word) == word


def test_no_word_of_the_lexicon_is_repaired():
    known = {*FILLERS, *DESIGNERS, *NAMES, *COLOURS, *CLASS_OF}
    assert {word for word in known if spell(word) != word} == set()
    assert all(map(is_common, known))


def test_shorthand_is_spelled_out():
    assert read("best of lk 3").spelled == ("best", "of", "look", "3")


@given(st.lists(st.text(max_size=12), max_size=6))
def test_many_values_are_squeezed_like_one_by_one(values):
    assert list(squeeze_each(values)) == [squeeze(value) for value in values]


@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_ascii_is_split_like_any_text(value):
    assert words_of(value) == re.findall(r"[^\W_]+", value.lower())
