from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class KitConfig(AppConfig):
    name = "fashionos.kit"
    label = "kit"

    def ready(self) -> None:
        connection_created.connect(_install_guard, dispatch_uid="fashionos.kit.guard")


def _install_guard(*, connection: Any, **_: Any) -> None:
    from fashionos.kit.owned import guard  # noqa: PLC0415 -- app ready

    if guard not in connection.execute_wrappers:
        connection.execute_wrappers.append(guard)
