"""Answers that take the user somewhere."""

import pytest

from assistant.skills.routes import PAGE_TITLES
from assistant.tests.shoot import SHOOT, a_sample, ask
from assistant.understanding.lexicon import PAGES


@pytest.mark.parametrize(
    ("message", "target"),
    [
        ("go to the samples page", "/samples"),
        ("show the run of show page", "/run-of-show"),
        ("open the shot list", "/shot-list"),
        ("take me home", "/home"),
        ("open settings", "/settings"),
        ("go back", "back"),
    ],
)
def test_a_page_is_opened(message, target):
    reply = ask(message)
    assert reply.type == "navigation"
    assert [(action.target, action.primary) for action in reply.actions] == [(target, True)]


def test_every_page_has_a_title_and_names():
    assert PAGE_TITLES.keys() == PAGES.keys()


def test_a_record_is_opened():
    reply = ask("open the velvet cape")
    assert (reply.type, reply.content) == ("navigation", "Opening Velvet Cape.")
    assert reply.actions[0].target == "/samples/s3"


@pytest.mark.parametrize(
    ("kit", "target"),
    [
        ("logistics", "/samples?look=3"),
        ("media", "/gallery?look=3"),
        ("events", "/run-of-show?look=3"),
    ],
)
def test_a_look_is_opened_where_the_kit_shows_it(kit, target):
    assert ask("open look 3", kit).actions[0].target == target


def test_an_image_is_looked_up_in_the_gallery():
    assert ask("display image 77", "media").actions[0].target == "/gallery?q=77"


def test_two_records_that_fit_are_asked_about():
    reply = ask("open the ivory gown")
    assert reply.type == "text"
    assert reply.content.startswith("Which one do you mean? 2 samples fit: Ivory Dior Gown")
    assert [action.target for action in reply.actions] == ["/samples/s1", "/samples/s7"]


def test_an_id_is_escaped_in_a_route():
    samples = (a_sample("../../evil?x=//y", "Odd Coat"), *SHOOT)
    reply = ask("open the odd coat", samples=samples)
    assert reply.actions[0].target == "/samples/..%2F..%2Fevil%3Fx%3D%2F%2Fy"


def test_an_endless_id_leads_to_the_list():
    reply = ask("open the odd coat", samples=(a_sample("x" * 10_000, "Odd Coat"), *SHOOT))
    assert reply.actions[0].target == "/samples"
