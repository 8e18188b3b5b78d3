from django.http import HttpResponse
from rest_framework.request import Request

from fashionos.kit.functions import FunctionViewSet, answer, caller, raw_body
from insights import services


class LogisticsAnalyzer(FunctionViewSet):
    """Readiness, blockers and batching of the samples that come along."""

    def create(self, request: Request) -> HttpResponse:
        return answer(services.analyse_logistics(caller(request), raw_body(request)))
