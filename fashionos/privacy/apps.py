from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "fashionos.privacy"
    label = "privacy"
    verbose_name = "Privacy"

    def ready(self) -> None:
        from fashionos.accounts.services.administration import erase_with  # noqa: PLC0415 -- needs the models
        from fashionos.privacy.services import erase_user  # noqa: PLC0415 -- needs the models

        erase_with(erase_user)
