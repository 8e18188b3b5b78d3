"""Refresh tokens rotate in families; a stolen one ends its family; sessions end in three scopes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from fashionos.accounts.models import RefreshToken, Session
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import add_person, get, post, sign_in

MODERN = {"x-supabase-api-version": "2024-01-01"}


def refresh(token):
    return post("/auth/v1/token?grant_type=refresh_token", {"refresh_token": token}, **MODERN)


def refreshed(token):
    answer = refresh(token)
    assert answer.status == 200, answer.document
    return answer.document["refresh_token"]


def age_revocations(seconds=11):
    """Let the reuse interval pass."""
    with acting(Role.AUTH):
        RefreshToken.objects.exclude(revoked_at=None).update(
            revoked_at=timezone.now() - timedelta(seconds=seconds)
        )


def test_a_refresh_gives_new_tokens_of_the_same_session(alice):
    answer = refresh(alice.refresh_token)
    session = answer.document
    assert session["refresh_token"] != alice.refresh_token
    assert len(session["refresh_token"]) == 43  # 256 bits
    assert get("/auth/v1/user", token=session["access_token"]).status == 200
    assert alice.get("/auth/v1/user").status == 200


def test_the_database_holds_no_usable_token(alice):
    with acting(Role.AUTH):
        [row] = RefreshToken.objects.all()
    assert bytes(row.digest) != alice.refresh_token.encode()
    assert len(bytes(row.digest)) == 32


def test_the_parent_of_the_active_token_gets_the_active_token_again(alice):
    child = refreshed(alice.refresh_token)
    age_revocations()
    assert refreshed(alice.refresh_token) == child
    assert refreshed(child) not in {child, alice.refresh_token}


def test_any_older_token_within_the_reuse_interval_gets_the_active_token(alice):
    active = refreshed(refreshed(alice.refresh_token))
    assert refreshed(alice.refresh_token) == active


def test_replaying_the_first_of_four_tokens_ends_the_family(alice):
    other_device = sign_in("alice@example.com")
    family = [alice.refresh_token]
    for _ in range(3):
        family.append(refreshed(family[-1]))
    age_revocations()
    answer = refresh(family[0])
    assert (answer.status, answer.document["code"]) == (400, "refresh_token_already_used")
    for token in family:
        assert refresh(token).document["code"] == "refresh_token_not_found"
    assert alice.get("/auth/v1/user", **MODERN).document["code"] == "session_not_found"
    assert other_device.get("/auth/v1/user").status == 200
    assert refresh(other_device.refresh_token).status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "validation_failed"),
        ({"refresh_token": None}, "validation_failed"),
        ({"refresh_token": 7}, "validation_failed"),
        ({"refresh_token": "not a token!"}, "validation_failed"),
        ({"refresh_token": "rt2"}, "validation_failed"),
        ({"refresh_token": "é" * 43}, "validation_failed"),
        ({"refresh_token": "x" * 100_000}, "validation_failed"),
        ({"refresh_token": "abcdefghijkl"}, "refresh_token_not_found"),
        ({"refresh_token": "x" * 43}, "refresh_token_not_found"),
    ],
)
def test_what_is_no_token_is_refused(db, body, code):
    answer = post("/auth/v1/token?grant_type=refresh_token", body, **MODERN)
    assert (answer.status, answer.document["code"]) == (400, code)


def test_a_banned_user_cannot_refresh(alice):
    with acting(Role.AUTH):
        alice.user.banned_until = timezone.now() + timedelta(days=1)
        alice.user.save()
    assert refresh(alice.refresh_token).document["code"] == "user_banned"


@pytest.mark.django_db(transaction=True)
def test_eight_refreshes_at_once_leave_one_active_token_and_all_get_it():
    alice = add_person("alice@example.com")

    def attempt(_):
        try:
            return refresh(alice.refresh_token)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(8)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.document["refresh_token"] for answer in answers}) == 1
    with acting(Role.AUTH):
        assert RefreshToken.objects.filter(revoked_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_refresh_that_waits_too_long_for_the_session_is_told_so(settings):
    settings.REFRESH_LOCK_SECONDS = 0.2
    alice = add_person("alice@example.com")

    def attempt():
        try:
            return refresh(alice.refresh_token)
        finally:
            connection.close()

    with acting(Role.AUTH), ThreadPoolExecutor(1) as pool:
        Session.objects.select_for_update().get(id=alice.session_id)
        answer = pool.submit(attempt).result()
    assert (answer.status, answer.document["code"]) == (409, "conflict")
    assert refresh(alice.refresh_token).status == 200


@pytest.mark.parametrize(
    ("scope", "own", "other"), [("global", 403, 403), ("local", 403, 200), ("others", 200, 403)]
)
def test_sign_out_ends_the_sessions_of_its_scope_and_nobody_else_s(alice, bob, scope, own, other):
    laptop = sign_in("alice@example.com")
    assert alice.post(f"/auth/v1/logout?scope={scope}", b"").status == 204
    assert alice.get("/auth/v1/user").status == own
    assert laptop.get("/auth/v1/user").status == other
    assert bob.get("/auth/v1/user").status == 200
    for person, status in ((alice, own), (laptop, other)):
        assert (refresh(person.refresh_token).status == 200) == (status == 200)


def test_signing_out_twice_and_in_an_unknown_scope_is_told(alice):
    assert alice.post("/auth/v1/logout?scope=planet", b"").status == 400
    assert alice.post("/auth/v1/logout", b"").status == 204
    answer = alice.post("/auth/v1/logout", b"", **MODERN)
    assert (answer.status, answer.document["code"]) == (403, "session_not_found")
