from django.urls import path

from insights.views import EventsOptimizer, LogisticsAnalyzer, MediaScorer, Recommendations

urlpatterns = [
    path("logistics-analyzer", LogisticsAnalyzer.as_view({"post": "create"})),
    path("events-optimizer", EventsOptimizer.as_view({"post": "create"})),
    path("media-scorer", MediaScorer.as_view({"post": "create"})),
    path("recommendations", Recommendations.as_view({"post": "create"})),
]
