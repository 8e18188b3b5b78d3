"""Requests as the official client sends them, captured from the wire, byte for byte."""

import pytest
from django.conf import settings as project
from django.test import Client

from fashionos.accounts.tests.configured import said
from fashionos.accounts.tests.letters import letter, query
from fashionos.testing.people import post

TYPE = "application/json;charset=UTF-8"


@pytest.fixture
def send(db):
    key = project.PUBLISHABLE_KEYS[0]

    def send(method, path, body=b"", *, bearer=key):
        client = Client()
        headers = {
            "apikey": key,
            "authorization": f"Bearer {bearer}",
            "x-client-info": "supabase-js/2.119.1; runtime=node; runtime-version=22.23.3",
            "x-supabase-api-version": "2024-01-01",
        }
        return client.generic(method, path, body, content_type=TYPE, headers=headers)

    return send


@pytest.fixture
def session(send):
    body = (
        b'{"email":"a@example.com","password":"pw123456","data":{"n":1},"gotrue_meta_security":{},'
        b'"code_challenge":null,"code_challenge_method":null}'
    )
    path = "/auth/v1/signup?redirect_to=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1"
    answer = send("POST", path, body)
    assert answer.status_code == 200
    return answer.json()


SESSION_FIELDS = {"access_token", "token_type", "expires_in", "expires_at", "refresh_token", "user"}
USER_FIELDS = {
    *("id", "aud", "role", "email", "phone", "app_metadata", "user_metadata", "identities"),
    *("created_at", "updated_at", "is_anonymous"),
}


def test_sign_up(session):
    assert set(session) == SESSION_FIELDS
    assert set(session["user"]) >= USER_FIELDS
    assert None not in session["user"].values()
    assert said(session["user"]) == {"n": 1}


def test_password_grant(send, session):
    body = b'{"email":"a@example.com","password":"pw123456","gotrue_meta_security":{}}'
    answer = send("POST", "/auth/v1/token?grant_type=password", body)
    assert (answer.status_code, set(answer.json())) == (200, SESSION_FIELDS)


def test_refresh_grant(send, session):
    body = b'{"refresh_token":"%s"}' % session["refresh_token"].encode()
    assert send("POST", "/auth/v1/token?grant_type=refresh_token", body).status_code == 200
    misshapen = send("POST", "/auth/v1/token?grant_type=refresh_token", b'{"refresh_token":"rt2"}')
    assert misshapen.json()["code"] == "validation_failed"


def test_pkce_grant_of_an_unknown_code(send):
    verifier = b"a662f276" * 14
    body = b'{"auth_code":"the-code","code_verifier":"%s"}' % verifier
    answer = send("POST", "/auth/v1/token?grant_type=pkce", body)
    assert (answer.status_code, answer.json()["code"]) == (404, "flow_state_not_found")
    assert answer["x-sb-error-code"] == "flow_state_not_found"
    assert answer["x-supabase-api-version"] == "2024-01-01"


def test_a_new_password(send, session):
    body = b'{"password":"newpw123","nonce":"123456","code_challenge":null,"code_challenge_method":null}'
    answer = send("PUT", "/auth/v1/user", body, bearer=session["access_token"])
    assert (answer.status_code, answer.json()["email"]) == (200, "a@example.com")


def test_a_token_hash(send, session):
    body = b'{"token_hash":"abc","type":"recovery","gotrue_meta_security":{}}'
    answer = send("POST", "/auth/v1/verify", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "otp_expired")


def test_sign_out_without_a_body(send, session):
    answer = send("POST", "/auth/v1/logout?scope=global", bearer=session["access_token"])
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/auth/v1/authorize?provider=google&redirect_to=https%3A%2F%2Fapp.example%2Fcb&scopes=email%20profile&prompt=consent",
        "/auth/v1/authorize?provider=google&code_challenge=J5-7ITFl&code_challenge_method=s256",
    ],
)
def test_a_provider_that_is_not_set_up(db, path):
    answer = Client().get(path, headers={"x-supabase-api-version": "2024-01-01"})
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_the_redirect_of_a_captured_sign_up_is_held_against_the_list(db, settings):
    settings.SIGN_UP_AUTOCONFIRM = False
    settings.AUTH_REDIRECT_URLS = ["https://app.example/**"]
    path = "/auth/v1/signup?redirect_to=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1"
    post(path, {"email": "a@example.com", "password": "pw123456"})
    assert query(letter("a@example.com").link)["redirect_to"] == "https://app.example/cb?x=1"


@pytest.mark.parametrize(
    "path", ["factors", "passkeys", "sso", "oauth/token", "admin/custom-providers", "admin/audit"]
)
def test_what_is_not_offered_is_not_there(send, path):
    assert send("POST", f"/auth/v1/{path}").status_code == 404
