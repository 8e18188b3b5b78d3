"""Sign-up, sign-in and the user's own page, in the shapes that the client's library expects."""

from concurrent.futures import ThreadPoolExecutor
from time import time

import jwt
import pytest
from django.conf import settings
from django.db import connection
from jwt import PyJWK

from fashionos.accounts import tokens
from fashionos.accounts.models import DataKey, User
from fashionos.accounts.services import administration
from fashionos.accounts.tests.configured import said
from fashionos.accounts.tokens import legacy_api_key
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import PASSWORD, add_person, get, post
from preferences.models import UserPreferences

MODERN = {"x-supabase-api-version": "2024-01-01"}


def sign_up(**fields):
    body = {"email": "new@example.com", "password": PASSWORD, "data": {"team": "Paris"}}
    return post("/auth/v1/signup", {**body, "code_challenge": None, **fields}, **MODERN)


def sign_in(email="alice@example.com", password=PASSWORD, **headers):
    return post(
        "/auth/v1/token?grant_type=password",
        {"email": email, "password": password, "gotrue_meta_security": {}},
        **(headers or MODERN),
    )


def test_sign_up_gives_a_session_a_key_and_preferences(db):
    answer = sign_up(email="New@Example.com")
    assert answer.status == 200
    session = answer.document
    assert session["token_type"] == "bearer"
    assert session["expires_in"] == 3600
    assert session["user"]["email"] == "new@example.com"
    assert session["user"]["phone"] == ""
    assert said(session["user"]) == {"team": "Paris"}
    claims = jwt.decode(session["access_token"], options={"verify_signature": False})
    assert claims["user_metadata"] == session["user"]["user_metadata"]
    assert session["user"]["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert [identity["provider"] for identity in session["user"]["identities"]] == ["email"]
    assert session["user"]["created_at"].endswith("Z")
    with acting(Role.AUTH):
        user = User.objects.get(email="new@example.com")
        assert user.password.startswith("argon2$argon2id$")
        assert DataKey.objects.filter(user=user).count() == 1
    with acting(Role.SUPPORT):
        preferences = UserPreferences.objects.get(user=user)
    assert preferences.conversation_history_retention_days == 90
    assert preferences.auto_suggestions_enabled is True


def test_the_access_token_is_es256_and_verifies_against_the_published_key(alice):
    session = sign_in().document
    token = session["access_token"]
    [key] = get("/auth/v1/.well-known/jwks.json").document["keys"]
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["kid"]) == ("ES256", key["kid"])
    assert "d" not in key
    claims = jwt.decode(token, PyJWK(key).key, algorithms=["ES256"], audience="authenticated")
    assert claims["sub"] == str(alice.id)
    assert claims["iss"] == f"{settings.SITE_URL}/auth/v1"
    assert claims["role"] == "authenticated"
    assert claims["aal"] == "aal1"
    assert claims["is_anonymous"] is False
    assert [entry["method"] for entry in claims["amr"]] == ["password"]
    assert claims["exp"] == session["expires_at"]


def test_support_carries_its_role_where_only_the_server_writes(sam):
    assert sign_in("sam@example.com").document["user"]["app_metadata"]["role"] == "admin"


def test_nobody_becomes_support_through_their_own_metadata(db):
    answer = sign_up(
        data={"role": "admin", "is_staff": True}, is_staff=True, app_metadata={"role": "admin"}
    )
    assert "role" not in answer.document["user"]["app_metadata"]
    with acting(Role.AUTH):
        assert not User.objects.get(email="new@example.com").is_staff


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_a_wrong_password_and_an_unknown_address_look_alike(alice, email):
    answer = sign_in(email, "wrong password")
    assert answer.status == 400
    assert answer.document == {
        "code": "invalid_credentials",
        "message": "Invalid login credentials",
    }
    assert answer.headers["x-supabase-api-version"] == "2024-01-01"


def test_an_older_client_gets_the_older_error_body(alice):
    answer = sign_in(password="wrong password", **{"x-client-info": "old"})
    assert answer.document == {
        "code": 400,
        "error_code": "invalid_credentials",
        "msg": "Invalid login credentials",
    }
    assert "x-supabase-api-version" not in answer.headers


