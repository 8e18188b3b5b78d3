"""Where pieces are, lists and counts, arrivals and returns: told from the list alone."""

from dataclasses import replace

import pytest

from assistant.skills.wording import join, named, when
from assistant.tests.shoot import LONDON, NOW, SHOOT, a_sample, ask, at, run
from assistant.understanding import Understanding
from assistant.understanding.slots import Slots

GOWN = "Ivory Dior Gown (DR-101) is delayed at DHL, expected tomorrow 13:30."


@pytest.mark.parametrize(
    ("message", "first", "severity"),
    [
        ("where is the ivory Dior gown", GOWN, "critical"),
        ("DR-101", GOWN, "critical"),
        ("has the Loewe tote arrived yet",
         "Loewe Puzzle Tote (BG-202) is in transit, expected today 14:00.", "info"),
        ("wheres the velvt cape", "Velvet Cape (OW-303) is received, at Rail B.", "info"),
        ("where are the gucci loafers",
         "Gucci Loafers (SH-404) is on set; no location is noted.", "info"),
        ("pearl earrings", "Pearl Earrings (JW-808) is lost.", "warning"),
        ("look 18", ("Look 18 has 2 samples: Ivory Dior Gown (delayed) and "
         "Loewe Puzzle Tote (in transit)."), "critical"),
        ("look 99", "I have no samples for look 99 in your list of 8.", "info"),
        ("where is the prada dress", "I don't have “prada dress” in your list of 8 samples.", "info"),
        ("show delayed samples", "1 delayed sample: Ivory Dior Gown.", "critical"),
        ("how many dresses are there", ("4 dresses: Ivory Dior Gown (delayed), Silk Slip Dress (shot), "
         "Emerald Column Gown (awaiting delivery) and Ivory Tulle Gown (received)."), "info"),
        ("black pieces", "2 black samples: Velvet Cape (received) and Gucci Loafers (on set).", "info"),
        ("what is on rail b", "1 sample at Rail B: Velvet Cape (received).", "info"),
        ("everything from Gucci", ("2 samples from Gucci: Gucci Loafers (on set) and "
         "Silk Slip Dress (shot)."), "info"),
        ("any damaged pieces?", "No damaged samples: none of your 8 samples fits.", "success"),
        ("list prada", "No samples from Prada: none of your 8 samples fits.", "info"),
        ("how many samples do we have", ("You have 8 samples: 1 awaiting delivery, 1 in transit, 1 delayed, "
         "2 received, 1 on set, 1 shot and 1 lost."), "info"),
        ("which samples have not arrived yet", ("3 not yet arrived samples: Ivory Dior Gown (delayed), "
         "Loewe Puzzle Tote (in transit) and Emerald Column Gown (awaiting delivery)."), "critical"),
        ("anything on rail z9", "No samples at Rail z9: none of your 8 samples fits.", "info"),
        ("which samples are at dhl", "1 sample at DHL: Ivory Dior Gown (delayed).", "info"),
        ("when is the next delivery", ("Next to arrive, today 14:00: Loewe Puzzle Tote. "
         "2 more samples are expected after that."), "info"),
        ("where are the velvet cape and the gucci loafers", ("Velvet Cape (OW-303) is received, at Rail B. "
         "Gucci Loafers (SH-404) is on set; no location is noted."), "info"),
        ("what arrives today", "1 sample is expected today: Loewe Puzzle Tote (today 14:00).", "info"),
        ("what arrives before noon", "No samples are expected by 12:00.", "info"),
        ("arrivals tomorrow", ("2 samples are expected tomorrow: Emerald Column Gown (tomorrow 11:30) "
         "and Ivory Dior Gown (tomorrow 13:30)."), "critical"),
        ("when is the cape due back", "Velvet Cape was due back yesterday 18:30 and is overdue.",
         "warning"),
        ("what needs to be returned", ("2 samples are due back: Velvet Cape (overdue since yesterday "
         "18:30) and Gucci Loafers (Fri 13 Mar 11:30)."), "warning"),
        ("overdue loans", ("1 sample is overdue for return: Velvet Cape (overdue since yesterday "
         "18:30)."), "warning"),
        ("when does the tulle gown go back",
         "Ivory Tulle Gown has no return date in your data; it is received.", "info"),
    ],
)  # fmt: skip
def test_a_question_gets_its_answer_first(message, first, severity):
    reply = ask(message)
    assert reply.content.startswith(first)
    assert reply.severity == severity
    assert reply.type == "text"
    assert reply.actions
    assert 2 <= len(reply.follow_up) <= 3


