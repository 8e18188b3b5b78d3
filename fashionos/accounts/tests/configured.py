"""How the tests of providers configure one, and what a refusal must leave as it was."""

from fashionos.accounts.models import Identity, Session, User
from fashionos.kit.owned import Role, acting

SECRET = "s3cret+/="  # with what forms and headers encode differently


def configuration(issuer, *client_ids):
    return {
        "issuer": issuer,
        "client_ids": [*client_ids] or ["fashionos"],
        "client_secret": SECRET,
        "scopes": "openid email profile",
    }


def counts():
    with acting(Role.AUTH):
        return tuple(model.objects.count() for model in (User, Identity, Session))


def said(user):
    """Return what a user says, without what user_metadata tells of a confirmed address."""
    known = {
        "sub": user["id"],
        "email": user["email"],
        "email_verified": True,
        "phone_verified": False,
    }
    assert user["user_metadata"].items() >= known.items()
    return {name: value for name, value in user["user_metadata"].items() if name not in known}
