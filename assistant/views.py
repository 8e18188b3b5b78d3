from typing import Any

from django.http import HttpResponse
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from assistant import confirming, services
from assistant.examples import CHAT, CONFIRMATION, FEEDBACK
from assistant.schemas import ChatAnswer, ChatRequest, Confirmation, Confirmed, Feedback
from assistant.streaming import HEADERS, write_events
from fashionos.kit.functions import FunctionViewSet, answer, caller, raw_body
from fashionos.kit.openapi import document_function


class EventStream(BaseRenderer):
    """Server-sent events; the answer is written by `streaming`."""

    media_type = "text/event-stream"
    format = "events"
    charset = "utf-8"

    def render(self, data: Any, *_: Any) -> Any:
        return data


class MayStream(DefaultContentNegotiation):
    """Lets a client ask for events; JSON for everybody who does not care."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return super().select_renderer(request, [*renderers, EventStream()], format_suffix)


class ChatOrchestrator(FunctionViewSet):
    """Routes a message to the skill that answers it; streams the answer to a client that accepts events."""

    content_negotiation_class = MayStream

    @document_function(
        summary="Ask the assistant", request=ChatRequest, answer=ChatAnswer, example=CHAT
    )
    def create(self, request: Request) -> HttpResponse:
        answered = services.answer(caller(request), raw_body(request))
        if request.accepted_renderer.media_type != EventStream.media_type:
            return answer(answered)
        return HttpResponse(
            write_events(answered), content_type=EventStream.media_type, headers=HEADERS
        )


class ActionConfirm(FunctionViewSet):
    """Confirms a change that the assistant proposed."""

    @document_function(
        summary="Confirm a proposed change",
        request=Confirmation,
        answer=Confirmed,
        example=CONFIRMATION,
        refusals={
            403: "Offered to somebody else",
            409: "Confirmed, cancelled or changed meanwhile; or the count is missing",
            410: "Older than ten minutes",
        },
    )
    def create(self, request: Request) -> HttpResponse:
        return answer(confirming.confirm(caller(request), raw_body(request)))


class ConversationFeedback(FunctionViewSet):
    """Thumbs up, thumbs down, or neither."""

    @document_function(
        summary="Rate an answer",
        request=Feedback,
        answer=Feedback,
        example=FEEDBACK,
        refusals={404: "No conversation of the caller's"},
    )
    def create(self, request: Request) -> HttpResponse:
        return answer(services.rate_conversation(caller(request), raw_body(request)))
