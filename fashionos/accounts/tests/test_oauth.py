"""Sign-in with an account elsewhere: a real OpenID provider, honest journeys, and everything that can be forged."""

import hashlib
import json
import os
import subprocess
from base64 import urlsafe_b64encode

import pytest
import requests
from django.conf import settings as project
from django.test import Client

from fashionos.accounts import providers
from fashionos.accounts.models import AuthCode, User
from fashionos.accounts.tests.configured import SECRET, configuration, counts
from fashionos.accounts.tests.letters import MODERN, fragment, letter, open_link, query
from fashionos.kit.owned import Role, acting
from fashionos.testing.node import CONFORMANCE, NODE
from fashionos.testing.people import PASSWORD, get, post, sign_in

SITE = project.SITE_URL
CALLBACK = f"{SITE}/auth/v1/callback"
ALICE = "alice@example.com"
VERIFIER = "0123456789abcdef" * 4
S256 = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PEOPLE = {
    "alice": {
        "email": "Alice@Example.com",
        "email_verified": True,
        "name": "Alice A.",
        "picture": "https://pictures.example/alice.png",
    },
    "unverified": {"email": ALICE, "email_verified": False},
    "silent": {"name": "No Address"},
    "new": {"email": "new@example.com", "email_verified": True, "name": "Neu"},
}


