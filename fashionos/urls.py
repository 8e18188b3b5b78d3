from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from fashionos.console.views import console
from fashionos.kit.pages import guarded, static_files
from fashionos.kit.problems import error_page

handler400 = error_page(400, "bad_request", "The request cannot be read")
handler403 = error_page(403, "forbidden", "This is not allowed")
handler404 = error_page(404, "not_found", "There is nothing at this address")
handler500 = error_page(500, "unexpected_failure", "Something went wrong on our side, try again")

urlpatterns = [
    path("", console),
    path("auth/v1/", include("fashionos.accounts.urls")),
    path("functions/v1/", include("insights.urls")),
    path("functions/v1/", include("assistant.urls")),
    path("functions/v1/", include("fashionos.kit.urls")),
    path("realtime/v1/", include("realtime.urls")),
    path("privacy/v1/", include("fashionos.privacy.urls")),
    path("docs/", guarded(SpectacularSwaggerSplitView.as_view(url_name="openapi"))),
    path("docs/openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    path("admin/", admin.site.urls),
    path("static/<path:path>", static_files()),
]
