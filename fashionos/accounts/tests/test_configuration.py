"""What the environment says of mail servers and providers, and what it must not say."""

import json
import os
import subprocess
import sys

import pytest

NAMES = (
    *("EMAIL_BACKEND", "EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD"),
    *("EMAIL_USE_TLS", "EMAIL_USE_SSL", "DEFAULT_FROM_EMAIL", "OAUTH_PROVIDERS", "AUTH_ANONYMOUS"),
)
SCRIPT = (
    "import json; from django.conf import settings;"
    f"print(json.dumps({{name: getattr(settings, name) for name in {NAMES!r}}}))"
)
GOOGLE = {
    "OAUTH_PROVIDERS": "google",
    "OAUTH_GOOGLE_ISSUER": "https://accounts.google.com",
    "OAUTH_GOOGLE_CLIENT_ID": "web, ios",
}


def run(**environment):
    kept = {name: os.environ[name] for name in ("PATH", "DATA_DIR") if name in os.environ}
    kept["DJANGO_SETTINGS_MODULE"] = "fashionos.settings"
    return subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def read(**environment):
    return json.loads(run(**environment).stdout)


def test_one_address_names_the_mail_server():
    found = read(EMAIL_URL="smtp://me%40x:p%2Fw@mail.example", SITE_URL="https://fashionos.example")
    assert found["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    server = [found[name] for name in NAMES[1:7]]
    assert server == ["mail.example", 587, "me@x", "p/w", True, False]
    assert found["DEFAULT_FROM_EMAIL"] == "FashionOS <no-reply@fashionos.example>"
    server = read(EMAIL_URL="smtps://mail.example")
    assert [server[name] for name in NAMES[2:7]] == [465, "", "", False, True]
    assert read(EMAIL_URL="smtp://mail.example?tls=0")["EMAIL_USE_TLS"] is False


def test_so_do_its_parts_one_by_one():
    found = read(
        EMAIL_HOST="mail.example", EMAIL_PORT="465", EMAIL_USE_SSL="1", MAIL_FROM="a@b.example"
    )
    server = [found[name] for name in NAMES[1:8]]
    assert server == ["mail.example", 465, "", "", False, True, "a@b.example"]


def test_without_a_server_development_prints_and_production_is_silent():
    assert read(DEBUG="1")["EMAIL_BACKEND"].endswith("console.EmailBackend")
    production = read()
    assert production["EMAIL_BACKEND"].endswith("dummy.EmailBackend")
    assert production["AUTH_ANONYMOUS"] is False


def test_a_provider_has_its_own_variables():
    assert read(**GOOGLE)["OAUTH_PROVIDERS"] == {
        "google": {
            "issuer": "https://accounts.google.com",
            "client_ids": ["web", "ios"],
            "client_secret": "",
            "scopes": "openid email profile",
        }
    }


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"EMAIL_URL": "http://mail.example"}, "EMAIL_URL"),
        ({"EMAIL_URL": "mail.example"}, "EMAIL_URL"),
        ({**GOOGLE, "OAUTH_GOOGLE_ISSUER": "http://accounts.google.com"}, "OAUTH_GOOGLE_ISSUER"),
        ({**GOOGLE, "OAUTH_GOOGLE_CLIENT_ID": ""}, "OAUTH_GOOGLE_CLIENT_ID"),
        ({"OAUTH_PROVIDERS": "google"}, "OAUTH_GOOGLE_ISSUER"),
        (
            {
                "OAUTH_PROVIDERS": "email",
                "OAUTH_EMAIL_ISSUER": "https://x",
                "OAUTH_EMAIL_CLIENT_ID": "y",
            },
            "OAUTH_PROVIDERS",
        ),
    ],
)
def test_what_cannot_be_meant_is_named(environment, named):
    result = run(**environment)
    assert result.returncode != 0
    assert f"ImproperlyConfigured: {named}" in result.stderr
