"""The plain DRF viewset of `benchmarks.rest`, over the same tables."""

from django.db.models import QuerySet
from django.urls import include, path
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.routers import DefaultRouter
from rest_framework.serializers import ModelSerializer
from rest_framework.viewsets import ModelViewSet

from benchmarks.viewset.models import Sample


class SampleSerializer(ModelSerializer[Sample]):
    class Meta:
        model = Sample
        exclude = ("user",)


class Twenty(LimitOffsetPagination):
    default_limit = 20

    def get_count(self, queryset: object) -> int:  # noqa: ARG002 -- a total that ours does not count either
        return 20


class SampleViewSet(ModelViewSet[Sample]):
    serializer_class = SampleSerializer
    permission_classes = [IsAuthenticated]
    pagination_class = Twenty

    def get_queryset(self) -> QuerySet[Sample]:
        return Sample.objects.filter(user=self.request.user).order_by("id")  # type: ignore[misc]


router = DefaultRouter(trailing_slash=False)
router.register("samples", SampleViewSet, basename="sample")
urlpatterns = [path("", include(router.urls))]
