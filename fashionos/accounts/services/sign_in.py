"""Sign-up and sign-in with a password, and sign-up without anything."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError
from django.utils import timezone

from fashionos.accounts import mails
from fashionos.accounts.models import Purpose, User
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.services.one_time import Challenge, issue
from fashionos.accounts.services.sessions import Grant, start_session
from fashionos.accounts.services.users import (
    add_user,
    find_user,
    insert_user,
    is_banned,
    loaded,
    lock_user,
    refuse_banned,
)
from fashionos.kit.owned import Role, acting


def sign_up(
    email: str,
    password: str,
    metadata: dict[str, Any],
    *,
    user_agent: str,
    challenge: Challenge | None = None,
    redirect_to: str = "",
) -> Grant | User:
    """Register a person: signed in at once if addresses confirm themselves, else the user who has to confirm.

    For a taken address: AuthProblem when addresses confirm themselves (nothing is left to hide), else a made-up user
    that looks like a new one. Of those who sign up with an address that nobody confirmed yet, the last one counts.
    """
    autoconfirm = settings.SIGN_UP_AUTOCONFIRM
    # Once, whoever has the address: a second hash would tell.
    hashed = make_password(password)
    try:
        with acting(Role.AUTH):
            user = insert_user(email, hashed, confirmed=autoconfirm, user_metadata=metadata)
            if autoconfirm:
                return start_session(user, user_agent, "password")
            proof = issue(loaded(user), Purpose.CONFIRMATION, challenge)
    except IntegrityError as error:
        if autoconfirm:
            raise AuthProblem(422, "user_already_exists", "User already registered") from error
        _sign_up_again(email, hashed, metadata, challenge, redirect_to)
        return _made_up_user(email, metadata)
    mails.send("signup", proof, redirect_to)
    return user


def _sign_up_again(
    email: str,
    hashed: str,
    metadata: dict[str, Any],
    challenge: Challenge | None,
    redirect_to: str,
) -> None:
    with acting(Role.AUTH):
        user = find_user(email)
        if user is None or user.email_confirmed_at is not None or is_banned(user):
            return
        user.password, user.user_metadata = hashed, metadata
        user.save(update_fields=["password", "user_metadata", "updated_at"])
        proof = issue(user, Purpose.CONFIRMATION, challenge)
    mails.send("signup", proof, redirect_to)


def _made_up_user(email: str, metadata: dict[str, Any]) -> User:
    now = timezone.now()
    return User(
        email=User.objects.normalize_email(email),
        user_metadata=metadata,
        app_metadata={"provider": "email", "providers": ["email"]},
        confirmation_sent_at=now,
        created_at=now,
        updated_at=now,
    )


def sign_up_as_guest(metadata: dict[str, Any], *, user_agent: str) -> Grant:
    """Make a user of nobody in particular; an address or an identity may make somebody of them later."""
    with acting(Role.AUTH):
        guest = add_user(None, None, confirmed=False, user_metadata=metadata)
        return start_session(guest, user_agent, "anonymous")


def sign_in(email: str, password: str, *, user_agent: str) -> Grant:
    """Check the password and start a session. Unknown addresses cost as long as wrong passwords."""
    with acting(Role.AUTH):
        user = find_user(email)
    known = user is not None and user.has_usable_password()
    # Outside of any transaction: hashing takes longer than all the queries together.
    genuine = check_password(password, user.password if user and known else _DECOY)
    refusal = AuthProblem(400, "invalid_credentials", "Invalid login credentials")
    if user is None or not known or not genuine:
        raise refusal
    refuse_banned(user, 400)
    if user.email_confirmed_at is None:
        raise AuthProblem(400, "email_not_confirmed", "Email not confirmed")
    with acting(Role.AUTH):
        current = lock_user(user.id)
        # A password that was changed meanwhile ended the user's sessions: it starts none.
        if current.password != user.password:
            raise refusal
        refuse_banned(current, 400)
        return start_session(current, user_agent, "password")


_DECOY = make_password(secrets.token_urlsafe())
