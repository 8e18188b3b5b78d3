from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class FashionosConfig(AppConfig):
    name = "fashionos"

    def ready(self) -> None:
        from fashionos import checks  # noqa: F401, PLC0415 -- registers itself, app ready


class SupportAdminConfig(AdminConfig):
    default_site = "fashionos.admin.SupportSite"
