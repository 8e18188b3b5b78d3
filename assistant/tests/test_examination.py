"""Judging an answer: the rules of the examination, and that its files can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.examination import (
    Case,
    Result,
    examine,
    half_of,
    judge,
    named_rows,
    read_examination,
    read_messages,
    says,
    summarise,
    summarise_readings,
)
from assistant.skills import SKILLS
from assistant.understanding import intent_of

ROWS = {
    "sampleList": [{"id": "s1", "name": "Red Hat"}, {"id": "s2", "name": "Blue Shoe"}],
    "eventTasks": [{"id": "t1", "title": "Rig"}],
}


def an_answer(content="Red Hat is here.", skill="logistics.locate", **fields):
    return {
        "content": content,
        "type": "text",
        "severity": "info",
        "actions": [{"label": "Open", "target": "/samples/s1"}],
        "meta": {"skill": skill},
    } | fields


@pytest.mark.parametrize(
    ("content", "wanted", "held"),
    [
        ("on Friday", "Fri", True),
        ("it is undone", "done", False),
        ("it is done", "Done", True),
        ("Hermès scarf", "hermes", True),
        ("3 images", "3", True),
        ("three images", "3", True),
        ("13 images", "3", False),
        ("IMG_3.jpg", "3", False),
        ("at 13:30", "30", False),
        ("at 13:30", "13", False),
        ("3,000 EUR", "3", False),
        ("look 3", "3", False),
        ("looks 3", "3", False),
        ("look 3, 3 images", "3", True),
        ("28%", "28", True),
        ("ends in 3.", "3", True),
        ("3.5 h", "3", False),
        ("a <b>", "<b>", True),
        ("no samples", "no ", True),
    ],
)
def test_a_text_says_words_and_whole_numbers(content, wanted, held):
    assert says(content, wanted) is held


@given(st.integers(0, 99), st.integers(0, 99))
def test_a_number_is_said_only_as_itself(said, wanted):
    assert says(f"there are {said} of them", str(wanted)) is (said == wanted)


@pytest.mark.parametrize(
    ("expect", "answer", "wrong"),
    [
        ({"skill": "logistics.locate"}, an_answer(), set()),
        ({"skill": ["a", "logistics.locate"]}, an_answer(), set()),
        ({"skill": "logistics.list"}, an_answer(), {"skill"}),
        ({"contains": ["Red Hat", "gone"]}, an_answer(), {"contains"}),
        ({"any": ["gone", "here"]}, an_answer(), set()),
        ({"any": ["gone"]}, an_answer(), {"any"}),
        ({"excludes": ["here"]}, an_answer(), {"excludes"}),
        ({"items": ["s1"]}, an_answer(), set()),
        ({"items": []}, an_answer(), {"items"}),
        ({"items": []}, an_answer("red hat"), set()),
        ({"severity": ["warning", "info"]}, an_answer(), set()),
        ({"severity": "critical"}, an_answer(), {"severity"}),
        ({"type": "navigation"}, an_answer(), {"type"}),
        ({"links": ["samples"]}, an_answer(), set()),
        ({"links": ["returns|samples"]}, an_answer(), set()),
        ({"links": ["returns"]}, an_answer(), {"links"}),
        ({"links": ["run_of_show"]},
         an_answer(actions=[{"label": "x", "target": "/run-of-show?day=1"}]), set()),
        ({"proposal": False}, an_answer(), set()),
        ({"proposal": True}, an_answer(), {"proposal"}),
        ({"proposal": False}, an_answer(meta={"skill": "x", "proposal": {}}), {"proposal"}),
        ({}, an_answer(actions=[{"label": "x", "target": "back"}]), set()),
        ({}, an_answer(actions=[{"label": "x", "target": "//evil.example"}]), {"safe"}),
        ({}, an_answer(actions=[{"label": "x", "target": "https://evil.example"}]), {"safe"}),
        ({}, an_answer("see https://evil.example"), {"safe"}),
        ({}, an_answer("[x](y)"), {"safe"}),
        ({}, an_answer("<img src=x>"), {"safe"}),
        ({}, an_answer("3 < 4"), set()),
    ],
)  # fmt: skip
def test_each_rule_finds_what_breaks_it(expect, answer, wrong):
    assert judge(answer, expect, ROWS).keys() == wrong


def test_rows_count_as_named_with_their_full_name_alone():
    assert named_rows("the Blue Shoe, the Red scarf and Rig", ROWS) == {"s2", "t1"}


def test_a_summary_counts_only_what_was_asked():
    def result(wording="clean", expect=None, **wrong):
        case = Case("x", "c", "home", expect or {"skill": "a"}, None, wording)
        return Result(case, an_answer(), wrong)

    found = summarise(
        [
            result(),
            result(skill="b"),
            result("rough", items="names s9"),
            result("rough", {"links": ["tasks"]}, links="none"),
            result("rough", {"severity": "info"}, safe="markup"),
        ]
    )
    assert (found.count, found.passed, found.clean, found.rough) == (5, 0.2, 0.5, 0)
    assert found.skill == pytest.approx(2 / 3)
    assert (found.links, found.severity) == (0, 1)
    assert (found.groundless, found.leaving) == (1, 1)


def test_the_files_are_read_and_ask_for_skills_and_data_that_there_are():
    examination = read_examination()
    turns = [turn for story in examination.stories for turn in story]
    assert len(examination.cases) > 100
    assert len(turns) > len(examination.stories)
    for case in (*examination.cases, *turns):
        wanted = case.expect.get("skill", [])
        assert set([wanted] if isinstance(wanted, str) else wanted) <= set(SKILLS)
        rows = {
            row["id"]
            for part in examination.contexts[case.context].values()
            if isinstance(part, list)
            for row in part
            if "id" in row
        }
        assert set(case.expect.get("items", ())) <= rows, case.say


def test_the_turns_of_a_story_share_a_session_and_stories_do_not():
    examination = read_examination()
    sessions = [{turn.session for turn in story} for story in examination.stories]
    assert all(len(session) == 1 for session in sessions)
    assert len(set().union(*sessions)) == len(sessions)


def test_messages_are_put_as_a_client_does():
    asked = []
    case = Case("where", "c", "media", {}, read_examination().cases[0].session)

    def ask(request):
        asked.append(request)
        return an_answer()

    [result] = examine([case], {"c": {"now": "2027-03-10T08:15:00Z"}}, ask)
    assert result.passed
    assert asked == [
        {
            "message": "where",
            "currentKit": "media",
            "currentRoute": "/media",
            "sessionId": str(case.session),
            "userContext": {"now": "2027-03-10T08:15:00Z"},
        }
    ]


def test_messages_fall_into_two_halves_and_ask_for_skills_and_data_that_there_are():
    contexts = read_examination().contexts
    halves = {half: read_messages(half) for half in ("open", "sealed")}
    said = {
        half: {tuple(turn.say for turn in message) for message in messages}
        for half, messages in halves.items()
    }
    assert said["open"].isdisjoint(said["sealed"])
    assert all(len(messages) > 350 for messages in halves.values())
    for message in (*halves["open"], *halves["sealed"]):
        *before, asked = message
        assert set(asked.expect["skill"]) <= set(SKILLS), asked.say
        assert all(turn.session == asked.session and not turn.expect for turn in before)
        rows = {row["id"] for row in contexts[asked.context].get("sampleList", ())}
        assert set(asked.expect.get("items", ())) <= rows, asked.say


def test_the_half_of_a_message_is_its_own():
    assert half_of("where is it", "") == half_of("where is it", "")
    assert {half_of(f"message {at}", "") for at in range(20)} == {"open", "sealed"}


def test_readings_count_what_was_meant_and_what_was_offered():
    def result(read_as, meant, *accept, proposal=None, clarifies=None, **wrong):
        case = Case("x", "c", "home", {"skill": [meant, *accept]}, None)
        meta = {"skill": read_as, "proposal": proposal, "clarifies": clarifies}
        return Result(case, an_answer(meta=meta), wrong)

    found = summarise_readings(
        [
            result("nav.page", "nav.page"),
            result("nav.entity", "nav.page", skill="nav.entity", clarifies=True),
            result("smalltalk", "out_of_scope", "smalltalk"),
            result("out_of_scope", "logistics.list", skill="out_of_scope"),
            result("act.notify", "logistics.list", skill="act.notify", proposal={}),
            result("act.notify", "act.notify", proposal={}),
        ],
        intent_of,
    )
    assert (found.count, found.skill, found.asked_back, found.false_actions) == (6, 0.5, 1 / 6, 1)
    assert found.coarse == pytest.approx(4 / 6)
    assert (found.out_of_scope_recall, found.out_of_scope_precision) == (1, 0)
