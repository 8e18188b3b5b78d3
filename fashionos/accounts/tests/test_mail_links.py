"""Links and codes by mail: asked for without telling who exists, good once, for a while, for one thing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.core import mail
from django.db import connection
from django.utils import timezone

from fashionos.accounts import mails
from fashionos.accounts.models import OneTimeToken, Session, User
from fashionos.accounts.tests.letters import (
    MODERN,
    fragment,
    letter,
    letters,
    open_link,
    otp,
    query,
    recover,
    verify,
)
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import add_person, get, post

ALICE = "alice@example.com"
NEW = "new@example.com"
EXPIRED = {"code": "otp_expired", "message": "Token has expired or is invalid"}


@pytest.fixture(autouse=True)
def _mails_without_a_pause(settings):
    settings.MAIL_RATE_PER_ACCOUNT = "100/60s"


def sessions_of(email):
    with acting(Role.AUTH):
        return Session.objects.filter(user__email=email).count()


def wait(seconds):
    with acting(Role.AUTH):
        created = timezone.now() - timedelta(seconds=seconds)
        OneTimeToken.objects.update(created_at=created)


# Asking.


@pytest.mark.parametrize("ask", [recover, otp, lambda email: otp(email, create_user=False)])
def test_known_and_unknown_addresses_get_the_same_answer(alice, settings, ask):
    settings.SIGN_UP_AUTOCONFIRM = False
    known, unknown = ask(ALICE), ask("nobody@example.com")
    assert (known.status, known.document) == (unknown.status, unknown.document) == (200, {})


@pytest.mark.parametrize("ask", [recover, otp])
def test_what_is_longer_than_any_address_is_none(db, ask):
    answer = ask("a" * 243 + "@example.com")
    assert (answer.status, answer.document["code"]) == (400, "validation_failed")


@pytest.mark.parametrize("kind", ["signup", "email_change"])
def test_resend_tells_nothing_either_and_mails_only_those_who_wait(alice, kind):
    for email in (ALICE, "nobody@example.com"):
        answer = post("/auth/v1/resend", {"type": kind, "email": email}, **MODERN)
        assert (answer.status, answer.document) == (200, {})
    mails.settle()
    assert mail.outbox == []
    with acting(Role.AUTH):
        assert OneTimeToken.objects.count() == 0


def test_recovery_of_an_unknown_address_leaves_nothing(db):
    assert recover("nobody@example.com").status == 200
    mails.settle()
    assert mail.outbox == []
    with acting(Role.AUTH):
        assert OneTimeToken.objects.count() == User.objects.count() == 0


def test_an_otp_for_a_stranger_is_told_only_where_sign_up_tells_as_much(db, settings):
    answer = otp("nobody@example.com", create_user=False)
    assert (answer.status, answer.document["code"]) == (422, "otp_disabled")
    settings.SIGN_UP_DISABLED = True
    assert otp("nobody@example.com").document == {}
    with acting(Role.AUTH):
        assert User.objects.count() == 0


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("recover", {"email": "no address"}, 400, "validation_failed"),
        ("recover", {}, 400, "validation_failed"),
        ("otp", {"phone": "+33123"}, 422, "phone_provider_disabled"),
        ("otp", {"email": ALICE, "create_user": "yes"}, 400, "validation_failed"),
        ("otp", {"email": ALICE, "data": []}, 400, "validation_failed"),
        ("resend", {"email": ALICE}, 400, "validation_failed"),
        ("resend", {"email": ALICE, "type": "sms"}, 400, "validation_failed"),
        ("recover", {"email": ALICE, "code_challenge": "x" * 43}, 400, "validation_failed"),
        (
            "recover",
            {"email": ALICE, "code_challenge": "x", "code_challenge_method": "s256"},
            400,
            "validation_failed",
        ),
        (
            "recover",
            {"email": ALICE, "code_challenge": "x" * 43, "code_challenge_method": "md5"},
            400,
            "validation_failed",
        ),
    ],
)
def test_a_bad_question_is_refused_and_sends_nothing(alice, path, body, status, code):
    answer = post(f"/auth/v1/{path}", body, **MODERN)
    assert (answer.status, answer.document["code"]) == (status, code)
    mails.settle()
    assert mail.outbox == []


def test_an_address_gets_one_mail_a_minute_known_or_not(alice, settings):
    settings.MAIL_RATE_PER_ACCOUNT = "1/60s"
    for email in (ALICE, "nobody@example.com"):
        assert recover(email).status == 200
        shut = recover(email.upper())
        assert (shut.status, shut.document["code"]) == (429, "over_email_send_rate_limit")
        assert shut.document["message"].startswith("For security purposes, you can only request")
        assert int(shut.headers["Retry-After"]) > 0
    assert len(letters(ALICE)) == 1


def test_one_client_and_the_whole_project_send_so_many_mails_and_no_more(alice, bob, settings):
    settings.MAIL_RATE_PER_ADDRESS = "2/300s"
    assert [recover().status for _ in range(3)] == [200, 200, 429]
    settings.MAIL_RATE = "1/3600s"
    assert otp("bob@example.com").status == 200
    assert otp("bob@example.com").document["code"] == "over_email_send_rate_limit"


def test_a_mail_says_why_it_comes_in_text_and_html(alice):
    recover()
    found = letter(ALICE)
    assert found.subject == "Reset your password"
    assert found.code in found.html
    assert found.token in found.html
    assert "60 minutes" in found.text
    assert found.link.startswith(f"{project.SITE_URL}/auth/v1/verify?")
    assert query(found.link) == {
        "token": found.token,
        "type": "recovery",
        "redirect_to": project.SITE_URL,
    }


def test_the_database_holds_neither_the_link_nor_the_code(alice):
    recover()
    found = letter(ALICE)
    with acting(Role.AUTH):
        row = OneTimeToken.objects.values().get()
    kept = repr(
        [bytes(value) if isinstance(value, memoryview) else value for value in row.values()]
    )
    assert found.token not in kept
    assert found.code not in kept


# Redeeming.


@pytest.mark.parametrize("kind", ["recovery", "magiclink", "email"])
def test_the_code_of_a_mail_signs_in_once(alice, kind):
    recover() if kind == "recovery" else otp()
    code = letter(ALICE).code
    answer = verify(type=kind, email="Alice@example.com", token=code)
    assert answer.status == 200
    assert answer.document["user"]["id"] == str(alice.id)
    assert get("/auth/v1/user", token=answer.document["access_token"]).status == 200
    again = verify(type=kind, email=ALICE, token=code)
    assert (again.status, again.document) == (403, EXPIRED)
    assert sessions_of(ALICE) == 2


def test_the_hash_of_a_link_signs_in_once_and_takes_the_code_along(alice):
    recover()
    found = letter(ALICE)
    assert verify(type="recovery", token_hash=found.token).status == 200
    assert verify(type="recovery", token_hash=found.token).document["code"] == "otp_expired"
    assert verify(type="recovery", email=ALICE, token=found.code).document["code"] == "otp_expired"


def test_a_browser_that_follows_the_link_brings_the_session_in_the_fragment(alice):
    post(
        f"/auth/v1/recover?redirect_to={project.SITE_URL}/new-password", {"email": ALICE}, **MODERN
    )
    location = open_link(letter(ALICE).link)
    page, _, _ = location.partition("#")
    assert page == f"{project.SITE_URL}/new-password"
    session = fragment(location)
    assert set(session) == {
        *("access_token", "token_type", "expires_in", "expires_at", "refresh_token", "sb", "type"),
    }
    assert session["type"] == "recovery"
    assert get("/auth/v1/user", token=session["access_token"]).document["email"] == ALICE
    failed = open_link(letter(ALICE).link)
    said = {
        "error": "access_denied",
        "error_code": "otp_expired",
        "error_description": "Email link is invalid or has expired",
    }
    assert query(failed) == said
    assert fragment(failed) == {**said, "sb": ""}


@pytest.mark.parametrize("kind", ["", "sms", "nonsense"])
def test_a_browser_with_a_bad_link_is_told_on_the_site(db, kind):
    location = open_link(f"/auth/v1/verify?token=x&type={kind}&redirect_to=https://evil.example/")
    assert location.startswith(f"{project.SITE_URL}?error=")


def test_a_mail_is_good_for_its_own_purpose_and_address_alone(alice, bob):
    recover()
    found = letter(ALICE)
    for fields in (
        {"type": "signup", "token_hash": found.token},
        {"type": "email_change", "token_hash": found.token},
        {"type": "signup", "email": ALICE, "token": found.code},
        {"type": "recovery", "email": "bob@example.com", "token": found.code},
    ):
        answer = verify(**fields)
        assert (answer.status, answer.document["code"]) == (403, "otp_expired")
    assert sessions_of(ALICE) == sessions_of("bob@example.com") == 1
    assert verify(type="recovery", token_hash=found.token).status == 200


def test_an_old_mail_opens_nothing_and_a_newer_one_replaces_it(alice):
    recover()
    first = letter(ALICE)
    recover()
    second = letter(ALICE)
    assert verify(type="recovery", token_hash=first.token).status == 403
    wait(3601)
    assert verify(type="recovery", token_hash=second.token).status == 403
    assert verify(type="recovery", email=ALICE, token=second.code).status == 403
    assert sessions_of(ALICE) == 1


def test_after_five_wrong_codes_the_right_one_is_wrong_too_but_not_the_link(alice):
    recover()
    found = letter(ALICE)
    wrong = f"{(int(found.code) + 1) % 1_000_000:06}"
    for _ in range(5):
        assert verify(type="recovery", email=ALICE, token=wrong).status == 403
    assert verify(type="recovery", email=ALICE, token=found.code).status == 403
    assert verify(type="recovery", token_hash=found.token).status == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"type": "recovery"}, 400, "validation_failed"),
        ({"token_hash": "x"}, 400, "validation_failed"),
        ({"type": "planet", "token_hash": "x"}, 400, "validation_failed"),
        ({"type": "sms", "phone": "+33", "token": "1"}, 422, "phone_provider_disabled"),
        ({"type": "recovery", "token": "123456"}, 400, "validation_failed"),
        ({"type": "recovery", "token": "1", "token_hash": "x"}, 400, "validation_failed"),
        ({"type": "recovery", "email": ALICE, "token_hash": "x"}, 400, "validation_failed"),
        ({"type": "recovery", "email": ALICE, "token": 123456}, 400, "validation_failed"),
        ({"type": "recovery", "token_hash": "x" * 100_000}, 403, "otp_expired"),
    ],
)
def test_what_is_no_proof_is_refused(alice, body, status, code):
    answer = verify(**body)
    assert (answer.status, answer.document["code"]) == (status, code)


def test_one_client_cannot_guess_without_end(alice, settings):
    settings.VERIFY_RATE_PER_ADDRESS = "2/300s"
    statuses = [verify(type="recovery", token_hash="x").status for _ in range(3)]
    assert statuses == [403, 403, 429]


def test_the_banned_get_no_mail_and_no_session(alice):
    recover()
    found = letter(ALICE)
    with acting(Role.AUTH):
        User.objects.filter(id=alice.id).update(banned_until=timezone.now() + timedelta(days=1))
    answer = verify(type="recovery", token_hash=found.token)
    assert (answer.status, answer.document["code"]) == (403, "user_banned")
    assert recover().document == otp().document == {}
    assert len(letters(ALICE)) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["token", "token_hash"])
def test_of_eight_who_redeem_at_once_one_gets_a_session(how):
    add_person(ALICE)
    recover()
    found = letter(ALICE)
    proof = {"token_hash": found.token} if how == "token_hash" else {}
    proof = proof or {"email": ALICE, "token": found.code}

    def attempt(_):
        try:
            return verify(type="recovery", **proof).status
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(attempt, range(8))) == [200] + [403] * 7
    assert sessions_of(ALICE) == 2


@pytest.mark.django_db(transaction=True)
def test_a_burst_of_guesses_counts_five_and_lets_none_through_behind():
    add_person(ALICE)
    recover()
    found = letter(ALICE)
    wrong = [f"{(int(found.code) + step) % 1_000_000:06}" for step in range(1, 13)]

    def attempt(code):
        try:
            return verify(type="recovery", email=ALICE, token=code).status
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(attempt, wrong)) == {403}
    with acting(Role.AUTH):
        assert OneTimeToken.objects.get().tries == 5
    assert verify(type="recovery", email=ALICE, token=found.code).status == 403


def test_a_mail_server_that_fails_breaks_no_answer(alice, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert recover().document == {}
    mails.settle()
    assert "mail recovery not sent" in caplog.text
    assert ALICE not in caplog.messages[0]


def test_without_a_mail_server_the_log_says_so(alice, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    assert recover().document == {}
    assert "EMAIL_URL" in caplog.text
