"""ID tokens, forged by a provider of our own: what is not for us, not now or not signed opens nothing."""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from fashionos.accounts import providers
from fashionos.accounts.tests.configured import SECRET, configuration, counts
from fashionos.accounts.tests.letters import MODERN
from fashionos.testing.people import get, post

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


class Forge:
    """A provider that signs whatever it is asked to."""

    def __init__(self):
        self.key = KEY
        self.documents = {}
        forge = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                document = forge.documents.get(urlsplit(self.path).path)
                self.send_response(200 if document else 404)
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.publish()
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def publish(self, **changes):
        self.documents["/.well-known/openid-configuration"] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            **changes,
        }
        self.documents["/jwks"] = {"keys": [self.key.as_dict(private=False)]}

    def token(self, *, key=None, header=None, **changes):
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": "fashionos",
            "sub": "s1",
            "iat": now,
            "exp": now + 300,
            "email": "new@example.com",
            "email_verified": True,
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        header = header or {"alg": "RS256", "kid": "one"}
        return jwt.encode(header, claims, key or self.key, algorithms=[header["alg"]])


@pytest.fixture
def forge(settings, db):
    providers.forget_providers()
    forge = Forge()
    settings.OAUTH_PROVIDERS = {"forge": configuration(forge.issuer, "fashionos", "fashionos-ios")}
    yield forge
    forge.server.shutdown()
    forge.server.server_close()


def sign_in_with(id_token, **fields):
    body = {"provider": "forge", "id_token": id_token, "gotrue_meta_security": {}, **fields}
    return post("/auth/v1/token?grant_type=id_token", body, **MODERN)


@pytest.mark.parametrize("audience", ["fashionos", "fashionos-ios", ["fashionos-ios"]])
def test_an_app_signs_in_with_the_id_token_of_its_own_journey(forge, audience):
    nonce = hashlib.sha256(b"my nonce").hexdigest()
    answer = sign_in_with(forge.token(aud=audience, nonce=nonce), nonce="my nonce")
    assert answer.status == 200, answer.document
    assert answer.document["user"]["email"] == "new@example.com"
    claims = get("/auth/v1/user", token=answer.document["access_token"]).document
    assert claims["app_metadata"]["provider"] == "forge"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://accounts.example"},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": "another-client", "azp": "fashionos"},
        {"aud": ["fashionos", "another-client"]},
        {"azp": "another-client"},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"sub": None},
        {"sub": ["s1"]},
        {"sub": "x" * 256},
        {"sub": "x\x00"},
        {"email": "no address"},
        {"email": ["new@example.com"]},
        {"email_verified": "yes"},
        {"email_verified": None},
        {"nonce": "another"},
        {"iss": None},
    ],
)
def test_an_id_token_that_is_not_for_us_or_not_now_opens_nothing(forge, changes):
    answer = sign_in_with(forge.token(**changes))
    assert answer.status in {400, 422}
    assert answer.document["code"] in {
        "bad_oauth_callback",
        "validation_failed",
        "provider_email_needs_verification",
    }
    assert counts() == (0, 0, 0)


def test_what_a_provider_says_of_people_is_kept_where_it_can_be(forge):
    names = {"name": "A\x00", "given_name": "x" * 400, "family_name": "\x1b[1m", "picture": 7}
    user = sign_in_with(forge.token(locale="fr", **names)).document["user"]
    assert user["user_metadata"] == {
        "locale": "fr",
        "iss": forge.issuer,
        "sub": "s1",
        "provider_id": "s1",
        "email": "new@example.com",
        "email_verified": True,
        "phone_verified": False,
    }


def signed_with_the_public_key(forge, claims):
    """Make the forgery that takes the published key for a shared secret; libraries refuse to make it."""
    head = urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
    public = forge.key.as_pem(private=False)
    signature = hmac.digest(public, f"{head}.{claims}".encode(), "sha256")
    return f"{head}.{claims}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_an_id_token_with_another_signature_opens_nothing(forge):
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    genuine = forge.token()
    head, claims, _ = genuine.split(".")
    unsigned = urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for token in (
        forge.token(key=stranger),
        signed_with_the_public_key(forge, claims),
        forge.token(key=OctKey.import_key(SECRET * 4), header={"alg": "HS256"}),
        f"{unsigned}.{claims}.",
        f"{head}.{claims}.",
        genuine[:-8] + "AAAAAAAA",
        "nonsense",
        "x" * 20_000,
    ):
        answer = sign_in_with(token)
        assert (answer.status, answer.document["code"]) == (400, "bad_oauth_callback")
    assert counts() == (0, 0, 0)


@pytest.mark.parametrize(
    ("claims", "fields"),
    [
        ({"nonce": hashlib.sha256(b"a").hexdigest()}, {}),
        ({}, {"nonce": "a"}),
        ({"nonce": hashlib.sha256(b"a").hexdigest()}, {"nonce": "b"}),
        ({"at_hash": "x"}, {}),
        ({"at_hash": "x"}, {"access_token": "y"}),
    ],
)
def test_nonce_and_access_token_belong_to_the_id_token_or_nothing_opens(forge, claims, fields):
    assert sign_in_with(forge.token(**claims), **fields).status == 400
    assert counts() == (0, 0, 0)


def test_a_key_that_the_provider_took_into_use_is_found(forge, monkeypatch):
    assert sign_in_with(forge.token()).status == 200
    forge.key = ECKey.generate_key("P-256", {"kid": "two"})
    forge.publish()
    newer = {"alg": "ES256", "kid": "two"}
    assert sign_in_with(forge.token(header=newer)).status == 400
    monkeypatch.setattr(providers, "KEYS_AGAIN_SECONDS", 0)
    assert sign_in_with(forge.token(header=newer)).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://accounts.example"},
        {"token_endpoint": "ftp://127.0.0.1/"},
        {"jwks_uri": None},
    ],
)
def test_a_provider_that_publishes_nonsense_is_not_believed(forge, changes):
    forge.publish(**changes)
    answer = sign_in_with(forge.token())
    assert (answer.status, answer.document["code"]) == (502, "unexpected_failure")


@pytest.mark.parametrize("body", [{}, {"provider": "forge"}, {"provider": "x", "id_token": "y"}])
def test_a_bad_question_with_an_id_token_is_refused(forge, body):
    answer = post("/auth/v1/token?grant_type=id_token", body, **MODERN)
    assert (answer.status, answer.document["code"]) == (400, "validation_failed")
