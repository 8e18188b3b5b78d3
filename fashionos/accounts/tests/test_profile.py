"""What users change of themselves, and what it takes: address, password, data, ways in."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from fashionos.accounts import mails
from fashionos.accounts.models import Identity, OneTimeToken, Session, User
from fashionos.accounts.services.users import add_identity
from fashionos.accounts.tests.configured import said
from fashionos.accounts.tests.letters import MODERN, fragment, letter, letters, open_link, query
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import PASSWORD, get, post, put, sign_in

ALICE, NEW = "alice@example.com", "alice@atelier.example"
USER = "/auth/v1/user"
OTHER_PASSWORD = "battery staple"


@pytest.fixture(autouse=True)
def _mails_without_a_pause(settings):
    settings.MAIL_RATE_PER_ACCOUNT = "100/60s"


def change(person, **fields):
    body = {**fields, "code_challenge": None, "code_challenge_method": None}
    return person.put(USER, body, **MODERN)


def verify(**fields):
    return post("/auth/v1/verify", fields, **MODERN)


def password_works(password, email=ALICE):
    body = {"email": email, "password": password}
    return post("/auth/v1/token?grant_type=password", body, **MODERN).status == 200


def row(person):
    with acting(Role.AUTH):
        return User.objects.get(id=person.id)


def age_session(person, hours=25):
    with acting(Role.AUTH):
        created = timezone.now() - timedelta(hours=hours)
        Session.objects.filter(id=person.session_id).update(created_at=created)


# Data.


def test_data_is_laid_over_what_was_there_and_null_takes_away(alice, bob):
    assert change(alice, data={"a": 1, "b": {"c": 2}}).status == 200
    answer = change(alice, data={"a": None, "d": "é"})
    assert said(answer.document) == {"b": {"c": 2}, "d": "é"}
    assert said(alice.get(USER).document) == {"b": {"c": 2}, "d": "é"}
    assert said(bob.get(USER).document) == {}


def test_data_never_outgrows_the_token_that_carries_it(alice):
    assert change(alice, data={"a": "x" * 2000}).status == 200
    assert change(alice, data={"b": "é" * 300}).status == 200
    refused = change(alice, data={"c": "x" * 2000})
    assert (refused.status, refused.document["code"]) == (400, "validation_failed")
    assert set(row(alice).user_metadata) == {"a", "b"}
    again = sign_in(ALICE)
    assert again.get(USER).status == 200
    assert len(again.token) < 8192


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"app_metadata": {"role": "admin"}}, 403, "not_admin"),
        ({"data": []}, 400, "validation_failed"),
        ({"email": "no address"}, 400, "validation_failed"),
        ({"phone": "+33123"}, 422, "phone_provider_disabled"),
        ({"password": "short"}, 422, "weak_password"),
        ({"password": ""}, 400, "validation_failed"),
        ({"password": PASSWORD}, 422, "same_password"),
        ({"password": OTHER_PASSWORD, "current_password": "x"}, 400, "current_password_invalid"),
        ({"email": "bob@example.com"}, 422, "email_exists"),
    ],
)
def test_a_bad_change_is_refused_and_changes_nothing(alice, bob, sam, fields, status, code):
    answer = change(alice, **fields)
    assert (answer.status, answer.document["code"]) == (status, code)
    assert row(alice).email == ALICE
    assert row(alice).new_email == ""
    assert not row(alice).is_staff
    assert password_works(PASSWORD)


def test_nobody_without_a_living_session_changes_anything(alice, bob):
    assert put(USER, {"data": {"a": 1}}, **MODERN).document["code"] == "no_authorization"
    assert alice.post("/auth/v1/logout", b"").status == 204
    assert change(alice, data={"a": 1}).document["code"] == "session_not_found"
    assert row(alice).user_metadata == row(bob).user_metadata == {}


# The password.


def test_a_new_password_ends_the_other_sessions_and_every_link_in_flight(alice, bob):
    laptop = sign_in(ALICE)
    post("/auth/v1/recover", {"email": ALICE}, **MODERN)
    link = letter(ALICE).token
    assert change(alice, password=OTHER_PASSWORD, nonce="123456").status == 200
    assert alice.get(USER).status == bob.get(USER).status == 200
    assert laptop.get(USER, **MODERN).document["code"] == "session_not_found"
    assert verify(type="recovery", token_hash=link).status == 403
    assert not password_works(PASSWORD)
    assert password_works(OTHER_PASSWORD)


def test_an_old_session_needs_a_mailed_nonce_where_that_is_asked_for(alice, bob, settings):
    settings.AUTH_PASSWORD_REAUTHENTICATION = True
    age_session(alice)
    refused = change(alice, password=OTHER_PASSWORD)
    assert (refused.status, refused.document["code"]) == (400, "reauthentication_needed")
    bad = change(alice, password=OTHER_PASSWORD, nonce="12345")
    assert (bad.status, bad.document["code"]) == (422, "reauthentication_not_valid")
    assert bob.get("/auth/v1/reauthenticate").document == {}
    assert alice.get("/auth/v1/reauthenticate").document == {}
    assert alice.get(USER).document["reauthentication_sent_at"]
    found = letter(ALICE)
    assert found.link == ""
    foreign = change(alice, password=OTHER_PASSWORD, nonce=letter("bob@example.com").code)
    assert foreign.document["code"] == "reauthentication_not_valid"
    assert password_works(PASSWORD)
    assert verify(type="email", email=ALICE, token=found.code).status == 403
    assert change(alice, password=OTHER_PASSWORD, nonce=found.code).status == 200
    age_session(alice)
    assert change(alice, password="a third one", nonce=found.code).status == 422
    assert password_works(OTHER_PASSWORD)


def test_a_fresh_session_needs_no_nonce(alice, settings):
    settings.AUTH_PASSWORD_REAUTHENTICATION = True
    assert change(alice, password=OTHER_PASSWORD).status == 200


def test_the_current_password_is_asked_for_where_set_so_but_not_of_who_forgot_it(alice, settings):
    settings.AUTH_PASSWORD_NEEDS_CURRENT = True
    assert change(alice, password=OTHER_PASSWORD).document["code"] == "current_password_required"
    post("/auth/v1/recover", {"email": ALICE}, **MODERN)
    token = verify(type="recovery", email=ALICE, token=letter(ALICE).code).document["access_token"]
    assert put(USER, {"password": OTHER_PASSWORD}, token=token, **MODERN).status == 200
    assert not password_works(PASSWORD)


def test_a_session_left_open_is_no_way_to_guess_the_password(alice, settings):
    settings.NEW_PASSWORD_RATE_PER_ACCOUNT = "2/300s"
    statuses = [change(alice, password=OTHER_PASSWORD, current_password="x").status for _ in "123"]
    assert statuses == [400, 400, 429]
    assert change(alice, data={"a": 1}).status == 200


def test_changes_and_reauthentication_are_limited(alice, settings):
    settings.USER_RATE_PER_ADDRESS = "1/300s"
    assert [change(alice, data={}).status for _ in "12"] == [200, 429]
    settings.MAIL_RATE_PER_ACCOUNT = "1/60s"
    statuses = [alice.get("/auth/v1/reauthenticate").status for _ in "12"]
    assert statuses == [200, 429]


# The address.


def test_a_change_of_address_needs_both_addresses(alice):
    answer = change(alice, email=NEW.upper())
    assert (answer.status, answer.document["email"], answer.document["new_email"]) == (
        200,
        ALICE,
        NEW,
    )
    assert answer.document["email_change_sent_at"]
    old, new = letter(ALICE), letter(NEW)
    first = verify(type="email_change", email=NEW, token=new.code)
    assert (first.status, first.document["code"]) == (200, "200")
    assert first.document["msg"].startswith("Confirmation link accepted.")
    assert row(alice).email == ALICE
    assert verify(type="email_change", token_hash=new.token).status == 403
    done = verify(type="email_change", email=ALICE, token=old.code).document
    assert done["user"]["email"] == NEW
    assert "new_email" not in done["user"]
    [identity] = done["user"]["identities"]
    assert identity["email"] == identity["identity_data"]["email"] == NEW
    assert password_works(PASSWORD, NEW)
    assert not password_works(PASSWORD, ALICE)


def test_the_old_address_alone_changes_nothing_and_opens_nothing_afterwards(alice):
    post("/auth/v1/recover", {"email": ALICE}, **MODERN)
    recovery = letter(ALICE).token
    change(alice, email=NEW)
    old, new = letter(ALICE), letter(NEW)
    step = open_link(old.link)
    assert fragment(step)["message"].startswith("Confirmation link accepted.")
    assert row(alice).email == ALICE
    session = fragment(open_link(new.link))
    assert session["type"] == "email_change"
    assert row(alice).email == NEW
    assert verify(type="recovery", token_hash=recovery).status == 403


def test_the_new_address_suffices_where_changes_are_not_secured(alice, settings):
    settings.AUTH_SECURE_EMAIL_CHANGE = False
    change(alice, email=NEW)
    assert letters(ALICE) == []
    assert verify(type="email_change", token_hash=letter(NEW).token).status == 200
    assert row(alice).email == NEW


def test_a_second_change_cancels_the_first(alice):
    change(alice, email=NEW)
    verify(type="email_change", token_hash=letter(NEW).token)
    change(alice, email="third@example.com")
    verify(type="email_change", token_hash=letter(ALICE).token)
    assert row(alice).email == ALICE
    verify(type="email_change", token_hash=letter("third@example.com").token)
    assert row(alice).email == "third@example.com"


def test_an_address_that_was_taken_meanwhile_stays_with_who_took_it(alice, settings):
    settings.AUTH_SECURE_EMAIL_CHANGE = False
    change(alice, email=NEW)
    post("/auth/v1/signup", {"email": NEW, "password": PASSWORD}, **MODERN)
    answer = verify(type="email_change", token_hash=letter(NEW).token)
    assert (answer.status, answer.document["code"]) == (422, "email_exists")
    assert row(alice).email == ALICE


def test_two_who_want_one_address_each_have_a_code(alice, bob, settings):
    settings.AUTH_SECURE_EMAIL_CHANGE = False
    change(alice, email=NEW)
    first = letter(NEW)
    change(bob, email=NEW)
    assert verify(type="email_change", email=NEW, token=first.code).status == 200
    assert (row(alice).email, row(bob).email) == (NEW, "bob@example.com")


def test_the_mails_of_a_change_are_sent_again_on_request(alice, bob):
    change(alice, email=NEW)
    first = letter(NEW)
    answer = post("/auth/v1/resend", {"type": "email_change", "email": ALICE}, **MODERN)
    assert answer.document == {}
    assert verify(type="email_change", token_hash=first.token).status == 403
    assert len(letters(NEW)) == len(letters(ALICE)) == 2
    assert verify(type="email_change", token_hash=letter(NEW).token).status == 200


def test_ones_own_address_is_no_change(alice):
    assert "new_email" not in change(alice, email=ALICE).document
    mails.settle()
    assert mail.outbox == []


# Ways in.


def add_way_in(person, provider="atelier", email="alice@work.example", *, verified=True):
    with acting(Role.AUTH):
        user = User.objects.get(id=person.id)
        data = {"sub": "s1", "email": email, "email_verified": verified}
        return add_identity(user, provider, f"{provider}-1", data)


def test_identities_are_listed_and_one_of_two_can_go(alice, bob):
    identity = add_way_in(alice)
    user = alice.get(USER).document
    assert [one["provider"] for one in user["identities"]] == ["email", "atelier"]
    assert user["app_metadata"] == {"provider": "email", "providers": ["email", "atelier"]}
    path = f"/auth/v1/user/identities/{identity.id}"
    assert bob.delete(path, **MODERN).document["code"] == "single_identity_not_deletable"
    add_way_in(bob, "elsewhere")
    assert bob.delete(path, **MODERN).document["code"] == "identity_not_found"
    assert len(alice.get(USER).document["identities"]) == 2
    assert alice.delete(path).status == 200
    user = alice.get(USER).document
    assert user["app_metadata"] == {"provider": "email", "providers": ["email"]}
    last = f"/auth/v1/user/identities/{user['identities'][0]['identity_id']}"
    refused = alice.delete(last, **MODERN)
    assert (refused.status, refused.document["code"]) == (422, "single_identity_not_deletable")
    with acting(Role.AUTH):
        assert Identity.objects.filter(user_id=alice.id).count() == 1


def test_without_the_address_its_password_goes_and_the_other_s_address_comes(alice):
    add_way_in(alice)
    [email, _] = alice.get(USER).document["identities"]
    assert alice.delete(f"/auth/v1/user/identities/{email['identity_id']}").status == 200
    user = alice.get(USER).document
    assert user["email"] == "alice@work.example"
    assert not password_works(PASSWORD)
    assert not password_works(PASSWORD, "alice@work.example")


def test_an_address_that_others_have_does_not_come_along(alice, bob):
    add_way_in(alice, email="bob@example.com")
    [email, _] = alice.get(USER).document["identities"]
    answer = alice.delete(f"/auth/v1/user/identities/{email['identity_id']}", **MODERN)
    assert answer.document["code"] == "email_conflict_identity_not_deletable"
    assert password_works(PASSWORD)
    assert len(alice.get(USER).document["identities"]) == 2


def test_unlinking_can_be_off_and_needs_an_id(alice, settings):
    assert alice.delete("/auth/v1/user/identities/x", **MODERN).status == 404
    settings.AUTH_MANUAL_LINKING = False
    answer = alice.delete(f"/auth/v1/user/identities/{uuid4()}", **MODERN)
    assert (answer.status, answer.document["code"]) == (404, "manual_linking_disabled")


# Guests.


def guest():
    answer = post("/auth/v1/signup", {"data": {"n": 1}, "gotrue_meta_security": {}}, **MODERN)
    assert answer.status == 200, answer.document
    return answer.document


@pytest.fixture
def _guests(settings):
    settings.AUTH_ANONYMOUS = True


@pytest.mark.usefixtures("_guests", "db")
def test_a_guest_has_a_session_and_nothing_else():
    session = guest()
    user = get(USER, token=session["access_token"]).document
    assert user["is_anonymous"] is True
    assert (user["email"], user["identities"], user["app_metadata"]) == ("", [], {})
    assert user["user_metadata"] == {"n": 1}
    body = {"refresh_token": session["refresh_token"]}
    assert post("/auth/v1/token?grant_type=refresh_token", body, **MODERN).status == 200


@pytest.mark.usefixtures("_guests", "db")
@pytest.mark.parametrize("autoconfirm", [True, False])
def test_a_guest_becomes_somebody_by_an_address_and_then_a_password(settings, autoconfirm):
    settings.SIGN_UP_AUTOCONFIRM = autoconfirm
    session = guest()
    token = session["access_token"]
    early = put(USER, {"password": PASSWORD}, token=token, **MODERN)
    assert (early.status, early.document["code"]) == (422, "validation_failed")
    answer = put(USER, {"email": NEW}, token=token, **MODERN).document
    assert answer["is_anonymous"] is not autoconfirm
    if not autoconfirm:
        assert query(letter(NEW).link)["type"] == "email_change"
        done = verify(type="email_change", email=NEW, token=letter(NEW).code).document
        assert done["user"]["is_anonymous"] is False
        assert done["user"]["id"] == session["user"]["id"]
    assert put(USER, {"password": PASSWORD}, token=token, **MODERN).status == 200
    assert password_works(PASSWORD, NEW)
    user = get(USER, token=token).document
    assert [one["provider"] for one in user["identities"]] == ["email"]


@pytest.mark.usefixtures("_guests")
def test_a_guest_cannot_take_somebody_s_address(alice):
    answer = put(USER, {"email": ALICE}, token=guest()["access_token"], **MODERN)
    assert (answer.status, answer.document["code"]) == (422, "email_exists")


@pytest.mark.usefixtures("_guests", "db")
def test_guests_are_limited_by_address_and_have_nothing_to_reauthenticate(settings):
    token = guest()["access_token"]
    assert get("/auth/v1/reauthenticate", token=token, **MODERN).status == 400
    settings.GUEST_RATE_PER_ADDRESS = "1/3600s"
    guest()
    assert post("/auth/v1/signup", {}, **MODERN).status == 429
    with acting(Role.AUTH):
        assert OneTimeToken.objects.count() == 0
