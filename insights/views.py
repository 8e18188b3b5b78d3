from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from fashionos.kit.functions import FunctionViewSet, answer, caller, raw_body
from fashionos.kit.openapi import document_function
from insights import services
from insights.examples import EXAMPLES
from insights.schemas.events import EventAnswer, EventRequest
from insights.schemas.logistics import LogisticsAnswer, LogisticsRequest, Sample
from insights.schemas.media import GalleryAsset, MediaAnswer, MediaRequest, ShotItem
from insights.schemas.recommendations import RecommendationRequest, RecommendationsAnswered


class LogisticsAnalyzer(FunctionViewSet):
    """Readiness, blockers and batching of the samples that come along."""

    kit = "logistics"

    @document_function(
        summary="Readiness, blockers and batching",
        request=LogisticsRequest,
        answer=LogisticsAnswer,
        example=EXAMPLES["logistics-analyzer"],
        rows={"sampleList": Sample},
    )
    def create(self, request: Request) -> HttpResponse:
        return answer(services.analyse_logistics(caller(request), raw_body(request)))


class EventsOptimizer(FunctionViewSet):
    """Critical path, staffing and run of show of the event that comes along."""

    kit = "events"

    @document_function(
        summary="Critical path, staffing and run of show",
        request=EventRequest,
        answer=EventAnswer,
        example=EXAMPLES["events-optimizer"],
    )
    def create(self, request: Request) -> HttpResponse:
        return answer(services.optimise_event(caller(request), raw_body(request)))


class MediaScorer(FunctionViewSet):
    """Quality, missing shots and selects of the pictures that come along."""

    kit = "media"

    @document_function(
        summary="Quality, missing shots and selects",
        request=MediaRequest,
        answer=MediaAnswer,
        example=EXAMPLES["media-scorer"],
        rows={"assets": GalleryAsset, "shotList": ShotItem},
    )
    def create(self, request: Request) -> HttpResponse:
        return answer(services.score_media(caller(request), raw_body(request)))


class Recommendations(FunctionViewSet):
    """Packages, next actions or features for the signed-in user."""

    kit = "recommendations"

    @document_function(
        summary="Packages, next actions or features",
        request=RecommendationRequest,
        answer=RecommendationsAnswered,
        example=EXAMPLES["recommendations"],
        refusals={403: "For somebody else"},
    )
    def create(self, request: Request) -> HttpResponse:
        response = answer(services.recommend_to(caller(request), raw_body(request)))
        seconds = settings.INSIGHT_TTL_SECONDS["recommendation"]
        response["Cache-Control"] = f"private, max-age={seconds}"
        return response
