"""Sign-in with an account elsewhere: out to the provider, and back."""

import hmac
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from fashionos.accounts import providers
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.providers import Flow, new_flow
from fashionos.accounts.redirects import with_parameters
from fashionos.accounts.services import external
from fashionos.accounts.services.external import Person
from fashionos.accounts.services.one_time import Challenge
from fashionos.accounts.services.pkce import ProviderTokens
from fashionos.accounts.services.sessions import (
    Grant,
    signed_in_user,
)
from fashionos.accounts.tokens import Caller
from fashionos.accounts.views.endpoint import (
    answer,
    caller,
    challenge,
    endpoint,
    pass_door,
    redirect,
    redirect_problem,
    redirect_target,
    text,
    user_agent,
)
from fashionos.accounts.views.rendering import as_fragment

FLOW_SECONDS = 600
SALT = "fashionos.accounts.oauth"
COOKIE_PATH = "/auth/v1/callback"
ANSWER = ("code", "state", "iss", "error", "error_description")
# Ours, not the provider's.
OWN_PARAMETERS = {
    "provider",
    "scopes",
    "redirect_to",
    "skip_http_redirect",
    "apikey",
    "invite_token",
}


@endpoint("GET", key=False)
def authorize(request: HttpRequest) -> HttpResponse:
    flow = new_flow()
    response = redirect(_journey(request, flow, None), status=302)
    # Only the browser that set out may come back with this state: nobody signs another's browser in as themselves.
    response.set_cookie(
        _cookie(flow),
        flow.id,
        max_age=FLOW_SECONDS,
        path=COOKIE_PATH,
        secure=settings.SITE_URL.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )
    return response


@endpoint("GET")
def link_identity(request: HttpRequest) -> HttpResponse:
    who = caller(request)
    if not settings.AUTH_MANUAL_LINKING:
        raise AuthProblem(404, "manual_linking_disabled", "Manual linking is disabled")
    signed_in_user(who)
    url = _journey(request, new_flow(), who)
    if request.GET.get("skip_http_redirect") == "true":
        return answer({"url": url})
    return redirect(url, status=302)


def _journey(request: HttpRequest, flow: Flow, who: Caller | None) -> str:
    asked = request.GET.dict()
    pass_door(request, "oauth", settings.OAUTH_RATE_PER_ADDRESS)
    proof_key = challenge(asked)
    name = asked.get("provider", "")
    state = {
        "flow": flow.id,
        "provider": name,
        "to": redirect_target(request),
        "challenge": proof_key,
        "who": [str(who.id), str(who.session_id)] if who else None,
    }
    return providers.authorization_url(
        name,
        flow,
        signing.dumps(state, salt=SALT, compress=True),
        scopes=asked.get("scopes", ""),
        extra={name: value for name, value in asked.items() if name not in OWN_PARAMETERS},
    )


def _cookie(flow: Flow) -> str:
    return f"flow_{flow.id[:8]}"


@endpoint("GET", "POST", key=False)
def callback(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        # A provider that answers by form: browsers only send the cookie with what follows.
        passed_on = {name: request.POST[name] for name in ANSWER if name in request.POST}
        return redirect(f"{providers.callback_url()}?{urlencode(passed_on)}", status=303)
    answered = request.GET.dict()
    try:
        state = signing.loads(answered.get("state", ""), salt=SALT, max_age=FLOW_SECONDS)
    except signing.BadSignature:
        refusal = AuthProblem(400, "bad_oauth_state", "OAuth state not found or expired")
        return redirect_problem(settings.SITE_URL, refusal, status=302)
    flow = Flow(state["flow"])
    try:
        response = redirect(_arrive(request, state, flow, answered), status=302)
    except AuthProblem as problem:
        response = redirect_problem(state["to"], problem, status=302)
    response.delete_cookie(_cookie(flow), path=COOKIE_PATH, samesite="Lax")
    return response


def _arrive(
    request: HttpRequest, state: dict[str, Any], flow: Flow, answered: dict[str, str]
) -> str:
    pass_door(request, "oauth_callback", settings.OAUTH_RATE_PER_ADDRESS)
    who = _traveller(state)
    sent = request.COOKIES.get(_cookie(flow), "")
    # A journey to link starts in a script's request, which has no cookies: there the session is what proves.
    if who is None and not hmac.compare_digest(sent.encode(), flow.id.encode()):
        raise AuthProblem(400, "bad_oauth_state", "OAuth state belongs to another browser")
    name = state["provider"]
    issuer = answered.get("iss")
    if issuer is not None and issuer != providers.configured(name)["issuer"]:
        raise AuthProblem(400, "bad_oauth_callback", "OAuth callback from another issuer")
    if "code" not in answered:
        message = answered.get("error_description") or answered.get("error") or "no code"
        raise AuthProblem(400, "bad_oauth_callback", f"OAuth provider: {message[:200]}")
    # Over the network, so outside of any transaction.
    arrival = providers.arrive(name, flow, answered["code"])
    found = external.arrive(
        _person(name, arrival.claims),
        ProviderTokens(arrival.access_token, arrival.refresh_token, name),
        Challenge(*state["challenge"]) if state["challenge"] else None,
        linking=who,
        user_agent=user_agent(request),
    )
    if isinstance(found, Grant):
        return with_parameters(state["to"], fragment=as_fragment(found))
    return with_parameters(state["to"], query={"code": found})


def _traveller(state: dict[str, Any]) -> Caller | None:
    if state["who"] is None:
        return None
    user_id, session_id = map(UUID, state["who"])
    return Caller(id=user_id, session_id=session_id, email="")


def _person(name: str, claims: Any) -> Person:
    data = providers.person_data(name, claims)
    email = data["email"] if providers.is_verified(claims) else ""
    return Person(name, str(claims["sub"]), email, data)


def id_token_grant(request: HttpRequest, body: dict[str, Any]) -> Grant:
    """Sign in with an ID token that the app got from the provider itself; the nonce comes unhashed."""
    name, id_token = text(body, "provider"), text(body, "id_token")
    nonce, access_token = text(body, "nonce"), text(body, "access_token")
    if not id_token:
        raise AuthProblem(400, "validation_failed", "id_token required")
    expected = providers.hashed_nonce(nonce) if nonce else ""
    claims = providers.read_id_token(name, id_token, nonce=expected, access_token=access_token)
    if bool(claims.get("nonce")) != bool(nonce):
        message = "Passed nonce and nonce in id_token should either both exist or not."
        raise AuthProblem(400, "validation_failed", message)
    if claims.get("at_hash") and not access_token:
        message = "ID token has a at_hash claim, but no access_token parameter was provided"
        raise AuthProblem(400, "validation_failed", message)
    found = external.arrive(
        _person(name, claims), ProviderTokens(), None, linking=None, user_agent=user_agent(request)
    )
    assert isinstance(found, Grant)  # noqa: S101 -- without a challenge there is no code
    return found
