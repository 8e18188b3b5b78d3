"""The course of a conversation: what is remembered, asking back, two requests in one message."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import dialogue
from assistant.dialogue import LABELS, State
from assistant.schemas import Action
from assistant.skills import SKILLS, Reply
from assistant.skills.proposals import Change, propose
from assistant.tests.shoot import NOW, SHOOT
from assistant.understanding import Understanding
from assistant.understanding.context import Context
from assistant.understanding.followups import Pending
from assistant.understanding.slots import Slots

CONTEXT = Context(samples=SHOOT, sent=frozenset({"samples"}))
CHANGE = Change(table="samples", id="s1", label="x", field="status", new="y")
PROPOSAL = propose("act.sample_status", "Ready to x.", [CHANGE])


def state_after(skill="logistics.list", before=None, reply=None, **more):
    reply = reply or Reply("x")
    slots = more.pop("slots", Slots())
    found = Understanding(skill, 0.9, slots, more.pop("alternatives", ()))
    return dialogue.next_state(before, found, reply, context=CONTEXT, at=NOW, **more)


def test_a_state_survives_the_log():
    state = state_after(
        reply=Reply("x", shown=("s1", "s2")), slots=Slots(items=("s1",), look=3), token="t"
    )
    document = msgspec.json.decode(msgspec.json.encode(dialogue.write_state(state)))
    assert dialogue.read_state(document) == state


@pytest.mark.parametrize(
    "document", [None, 1, {}, {"turn": "x"}, {"turn": 1, "failures": None}, []]
)
def test_what_is_no_state_is_read_as_none(document):
    assert dialogue.read_state(document) is None


def test_asides_leave_what_was_talked_about_but_nothing_pending():
    before = state_after(reply=Reply("x", shown=("s1",)), token="t")
    after = state_after("smalltalk", before)
    assert after.frame.shown == ("s1",)
    assert (after.turn, after.pending) == (2, None)


def test_a_list_too_long_to_remember_is_not_remembered_in_part():
    assert state_after(reply=Reply("x", shown=("s1",) * 1_001)).frame.shown == ()


def test_failures_are_counted_in_a_row():
    one = state_after("out_of_scope")
    two = state_after("logistics.list", one, clarifies=True)
    assert (one.failures, two.failures, state_after(before=two).failures) == (1, 2, 0)


@pytest.mark.parametrize(
    ("ids", "kind"), [(("s1",), "items"), ((), "items"), (("nobody",), "items")]
)
def test_the_kind_of_what_was_shown_is_that_of_the_records(ids, kind):
    assert state_after(reply=Reply("x", shown=ids)).frame.kind == kind


def test_every_skill_that_can_be_offered_has_a_label_of_its_own():
    asides = {"smalltalk", "dialog.affirm", "dialog.deny", "out_of_scope"}
    assert set(LABELS) == set(SKILLS) - asides
    assert len(set(LABELS.values())) == len(LABELS)


@pytest.mark.parametrize("said", ["Show the returns", "show the returns.", "SHOW THE RETURNS"])
def test_a_label_chooses_its_reading(said):
    pending = Pending("skills", ("logistics.list", "logistics.returns"))
    now = Understanding("logistics.list", 0.2, decided=False)
    chosen = dialogue.choose(pending, now, said)
    assert (chosen.skill, chosen.decided) == ("logistics.returns", True)


def test_a_plain_yes_takes_the_first_reading_and_other_words_none():
    pending = Pending("skills", ("logistics.list", "logistics.returns"))
    yes = Understanding("dialog.affirm", 0.98)
    assert dialogue.choose(pending, yes, "yes").skill == "logistics.list"
    maybe = Understanding("dialog.affirm", 0.3, decided=False)
    assert dialogue.choose(pending, maybe, "thingy") is maybe
    other = Understanding("media.quality", 0.9)
    assert dialogue.choose(pending, other, "image quality") is other
    assert dialogue.choose(None, yes, "yes") is yes


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("where is the ivory gown and show me the blockers",
         ("where is the ivory gown", "show me the blockers")),
        ("mark the cape as received; what arrives today?",
         ("mark the cape as received", "what arrives today?")),
        ("are we ready? show the blockers", ("are we ready?", "show the blockers")),
        ("approve image 3001 then open the gallery", ("approve image 3001", "open the gallery")),
        ("How many dresses are there? And which bags are lost?",
         ("How many dresses are there?", "And which bags are lost?")),
    ],
)  # fmt: skip
def test_two_requests_are_told_apart(message, parts):
    assert parts in dialogue.split(message)


@pytest.mark.parametrize(
    "message",
    [
        "where is the black and white gown",
        "show me shoes and bags",
        "mark the cape and the gown as received",
        "hair and makeup",
        "and the bags?",
        "thanks; bye",
        "",
    ],
)
def test_one_request_stays_one(message):
    assert dialogue.split(message) == []


@pytest.mark.parametrize("skill", ["dialog.deny", "out_of_scope", "act.task_create", "act.notify"])
def test_what_denies_or_quotes_is_never_split(skill):
    assert not dialogue.may_split(Understanding(skill, 0.9))


def test_the_second_answer_is_attached_with_the_worse_severity():
    link = Action(label="Open", target="/samples", primary=True)
    first = Reply("One.", severity="info", actions=(link,), follow_up=("a", "b"))
    second = Reply(
        "Two.",
        severity="critical",
        actions=(link, Action(label="Other", target="/tasks", primary=True)),
        follow_up=("b", "c"),
    )
    both = dialogue.attach(first, second, message="two")
    assert (both.content, both.severity) == ("One.\n\nTwo.", "critical")
    assert [(one.target, one.primary) for one in both.actions] == [
        ("/samples", True),
        ("/tasks", False),
    ]
    assert both.follow_up == ("a", "b", "c")


def test_of_two_proposals_the_second_waits():
    first = Reply("One.", type="action", proposal=PROPOSAL)
    second = Reply("Two.", type="action", proposal=replace_words(PROPOSAL))
    both = dialogue.attach(first, second, message="reject image 2")
    assert (both.content, both.proposal) == ("One.", PROPOSAL)
    assert both.follow_up == ("reject image 2",)


def replace_words(proposal):
    return msgspec.structs.replace(proposal, words="Ready to y.")


def test_a_proposal_beside_an_answer_is_an_action():
    answer, proposed = Reply("One."), Reply("Two.", type="action", proposal=PROPOSAL)
    for both in (
        dialogue.attach(answer, proposed, message="x"),
        dialogue.attach(proposed, answer, message="x"),
    ):
        assert (both.type, both.proposal) == ("action", PROPOSAL)


@given(st.text(max_size=200))
def test_splitting_never_fails_and_never_makes_words_up(message):
    for first, second in dialogue.split(message):
        assert first in message
        assert second in message


def test_readings_are_those_with_a_label_best_first():
    found = Understanding("smalltalk", 0.2, alternatives=("logistics.list", "nav.page"))
    assert dialogue.readings_of(found) == ("logistics.list", "nav.page")
    assert dialogue.readings_of(replace(found, alternatives=())) == ()


@pytest.mark.parametrize(
    ("message", "plain"),
    [("yes", True), ("no, cancel", True), ("no, the black one", False), ("", False)],
)
def test_a_plain_answer_is_nothing_but_yes_or_no(message, plain):
    assert dialogue.is_plain_answer(message) is plain


def test_a_first_turn_needs_no_state():
    assert state_after().turn == State().turn + 1
