"""Messages that lean on the one before."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.tests.shoot import LONDON, NOW, SHOOT
from assistant.understanding import understand
from assistant.understanding.context import Context
from assistant.understanding.followups import (
    Frame,
    Pending,
    is_elliptical,
    merge,
    read_frame,
    write_frame,
)
from assistant.understanding.linker import Index
from assistant.understanding.normalise import read
from assistant.understanding.slots import Slots

CONTEXT = Context(samples=SHOOT)
INDEX = Index(CONTEXT)


def alone(message, kit="logistics"):
    return understand(message, kit=kit, context=INDEX, now=NOW, zone=LONDON)


def after(frame, message, *, minutes=1, turn=None, kit="logistics"):
    return merge(
        frame,
        alone(message, kit),
        message,
        context=CONTEXT,
        at=NOW + timedelta(minutes=minutes),
        turn=frame.turn + 1 if turn is None else turn,
    )


def frame_of(message, **fields):
    found = alone(message)
    return Frame(skill=found.skill, at=NOW, turn=1, slots=found.slots, **fields)


def test_another_kind_takes_the_place_of_the_one_before():
    frame = frame_of("which shoes are on set")
    assert frame.skill == "logistics.list"
    found = after(frame, "and the bags?")
    assert (found.skill, found.slots.categories) == ("logistics.list", ("bag",))
    assert found.slots.statuses == ("on_set",)


@pytest.mark.parametrize("message", ["what about tomorrow", "and tomorrow?", "tomorrow"])
def test_another_day_takes_the_place_of_the_one_before(message):
    found = after(frame_of("what arrives today"), message)
    assert found.skill == "logistics.arrivals"
    assert found.slots.window.label == "tomorrow"


def test_another_piece_is_asked_the_same_question():
    found = after(frame_of("where is the velvet cape"), "and the loewe tote?")
    assert (found.skill, found.slots.items) == ("logistics.locate", ("s2",))


def test_a_new_type_of_value_narrows():
    found = after(frame_of("which dresses do we have"), "only the delayed ones")
    assert found.skill == "logistics.list"
    assert found.slots.categories == ("dress",)
    assert found.slots.statuses == ("delayed",)


def test_without_takes_away():
    found = after(frame_of("list all samples"), "without the lost ones")
    assert found.skill == "logistics.list"
    assert "lost" not in found.slots.statuses
    assert "delayed" in found.slots.statuses
    found = after(frame_of("list all samples"), "not the bags")
    assert found.slots.excluded == ("bag",)


def test_an_ordinal_counts_in_what_was_shown():
    frame = frame_of("list all samples", shown=("s3", "s4", "s5"))
    assert after(frame, "the last of these").slots.items == ("s5",)
    assert after(frame, "the second one").slots.items == ("s4",)
    assert after(frame, "the ninth one").slots.items == ()
    assert after(frame, "what about the first two").slots.items == ("s3", "s4")


def test_pronouns_stand_for_what_was_shown_or_spoken_of():
    frame = frame_of("where is the velvet cape", shown=("s3",), focus="s3")
    found = after(frame, "when is it due back")
    assert (found.skill, found.slots.items) == ("logistics.returns", ("s3",))
    shown = Frame(skill="media.asset_find", at=NOW, kind="assets", shown=("a1", "a2"))
    found = after(shown, "approve them all please", kit="media")
    assert (found.skill, found.slots.assets) == ("act.asset_approve", ("a1", "a2"))


def test_a_correction_edits_the_turn_before():
    frame = frame_of("where is the ivory gown", shown=("s1", "s7"))
    found = after(frame, "no, the tulle one")
    assert (found.skill, found.slots.items) == ("logistics.locate", ("s7",))
    found = after(frame_of("where is the velvet cape"), "no, the gucci loafers")
    assert (found.skill, found.slots.items) == ("logistics.locate", ("s4",))


def test_why_asks_for_the_parts_of_the_answer_before():
    assert after(frame_of("are we ready"), "how come?").skill == "logistics.readiness"
    assert after(frame_of("mark the velvet cape as received"), "why").skill == "help.explain"


@pytest.mark.parametrize("message", ["and by whom?", "since when", "which ones?"])
def test_a_bare_question_word_keeps_the_question(message):
    frame = frame_of("where is the velvet cape")
    found = after(frame, message)
    assert (found.skill, found.slots.items) == (frame.skill, ("s3",))


def test_a_number_answers_a_question():
    frame = frame_of("recieve", pending=Pending("skills", ("logistics.list", "logistics.arrivals")))
    assert after(frame, "the second one").skill == "logistics.arrivals"
    assert after(frame, "1").skill == "logistics.list"
    frame = frame_of("where is the ivory gown", pending=Pending("records", ("s1", "s7")))
    found = after(frame, "the last one")
    assert (found.skill, found.slots.items) == ("logistics.locate", ("s7",))


@pytest.mark.parametrize(
    "message",
    ["are we ready", "go to the gallery", "what is the critical path", "mark the cape as received",
     "show me the blockers", "thanks", "what can you do"],
)  # fmt: skip
def test_a_message_with_a_head_of_its_own_stands_alone(message):
    frame = frame_of("which shoes are on set", shown=("s4",))
    assert after(frame, message) == alone(message)


@pytest.mark.parametrize("late", [{"minutes": 16}, {"turn": 9}])
def test_an_old_frame_is_forgotten(late):
    frame = frame_of("which shoes are on set")
    assert after(frame, "and the bags?", **late) == alone("and the bags?")


def test_a_page_leaves_no_frame():
    frame = replace(frame_of("go to the gallery"), skill="nav.page")
    assert after(frame, "and the bags?") == alone("and the bags?")


def test_a_frame_survives_json():
    frame = frame_of(
        "what arrives before 3pm", shown=("s1",), focus="s1", pending=Pending("proposal", token="x")
    )
    assert read_frame(write_frame(frame)) == frame
    assert read_frame({"skill": 3}) is None
    assert read_frame(None) is None


@given(
    message=st.text(max_size=60)
    | st.lists(
        st.sampled_from(
            [
                "and",
                "the",
                "bags",
                "no",
                "black",
                "one",
                "last",
                "of these",
                "them",
                "why",
                "only",
                "2",
            ]
        ),
        max_size=6,
    ).map(" ".join),
    shown=st.lists(st.sampled_from(["s1", "s2", "s9"]), max_size=3).map(tuple),
    focus=st.none() | st.just("s1"),
)
def test_any_message_can_follow_any_turn(message, shown, focus):
    frame = Frame("logistics.list", NOW, 1, Slots(), shown=shown, focus=focus)
    found = after(frame, message)
    assert set(found.slots.items) <= {sample.id for sample in SHOOT} | set(shown)
    assert is_elliptical(read(message), alone(message)) in {True, False}


@given(st.sampled_from(["do not approve it", "don't mark those as lost", "never send them"]))
def test_a_negated_command_stays_a_refusal_after_any_turn(message):
    frame = frame_of("list all samples", shown=("s3", "s4"), focus="s3")
    assert after(frame, message).skill == "dialog.deny"


def test_only_those_that_arrived_keeps_the_kind_of_the_turn_before():
    found = after(frame_of("which bags are there"), "just the ones that we have received")
    assert found.skill == "logistics.list"
    assert (found.slots.categories, found.slots.statuses) == (("bag",), ("received",))


def test_the_last_of_a_list_is_opened_as_a_record():
    frame = frame_of("which bags are there", shown=("s1", "s2"))
    found = after(frame, "open the last one of these")
    assert (found.skill, found.slots.items) == ("nav.entity", ("s2",))


def test_a_question_about_it_stays_with_the_piece():
    frame = frame_of("where is the velvet cape", focus="s3", shown=("s3",))
    found = after(frame, "when is it needed")
    assert (found.skill, found.slots.items) == ("logistics.locate", ("s3",))
    assert after(frame, "what is the critical path").skill == "events.critical_path"


def test_another_single_piece_lets_go_of_two_that_were_named_together():
    found = after(
        frame_of("where are the velvet cape and the loewe tote"), "and the gucci loafers?"
    )
    assert (found.slots.items, found.slots.together) == (("s4",), False)
