"""Pages for people: sessions, sign-in and messages, in one transaction of the support role.

As a decorator of the admin's views rather than as middleware, so that the APIs pay for none of it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import transaction
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotFound,
)
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware

from fashionos.kit.owned import Role, acting

View = Callable[..., HttpResponseBase]

SERVER_ERROR = 500
# Scripts are files of ours; the styles of the admin and of the page at /docs/ stand in them.
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def support_page(view: View) -> View:
    """Run the view as support, with session, user and messages; a failed page changes nothing."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "%00" in request.get_full_path():  # no text of PostgreSQL's holds it
            return HttpResponseBadRequest("Bad Request")

        def render(request: HttpRequest) -> Any:
            response = view(request, *args, **kwargs)
            # Rendered here, while the actor is there: templates fetch rows.
            return response.render() if hasattr(response, "render") else response

        chain: Any = SessionMiddleware(
            AuthenticationMiddleware(MessageMiddleware(XFrameOptionsMiddleware(render)))
        )
        with acting(Role.SUPPORT):
            response: HttpResponseBase = chain(request)
            if response.status_code >= SERVER_ERROR:
                transaction.set_rollback(True)
        return response

    return guarded(run)


def guarded(view: View) -> View:
    """Send the policy of pages with what the view answers, unless it has one of its own."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return run


def static_files() -> View:
    """Return the view of /static/: collected files in production, the apps' own in development."""
    files = WhiteNoiseMiddleware(lambda _request: HttpResponseNotFound())

    def serve(request: HttpRequest, path: str) -> HttpResponse:  # noqa: ARG001 -- the route names it
        response: HttpResponse = files(request)
        return response

    return serve
