"""What all endpoints share: methods, api key, errors, bodies, limits, and where a browser may be sent."""

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from fashionos.accounts.models import User
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.redirects import allowed_redirect, with_parameters
from fashionos.accounts.services.one_time import Challenge
from fashionos.accounts.services.pkce import read_challenge
from fashionos.accounts.services.users import METADATA_BYTES, fits
from fashionos.accounts.tokens import BadToken, Caller, api_key_role, verify_access_token
from fashionos.kit.problems import problem_response
from fashionos.kit.throttles import door
from fashionos.kit.wire import WireError, read_json, write_json

logger = logging.getLogger("fashionos.accounts")

Handler = Callable[..., HttpResponse]


def endpoint(*methods: str, key: bool = True) -> Callable[[Handler], Handler]:
    """Make a view of a handler that may raise AuthProblem: methods, api key and error shape in one place."""

    def decorate(handler: Handler) -> Handler:
        @csrf_exempt
        @wraps(handler)
        def view(request: HttpRequest, **path: str) -> HttpResponse:
            if request.method not in methods:
                refusal = AuthProblem(405, "method_not_allowed", "Method not allowed")
                return _render_problem(request, refusal)
            if key and settings.REQUIRE_API_KEY and (missing := _key_refusal(request)):
                return answer(missing, status=401)
            try:
                return handler(request, **path)
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


def answer(document: Any, *, status: int = 200) -> HttpResponse:
    return HttpResponse(
        write_json(document),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def read_body(request: HttpRequest) -> dict[str, Any]:
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


def text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise AuthProblem(400, "validation_failed", f"{name} must be a string")
    return value


def truth(body: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise AuthProblem(400, "validation_failed", f"{name} must be true or false")
    return value


def metadata(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name, {})
    if not isinstance(value, dict) or not fits(value):
        message = f"{name} must be an object of at most {METADATA_BYTES} bytes"
        raise AuthProblem(400, "validation_failed", message)
    return value


def address(body: Mapping[str, Any], name: str = "email") -> str:
    """Return the mail address, folded; raise AuthProblem if it is none."""
    given = text(body, name)
    try:
        return User.objects.read_email(given)
    except ValidationError as error:
        raise AuthProblem(
            400, "validation_failed", "Unable to validate email address: invalid format"
        ) from error


def uuid(value: str, name: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        raise AuthProblem(404, "validation_failed", f"{name} must be an UUID") from error


def check_password(password: str) -> None:
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


def challenge(values: Mapping[str, Any]) -> Challenge | None:
    return read_challenge(text(values, "code_challenge"), text(values, "code_challenge_method"))


def caller(request: HttpRequest) -> Caller:
    token = bearer(request)
    try:
        return verify_access_token(token)
    except BadToken as error:
        raise AuthProblem(
            403, "bad_jwt", f"invalid JWT: unable to parse or verify signature, {error}"
        ) from error


def bearer(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AuthProblem(401, "no_authorization", "This endpoint requires a valid Bearer token")
    return token.strip()


def user_agent(request: HttpRequest) -> str:
    # PostgreSQL holds no NUL.
    return request.headers.get("user-agent", "").replace("\x00", "")


def pass_door(
    request: HttpRequest, name: str, rate: str, key: str = "", *, count: bool = True
) -> None:
    if wait := door(request, name, rate, key, count=count):
        raise AuthProblem(
            429, "over_request_rate_limit", "Request rate limit reached", retry_after=wait
        )


def pass_mail_doors(request: HttpRequest, email: str) -> None:
    """Count a mail to the address, whether or not anybody has it: the limits must not tell."""
    for name, rate, key in (
        ("mail_account", settings.MAIL_RATE_PER_ACCOUNT, email),
        ("mail_account_long", settings.MAIL_RATE_PER_ACCOUNT_LONG, email),
        ("mail", settings.MAIL_RATE, "all"),
    ):
        if wait := door(request, name, rate, key):
            message = (
                f"For security purposes, you can only request this after {wait} seconds."
                if key == email
                else "email rate limit exceeded"
            )
            raise AuthProblem(429, "over_email_send_rate_limit", message, retry_after=wait)


def redirect_target(request: HttpRequest, asked: str = "") -> str:
    """Return where the browser is to end up: as asked, if that is allowed, else the page it came from, or the site."""
    candidates = (asked, request.GET.get("redirect_to", ""), request.headers.get("referer", ""))
    return next((url for url in candidates if is_allowed(url)), settings.SITE_URL)


def is_allowed(url: str) -> bool:
    return allowed_redirect(url, settings.SITE_URL, settings.AUTH_REDIRECT_URLS)


def redirect(url: str, *, status: int) -> HttpResponse:
    # Django's own redirects refuse the schemes of apps, which the allow-list may name.
    headers = {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HttpResponse(status=status, headers=headers)


_OAUTH_ERRORS = {400: "invalid_request", 401: "unauthorized_client", 503: "temporarily_unavailable"}


def redirect_problem(url: str, problem: AuthProblem, *, status: int) -> HttpResponse:
    """Tell the page at the URL what went wrong, in the query for servers and in the fragment for scripts."""
    generic = "server_error" if problem.status >= 500 else "access_denied"  # noqa: PLR2004 -- HTTP's classes
    parameters = {
        "error": _OAUTH_ERRORS.get(problem.status, generic),
        "error_code": problem.code,
        "error_description": problem.message,
    }
    target = with_parameters(url, query=parameters, fragment={**parameters, "sb": ""})
    return redirect(target, status=status)
