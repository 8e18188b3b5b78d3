"""The /auth/v1 endpoints, in the dialect of the client's auth library (GoTrue)."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, get_args
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from fashionos.accounts import services
from fashionos.accounts.models import User
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.services import Grant, Scope
from fashionos.accounts.tokens import (
    BadToken,
    Caller,
    api_key_role,
    public_jwk,
    verify_access_token,
)
from fashionos.kit.problems import problem_response
from fashionos.kit.throttles import door
from fashionos.kit.wire import WireError, read_json, write_json

logger = logging.getLogger("fashionos.accounts")

METADATA_BYTES = 16_384

Handler = Callable[[HttpRequest], HttpResponse]


def endpoint(*methods: str, key: bool = True) -> Callable[[Handler], Handler]:
    """Make a view of a handler that may raise AuthProblem: methods, api key and error shape in one place."""

    def decorate(handler: Handler) -> Handler:
        @csrf_exempt
        @wraps(handler)
        def view(request: HttpRequest) -> HttpResponse:
            if request.method not in methods:
                refusal = AuthProblem(405, "method_not_allowed", "Method not allowed")
                return _render_problem(request, refusal)
            if key and settings.REQUIRE_API_KEY and (missing := _key_refusal(request)):
                return _json(missing, status=401)
            try:
                return handler(request)
            except AuthProblem as problem:
                return _render_problem(request, problem)
            except (OperationalError, InterfaceError):
                logger.exception("database unavailable")
                message = "The database is not available right now, try again in a moment"
                refusal = AuthProblem(503, "unavailable", message, retry_after=2)
                return _render_problem(request, refusal)

        return view

    return decorate


def _key_refusal(request: HttpRequest) -> dict[str, str] | None:
    given = request.headers.get("apikey") or request.GET.get("apikey")
    if not given:
        return {
            "message": "No API key found in request",
            "hint": "No `apikey` request header or url param was found.",
        }
    if api_key_role(given) is None:
        return {
            "message": "Invalid API key",
            "hint": "Double check your Supabase `anon` or `service_role` API key.",
        }
    return None


def _render_problem(request: HttpRequest, problem: AuthProblem) -> HttpResponse:
    response = problem_response(
        request, problem.status, problem.code, problem.message, **problem.extra
    )
    if problem.retry_after:
        response["Retry-After"] = str(problem.retry_after)
    return response


def _json(document: Any, *, status: int = 200) -> HttpResponse:
    return HttpResponse(write_json(document), status=status, content_type="application/json")


def _body(request: HttpRequest) -> dict[str, Any]:
    """Read the JSON object; an empty body is an empty one, and null is as good as absent."""
    if not request.body.strip():
        return {}
    try:
        document = read_json(request.body, max_depth=settings.JSON_DEPTH)
    except WireError as error:
        raise AuthProblem(
            400, "bad_json", f"Could not parse request body as JSON: {error.message}"
        ) from error
    if not isinstance(document, dict):
        raise AuthProblem(400, "bad_json", "Could not parse request body as JSON: not an object")
    return {name: value for name, value in document.items() if value is not None}


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise AuthProblem(400, "validation_failed", f"{name} must be a string")
    return value


def _pass_door(
    request: HttpRequest, name: str, rate: str, key: str = "", *, count: bool = True
) -> None:
    if wait := door(request, name, rate, key, count=count):
        raise AuthProblem(
            429, "over_request_rate_limit", "Request rate limit reached", retry_after=wait
        )


def _caller(request: HttpRequest) -> Caller:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AuthProblem(401, "no_authorization", "This endpoint requires a valid Bearer token")
    try:
        return verify_access_token(token.strip())
    except BadToken as error:
        raise AuthProblem(
            403, "bad_jwt", f"invalid JWT: unable to parse or verify signature, {error}"
        ) from error


def _user_agent(request: HttpRequest) -> str:
    return request.headers.get("user-agent", "").replace("\x00", "")


@endpoint("POST")
def sign_up(request: HttpRequest) -> HttpResponse:
    body = _body(request)
    if settings.SIGN_UP_DISABLED:
        raise AuthProblem(422, "signup_disabled", "Signups not allowed for this instance")
    email, password = _text(body, "email"), _text(body, "password")
    if not email and body.get("phone"):
        raise AuthProblem(400, "phone_provider_disabled", "Phone signups are disabled")
    if not email and not password:
        raise AuthProblem(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")
    _check_email(email)
    _check_password(password)
    metadata = body.get("data", {})
    if not isinstance(metadata, dict) or len(write_json(metadata)) > METADATA_BYTES:
        raise AuthProblem(
            400, "validation_failed", f"data must be an object of at most {METADATA_BYTES} bytes"
        )
    _pass_door(request, "sign_up", settings.SIGN_UP_RATE_PER_ADDRESS)
    _pass_door(request, "sign_up_account", settings.SIGN_UP_RATE_PER_ACCOUNT, email.lower())
    result = services.sign_up(email, password, metadata, user_agent=_user_agent(request))
    return _json(_render_grant(result) if isinstance(result, Grant) else _render_user(result))


def _check_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise AuthProblem(
            400, "validation_failed", "Unable to validate email address: invalid format"
        ) from error


def _check_password(password: str) -> None:
    if not password:
        raise AuthProblem(400, "validation_failed", "Signup requires a valid password")
    if len(password) < settings.PASSWORD_MIN_LENGTH:
        message = f"Password should be at least {settings.PASSWORD_MIN_LENGTH} characters."
        weakness = {"reasons": ["length"]}
        raise AuthProblem(422, "weak_password", message, weak_password=weakness)
    if len(password) > settings.PASSWORD_MAX_LENGTH:
        raise AuthProblem(
            400,
            "validation_failed",
            f"Password cannot be longer than {settings.PASSWORD_MAX_LENGTH} characters",
        )


@endpoint("POST")
def token(request: HttpRequest) -> HttpResponse:
    grant = {"password": _password_grant, "refresh_token": _refresh_grant}.get(
        request.GET.get("grant_type", "")
    )
    if grant is None:
        raise AuthProblem(400, "invalid_credentials", "unsupported_grant_type")
    _pass_door(request, "token", settings.TOKEN_RATE_PER_ADDRESS)
    return _json(_render_grant(grant(request, _body(request))))


def _password_grant(request: HttpRequest, body: dict[str, Any]) -> Grant:
    email, password = _text(body, "email"), _text(body, "password")
    if not email and body.get("phone"):
        raise AuthProblem(422, "phone_provider_disabled", "Phone logins are disabled")
    if not email or not password:
        raise AuthProblem(400, "validation_failed", "missing email or password")
    if len(password) > settings.PASSWORD_MAX_LENGTH or "\x00" in email:
        raise AuthProblem(400, "invalid_credentials", "Invalid login credentials")
    door_of_account = ("sign_in", settings.SIGN_IN_FAILURES_PER_ACCOUNT, email.strip().lower())
    _pass_door(request, *door_of_account, count=False)
    try:
        return services.sign_in(email, password, user_agent=_user_agent(request))
    except AuthProblem as problem:
        # Failures alone are counted, so that nobody shuts a busy account out by using it; before the password was
        # right no other refusal is possible.
        if problem.code == "invalid_credentials":
            door(request, *door_of_account)
        raise


def _refresh_grant(_request: HttpRequest, body: dict[str, Any]) -> Grant:
    refresh_token = _text(body, "refresh_token")
    if not refresh_token:
        raise AuthProblem(400, "validation_failed", "Refresh token is not valid")
    return services.refresh(refresh_token)


@endpoint("GET")
def user(request: HttpRequest) -> HttpResponse:
    return _json(_render_user(services.signed_in_user(_caller(request))))


@endpoint("POST")
def log_out(request: HttpRequest) -> HttpResponse:
    scope: Scope = request.GET.get("scope", "global")  # type: ignore[assignment]  # checked in the next line
    if scope not in get_args(Scope):
        raise AuthProblem(400, "validation_failed", f"Unsupported logout scope {scope!r}")
    services.sign_out(_caller(request), scope)
    return HttpResponse(status=204)


@endpoint("GET")
def public_settings(_request: HttpRequest) -> HttpResponse:
    return _json(
        {
            "external": {"anonymous_users": False, "email": True, "phone": False},
            "disable_signup": settings.SIGN_UP_DISABLED,
            "mailer_autoconfirm": settings.SIGN_UP_AUTOCONFIRM,
            "phone_autoconfirm": False,
            "sms_provider": "",
            "saml_enabled": False,
            "saml_private_key_next_configured": False,
            "passkeys_enabled": False,
        }
    )


@endpoint("GET")
def health(_request: HttpRequest) -> HttpResponse:
    return _json(
        {
            "version": "1",
            "name": "FashionOS Auth",
            "description": "Accounts and sessions of FashionOS",
        }
    )


@endpoint("GET", key=False)
def jwks(_request: HttpRequest) -> HttpResponse:
    response = _json({"keys": [public_jwk()]})
    response["Cache-Control"] = "public, max-age=600"
    return response


@endpoint("GET", "POST", "PUT", "PATCH", "DELETE")
def not_found(_request: HttpRequest) -> HttpResponse:
    raise AuthProblem(404, "not_found", "No such endpoint")


def _render_grant(grant: Grant) -> dict[str, Any]:
    return {
        "access_token": str(grant.access),
        "token_type": "bearer",
        "expires_in": settings.ACCESS_TOKEN_SECONDS,
        "expires_at": grant.access["exp"],
        "refresh_token": grant.refresh_token,
        "user": _render_user(grant.user),
    }


def _render_user(user: User) -> dict[str, Any]:
    """Render a user as the client's library declares it: absent texts are "", absent times are left out."""
    times = {
        "email_confirmed_at": user.email_confirmed_at,
        "confirmed_at": user.email_confirmed_at,
        "last_sign_in_at": user.last_login,
        "banned_until": user.banned_until,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }
    # A made-up user (see services.sign_up) has no identity, and was never saved.
    identities = [] if user._state.adding else [_render_identity(user)]  # noqa: SLF001 -- Django's way to ask
    return {
        "id": str(user.id),
        "aud": "authenticated",
        "role": "authenticated",
        "email": user.email,
        "phone": "",
        **{name: _instant(value) for name, value in times.items() if value},
        "app_metadata": services.app_metadata(user),
        "user_metadata": user.user_metadata,
        "identities": identities,
        "is_anonymous": False,
    }


def _render_identity(user: User) -> dict[str, Any]:
    return {
        "identity_id": str(uuid5(NAMESPACE_URL, f"email:{user.id}")),
        "id": str(user.id),
        "user_id": str(user.id),
        "identity_data": {
            "sub": str(user.id),
            "email": user.email,
            "email_verified": user.email_confirmed_at is not None,
            "phone_verified": False,
        },
        "provider": "email",
        "last_sign_in_at": _instant(user.last_login or user.created_at),
        "created_at": _instant(user.created_at),
        "updated_at": _instant(user.updated_at),
        "email": user.email,
    }


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
