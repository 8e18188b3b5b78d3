from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.topics import KINDS, BadTopic, FactTopic, fact_topic


@given(st.sampled_from(KINDS), st.uuids())
def test_the_three_kinds_are_read_in_one_spelling_only(kind, id_):
    assert fact_topic(f"{kind}:{id_}") == FactTopic(kind, id_)
    for name in (f"{kind}:{str(id_).upper()}", f"{kind}:{id_.hex}", f"{kind.title()}:{id_}"):
        if name != f"{kind}:{id_}":
            with pytest.raises(BadTopic):
                fact_topic(name)


@given(st.text(max_size=300))
def test_any_name_is_a_topic_a_room_or_bad(name):
    try:
        topic = fact_topic(name)
    except BadTopic:
        return
    assert topic is None or name == f"{topic.kind}:{topic.id}"


@pytest.mark.parametrize(
    "name", ["", "x" * 241, "é" * 121, "samples", "events:", "assets:x", "\ud800" * 200]
)
def test_bad_names(name):
    with pytest.raises(BadTopic):
        fact_topic(name)


def test_rooms():
    assert fact_topic("lobby") is None
    assert fact_topic(f"sample:{uuid4()}") is None
    assert fact_topic("x" * 240) is None
    assert fact_topic(f"events:{UUID(int=1)}") == FactTopic("events", UUID(int=1))
