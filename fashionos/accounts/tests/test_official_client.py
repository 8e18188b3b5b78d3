"""Every auth call of the official client, on Node, against our server: what the client returns, errors included."""

import json
import subprocess
from types import SimpleNamespace

import pytest
from django.conf import settings as project

from fashionos.accounts.tests.configured import said
from fashionos.accounts.tests.letters import fragment, letter, open_link, query
from fashionos.testing.node import CONFORMANCE, NODE
from fashionos.testing.people import PASSWORD, add_person

pytestmark = pytest.mark.django_db(transaction=True)

ALICE, NEW = "alice@example.com", "new@example.com"


@pytest.fixture
def call(live_server, settings):
    """Call a method of a client by name; the first word tells which of several clients."""
    settings.MAIL_RATE_PER_ACCOUNT = "100/60s"
    settings.AUTH_REDIRECT_URLS = ["https://app.example/**"]
    process = subprocess.Popen(
        [NODE, "auth.mjs"],
        cwd=CONFORMANCE,
        env={"URL": live_server.url, "KEY": project.PUBLISHABLE_KEYS[0]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask(name, *args, client="page", **options):
        line = {"id": name, "client": client, "options": options, "call": name, "args": args}
        process.stdin.write(json.dumps(line) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        assert "thrown" not in answer, answer
        error = SimpleNamespace(**answer["error"]) if answer["error"] else None
        return SimpleNamespace(data=answer.get("data"), error=error)

    yield ask
    process.stdin.close()
    process.stdout.close()
    process.wait(10)


@pytest.fixture
def admin(call):
    key = project.SECRET_API_KEYS[0]
    return lambda name, *args: call(f"admin.{name}", *args, client="server", key=key)


def credentials(email=ALICE, password=PASSWORD, **options):
    return {"email": email, "password": password, **({"options": options} if options else {})}


def test_up_in_out(call):
    up = call("signUp", credentials(NEW, data={"n": 1})).data
    assert said(up["session"]["user"]) == {"n": 1}
    assert call("getUser").data["user"]["email"] == NEW
    assert call("getClaims").data["claims"]["email"] == NEW
    assert call("refreshSession").data["session"]["access_token"]
    assert call("signOut", {"scope": "global"}).error is None
    assert call("getSession").data["session"] is None
    assert call("signInWithPassword", credentials(NEW)).data["user"]["email"] == NEW
    again = call("signUp", credentials(NEW)).error
    assert (again.name, again.status, again.code) == ("AuthApiError", 422, "user_already_exists")


def test_errors_keep_their_codes(call):
    add_person(ALICE)
    wrong = call("signInWithPassword", credentials(password="wrong password")).error
    assert (wrong.name, wrong.code) == ("AuthApiError", "invalid_credentials")
    weak = call("signUp", credentials(NEW, "short")).error
    assert (weak.name, weak.reasons) == ("AuthWeakPasswordError", ["length"])
    late = call("verifyOtp", {"email": ALICE, "token": "123456", "type": "email"}).error
    assert (late.status, late.code) == (403, "otp_expired")


def test_a_guest_becomes_somebody(call, settings):
    settings.AUTH_ANONYMOUS = True
    guest = call("signInAnonymously", {"options": {"data": {"n": 1}}}).data
    assert guest["user"]["is_anonymous"] is True
    assert call("updateUser", {"email": NEW}).data["user"]["email"] == NEW
    assert call("updateUser", {"password": PASSWORD}).error is None
    assert call("signInWithPassword", credentials(NEW), client="other").error is None
    settings.AUTH_ANONYMOUS = False
    assert call("signInAnonymously").error.code == "anonymous_provider_disabled"


def test_a_sign_up_is_confirmed_and_resent(call, settings):
    settings.SIGN_UP_AUTOCONFIRM = False
    up = call("signUp", credentials(NEW, emailRedirectTo="https://app.example/cb")).data
    assert up["session"] is None
    assert len(up["user"]["identities"]) == 1
    assert query(letter(NEW).link)["redirect_to"] == "https://app.example/cb"
    assert call("resend", {"type": "signup", "email": NEW}).error is None
    done = call("verifyOtp", {"email": NEW, "token": letter(NEW).code, "type": "signup"}).data
    assert done["session"]["access_token"]


def test_a_forgotten_password(call):
    add_person(ALICE)
    options = {"redirectTo": "https://app.example/new"}
    assert call("resetPasswordForEmail", ALICE, options).error is None
    location = open_link(letter(ALICE).link)
    tokens = fragment(location)
    assert location.startswith("https://app.example/new#")
    session = {name: tokens[name] for name in ("access_token", "refresh_token")}
    assert call("setSession", session).data["user"]["email"] == ALICE
    assert call("updateUser", {"password": "a new one"}).error is None
    assert call("signInWithPassword", credentials(password="a new one"), client="b").error is None


def test_a_magic_link_and_a_code(call):
    assert call("signInWithOtp", {"email": NEW}).error is None
    verified = call("verifyOtp", {"email": NEW, "token": letter(NEW).code, "type": "email"})
    assert verified.data["user"]["email"] == NEW
    refused = call(
        "signInWithOtp",
        {"email": "nobody@example.com", "options": {"shouldCreateUser": False}},
    ).error
    assert (refused.status, refused.code) == (422, "otp_disabled")
    assert call("signInWithOtp", {"email": NEW}, client="b").error is None
    linked = call("verifyOtp", {"token_hash": letter(NEW).token, "type": "magiclink"}, client="b")
    assert linked.data["session"]["access_token"]


def test_pkce_from_the_mail_to_the_session(call):
    add_person(ALICE)
    pkce = {"client": "pkce", "flowType": "pkce"}
    assert call("resetPasswordForEmail", ALICE, **pkce).error is None
    code = query(open_link(letter(ALICE).link))["code"]
    assert call("exchangeCodeForSession", code, **pkce).data["user"]["email"] == ALICE
    assert call("signInWithOtp", {"email": ALICE}, **pkce).error is None
    code = query(open_link(letter(ALICE).link))["code"]
    # Another device never had the verifier.
    assert call("exchangeCodeForSession", code, client="b", flowType="pkce").error
    assert call("exchangeCodeForSession", code, **pkce).data["session"]["access_token"]
    unknown = call("signInWithOtp", {"email": ALICE}, **pkce)
    assert unknown.error is None
    wrong = call("exchangeCodeForSession", "not-a-code", **pkce).error
    assert (wrong.status, wrong.code) == (404, "flow_state_not_found")


def test_a_change_of_address_and_a_nonce(call, settings):
    add_person(ALICE)
    call("signInWithPassword", credentials())
    assert call("reauthenticate").error is None
    nonce = letter(ALICE).code
    assert call("updateUser", {"password": "a new one", "nonce": nonce}).error is None
    changed = call("updateUser", {"email": NEW}).data["user"]
    assert (changed["email"], changed["new_email"]) == (ALICE, NEW)
    assert call("resend", {"type": "email_change", "email": ALICE}).error is None
    token = {"email": NEW, "token": letter(NEW).code, "type": "email_change"}
    first = call("verifyOtp", token)
    assert first.error is None
    assert first.data["session"] is None
    token = {"email": ALICE, "token": letter(ALICE).code, "type": "email_change"}
    assert call("verifyOtp", token).data["user"]["email"] == NEW


def test_identities(call, settings):
    add_person(ALICE)
    call("signInWithPassword", credentials())
    [identity] = call("getUserIdentities").data["identities"]
    assert (identity["provider"], identity["identity_data"]["email"]) == ("email", ALICE)
    assert call("unlinkIdentity", identity).error.code == "single_identity_not_deletable"
    options = {"provider": "google", "options": {"skipBrowserRedirect": True}}
    assert call("linkIdentity", options).error.code == "validation_failed"
    away = call("signInWithOAuth", options).data["url"]
    assert "/auth/v1/authorize?provider=google" in away


def test_a_session_that_ended_elsewhere_is_dropped(call):
    add_person(ALICE)
    call("signInWithPassword", credentials())
    call("signInWithPassword", credentials(), client="b")
    assert call("signOut", {"scope": "others"}, client="b").error is None
    gone = call("getUser").error
    assert gone.name == "AuthSessionMissingError"
    assert call("getSession").data["session"] is None
    assert call("signOut").error is None


def test_administration(call, admin):
    made = admin("createUser", {**credentials(), "email_confirm": True}).data["user"]
    assert made["email_confirmed_at"]
    for number in range(3):
        admin("createUser", {"email": f"u{number}@example.com"})
    page = admin("listUsers", {"page": 1, "perPage": 2}).data
    assert (len(page["users"]), page["total"], page["nextPage"], page["lastPage"]) == (2, 4, 2, 2)
    changes = {"ban_duration": "24h", "app_metadata": {"plan": "pro"}}
    assert admin("updateUserById", made["id"], changes).data["user"]["banned_until"]
    assert call("signInWithPassword", credentials()).error.code == "user_banned"
    admin("updateUserById", made["id"], {"ban_duration": "none"})
    session = call("signInWithPassword", credentials()).data["session"]
    assert session["user"]["app_metadata"]["plan"] == "pro"
    assert admin("signOut", session["access_token"], "global").error is None
    assert call("getUser").error
    link = admin("generateLink", {"type": "magiclink", "email": ALICE}).data
    assert link["user"]["id"] == made["id"]
    token = {"token_hash": link["properties"]["hashed_token"], "type": "magiclink"}
    assert call("verifyOtp", token, client="b").data["user"]["email"] == ALICE
    invited = admin("inviteUserByEmail", NEW, {"data": {"n": 1}}).data["user"]
    assert invited["invited_at"]
    assert letter(NEW).subject == "You are invited to FashionOS"
    assert admin("deleteUser", made["id"]).error is None
    assert admin("getUserById", made["id"]).error.code == "user_not_found"
    refused = call("admin.listUsers").error
    assert (refused.status, refused.code) == (403, "not_admin")
