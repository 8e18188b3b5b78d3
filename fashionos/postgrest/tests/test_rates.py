"""How often one may ask: by user, or by address of those who are none."""

import pytest
from django.conf import settings as project

from fashionos.postgrest.views import Request
from fashionos.testing.people import add_person


@pytest.fixture
def three_at_most(rest, settings):
    settings.REST_RATE_PER_USER = settings.REST_RATE_PER_ADDRESS = 3
    settings.REST_RATE_SECONDS = 3_600


def codes(answers):
    return [answer.status for answer in answers]


@pytest.mark.usefixtures("three_at_most")
def test_a_user_who_asks_too_often_is_told_when_to_come_again(rest):
    alice, bob = add_person("alice@example.com"), add_person("bob@example.com")
    asked = [("GET", "samples"), ("HEAD", "shots"), ("GET", "nothing"), ("POST", "samples")]
    assert codes(rest(alice, *one) for one in asked) == [200, 200, 404, 429]
    refused = rest(alice, "GET", "samples")
    assert set(refused.document) == {"code", "message", "details", "hint"}
    assert refused.code == "over_request_rate_limit"
    assert 0 < int(refused.headers["Retry-After"]) <= 3_600
    assert rest(bob, "GET", "samples").status == 200
    assert rest(None, "GET", "samples").status == 200


@pytest.mark.usefixtures("three_at_most")
def test_those_without_a_user_are_counted_by_address(rest):
    def ask(address, forwarded=""):
        sent = {"apikey": project.PUBLISHABLE_KEYS[0], "x-forwarded-for": forwarded}
        [seen] = rest.run([Request("GET", "samples", "", sent, b"", address)])
        return seen.status

    forged = [ask("192.0.2.1", f"198.51.100.{n}") for n in range(4)]
    assert forged == [200, 200, 200, 429]
    assert ask("192.0.2.2") == 200


@pytest.mark.usefixtures("three_at_most")
def test_the_server_itself_is_not_counted(rest):
    asked = [rest(None, "GET", "samples", key=project.SECRET_API_KEYS[0]) for _ in range(5)]
    assert codes(asked) == [200] * 5


@pytest.mark.usefixtures("three_at_most")
def test_limits_can_be_off(rest, settings):
    settings.RATELIMIT_ENABLE = False
    assert codes(rest(None, "GET", "samples") for _ in range(5)) == [200] * 5
