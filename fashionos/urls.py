from django.contrib import admin
from django.urls import include, path

from fashionos.kit.pages import static_files

urlpatterns = [
    path("auth/v1/", include("fashionos.accounts.urls")),
    path("functions/v1/", include("insights.urls")),
    path("functions/v1/", include("assistant.urls")),
    path("functions/v1/", include("fashionos.kit.urls")),
    path("admin/", admin.site.urls),
    path("static/<path:path>", static_files()),
]
