"""Who may join the channels of the workspace."""

from uuid import UUID

from fashionos.accounts.tokens import Caller
from fashionos.kit.owned import Role, SessionEnded, acting
from fashionos.workspace.models import Event


def can_join(caller: Caller, kind: str, record_id: UUID) -> bool:
    """Tell whether a signed-in user may join `samples:<id>`, `events:<id>` or `assets:<id>`.

    Samples and assets are their owner's alone, an event is its members'; support staff get no more than that here.
    A session that has ended may join nothing.
    """
    try:
        with acting(Role.WEB, user_id=caller.id, session_id=caller.session_id):
            if kind == "events":
                return Event.objects.for_user(caller).filter(id=record_id).exists()
            return kind in {"samples", "assets"} and record_id == caller.id
    except SessionEnded:
        return False
