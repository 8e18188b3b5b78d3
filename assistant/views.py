from django.http import HttpResponse
from rest_framework.request import Request

from assistant import services
from assistant.examples import CHAT, FEEDBACK
from assistant.schemas import ChatAnswer, ChatRequest, Feedback
from fashionos.kit.functions import FunctionViewSet, answer, caller, raw_body
from fashionos.kit.openapi import document_function


class ChatOrchestrator(FunctionViewSet):
    """Routes a message to the skill that answers it."""

    @document_function(
        summary="Ask the assistant", request=ChatRequest, answer=ChatAnswer, example=CHAT
    )
    def create(self, request: Request) -> HttpResponse:
        return answer(services.answer(caller(request), raw_body(request)))


class ConversationFeedback(FunctionViewSet):
    """Thumbs up, thumbs down, or neither."""

    @document_function(
        summary="Rate an answer", request=Feedback, answer=Feedback, example=FEEDBACK
    )
    def create(self, request: Request) -> HttpResponse:
        return answer(services.rate_conversation(caller(request), raw_body(request)))