def test_a_taken_address_is_told_when_addresses_confirm_themselves(alice):
    answer = sign_up(email="ALICE@example.com")
    assert (answer.status, answer.document["code"]) == (422, "user_already_exists")
    assert sign_in().status == 200


def test_a_taken_address_looks_new_when_addresses_must_be_confirmed(alice, settings):
    settings.SIGN_UP_AUTOCONFIRM = False
    taken, fresh = sign_up(email="alice@example.com"), sign_up(email="fresh@example.com")
    assert taken.status == fresh.status == 200
    assert taken.document["identities"] == []
    assert taken.document["id"] != str(alice.id)
    assert "access_token" not in fresh.document
    assert set(taken.document) == set(fresh.document)


def test_an_unconfirmed_address_cannot_sign_in_and_only_the_owner_learns_it(db, settings):
    settings.SIGN_UP_AUTOCONFIRM = False
    sign_up()
    assert sign_in("new@example.com").document["code"] == "email_not_confirmed"
    assert sign_in("new@example.com", "wrong password").document["code"] == "invalid_credentials"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"email": "not an address"}, 400, "validation_failed"),
        ({"email": ""}, 400, "validation_failed"),
        ({"email": "a" * 243 + "@example.com"}, 400, "validation_failed"),
        ({"email": ["a@example.com"]}, 400, "validation_failed"),
        ({"password": ""}, 400, "validation_failed"),
        ({"password": "short"}, 422, "weak_password"),
        ({"password": "x" * 1001}, 400, "validation_failed"),
        ({"data": "text"}, 400, "validation_failed"),
        ({"data": {"big": "x" * 20_000}}, 400, "validation_failed"),
        ({"email": None, "password": None}, 422, "anonymous_provider_disabled"),
        ({"email": None, "phone": "+33123"}, 400, "phone_provider_disabled"),
    ],
)
def test_a_bad_sign_up_is_refused_and_leaves_nothing(db, settings, fields, status, code):
    settings.AUTH_ANONYMOUS = False
    answer = sign_up(**fields)
    assert (answer.status, answer.document["code"]) == (status, code)
    with acting(Role.AUTH):
        assert User.objects.count() == 0


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"nul", b'{"email": NaN}', b'{"email":"\\u0000"}', b"\xff", b"[" * 200]
)
def test_a_body_that_is_no_json_object_is_a_400(db, body):
    answer = post("/auth/v1/signup", body, **MODERN)
    assert (answer.status, answer.document["code"]) == (400, "bad_json")


def test_sign_up_can_be_closed(db, settings):
    settings.SIGN_UP_DISABLED = True
    assert sign_up().document["code"] == "signup_disabled"
    assert get("/auth/v1/settings").document["disable_signup"] is True


def test_a_banned_user_learns_it_after_the_right_password_only(alice):
    with acting(Role.AUTH):
        User.objects.filter(id=alice.id).update(is_active=False)
    assert sign_in().document["code"] == "user_banned"
    assert sign_in(password="wrong password").document["code"] == "invalid_credentials"
    assert alice.get("/auth/v1/user", **MODERN).document["code"] == "user_banned"


def test_the_user_page_shows_its_owner(alice, bob):
    assert alice.get("/auth/v1/user").document["email"] == "alice@example.com"
    assert bob.get("/auth/v1/user").document["id"] == str(bob.id)


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        ("", 401, "no_authorization"),
        ("garbage", 403, "bad_jwt"),
        (settings.PUBLISHABLE_KEYS[0] if settings.configured else "", 403, "bad_jwt"),
        ("x" * 10_000, 403, "bad_jwt"),
    ],
)
def test_the_user_page_needs_a_genuine_token(db, token, status, code):
    answer = get("/auth/v1/user", token=token, **MODERN)
    assert (answer.status, answer.document["code"]) == (status, code)


def test_a_token_of_a_deleted_user_says_so(alice):
    administration.delete_user(alice.id, soft=False)
    assert alice.get("/auth/v1/user", **MODERN).document["code"] == "user_not_found"


