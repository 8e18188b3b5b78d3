"""Users as the secret key manages them; nobody else does, support neither."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.conf import settings as project
from django.core import mail
from django.db import connection

from assistant.models import Conversation
from fashionos.accounts import mails
from fashionos.accounts.models import DataKey, Identity, OneTimeToken, Session, User
from fashionos.accounts.tests.configured import said
from fashionos.accounts.tests.letters import MODERN, fragment, letter, open_link, query
from fashionos.accounts.tokens import legacy_api_key
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import PASSWORD, delete, get, post, put, sign_in
from preferences.models import UserPreferences

USERS = "/auth/v1/admin/users"
ALICE, NEW = "alice@example.com", "new@example.com"


@pytest.fixture
def key():
    return project.SECRET_API_KEYS[0]


@pytest.fixture
def admin(key):
    def ask(method, path, body=None):
        headers = {"apikey": key, **MODERN}
        if method == "GET":
            return get(path, token=key, **headers)
        if method == "DELETE":
            return delete(path, body, token=key, **headers)
        return {"POST": post, "PUT": put}[method](path, body, token=key, **headers)

    return ask


def password_works(password, email=ALICE):
    body = {"email": email, "password": password}
    return post("/auth/v1/token?grant_type=password", body, **MODERN)


def everything():
    with acting(Role.AUTH):
        return [
            list(model.objects.order_by("pk").values())
            for model in (User, Identity, Session, OneTimeToken)
        ]


REQUESTS = [
    ("GET", USERS, None),
    ("POST", USERS, {"email": NEW, "password": PASSWORD}),
    ("GET", f"{USERS}/{{alice}}", None),
    ("PUT", f"{USERS}/{{alice}}", {"password": "another one", "app_metadata": {"role": "admin"}}),
    ("DELETE", f"{USERS}/{{alice}}", {"should_soft_delete": False}),
    ("POST", "/auth/v1/invite", {"email": NEW}),
    ("POST", "/auth/v1/admin/generate_link", {"type": "recovery", "email": ALICE}),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
@pytest.mark.parametrize("who", ["anon", "publishable", "nobody", "bob", "sam", "garbage"])
def test_nobody_without_the_secret_key_gets_anything(alice, bob, sam, who, method, path, body):
    token, code = {
        "anon": (legacy_api_key("anon", now=int(datetime.now(UTC).timestamp())), "not_admin"),
        "publishable": (project.PUBLISHABLE_KEYS[0], "not_admin"),
        "nobody": ("", "no_authorization"),
        "bob": (bob.token, "not_admin"),
        "sam": (sam.token, "not_admin"),
        "garbage": ("garbage", "bad_jwt"),
    }[who]
    before = everything()
    path = path.format(alice=alice.id)
    send = {"GET": get, "POST": post, "PUT": put, "DELETE": delete}[method]
    arguments = (path,) if method == "GET" else (path, body)
    answer = send(*arguments, token=token, **MODERN)
    assert (answer.status, answer.document["code"]) == (401 if who == "nobody" else 403, code)
    assert everything() == before
    mails.settle()
    assert mail.outbox == []


def test_the_legacy_service_key_works_as_well(alice):
    service = legacy_api_key("service_role", now=int(datetime.now(UTC).timestamp()))
    assert get(USERS, token=service, apikey=service).status == 200


def test_users_come_in_pages_with_what_the_client_reads(admin, alice, bob, sam):
    answer = admin("GET", f"{USERS}?page=1&per_page=2")
    assert answer.document["aud"] == "authenticated"
    assert [user["email"] for user in answer.document["users"]] == [
        "sam@example.com",
        "bob@example.com",
    ]
    assert answer.headers["x-total-count"] == "3"
    assert answer.headers["link"] == (
        f'<{USERS}?page=2&per_page=2>; rel="next", <{USERS}?page=2&per_page=2>; rel="last"'
    )
    last = admin("GET", f"{USERS}?page=2&per_page=2")
    assert [user["email"] for user in last.document["users"]] == [ALICE]
    assert "next" not in last.headers["link"]
    assert admin("GET", f"{USERS}?page=9").document["users"] == []
    assert admin("GET", f"{USERS}?page=&per_page=").status == 200


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "per_page=-1", "per_page=100000", "page=1e9"]
)
def test_a_page_that_is_none_is_refused(admin, db, query):
    answer = admin("GET", f"{USERS}?{query}")
    assert (answer.status, answer.document["code"]) == (400, "validation_failed")


def test_a_user_is_made_seen_changed_and_signs_in(admin, db):
    made = admin(
        "POST",
        USERS,
        {
            "email": "New@Example.com",
            "password": PASSWORD,
            "email_confirm": True,
            "user_metadata": {"team": "Paris"},
            "app_metadata": {"plan": "pro", "provider": "x", "providers": ["x"]},
        },
    ).document
    assert made["email"] == NEW
    assert made["app_metadata"] == {"provider": "email", "providers": ["email"], "plan": "pro"}
    session = password_works(PASSWORD, NEW).document
    assert session["user"]["app_metadata"] == made["app_metadata"]
    path = f"{USERS}/{made['id']}"
    assert said(admin("GET", path).document) == {"team": "Paris"}
    changed = admin(
        "PUT",
        path,
        {
            "email": "other@example.com",
            "user_metadata": {"team": None, "b": 1},
            "password": "a new one",
        },
    ).document
    assert changed["email"] == changed["identities"][0]["email"] == "other@example.com"
    assert said(changed) == {"b": 1}
    assert get("/auth/v1/user", token=session["access_token"]).status == 403
    assert password_works("a new one", "other@example.com").status == 200
    mails.settle()
    assert mail.outbox == []


def test_the_role_is_the_one_word_that_makes_support(admin, alice):
    path = f"{USERS}/{alice.id}"
    refused = admin("PUT", path, {"app_metadata": {"role": "owner"}})
    assert (refused.status, refused.document["code"]) == (400, "validation_failed")
    made = admin("PUT", path, {"app_metadata": {"role": "admin"}}).document
    assert made["app_metadata"]["role"] == "admin"
    with acting(Role.AUTH):
        assert User.objects.get(id=alice.id).is_staff
        assert "role" not in User.objects.get(id=alice.id).app_metadata
    assert (
        "role" not in admin("PUT", path, {"app_metadata": {"role": None}}).document["app_metadata"]
    )


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": ALICE, "password": PASSWORD}, 422, "email_exists"),
        ({"email": "no address"}, 400, "validation_failed"),
        ({}, 400, "validation_failed"),
        ({"email": NEW, "password": "short"}, 422, "weak_password"),
        ({"email": NEW, "role": "service_role"}, 400, "validation_failed"),
        ({"email": NEW, "phone": "+33"}, 400, "validation_failed"),
        ({"email": NEW, "app_metadata": {"x": "y" * 2000}}, 400, "validation_failed"),
        ({"email": NEW, "ban_duration": "for ever"}, 400, "validation_failed"),
        ({"email": NEW, "email_confirm": "yes"}, 400, "validation_failed"),
    ],
)
def test_a_bad_user_is_not_made(admin, alice, body, status, code):
    before = everything()
    answer = admin("POST", USERS, body)
    assert (answer.status, answer.document["code"]) == (status, code)
    assert everything() == before


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("24h", 86_400), ("1h30m", 5_400), ("1.5h", 5_400), ("90s", 90), ("876000h", 876_000 * 3600)],
)
def test_a_ban_shuts_every_door_until_it_is_lifted(admin, alice, duration, seconds):
    path = f"{USERS}/{alice.id}"
    until = admin("PUT", path, {"ban_duration": duration}).document["banned_until"]
    left = datetime.fromisoformat(until) - datetime.now(UTC)
    assert abs(left - timedelta(seconds=seconds)) < timedelta(seconds=60)
    assert alice.get("/auth/v1/user", **MODERN).document["code"] == "user_banned"
    assert password_works(PASSWORD).document["code"] == "user_banned"
    body = {"refresh_token": alice.refresh_token}
    refreshed = post("/auth/v1/token?grant_type=refresh_token", body, **MODERN)
    assert refreshed.document["code"] == "user_banned"
    assert "banned_until" not in admin("PUT", path, {"ban_duration": "none"}).document
    assert alice.get("/auth/v1/user").status == 200


@pytest.fixture
def _conversations_are_kept(db):
    """Put back the trigger that conftest.py takes away."""
    change = "ALTER TABLE assistant_conversations {} TRIGGER assistant_conversations_keep"
    with connection.cursor() as cursor:
        cursor.execute(change.format("ENABLE"))
    # The transaction of the test ends with it.


@pytest.mark.usefixtures("_conversations_are_kept")
def test_a_deleted_user_and_all_that_was_theirs_is_gone(admin, alice, bob):
    with acting(Role.WEB, user_id=alice.id):
        turn = Conversation(
            user_id=alice.id,
            session_id=uuid4(),
            kit_context="logistics",
            intent_detected="question",
            skill_used="logistics.readiness",
            response_time_ms=3,
        )
        turn.text, turn.answer = "are we ready?", b"{}"
        turn.save(force_insert=True)
    answer = admin("DELETE", f"{USERS}/{alice.id}", {"should_soft_delete": False})
    assert (answer.status, answer.document) == (200, {})
    assert alice.get("/auth/v1/user", **MODERN).document["code"] == "user_not_found"
    assert admin("GET", f"{USERS}/{alice.id}").document["code"] == "user_not_found"
    assert admin("DELETE", f"{USERS}/{alice.id}").status == 404
    with acting(Role.AUTH):
        assert not DataKey.objects.filter(user_id=alice.id).exists()
        assert not Identity.objects.filter(user_id=alice.id).exists()
    with acting(Role.SUPPORT):
        assert not UserPreferences.objects.filter(user_id=alice.id).exists()
        assert not Conversation.objects.filter(user_id=alice.id).exists()
    assert bob.get("/auth/v1/user").status == 200
    signed_up = post("/auth/v1/signup", {"email": ALICE, "password": PASSWORD}, **MODERN)
    assert signed_up.document["user"]["id"] != str(alice.id)


def test_a_softly_deleted_user_is_nobody_any_more(admin, alice):
    assert admin("DELETE", f"{USERS}/{alice.id}", {"should_soft_delete": True}).status == 200
    left = admin("GET", f"{USERS}/{alice.id}").document
    assert left["deleted_at"]
    assert (left["email"], left["identities"], left["user_metadata"]) == ("", [], {})
    assert password_works(PASSWORD).document["code"] == "invalid_credentials"
    assert alice.get("/auth/v1/user").status == 403
    assert admin("GET", USERS).document["users"] == []
    assert post("/auth/v1/signup", {"email": ALICE, "password": PASSWORD}, **MODERN).status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_nobody_is_found_by_a_wrong_id(admin, db, method):
    assert admin(method, f"{USERS}/{uuid4()}", {}).document["code"] == "user_not_found"
    answer = admin(method, f"{USERS}/alice", {})
    assert (answer.status, answer.document["code"]) == (404, "validation_failed")


# Invitations and links.


def test_an_invitation_makes_a_user_who_accepts_and_chooses_a_password(admin, db):
    user = admin("POST", "/auth/v1/invite", {"email": NEW, "data": {"team": "Paris"}}).document
    assert user["invited_at"]
    assert user["user_metadata"] == {"team": "Paris"}
    found = letter(NEW)
    assert found.subject == "You are invited to FashionOS"
    session = fragment(open_link(found.link))
    assert session["type"] == "invite"
    body = {"password": PASSWORD}
    assert put("/auth/v1/user", body, token=session["access_token"], **MODERN).status == 200
    assert password_works(PASSWORD, NEW).status == 200


def test_who_is_there_is_not_invited_and_an_invitation_proves_nobody_else_s_password(
    admin, alice, settings
):
    settings.SIGN_UP_AUTOCONFIRM = False
    settings.MAIL_RATE_PER_ACCOUNT = "100/60s"
    taken = admin("POST", "/auth/v1/invite", {"email": ALICE})
    assert (taken.status, taken.document["code"]) == (422, "email_exists")
    post("/auth/v1/signup", {"email": NEW, "password": "of the intruder"}, **MODERN)
    admin("POST", "/auth/v1/invite", {"email": NEW})
    open_link(letter(NEW).link)
    assert password_works("of the intruder", NEW).document["code"] == "invalid_credentials"


@pytest.mark.parametrize(
    ("kind", "email", "verification"),
    [
        ("signup", NEW, "signup"),
        ("invite", NEW, "invite"),
        ("magiclink", NEW, "signup"),
        ("magiclink", ALICE, "magiclink"),
        ("recovery", ALICE, "recovery"),
    ],
)
def test_a_link_is_made_without_a_mail_and_works_three_ways(
    admin, alice, kind, email, verification
):
    def make():
        body = {"type": kind, "email": email, "password": PASSWORD, "data": {"n": 1}}
        answer = admin(
            "POST", f"/auth/v1/admin/generate_link?redirect_to={project.SITE_URL}/x", body
        )
        assert answer.status == 200, answer.document
        return answer.document

    made = make()
    assert made["email"] == email
    assert made["verification_type"] == verification
    assert made["redirect_to"] == f"{project.SITE_URL}/x"
    assert query(made["action_link"]) == {
        "token": made["hashed_token"],
        "type": verification,
        "redirect_to": f"{project.SITE_URL}/x",
    }
    mails.settle()
    assert mail.outbox == []
    body = {"type": verification, "email": email, "token": made["email_otp"]}
    assert post("/auth/v1/verify", body, **MODERN).status == 200
    if kind in {"recovery", "magiclink"}:
        made = make()
        body = {"type": made["verification_type"], "token_hash": made["hashed_token"]}
        assert post("/auth/v1/verify", body, **MODERN).status == 200
        assert "access_token" in fragment(open_link(make()["action_link"]))


def test_the_links_of_a_change_of_address_need_each_other(admin, alice):
    def make(kind):
        body = {"type": kind, "email": ALICE, "new_email": NEW}
        return admin("POST", "/auth/v1/admin/generate_link", body).document

    old, new = make("email_change_current"), make("email_change_new")
    assert new["new_email"] == NEW
    assert query(old["action_link"])["type"] == "email_change"
    step = post("/auth/v1/verify", {"type": "email_change", "token_hash": old["hashed_token"]})
    assert step.document["code"] == "200"
    done = post("/auth/v1/verify", {"type": "email_change", "token_hash": new["hashed_token"]})
    assert done.document["user"]["email"] == NEW


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"type": "planet", "email": ALICE}, 400, "validation_failed"),
        ({"type": "recovery", "email": "nobody@example.com"}, 404, "user_not_found"),
        ({"type": "signup", "email": ALICE, "password": PASSWORD}, 422, "email_exists"),
        ({"type": "signup", "email": NEW, "password": ""}, 400, "validation_failed"),
        ({"type": "invite", "email": ALICE}, 422, "email_exists"),
        ({"type": "email_change_new", "email": ALICE}, 400, "validation_failed"),
        (
            {"type": "email_change_new", "email": ALICE, "new_email": "bob@example.com"},
            422,
            "email_exists",
        ),
    ],
)
def test_a_bad_link_is_not_made(admin, alice, bob, body, status, code):
    before = everything()
    answer = admin("POST", "/auth/v1/admin/generate_link", body)
    assert (answer.status, answer.document["code"]) == (status, code)
    assert everything() == before


def test_the_session_of_a_user_is_ended_with_their_token_and_the_key_in_front(alice, key):
    laptop = sign_in(ALICE)
    answer = post("/auth/v1/logout?scope=others", b"", token=alice.token, apikey=key)
    assert answer.status == 204
    assert laptop.get("/auth/v1/user").status == 403
    assert alice.get("/auth/v1/user").status == 200