def test_a_tie_is_asked_about_with_questions_that_settle_it():
    reply = ask("where is the ivory gown")
    assert reply.content == (
        "Which one do you mean? 2 samples fit: Ivory Dior Gown (DR-101, delayed) and "
        "Ivory Tulle Gown (DR-107, received)."
    )
    assert reply.follow_up == ("Where is Ivory Dior Gown?", "Where is Ivory Tulle Gown?")
    for question in reply.follow_up:
        assert not ask(question).content.startswith("Which one")


def test_at_most_six_are_named_and_the_rest_are_behind_a_link():
    samples = tuple(a_sample(f"s{n}", f"Coat {chr(65 + n)}", "delayed") for n in range(15))
    reply = ask("show delayed samples", samples=samples)
    assert reply.content == (
        "15 delayed samples: Coat A, Coat B, Coat C, Coat D, Coat E, Coat F and 9 more."
    )
    assert reply.actions[0].target == "/samples?status=delayed"


def test_a_piece_that_should_have_come_is_overdue():
    late = a_sample("a", "Wool Coat", "in_transit", expected_at=at(-20))
    reply = ask("where is the wool coat", samples=(late, *SHOOT))
    assert reply.content == (
        "Wool Coat is in transit: it was expected yesterday 13:30 and has not arrived."
    )
    assert reply.severity == "warning"
    assert ask("arrivals", samples=(late,)).content == (
        "1 sample is expected: Wool Coat (overdue since yesterday 13:30)."
    )


def test_missing_dates_are_said():
    undated = (a_sample("a", "Wool Coat", "awaiting"), a_sample("b", "Belt", "shot"))
    assert ask("what arrives tomorrow", samples=undated).content == (
        "No samples are expected tomorrow. 1 more sample has no arrival time."
    )
    assert ask("what needs to be returned", samples=undated).content == (
        "No samples are due back. No sample in your list has a return date."
    )


def test_what_came_is_told_with_what_comes():
    came = a_sample("a", "Wool Coat", "received", received_at=at(-2))
    assert ask("what arrives today", samples=(came, *SHOOT)).content == (
        "1 sample is expected today: Loewe Puzzle Tote (today 14:00). Already here: Wool Coat."
    )


@pytest.mark.parametrize(
    "message",
    ["are we ready", "show me the blockers", "suggest a shooting order", "show all received samples",
     "where is DR-101", "what arrives today", "what needs to be returned"],
)  # fmt: skip
def test_without_samples_the_answer_says_what_is_missing(message):
    reply = ask(message, samples=())
    assert reply.content.startswith("I don't have any samples to look at")
    assert reply.actions[0].target == "/samples"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOW, "today 09:30"),
        (at(14), "today 23:30"),
        (at(15), "tomorrow 00:30"),
        (at(-15), "yesterday 18:30"),
        (at(24 * 20), "Tue 31 Mar 10:30"),
        (at(24 * 300), "Tue 5 Jan 2027 09:30"),
        (NOW.replace(year=9999), "9999"),
        (NOW.replace(year=1), "0001"),
    ],
)
def test_a_moment_is_told_in_the_users_zone(moment, text):
    assert when(moment, now=NOW, zone=LONDON) == text


def test_a_piece_of_another_kind_is_not_the_one_that_is_asked_for():
    suit = a_sample("a", "Tweed Suit", category="tailoring", designer="Chanel")
    found = Understanding("logistics.locate", 1.0, Slots(items=("a",), categories=("handbag",)))
    reply = run(found, "where is the chanel handbag", samples=(suit,))
    assert reply.content.startswith("I don't have ")
    assert reply.shown == ()
    assert (
        run(replace(found, slots=Slots(items=("a",), categories=("suit",))), samples=(suit,)).focus
        == "a"
    )