@pytest.fixture(scope="module")
def issuer():
    client = {
        "client_id": "fashionos",
        "client_secret": SECRET,
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "client_secret_post",
    }
    clients = [client]
    environment = {
        **os.environ,
        "PEOPLE": json.dumps(PEOPLE),
        "CLIENTS": json.dumps(clients),
    }
    process = subprocess.Popen(
        [NODE, "oidc/provider.mjs"],
        cwd=CONFORMANCE,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    yield json.loads(process.stdout.readline())["issuer"]
    process.stdin.close()
    process.stdout.close()
    process.wait(10)


@pytest.fixture
def atelier(settings, issuer):
    providers.forget_providers()
    settings.OAUTH_PROVIDERS = {"atelier": configuration(issuer)}
    settings.AUTH_REDIRECT_URLS = ["https://app.example/**"]
    settings.MAIL_RATE_PER_ACCOUNT = "100/60s"
    return issuer


def leave(browser, person, **options):
    """Set out from /authorize; return the provider's address to go to."""
    parameters = {"provider": "atelier", "login_hint": person, **options}
    response = browser.get("/auth/v1/authorize", parameters)
    assert response.status_code == 302, response.content
    return response["Location"]


def at_provider(url):
    """Go through the provider as its browser would; return where it sends us back to."""
    session = requests.Session()
    for _ in range(10):
        response = session.get(url, allow_redirects=False, timeout=10)
        assert response.is_redirect, response.text
        url = requests.compat.urljoin(url, response.headers["location"])
        if url.startswith(CALLBACK):
            return url
    raise AssertionError(url)


def travel(person, **options):
    """Return where the page is sent at the end of the journey."""
    browser = Client()
    return open_link(at_provider(leave(browser, person, **options)), browser)


def user_of(session):
    return get("/auth/v1/user", token=session["access_token"]).document


def test_a_new_person_comes_in_with_a_verified_address(atelier, db):
    location = travel("new", redirect_to="https://app.example/cb?x=1")
    assert location.startswith("https://app.example/cb?x=1#")
    session = fragment(location)
    assert {"access_token", "refresh_token", "expires_in", "expires_at"} <= set(session)
    assert session["provider_token"]
    user = user_of(session)
    assert user["email"] == "new@example.com"
    assert user["email_confirmed_at"]
    assert user["app_metadata"] == {"provider": "atelier", "providers": ["atelier"]}
    assert user["user_metadata"]["full_name"] == "Neu"
    [identity] = user["identities"]
    assert (identity["provider"], identity["id"], identity["email"]) == (
        "atelier",
        "new",
        "new@example.com",
    )
    before = counts()
    again = fragment(travel("new"))
    assert user_of(again)["id"] == user["id"]
    assert counts() == (before[0], before[1], before[2] + 1)


def test_the_request_to_the_provider_carries_all_that_proves_the_way_back(atelier, db):
    url = leave(
        Client(), "new", scopes="offline_access email", prompt="consent", state="mine", nonce="mine"
    )
    asked = query(url)
    assert url.startswith(f"{atelier}/auth?")
    assert asked["redirect_uri"] == CALLBACK
    assert (asked["client_id"], asked["response_type"]) == ("fashionos", "code")
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert asked["scope"] == "openid email profile offline_access"
    assert asked["prompt"] == "consent"
    assert "mine" not in {asked["state"], asked["nonce"]}
    assert "apikey" not in asked
    assert query(leave(Client(), "new"))["state"] != asked["state"]


def test_pkce_brings_a_code_whose_exchange_carries_the_provider_s_token(atelier, db):
    location = travel("new", code_challenge=S256, code_challenge_method="s256")
    assert location.startswith(f"{SITE}?code=")
    assert fragment(location) == {}
    body = {"auth_code": query(location)["code"], "code_verifier": VERIFIER}
    session = post("/auth/v1/token?grant_type=pkce", body, **MODERN).document
    assert session["provider_token"]
    assert session["user"]["email"] == "new@example.com"
    assert post("/auth/v1/token?grant_type=pkce", body, **MODERN).status == 404


def test_the_provider_s_token_is_not_kept_in_the_clear(atelier, db):
    location = travel("new", code_challenge=S256, code_challenge_method="s256")
    with acting(Role.AUTH):
        sealed = bytes(AuthCode.objects.get().sealed)
    body = {"auth_code": query(location)["code"], "code_verifier": VERIFIER}
    token = post("/auth/v1/token?grant_type=pkce", body, **MODERN).document["provider_token"]
    assert token.encode() not in sealed


# Whose account it is.


def test_a_verified_address_joins_the_account_that_has_shown_it(atelier, alice, bob):
    post("/auth/v1/otp", {"email": ALICE}, **MODERN)
    post(
        "/auth/v1/verify", {"type": "email", "email": ALICE, "token": letter(ALICE).code}, **MODERN
    )
    user = user_of(fragment(travel("alice")))
    assert user["id"] == str(alice.id)
    assert user["app_metadata"]["providers"] == ["email", "atelier"]
    assert alice.get("/auth/v1/user").status == 200
    assert sign_in(ALICE, PASSWORD)
    assert bob.get("/auth/v1/user").document["app_metadata"]["providers"] == ["email"]


def test_who_waits_with_a_password_for_the_address_s_owner_is_shut_out(atelier, alice):
    # Alice's address was never shown to be hers: whoever made the account may be anybody.
    user = user_of(fragment(travel("alice")))
    assert user["id"] == str(alice.id)
    assert alice.get("/auth/v1/user", **MODERN).document["code"] == "session_not_found"
    body = {"email": ALICE, "password": PASSWORD}
    answer = post("/auth/v1/token?grant_type=password", body, **MODERN)
    assert answer.document["code"] == "invalid_credentials"


@pytest.mark.parametrize("person", ["unverified", "silent"])
def test_an_address_that_the_provider_has_not_verified_opens_and_makes_nothing(
    atelier, alice, person
):
    before = counts()
    said = fragment(travel(person))
    assert said["error_code"] == "provider_email_needs_verification"
    assert "access_token" not in said
    assert counts() == before
    assert alice.get("/auth/v1/user").status == 200


def test_closed_sign_up_and_bans_hold_here_too(atelier, settings, alice):
    settings.SIGN_UP_DISABLED = True
    assert fragment(travel("new"))["error_code"] == "signup_disabled"
    with acting(Role.AUTH):
        User.objects.filter(id=alice.id).update(is_active=False)
    before = counts()
    assert query(travel("alice"))["error_code"] == "user_banned"
    assert counts() == before


# Linking.


def linking(person, who, **options):
    answer = person.get(
        "/auth/v1/user/identities/authorize?provider=atelier&skip_http_redirect=true"
        f"&login_hint={who}",
        **MODERN,
    )
    assert answer.status == 200, answer.document
    return open_link(at_provider(answer.document["url"]))


def test_a_signed_in_user_links_one_more_way_in(atelier, bob):
    session = fragment(linking(bob, "new"))
    assert user_of(session)["id"] == str(bob.id)
    user = bob.get("/auth/v1/user").document
    assert [one["provider"] for one in user["identities"]] == ["email", "atelier"]
    assert user["email"] == "bob@example.com"
    assert user_of(fragment(travel("new")))["id"] == str(bob.id)


def test_nobody_links_what_is_linked_or_without_a_session(atelier, alice, bob):
    linking(bob, "new")
    before = counts()
    for person in (alice, bob):
        assert fragment(linking(person, "new"))["error_code"] == "identity_already_exists"
    answer = bob.get("/auth/v1/user/identities/authorize?provider=atelier&skip_http_redirect=true")
    bob.post("/auth/v1/logout", b"")
    said = fragment(open_link(at_provider(f"{answer.document['url']}&login_hint=alice")))
    assert said["error_code"] == "session_not_found"
    assert get("/auth/v1/user/identities/authorize?provider=atelier", **MODERN).status == 401
    assert counts()[:2] == before[:2]


def test_a_guest_becomes_somebody_by_linking(atelier, settings, db):
    settings.AUTH_ANONYMOUS = True
    guest = post("/auth/v1/signup", {}, **MODERN).document
    answer = get(
        "/auth/v1/user/identities/authorize?provider=atelier&login_hint=new&skip_http_redirect=true",
        token=guest["access_token"],
    )
    open_link(at_provider(answer.document["url"]))
    user = user_of(guest)
    assert (user["id"], user["is_anonymous"]) == (guest["user"]["id"], False)
    assert user["email"] == "new@example.com"


def test_linking_can_be_off(atelier, settings, alice):
    settings.AUTH_MANUAL_LINKING = False
    answer = alice.get("/auth/v1/user/identities/authorize?provider=atelier", **MODERN)
    assert (answer.status, answer.document["code"]) == (404, "manual_linking_disabled")


# What goes wrong, and who tries.


@pytest.mark.parametrize("name", ["", "google", "../atelier"])
def test_a_provider_that_is_none_of_ours_is_unsupported(atelier, db, name):
    response = Client().get("/auth/v1/authorize", {"provider": name})
    assert response.status_code == 400
    assert response.json()["msg"].startswith("Unsupported provider")


def test_a_refusal_at_the_provider_reaches_the_page(atelier, db):
    said = query(travel("nobody", redirect_to="https://app.example/cb"))
    assert said["error_code"] == "bad_oauth_callback"
    assert "Somebody said no" in said["error_description"]


def test_a_state_is_good_in_the_browser_that_set_out_alone(atelier, db):
    back = at_provider(leave(Client(), "new"))
    said = query(open_link(back, Client()))
    assert said["error_code"] == "bad_oauth_state"
    assert counts() == (0, 0, 0)


@pytest.mark.parametrize("state", ["", "nonsense", "forged"])
def test_a_state_that_we_did_not_sign_leads_to_the_site(atelier, db, state):
    if state == "forged":
        genuine = query(leave(Client(), "new", redirect_to="https://app.example/cb"))["state"]
        state = ("A" if genuine[5] != "A" else "B").join([genuine[:5], genuine[6:]])
    location = open_link(f"/auth/v1/callback?code=x&state={state}")
    assert location.startswith(f"{SITE}?error=")
    assert query(location)["error_code"] == "bad_oauth_state"


def test_a_code_is_good_once_and_a_made_up_one_never(atelier, db):
    browser = Client()
    url = leave(browser, "new")
    made_up = f"{CALLBACK}?code=made-up&state={query(url)['state']}"
    assert query(open_link(made_up, browser))["error_code"] == "unexpected_failure"
    browser = Client()
    back = at_provider(leave(browser, "new"))
    cookies = dict(browser.cookies)
    assert "access_token" in fragment(open_link(back, browser))
    browser.cookies.load({name: morsel.value for name, morsel in cookies.items()})
    assert "access_token" not in fragment(open_link(back, browser))


def test_an_answer_that_names_another_issuer_is_refused(atelier, db):
    browser = Client()
    back = at_provider(leave(browser, "new"))
    assert query(back)["iss"] == atelier
    swapped = back.replace(query(back)["iss"].split("//")[1].replace(":", "%3A"), "evil.example")
    assert swapped != back
    assert query(open_link(swapped, browser))["error_code"] == "bad_oauth_callback"


def test_a_provider_that_answers_by_form_is_understood(atelier, db):
    browser = Client()
    back = at_provider(leave(browser, "new"))
    response = browser.post("/auth/v1/callback", query(back))
    assert response.status_code == 303
    assert "access_token" in fragment(open_link(response["Location"], browser))


def test_the_redirect_of_a_journey_stays_on_the_list(atelier, db):
    location = travel("new", redirect_to="https://evil.example/cb")
    assert location.startswith(f"{SITE}#")


def test_the_cookie_of_a_journey_is_closed_to_scripts_and_ends_with_it(atelier, db):
    browser = Client()
    url = leave(browser, "new")
    [cookie] = browser.cookies.values()
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"]) == ("Lax", "/auth/v1/callback")
    open_link(at_provider(url), browser)
    [cookie] = browser.cookies.values()
    assert cookie["max-age"] == 0


def test_journeys_are_limited(atelier, settings, db):
    settings.OAUTH_RATE_PER_ADDRESS = "1/300s"
    leave(Client(), "new")
    response = Client().get("/auth/v1/authorize", {"provider": "atelier"})
    assert response.status_code == 429


def test_a_provider_that_is_away_is_told(settings, db):
    providers.forget_providers()
    settings.OAUTH_PROVIDERS = {"atelier": configuration("http://127.0.0.1:1")}
    response = Client().get("/auth/v1/authorize", {"provider": "atelier"})
    assert response.status_code == 502


def test_settings_name_the_providers(atelier, db):
    external = get("/auth/v1/settings").document["external"]
    assert external["atelier"] is True
