from django.urls import path

from insights.views import LogisticsAnalyzer

urlpatterns = [
    path("logistics-analyzer", LogisticsAnalyzer.as_view({"post": "create"})),
]
