"""Users as the secret key manages them: /admin/users, /invite, /admin/generate_link."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from fashionos.accounts import mails
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.services import administration
from fashionos.accounts.services.administration import UserFields
from fashionos.accounts.tokens import api_key_role
from fashionos.accounts.views.endpoint import (
    address,
    answer,
    bearer,
    caller,
    check_password,
    endpoint,
    metadata,
    read_body,
    redirect_target,
    text,
    truth,
    uuid,
)
from fashionos.accounts.views.rendering import render_user

PER_PAGE = 50
MOST_PER_PAGE = 1_000
LAST_PAGE = 1_000_000
LONGEST_BAN = timedelta(days=365 * 200)
LINK_KINDS = {
    *("signup", "magiclink", "recovery", "invite"),
    *("email_change_current", "email_change_new"),
}


def _for_servers(request: HttpRequest) -> None:
    """Let the secret key pass; nobody's own token does, support's neither."""
    role = api_key_role(bearer(request))
    if role == "service_role":
        return
    if role is None:
        caller(request)  # says what is wrong with the token, if anything is
    raise AuthProblem(403, "not_admin", "User not allowed")


@endpoint("GET", "POST")
def users(request: HttpRequest) -> HttpResponse:
    _for_servers(request)
    return _list(request) if request.method == "GET" else _create(request)


def _list(request: HttpRequest) -> HttpResponse:
    page = _number(request, "page", 1, LAST_PAGE)
    per_page = _number(request, "per_page", PER_PAGE, MOST_PER_PAGE)
    found, total = administration.list_users(page, per_page)
    response = answer({"users": [render_user(user) for user in found], "aud": "authenticated"})
    last = max(1, -(-total // per_page))
    pages = ({"next": page + 1} if page < last else {}) | {"last": last}
    response["X-Total-Count"] = str(total)
    response["Link"] = ", ".join(
        f'<{request.path}?{urlencode({"page": number, "per_page": per_page})}>; rel="{name}"'
        for name, number in pages.items()
    )
    return response


def _number(request: HttpRequest, name: str, default: int, most: int) -> int:
    given = request.GET.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", given) or not 1 <= int(given) <= most:
        message = f"Bad Pagination Parameters: {name} must be between 1 and {most}"
        raise AuthProblem(400, "validation_failed", message)
    return int(given)


def _create(request: HttpRequest) -> HttpResponse:
    body = read_body(request)
    return answer(render_user(administration.create_user(address(body), _fields(body))))


@endpoint("GET", "PUT", "DELETE")
def user(request: HttpRequest, user_id: str) -> HttpResponse:
    _for_servers(request)
    identifier = uuid(user_id, "user_id")
    if request.method == "GET":
        return answer(render_user(administration.get_user(identifier)))
    body = read_body(request)
    if request.method == "PUT":
        return answer(render_user(administration.update_user(identifier, _fields(body))))
    soft = truth(body, "should_soft_delete", default=False)
    administration.delete_user(identifier, soft=soft)
    return answer({})


def _fields(body: dict[str, Any]) -> UserFields:
    password = text(body, "password")
    if password:
        check_password(password)
    for name in ("phone", "password_hash"):
        if body.get(name):
            raise AuthProblem(400, "validation_failed", f"{name} is not supported")
    if body.get("role", "authenticated") != "authenticated":
        raise AuthProblem(400, "validation_failed", "The only role is authenticated")
    return UserFields(
        email=address(body) if body.get("email") else None,
        password=password or None,
        email_confirm=truth(body, "email_confirm", default=False),
        user_metadata=metadata(body, "user_metadata") if "user_metadata" in body else None,
        app_metadata=metadata(body, "app_metadata") if "app_metadata" in body else None,
        ban=_duration(text(body, "ban_duration")),
    )


_UNITS = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(h|ms|us|µs|ns|m|s)")


def _duration(given: str) -> timedelta | None:
    """Read Go's durations ("24h", "1h30m"); "none" is zero, nothing is None."""
    if not given:
        return None
    if given in {"none", "0"}:
        return timedelta()
    if _PART.sub("", given):
        message = f"invalid format for ban duration: {given[:40]!r}"
        raise AuthProblem(400, "validation_failed", message)
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(given))
    # The end of a ban must be a date that a calendar has.
    return timedelta(seconds=min(seconds, LONGEST_BAN.total_seconds()))


@endpoint("POST")
def invite(request: HttpRequest) -> HttpResponse:
    _for_servers(request)
    body = read_body(request)
    user = administration.invite(address(body), metadata(body, "data"), redirect_target(request))
    return answer(render_user(user))


@endpoint("POST")
def generate_link(request: HttpRequest) -> HttpResponse:
    _for_servers(request)
    body = read_body(request)
    kind, password = text(body, "type"), text(body, "password")
    if kind not in LINK_KINDS:
        message = f"Invalid email action link type requested: {kind[:40]}"
        raise AuthProblem(400, "validation_failed", message)
    if kind == "signup":
        check_password(password)
    new_email = address(body, "new_email") if kind.startswith("email_change") else ""
    target = redirect_target(request, text(body, "redirect_to"))
    user, proof, kind = administration.generate_link(
        kind,
        address(body),
        password=password,
        new_email=new_email,
        metadata=metadata(body, "data"),
    )
    return answer(
        {
            **render_user(user),
            "action_link": mails.action_link(kind, proof, target),
            "email_otp": proof.code,
            "hashed_token": proof.link,
            "redirect_to": target,
            "verification_type": text(body, "type") if kind == "email_change" else kind,
        }
    )
