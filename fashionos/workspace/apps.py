from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    name = "fashionos.workspace"

    def ready(self) -> None:
        # App ready. What rooms below tell, and what they ask, whatever this process does.
        from fashionos.storage.services import on_object  # noqa: PLC0415 -- as said
        from fashionos.workspace.gallery import follow  # noqa: PLC0415 -- as said
        from fashionos.workspace.plan import begun_parts  # noqa: PLC0415 -- as said
        from insights.services import read_plans_with  # noqa: PLC0415 -- as said

        on_object(follow)
        read_plans_with(begun_parts)
