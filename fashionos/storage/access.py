"""Who calls: by access token, else by the project's key."""

from fashionos.accounts.tokens import BadToken, api_key_role, verify_access_token
from fashionos.kit.owned import Role
from fashionos.storage.actors import NOBODY, SERVER, Actor
from fashionos.storage.problems import denied


def identify(authorization: str, api_key: str) -> Actor:
    """Return the owner of the bearer token, else whom the key stands for: it may be the bearer, too.

    Raises Problem for a token that is none of ours, or no longer; a key that is none of ours is nobody's.
    """
    scheme, _, bearer = authorization.partition(" ")
    bearer = bearer.strip() if scheme.lower() == "bearer" else ""
    key = bearer or api_key
    role = api_key_role(key) if key else None
    if role is not None:
        return SERVER if role == "service_role" else NOBODY
    if not bearer:
        return NOBODY
    try:
        caller = verify_access_token(bearer)
    except BadToken as error:
        message = '"exp" claim timestamp check failed' if error.expired else str(error)
        raise denied(message) from error
    return Actor(Role.WEB, caller.id, caller.session_id)
