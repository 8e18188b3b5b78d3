from django.apps import AppConfig
from django.conf import settings


class OperatingConfig(AppConfig):
    name = "fashionos.operating"
    label = "operating"
    verbose_name = "Operation"

    def ready(self) -> None:
        if settings.SENTRY_DSN:
            from fashionos.operating.sentry import report_errors  # noqa: PLC0415 -- only where it is used

            report_errors(settings.SENTRY_DSN, site=settings.SITE_URL)
