"""Help, small talk, refusals and what comes later."""

import pytest

from assistant.skills import SKILLS
from assistant.tests.shoot import ask, run
from assistant.understanding import Understanding

NEEDS = {
    "logistics.readiness", "logistics.blockers", "logistics.batching",
    "event.critical_path", "event.staffing", "event.run_of_show",
    "media.quality", "media.missing", "media.selects",
    "recommendation.packages", "recommendation.next_actions", "recommendation.features",
}  # fmt: skip


def test_there_are_47_skills():
    assert len(SKILLS) == 47
    assert all(name == skill.name for name, skill in SKILLS.items())
    assert {need for skill in SKILLS.values() for need in skill.needs} <= NEEDS


@pytest.mark.parametrize(
    ("message", "begins"),
    [
        ("what does slack mean", "Slack (or float) is how long a task can slip"),
        ("what is a blocker", "A blocker is a sample that endangers the shoot"),
        ("how is readiness calculated", "Readiness is (on set + shot) / all samples"),
        ("how do I create a task", "Open tasks: add one there"),
        ("how do I delete my data", "Open settings and go to privacy"),
        ("what can you do", "I can tell you how ready the samples are"),
        ("the page is frozen", "Sorry about that. Reload the page first"),
        ("contact support", "I can't put you through to a person"),
        ("thx!!", "You're welcome."),
        ("who are you", "I'm the FashionOS assistant, a program"),
        ("bad answer", "Sorry, that missed the point."),
        ("hello", "Hello!"),
        ("yes", "There is nothing waiting for a yes, so nothing was changed."),
        ("no thanks", "OK, nothing was changed."),
        ("who won the game", "I can't help with that. I can tell you"),
        ("what is your password", "I can't help with that. I can tell you"),
    ],
)
def test_talk_is_answered(message, begins):
    reply = ask(message)
    assert reply.content.startswith(begins)
    assert reply.type == "text"


@pytest.mark.parametrize(
    ("message", "kit", "page"),
    [
        ("what is the critical path", "events", "/tasks"),
        ("who has too many tasks", "events", "/tasks"),
        ("which shots are missing", "media", "/shot-list"),
        ("recommend a package for 25k", "recommendations", "/packages"),
    ],
)
def test_missing_data_is_named_with_its_page(message, kit, page):
    reply = ask(message, kit)
    assert reply.content.startswith("I don't have any ")
    assert reply.actions[0].target == page


@pytest.mark.parametrize("skill", SKILLS)
def test_every_skill_answers_without_any_data(skill):
    reply = run(Understanding(skill, 1.0), samples=())
    assert reply.content
    assert len(reply.follow_up) <= 3
