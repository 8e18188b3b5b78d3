"""What people ask for about their own data: all of it, or that it be erased."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.views import APIView

from fashionos.kit.functions import RawBody, answer, caller, raw_body, read_document
from fashionos.kit.problems import Problem
from fashionos.kit.throttles import door
from fashionos.kit.wire import write_json
from fashionos.privacy.archive import archive
from fashionos.privacy.services import request_erasure

_FIRST = 3  # parts up to the first page, as archive() yields them
CONFIRMATION = "erase my account"


class Export(APIView):
    def get(self, request: Request) -> StreamingHttpResponse:
        who, now = caller(request), timezone.now()
        _pass_door(request._request, "export", settings.EXPORT_RATE_PER_ACCOUNT, who.id)  # noqa: SLF001 -- DRF's documented way
        parts = archive(who, now=now)
        # The first page is read before the answer begins, while a session that has ended is a refusal.
        return StreamingHttpResponse(
            _streamed(_take(parts, _FIRST), parts),
            content_type="application/json",
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f'attachment; filename="fashionos-{now:%Y-%m-%d}.json"',
            },
        )


async def _streamed(first: bytes, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    while part := await sync_to_async(_take, thread_sensitive=False)(parts, 1):
        yield part


def _take(parts: Iterator[bytes], count: int) -> bytes:
    try:
        return b"".join(islice(parts, count))
    finally:
        # Back to the pool: another thread may read the next part, and who reads slowly keeps no connection.
        connection.close()


class Erasure(APIView):
    parser_classes = [RawBody]

    def post(self, request: Request) -> HttpResponse:
        who, asked = caller(request), read_document(raw_body(request))
        password = _read(asked)
        if password:
            # Its guesses count with those of a new password: both are limited together.
            rate = settings.NEW_PASSWORD_RATE_PER_ACCOUNT
            _pass_door(request._request, "new_password", rate, who.id)  # noqa: SLF001 -- DRF's documented way
        erasure = request_erasure(
            who, password, now=timezone.now(), seconds=settings.ERASURE_REQUEST_SECONDS
        )
        receipt = {
            "id": erasure.id,
            "requestedAt": erasure.requested_at,
            "finishedAt": erasure.finished_at,
        }
        return answer(write_json({"receipt": receipt}), status=200 if erasure.finished_at else 202)


def _read(asked: Any) -> str:
    if not isinstance(asked, dict) or asked.get("confirm") != CONFIRMATION:
        message = (
            f'Everything of yours will be gone for good. Send {{"confirm": "{CONFIRMATION}"}}.'
        )
        raise Problem(400, "confirmation_needed", message)
    password = asked.get("password", "")
    if not isinstance(password, str) or len(password) > settings.PASSWORD_MAX_LENGTH:
        raise Problem(400, "invalid_request", "The password has to be a text.")
    return password


def _pass_door(request: HttpRequest, name: str, rate: str, key: object) -> None:
    if wait := door(request, name, rate, str(key)):
        raise Problem(
            429,
            "rate_limited",
            f"Too many requests. Try again in {wait} seconds.",
            headers={"Retry-After": str(wait)},
        )
