"""Which parts of a production somebody has begun to plan here."""

from typing import Any

from fashionos.accounts.tokens import Caller
from fashionos.kit.owned import Role, acting
from fashionos.workspace.models import Asset, EventTask, Sample, Shot

_PARTS: dict[str, Any] = {"samples": Sample, "tasks": EventTask, "shots": Shot, "assets": Asset}


def begun_parts(caller: Caller) -> dict[str, bool]:
    """Tell of samples, tasks, shots and assets whether the user has any."""
    with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
        return {part: model.objects.for_user(caller).exists() for part, model in _PARTS.items()}
