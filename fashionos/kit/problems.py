"""Refusals, in the shape of each protocol: the functions' is {"error": {code, message, suggestions?, details?}}."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework.exceptions import APIException, NotAuthenticated, Throttled
from rest_framework.views import exception_handler

from fashionos.kit import shell
from fashionos.kit.owned import SessionEnded
from fashionos.kit.wire import write_json

logger = logging.getLogger("fashionos.functions")


def problem_response(
    request: HttpRequest, status: int, code: str, message: str, **extra: object
) -> HttpResponse:
    """Answer with an error as the client of the path's family reads it; `extra` joins the body."""
    headers = [
        (b"x-supabase-api-version", request.headers.get("x-supabase-api-version", "").encode())
    ]
    shaped = shell.problem(request.path, headers, status, code, message, **extra)
    return HttpResponse(
        shaped.body,
        status=shaped.status,
        headers={name.decode(): value.decode() for name, value in shaped.headers},
    )


def error_page(status: int, code: str, message: str) -> Callable[..., HttpResponse]:
    """Make one of Django's error handlers: JSON for programs, a line of text in the admin."""

    def render(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001 -- Django's signature
        if shell.is_under(request.path, "/admin"):
            return HttpResponse(f"{status} {message}", status=status, content_type="text/plain")
        return problem_response(request, status, code, message)

    return render


class Problem(Exception):  # noqa: N818 -- a refusal, rendered as the answer
    """A refusal by a function: HTTP status, code for programs, message for people."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        suggestions: Sequence[str] = (),
        details: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.suggestions = suggestions
        self.details = details
        self.headers = headers or {}


def render_problem(problem: Problem) -> HttpResponse:
    error: dict[str, Any] = {"code": problem.code, "message": problem.message}
    if problem.suggestions:
        error["suggestions"] = list(problem.suggestions)
    if problem.details is not None:
        error["details"] = problem.details
    return HttpResponse(
        write_json({"error": error}),
        status=problem.status,
        content_type="application/json",
        headers=dict(problem.headers),
    )


def render_exception(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Answer any exception of a function (DRF's EXCEPTION_HANDLER): never a stack trace, never a driver's text."""
    problem = _as_problem(error, context)
    context["view"].error = problem.code
    return render_problem(problem)


def _user_is_gone(error: Exception) -> bool:
    """Whether a row was not kept because its user was erased meanwhile."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return isinstance(error, IntegrityError) and '"accounts_user"' in (
        getattr(diagnosis, "message_detail", None) or ""
    )


def _as_problem(error: Exception, context: dict[str, Any]) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, SessionEnded) or _user_is_gone(error):
        return Problem(
            401,
            "session_ended",
            "This session has ended. Sign in again.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if isinstance(error, Throttled):
        wait = int(getattr(error, "wait", None) or 1)
        return Problem(429, "rate_limited", f"Too many requests. Try again in {wait} seconds.")
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("database unavailable", exc_info=error)
        return Problem(
            503,
            "unavailable",
            "The database is not available right now. Try again in a moment.",
            headers={"Retry-After": "2"},
        )
    if isinstance(error, APIException | Http404 | PermissionDenied):
        standard = exception_handler(error, context)
        if standard is not None:
            code = getattr(error, "default_code", "not_found")
            detail = getattr(error, "detail", "Not found.")
            if isinstance(error, NotAuthenticated):
                detail = "Sign in first: this takes a user's access token as the bearer."
            headers = {name: standard[name] for name in ("WWW-Authenticate",) if name in standard}
            return Problem(standard.status_code, str(code), str(detail), headers=headers)
    logger.error("unexpected error", exc_info=error)
    return Problem(500, "internal_error", "Something went wrong on our side. Try again.")
