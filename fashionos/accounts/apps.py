from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "fashionos.accounts"
    label = "accounts"

    def ready(self) -> None:
        from fashionos.accounts.keys import data_key  # noqa: PLC0415 -- app ready
        from fashionos.kit.encryption import Sealed  # noqa: PLC0415 -- app ready

        Sealed.key_for = data_key
