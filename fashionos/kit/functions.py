"""What the function endpoints share: raw bodies, the limit of calls, headers, one way to answer."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from fashionos.kit.problems import Problem
from fashionos.kit.throttles import Allowance, take_function_call
from fashionos.kit.wire import WireError, read_json


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

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().dispatch(request, *args, **kwargs)
        finally:
            # DRF's view and request refer to themselves. What they hold, the body and the answer, would wait for the
            # collector: hundreds of megabytes, and each call would run on memory that is new to it.
            self.request.parser_context.clear()
            vars(self).clear()

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.allowance is not None:
            for name, value in self.allowance.headers().items():
                response[name] = value
        return response


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
