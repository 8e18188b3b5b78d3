"""A sign-up is confirmed by its mail: who reads it gets in, and with whose password."""

import pytest
from django.core import mail

from fashionos.accounts import mails
from fashionos.accounts.models import User
from fashionos.accounts.tests.configured import said
from fashionos.accounts.tests.letters import MODERN, letter, otp, query, recover, verify
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import PASSWORD, post

ALICE = "alice@example.com"
NEW = "new@example.com"


@pytest.fixture(autouse=True)
def _mails_without_a_pause(settings):
    settings.MAIL_RATE_PER_ACCOUNT = "100/60s"


def sign_up(email=NEW, password=PASSWORD, **fields):
    return post("/auth/v1/signup", {"email": email, "password": password, **fields}, **MODERN)


def sign_in(email=ALICE, password=PASSWORD):
    body = {"email": email, "password": password}
    return post("/auth/v1/token?grant_type=password", body, **MODERN)


def test_a_sign_up_is_confirmed_by_its_mail(db, settings):
    settings.SIGN_UP_AUTOCONFIRM = False
    user = sign_up(data={"n": 1}).document
    assert "access_token" not in user
    assert user["confirmation_sent_at"].endswith("Z")
    assert "email_confirmed_at" not in user
    assert user["user_metadata"] == {"n": 1}
    found = letter(NEW)
    assert query(found.link)["type"] == "signup"
    assert sign_in(NEW).document["code"] == "email_not_confirmed"
    session = verify(type="email", email=NEW, token=found.code).document
    assert session["user"]["email_confirmed_at"]
    assert said(session["user"]) == {"n": 1}
    [identity] = session["user"]["identities"]
    assert identity["identity_data"]["email_verified"] is True
    assert sign_in(NEW).status == 200


def test_resend_replaces_the_mail_of_a_sign_up(db, settings):
    settings.SIGN_UP_AUTOCONFIRM = False
    sign_up()
    first = letter(NEW)
    assert post("/auth/v1/resend", {"type": "signup", "email": NEW}, **MODERN).document == {}
    second = letter(NEW)
    assert verify(type="signup", token_hash=first.token).status == 403
    assert verify(type="signup", token_hash=second.token).status == 200


def test_of_two_who_sign_up_with_an_address_the_mail_decides_for_the_last(db, settings):
    settings.SIGN_UP_AUTOCONFIRM = False
    sign_up(password="of the intruder")
    first = letter(NEW)
    again = sign_up(password="of the owner")
    assert again.document["identities"] == []
    assert verify(type="signup", token_hash=first.token).status == 403
    assert verify(type="signup", token_hash=letter(NEW).token).status == 200
    assert sign_in(NEW, "of the intruder").status == 400
    assert sign_in(NEW, "of the owner").status == 200


@pytest.mark.parametrize("ask", [recover, otp])
def test_a_password_set_before_the_address_was_shown_does_not_outlive_another_proof(
    db, settings, ask
):
    settings.SIGN_UP_AUTOCONFIRM = False
    sign_up(password="of the intruder")
    ask(NEW)
    assert verify(type="email", email=NEW, token=letter(NEW).code).status == 200
    assert sign_in(NEW, "of the intruder").document["code"] == "invalid_credentials"


def test_a_confirmed_address_is_not_touched_by_another_sign_up(alice, settings):
    settings.SIGN_UP_AUTOCONFIRM = False
    assert sign_up(ALICE, "of the intruder", data={"x": 1}).document["identities"] == []
    mails.settle()
    assert mail.outbox == []
    assert said(sign_in().document["user"]) == {}


def test_an_otp_makes_a_user_who_confirms_by_using_it(db):
    assert otp(NEW, data={"team": "Paris"}).document == {}
    found = letter(NEW)
    assert query(found.link)["type"] == "signup"
    with acting(Role.AUTH):
        assert User.objects.get(email=NEW).email_confirmed_at is None
    user = verify(type="email", email=NEW, token=found.code).document["user"]
    assert said(user) == {"team": "Paris"}
    assert user["email_confirmed_at"]
    assert sign_in(NEW, "").status == 400
