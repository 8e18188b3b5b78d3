"""What nobody foresaw is answered in the client's own shape, without a word about the inside."""

import pytest
from django.db import OperationalError
from django.test import Client

from fashionos.accounts import services
from insights import cache

MODERN = {"x-supabase-api-version": "2024-01-01"}


def fail(error):
    def raise_it(*_, **__):
        raise error

    return raise_it


@pytest.fixture
def client(alice):
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("path", "headers", "shape"),
    [
        ("/nothing/here", {}, {"error"}),
        ("/auth/v1x", {}, {"error"}),
        ("/auth/v1/nothing", MODERN, {"code", "message"}),
        ("/functions/v1/nothing", {}, {"error"}),
    ],
)
def test_an_unknown_address_is_a_404_in_its_family_s_shape(client, settings, path, headers, shape):
    response = client.get(path, headers={"apikey": settings.PUBLISHABLE_KEYS[0], **headers})
    assert response.status_code == 404
    assert set(response.json()) == shape


def test_a_foreign_host_is_refused(client, settings):
    settings.ALLOWED_HOSTS = ["fashionos.example"]
    response = client.get("/admin/login/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert b"evil" not in response.content


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ZeroDivisionError("secret detail"), 500, "unexpected_failure"),
        (OperationalError("secret detail: connection refused"), 503, "unavailable"),
    ],
)
def test_an_unforeseen_error_of_the_accounts_tells_nothing(
    client, settings, monkeypatch, caplog, error, status, code
):
    monkeypatch.setattr(services, "sign_in", fail(error))
    response = client.post(
        "/auth/v1/token?grant_type=password",
        {"email": "alice@example.com", "password": "correct horse"},
        content_type="application/json",
        headers={"apikey": settings.PUBLISHABLE_KEYS[0], **MODERN},
    )
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert b"secret" not in response.content
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ZeroDivisionError("secret detail"), 500, "internal_error"),
        (OperationalError("secret detail: connection refused"), 503, "unavailable"),
    ],
)
def test_an_unforeseen_error_of_a_function_tells_nothing(
    alice, monkeypatch, caplog, error, status, code
):
    monkeypatch.setattr(cache, "find", fail(error))
    answer = alice.post("/functions/v1/logistics-analyzer", {"sampleList": []})
    assert (answer.status, answer.document["error"]["code"]) == (status, code)
    assert b"secret" not in answer.body
    assert "secret detail" in caplog.text
    assert ("Retry-After" in answer.headers) == (status == 503)
