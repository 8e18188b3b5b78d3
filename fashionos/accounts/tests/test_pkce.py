"""PKCE: a redirect carries a code that only who asked for it turns into a session, once, within five minutes."""

import hashlib
from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.db import connection
from django.utils import timezone

from fashionos.accounts.models import AuthCode, Session, User
from fashionos.accounts.tests.letters import MODERN, letter, open_link, query
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import add_person, get, post

ALICE = "alice@example.com"
VERIFIER = "a662f276" * 14
S256 = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(autouse=True)
def _mails_without_a_pause(settings):
    settings.MAIL_RATE_PER_ACCOUNT = "100/60s"


def ask(challenge=S256, method="s256"):
    body = {"email": ALICE, "code_challenge": challenge, "code_challenge_method": method}
    assert post("/auth/v1/recover", body, **MODERN).status == 200
    return letter(ALICE)


def code(**options):
    location = open_link(ask(**options).link)
    assert location.startswith(f"{project.SITE_URL}?code=")
    return query(location)["code"]


def exchange(auth_code, verifier=VERIFIER):
    body = {"auth_code": auth_code, "code_verifier": verifier}
    return post("/auth/v1/token?grant_type=pkce", body, **MODERN)


def age(seconds):
    with acting(Role.AUTH):
        AuthCode.objects.update(created_at=timezone.now() - timedelta(seconds=seconds))


def sessions():
    with acting(Role.AUTH):
        return Session.objects.count()


@pytest.mark.parametrize(
    ("challenge", "method"), [(S256, "s256"), (S256, "S256"), (VERIFIER, "plain")]
)
def test_the_verifier_turns_the_code_into_a_session_once(alice, challenge, method):
    auth_code = code(challenge=challenge, method=method)
    assert sessions() == 1
    session = exchange(auth_code).document
    assert get("/auth/v1/user", token=session["access_token"]).document["email"] == ALICE
    again = exchange(auth_code)
    assert (again.status, again.document) == (
        404,
        {
            "code": "flow_state_not_found",
            "message": "invalid flow state, no valid flow state found",
        },
    )
    assert sessions() == 2


def test_the_token_of_such_a_link_says_what_it_is_and_the_client_may_redeem_it_itself(alice):
    found = ask()
    assert found.token.startswith("pkce_")
    body = {"type": "recovery", "token_hash": found.token}
    assert "access_token" in post("/auth/v1/verify", body, **MODERN).document


@pytest.mark.parametrize("verifier", ["x" * 43, VERIFIER[:-1], S256, "é"])
def test_another_verifier_gets_nothing_and_spoils_nothing(alice, verifier):
    auth_code = code()
    answer = exchange(auth_code, verifier)
    assert (answer.status, answer.document["code"]) == (400, "bad_code_verifier")
    assert sessions() == 1
    assert exchange(auth_code).status == 200


@pytest.mark.parametrize(
    ("auth_code", "verifier", "status", "error"),
    [
        ("the-code", VERIFIER, 404, "flow_state_not_found"),
        ("", VERIFIER, 400, "validation_failed"),
        ("the-code", "", 400, "validation_failed"),
        (7, VERIFIER, 400, "validation_failed"),
    ],
)
def test_what_is_no_code_is_refused(db, auth_code, verifier, status, error):
    answer = exchange(auth_code, verifier)
    assert (answer.status, answer.document["code"]) == (status, error)


def test_a_code_is_old_after_five_minutes_and_gone_after_an_hour(alice):
    auth_code = code()
    age(301)
    answer = exchange(auth_code)
    assert (answer.status, answer.document["code"]) == (422, "flow_state_expired")
    age(3601)
    code()
    assert exchange(auth_code).document["code"] == "flow_state_not_found"
    assert sessions() == 1


def test_a_ban_holds_for_codes_as_well(alice):
    auth_code = code()
    with acting(Role.AUTH):
        User.objects.filter(id=alice.id).update(is_active=False)
    assert exchange(auth_code).document["code"] == "user_banned"
    assert sessions() == 1


def test_the_database_holds_no_usable_code(alice):
    auth_code = code()
    with acting(Role.AUTH):
        [row] = AuthCode.objects.all()
    assert auth_code.encode() not in bytes(row.digest)
    assert VERIFIER not in row.challenge


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_exchange_at_once_one_gets_a_session():
    add_person(ALICE)
    auth_code = code()

    def attempt(_):
        try:
            return exchange(auth_code).status
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(attempt, range(8))) == [200] + [404] * 7
    assert sessions() == 2
