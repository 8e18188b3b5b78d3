"""What the function endpoints share: raw bodies, the limit of calls, headers, one way to answer."""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from fashionos.kit.owned import database_seconds
from fashionos.kit.problems import Problem
from fashionos.kit.throttles import Allowance, take_function_call
from fashionos.kit.wire import WireError, read_json

logger = logging.getLogger("fashionos.functions")

SWITCHED_OFF = "switched_off"
_SWITCHED_OFF_SECONDS = 300  # until a client should ask again: people switch functions on


class Call(NamedTuple):
    """A function call that has been answered: what of it is measured and remembered."""

    function: str  # the last part of its address: "chat-orchestrator"
    user_id: UUID | None  # None: nobody was signed in
    session_id: UUID | None
    status: int  # of the answer as the client got it
    seconds: float
    database_seconds: float  # of those, waited for queries and commits
    cached: bool | None  # None: not a question of this answer
    kit: str
    error: str  # the code of a refusal, or of what failed behind an answer; "" for neither


_observers: list[Callable[[Call], None]] = []


def on_call(observer: Callable[[Call], None]) -> None:
    """Tell `observer` of each function call, in the thread that answers and before the answer is sent.

    It has to be quick. What it raises is logged, and fails no call.
    """
    if observer not in _observers:
        _observers.append(observer)


_gates: list[Callable[[str, UUID], bool]] = []


def open_by(gate: Callable[[str, UUID], bool]) -> None:
    """Let `gate(function, user_id)` say who may call a function, instead of all users all functions.

    It has to be quick: each call asks. Where it raises, the function is open.
    """
    _gates[:] = [gate]


def is_open(function: str, user_id: UUID) -> bool:
    """Tell whether this function is switched on for this user."""
    try:
        return all(gate(function, user_id) for gate in _gates)
    except Exception:
        logger.exception("cannot tell for whom %s is switched on", function)
        return True


class _Notes:
    """What only the service behind a view knows of its call."""

    cached: bool | None = None
    kit: str | None = None
    error: str = ""


_notes: ContextVar[_Notes | None] = ContextVar("notes", default=None)


def note(*, cached: bool | None = None, kit: str | None = None, error: str | None = None) -> None:
    """Add to what is remembered of the function call that runs here; without one, nothing happens."""
    notes = _notes.get()
    if notes is None:
        return
    if cached is not None:
        notes.cached = cached
    if kit is not None:
        notes.kit = kit
    if error is not None:
        notes.error = error


class FunctionThrottle(BaseThrottle):
    """Counts each call of the verified caller, malformed ones too, over all functions together."""

    def allow_request(self, request: Request, view: Any) -> bool:
        view.allowance = take_function_call(caller(request).id)
        return view.allowance is None or view.allowance.allowed

    def wait(self) -> float | None:
        return None


class RawBody(BaseParser):
    """Takes every content type: the client sends JSON as text/plain, and as application/octet-stream, too."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:  # noqa: ARG002 -- DRF's signature
        return stream.read()


class FunctionViewSet(ViewSet):
    """Base of the endpoints under /functions/v1: `create` answers POST."""

    parser_classes = [RawBody]
    throttle_classes = [FunctionThrottle]
    allowance: Allowance | None = None
    kit: str = ""  # whose function it is, where the request does not say
    error: str = ""  # set by what renders a refusal

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        started, in_database = perf_counter(), database_seconds()
        token = _notes.set(notes := _Notes())
        try:
            response = super().dispatch(request, *args, **kwargs)
            self._tell(
                response.status_code,
                notes,
                seconds=perf_counter() - started,
                in_database=database_seconds() - in_database,
            )
            return response
        finally:
            _notes.reset(token)
            # DRF's view and request refer to themselves. What they hold, the body and the answer, would wait for the
            # collector: hundreds of megabytes, and each call would run on memory that is new to it.
            self.request.parser_context.clear()
            vars(self).clear()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not is_open(_name(request), caller(request).id):
            raise Problem(
                503,
                SWITCHED_OFF,
                "This function is not switched on for you at the moment.",
                suggestions=["Try again later; everything else works as usual."],
                headers={"Retry-After": str(_SWITCHED_OFF_SECONDS)},
            )

    def _tell(self, status: int, notes: _Notes, *, seconds: float, in_database: float) -> None:
        error = self.error or notes.error
        if seconds > settings.RESPONSE_SECONDS:  # the shell has answered in our place
            status, error = 503, "unavailable"
        # What never came as far as authentication must not be sent through it for this.
        user = getattr(self.request, "_user", None)
        call = Call(
            function=_name(self.request),
            user_id=getattr(user, "id", None),
            session_id=getattr(user, "session_id", None),
            status=status,
            seconds=seconds,
            database_seconds=in_database,
            cached=notes.cached,
            kit=self.kit if notes.kit is None else notes.kit,
            error=error,
        )
        for observer in _observers:
            try:
                observer(call)
            except Exception:
                logger.exception("an observer of function calls failed")

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.allowance is not None:
            for name, value in self.allowance.headers().items():
                response[name] = value
        return response


def _name(request: Request) -> str:
    match = request.resolver_match
    return match.route.rpartition("/")[2] if match else ""


def caller(request: Request) -> Any:
    """Return who called, as the authentication class of the settings says: a verified caller with an id."""
    return request.user


def raw_body(request: Request) -> bytes:
    body: bytes = request._request.body  # noqa: SLF001 -- DRF's documented way to the Django request
    return body


def read_document(body: bytes) -> Any:
    """Read a request's JSON; raise Problem 400 that says what is wrong with it."""
    if not body.strip():
        raise Problem(400, "empty_body", "Send a JSON object in the body of the request.")
    try:
        return read_json(body, max_depth=settings.JSON_DEPTH)
    except WireError as error:
        raise Problem(
            400, error.code, f"The body is not acceptable JSON: {error.message}."
        ) from error


def answer(body: bytes, *, status: int = 200) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json")


class UnknownFunction(APIView):
    """What the gateway says of a function that does not exist, to anybody."""

    authentication_classes = []
    permission_classes = []
    throttle_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002 -- DRF's signature
        raise Problem(
            404,
            "not_found",
            "Requested function was not found",
            headers={"sb-error-code": "NOT_FOUND"},
        )
