"""Who calls: a signed-in user, the server itself (whoever holds the secret key), or nobody in particular."""

from typing import NamedTuple
from uuid import UUID

from fashionos.kit.owned import Role


class Actor(NamedTuple):
    role: Role
    user_id: UUID | None = None
    session_id: UUID | None = None

    @property
    def is_server(self) -> bool:
        return self.role is Role.SYSTEM


NOBODY = Actor(Role.WEB)
SERVER = Actor(Role.SYSTEM)