@pytest.mark.parametrize(
    ("key", "message"), [("", "No API key found in request"), ("nonsense", "Invalid API key")]
)
def test_the_gateway_asks_for_a_key(db, key, message):
    answer = get("/auth/v1/settings", apikey=key)
    assert (answer.status, answer.document["message"]) == (401, message)


def test_an_unknown_grant_and_an_unknown_path_are_told(db):
    answer = post("/auth/v1/token?grant_type=web3", {}, **MODERN)
    assert (answer.status, answer.document["message"]) == (400, "unsupported_grant_type")
    assert get("/auth/v1/factors").status == 404
    assert get("/auth/v1/signup").status == 405


def test_failed_sign_ins_close_the_account_s_door_but_not_its_sessions(alice, bob, settings):
    settings.SIGN_IN_FAILURES_PER_ACCOUNT = "3/300s"
    for _ in range(3):
        assert sign_in(password="wrong password").status == 400
    shut = sign_in()
    assert (shut.status, shut.document["code"]) == (429, "over_request_rate_limit")
    assert int(shut.headers["Retry-After"]) > 0
    assert alice.get("/auth/v1/user").status == 200
    assert sign_in("bob@example.com").status == 200


@pytest.mark.django_db(transaction=True)
def test_a_burst_of_guesses_at_once_is_no_more_than_the_limit(settings):
    settings.SIGN_IN_FAILURES_PER_ACCOUNT = "3/300s"
    add_person("alice@example.com")

    def guess(number):
        try:
            return sign_in(password=f"wrong password {number}").status
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(guess, range(8)))
    assert statuses == [400] * 3 + [429] * 5


def test_using_an_account_a_lot_does_not_close_its_door(alice, settings):
    settings.SIGN_IN_FAILURES_PER_ACCOUNT = "3/300s"
    assert [sign_in().status for _ in range(5)] == [200] * 5


def test_one_address_cannot_sign_up_or_in_without_end(alice, settings):
    settings.TOKEN_RATE_PER_ADDRESS = settings.SIGN_UP_RATE_PER_ADDRESS = "2/300s"
    assert [sign_in("x@example.com").status for _ in range(3)] == [400, 400, 429]
    statuses = [sign_up(email=f"u{number}@example.com").status for number in range(3)]
    assert statuses == [200, 200, 429]


def test_legacy_keys_open_the_gateway_and_nothing_more(db, alice):
    anon = legacy_api_key("anon", now=int(time()))
    expired = legacy_api_key("anon", now=0, years=1)
    assert get("/auth/v1/settings", apikey=anon).status == 200
    assert get("/auth/v1/settings", apikey=expired).status == 401
    assert get("/auth/v1/user", token=anon, apikey=anon, **MODERN).document["code"] == "bad_jwt"


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_signed_another_way_is_refused(alice, algorithm):
    claims = jwt.decode(alice.token, options={"verify_signature": False})
    forged = jwt.encode(claims, settings.JWT_SECRET if algorithm == "HS256" else "", algorithm)
    assert get("/auth/v1/user", token=forged, **MODERN).document["code"] == "bad_jwt"


@pytest.mark.parametrize(
    ("skew", "status"), [({"iat": 20}, 200), ({"exp": -20}, 200), ({"iat": 60}, 403), ({"exp": -60}, 403)]
)  # fmt: skip
def test_clocks_of_two_machines_may_differ_a_little(alice, skew, status):
    claims = jwt.decode(alice.token, options={"verify_signature": False})
    claims |= {name: int(time()) + seconds for name, seconds in skew.items()}
    token = jwt.encode(claims, tokens.signing_key(), algorithm="ES256")
    assert get("/auth/v1/user", token=token).status == status


def test_whose_token_has_expired_is_not_remembered(alice, time_machine):
    tokens._verified.clear()
    assert alice.get("/auth/v1/user").status == 200
    time_machine.move_to(time() + settings.ACCESS_TOKEN_SECONDS + 1)
    bob = add_person("bob@example.com")
    assert bob.get("/auth/v1/user").status == 200
    assert [caller.id for _, caller in tokens._verified.values()] == [bob.id]