def test_what_is_cancelled_is_listed_only_when_asked_for():
    rows = (
        a_sample("a", "Red Hat", is_hero=True),
        a_sample("b", "Old Hat", "cancelled", is_hero=True),
    )
    heroes = Understanding("logistics.list", 1.0, Slots(hero=True))
    assert run(heroes, samples=rows).shown == ("a",)
    gone = Understanding("logistics.list", 1.0, Slots(statuses=("cancelled",)))
    assert run(gone, samples=rows).shown == ("b",)


def test_of_several_pieces_the_one_in_the_status_said_is_meant():
    rows = (a_sample("a", "Red Coat"), a_sample("b", "Blue Coat", "lost"))
    found = Understanding("logistics.locate", 1.0, Slots(items=("a", "b"), statuses=("lost",)))
    assert run(found, samples=rows).focus == "b"


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("Rail A", "is received, at Rail A."),
        ("At the supplier", "is received, at the supplier."),
        ("With the courier", "is received, with the courier."),
        ("Last seen: freight lift", "is received, at freight lift."),
        ("On", "is received, at On."),
    ],
)
def test_a_place_is_said_as_people_say_it(location, said):
    assert (
        said in ask("where is the hat", samples=(a_sample("h", "Hat", location=location),)).content
    )


@pytest.mark.parametrize(
    ("look", "said"),
    [
        ("look-16", "look 16."),
        ("LOOK_016", "look 16."),
        ("18", "look 18."),
        ("finale", "look finale."),
    ],
)
def test_a_look_is_called_by_its_number(look, said):
    reply = ask("where is the hat", samples=(a_sample("h", "Hat", look_ids=(look,)),))
    assert reply.content.endswith(f"It is a piece for {said}")


def test_names_with_commas_of_their_own_are_told_apart():
    assert (
        join(["Gown, full length", "Gown, detail", "Hat"])
        == "Gown, full length; Gown, detail and Hat"
    )
    assert named(["A, b"] * 7, total=7).endswith("A, b; A, b and 1 more")
    assert join(["Gown (on set, Rail A)", "Hat", "Cap"]) == "Gown (on set, Rail A), Hat and Cap"


def test_a_part_of_a_place_says_which():
    samples = (
        a_sample("a", "Hat", location="Sample room, rail B1"),
        a_sample("b", "Cap", location="Sample room, rail B2"),
        a_sample("c", "Tie", location="Set: cyclorama", status="on_set"),
        a_sample("d", "Bow", location="Linate customs", status="delayed"),
    )
    assert ask("what's on rail b1", samples=samples).shown == ("a",)
    assert ask("what's in the sample room", samples=samples).shown == ("a", "b")
    assert ask("which pieces are at customs", samples=samples).shown == ("d",)
    assert ask("what is on rail b3", samples=samples).shown == ()


def test_the_next_delivery_is_the_first_to_come_and_what_is_late_is_told_with_it():
    samples = (
        a_sample("a", "Hat", "in_transit", expected_at=at(-20)),
        a_sample("b", "Cap", "in_transit", expected_at=at(2)),
        a_sample("c", "Tie", "in_transit", expected_at=at(2)),
    )
    reply = ask("when is the next delivery", samples=samples)
    assert reply.content == "Next to arrive, today 11:30: Cap and Tie. Overdue: Hat."
    assert reply.shown == ("b", "c")
    assert ask("what arrives next week", samples=samples).content.startswith(
        "No samples are expected"
    )


def test_what_is_only_described_is_told_of_by_its_kind():
    samples = (
        a_sample("a", "Oxford", category="shoes", designer="Tod's", color="cognac"),
        a_sample("b", "Brogue", category="shoes", color="cognac"),
        a_sample("c", "Horsebit Loafers", category="shoes", designer="Saint Laurent"),
    )
    assert ask("cognac shoes", samples=samples).shown == ("a", "b")
    assert ask("where are the loafers", samples=samples).focus == "c"
    assert ask("where are the ysl loafers", samples=samples).focus == "c"
