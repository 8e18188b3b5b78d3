"""Sign-up, the grants of /token, sign-out."""

from typing import Any, get_args

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from fashionos.accounts import services
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.services.pkce import exchange
from fashionos.accounts.services.sessions import Grant, Scope, refresh, sign_out
from fashionos.accounts.views.endpoint import (
    address,
    answer,
    caller,
    challenge,
    check_password,
    endpoint,
    metadata,
    pass_door,
    pass_mail_doors,
    read_body,
    redirect_target,
    text,
    user_agent,
)
from fashionos.accounts.views.rendering import render_grant, render_user
from fashionos.kit.throttles import give_back


@endpoint("POST")
def sign_up(request: HttpRequest) -> HttpResponse:
    body = read_body(request)
    if settings.SIGN_UP_DISABLED:
        raise AuthProblem(422, "signup_disabled", "Signups not allowed for this instance")
    email, password = text(body, "email"), text(body, "password")
    if not email and body.get("phone"):
        raise AuthProblem(400, "phone_provider_disabled", "Phone signups are disabled")
    if not email and not password:
        return _sign_up_as_guest(request, body)
    email = address(body)
    check_password(password)
    data = metadata(body, "data")
    proof_key = challenge(body)
    pass_door(request, "sign_up", settings.SIGN_UP_RATE_PER_ADDRESS)
    pass_door(request, "sign_up_account", settings.SIGN_UP_RATE_PER_ACCOUNT, email)
    if not settings.SIGN_UP_AUTOCONFIRM:
        pass_mail_doors(request, email)
    result = services.sign_up(
        email,
        password,
        data,
        user_agent=user_agent(request),
        challenge=proof_key,
        redirect_to=redirect_target(request),
    )
    return answer(render_grant(result) if isinstance(result, Grant) else render_user(result))


def _sign_up_as_guest(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    if not settings.AUTH_ANONYMOUS:
        raise AuthProblem(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")
    data = metadata(body, "data")
    pass_door(request, "guest", settings.GUEST_RATE_PER_ADDRESS)
    return answer(render_grant(services.sign_up_as_guest(data, user_agent=user_agent(request))))


@endpoint("POST")
def token(request: HttpRequest) -> HttpResponse:
    grants = {
        "password": _password_grant,
        "refresh_token": _refresh_grant,
        "pkce": _pkce_grant,
        "id_token": _id_token_grant,
    }
    grant = grants.get(request.GET.get("grant_type", ""))
    if grant is None:
        raise AuthProblem(400, "invalid_credentials", "unsupported_grant_type")
    pass_door(request, "token", settings.TOKEN_RATE_PER_ADDRESS)
    return answer(render_grant(grant(request, read_body(request))))


def _password_grant(request: HttpRequest, body: dict[str, Any]) -> Grant:
    email, password = text(body, "email"), text(body, "password")
    if not email and body.get("phone"):
        raise AuthProblem(422, "phone_provider_disabled", "Phone logins are disabled")
    if not email or not password:
        raise AuthProblem(400, "validation_failed", "missing email or password")
    if len(password) > settings.PASSWORD_MAX_LENGTH or "\x00" in email:
        raise AuthProblem(400, "invalid_credentials", "Invalid login credentials")
    # Counted before the hash, or as many guesses as there are threads would pass at once; given back where the
    # password was right, so that nobody shuts a busy account out by using it.
    account = ("sign_in", settings.SIGN_IN_FAILURES_PER_ACCOUNT, email.strip().lower())
    pass_door(request, *account)
    try:
        grant = services.sign_in(email, password, user_agent=user_agent(request))
    except AuthProblem as problem:
        # Before the password was right no other refusal is possible.
        if problem.code != "invalid_credentials":
            give_back(*account)
        raise
    give_back(*account)
    return grant


def _refresh_grant(_request: HttpRequest, body: dict[str, Any]) -> Grant:
    return refresh(text(body, "refresh_token"))


def _pkce_grant(request: HttpRequest, body: dict[str, Any]) -> Grant:
    code, verifier = text(body, "auth_code"), text(body, "code_verifier")
    if not code or not verifier:
        message = "invalid request: both auth code and code verifier should be non-empty"
        raise AuthProblem(400, "validation_failed", message)
    return exchange(code, verifier, user_agent=user_agent(request))


@endpoint("POST")
def log_out(request: HttpRequest) -> HttpResponse:
    scope: Scope = request.GET.get("scope", "global")  # type: ignore[assignment]  # checked in the next line
    if scope not in get_args(Scope):
        raise AuthProblem(400, "validation_failed", f"Unsupported logout scope {scope!r}")
    sign_out(caller(request), scope)
    return HttpResponse(status=204)


def _id_token_grant(request: HttpRequest, body: dict[str, Any]) -> Grant:
    # What reads tokens of providers is loaded with the first of them.
    from fashionos.accounts.views.oauth import id_token_grant  # noqa: PLC0415 -- as said

    return id_token_grant(request, body)
