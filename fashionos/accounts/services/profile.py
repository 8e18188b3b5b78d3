"""What users change of themselves: address, password, data, identities."""

from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.utils import timezone

from fashionos.accounts import mails
from fashionos.accounts.mails import Proof
from fashionos.accounts.models import Identity, Purpose, Session, User
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.services.links import issue_change, set_address
from fashionos.accounts.services.one_time import Challenge, issue, redeem_code
from fashionos.accounts.services.sessions import acting_for
from fashionos.accounts.services.users import (
    EMAIL,
    add_email_identity,
    email_exists,
    find_user,
    loaded,
    lock_user,
    merged,
    name_providers,
    set_password,
)
from fashionos.accounts.tokens import Caller
from fashionos.kit.owned import Role, acting

FRESH = timedelta(hours=24)  # a session this young needs no nonce to change the password


class Changes(NamedTuple):
    """What a user asks to change; empty fields stay."""

    email: str = ""
    password: str = ""
    current_password: str | None = None
    nonce: str = ""
    metadata: dict[str, Any] | None = None


def update_user(
    caller: Caller, changes: Changes, *, challenge: Challenge | None, redirect_to: str
) -> User:
    """Change the caller. A new address has to be confirmed by mail; a new password ends the other sessions."""
    with acting_for(caller):
        before = User.objects.get(id=caller.id)
        session = Session.objects.get(id=caller.session_id)
    hashed = _new_password(before, session, changes) if changes.password else ""
    email = User.objects.normalize_email(changes.email)
    proofs: list[Proof] = []
    with acting_for(caller):
        user = lock_user(caller.id)
        if hashed:
            if user.password != before.password:
                raise AuthProblem(409, "conflict", "The password was changed meanwhile")
            set_password(user, hashed, keep=caller.session_id)
            if user.email and user.email_confirmed_at and not _has_email_identity(user):
                add_email_identity(user, verified=True)
        if changes.metadata is not None:
            user.user_metadata = merged(user.user_metadata, changes.metadata)
            user.save(update_fields=["user_metadata", "updated_at"])
        if email and email != user.email:
            if find_user(email) is not None:
                raise email_exists()
            if user.is_guest and settings.SIGN_UP_AUTOCONFIRM:
                set_address(user, email)
                user.email_confirmed_at = timezone.now()
                user.save(update_fields=["email_confirmed_at"])
                add_email_identity(user, verified=False)
            else:
                user.new_email, user.new_email_confirmed = email, False
                user.save(update_fields=["new_email", "new_email_confirmed", "updated_at"])
                proofs = issue_change(user, challenge)
        loaded(user)
    for proof in proofs:
        mails.send("email_change", proof, redirect_to)
    return user


def _new_password(user: User, session: Session, changes: Changes) -> str:
    if user.is_guest and not changes.email:
        message = "Updating password of an anonymous user without an email or phone is not allowed"
        raise AuthProblem(422, "validation_failed", message)
    stale = timezone.now() - session.created_at > FRESH
    if settings.AUTH_PASSWORD_REAUTHENTICATION and stale:
        _check_nonce(user, changes.nonce)
    if user.has_usable_password():
        _check_current(user, session, changes.current_password)
        if check_password(changes.password, user.password):
            message = "New password should be different from the old password."
            raise AuthProblem(422, "same_password", message)
    return make_password(changes.password)


def _check_nonce(user: User, nonce: str) -> None:
    if not nonce:
        message = "Password update requires reauthentication"
        raise AuthProblem(400, "reauthentication_needed", message)
    with acting(Role.AUTH):
        token = redeem_code(nonce, user.email or "", {Purpose.REAUTHENTICATION})
    if token is None:
        message = "Nonce has expired or is invalid"
        raise AuthProblem(422, "reauthentication_not_valid", message)


def _check_current(user: User, session: Session, given: str | None) -> None:
    # Whoever follows a recovery link has forgotten it.
    if session.method == "recovery" or not (settings.AUTH_PASSWORD_NEEDS_CURRENT or given):
        return
    message = "Current password required when setting new password."
    if not given:
        raise AuthProblem(400, "current_password_required", message)
    if not check_password(given, user.password):
        raise AuthProblem(400, "current_password_invalid", message)


def reauthenticate(caller: Caller) -> None:
    """Mail the caller the nonce that a new password asks for."""
    with acting_for(caller):
        user = lock_user(caller.id)
        if not user.email or user.email_confirmed_at is None:
            message = "Reauthentication requires the user to have an email or a phone number"
            raise AuthProblem(400, "validation_failed", message)
        proof = issue(user, Purpose.REAUTHENTICATION)
    mails.send("reauthentication", proof)


def unlink_identity(caller: Caller, identity_id: UUID) -> None:
    """Take one of several ways in from the caller. The address becomes one that the remaining ones have verified."""
    with acting_for(caller):
        user = lock_user(caller.id)
        identities = list(user.identities.order_by("created_at"))
        if len(identities) <= 1:
            message = "User must have at least 1 identity after unlinking"
            raise AuthProblem(422, "single_identity_not_deletable", message)
        identity = next((one for one in identities if one.id == identity_id), None)
        if identity is None:
            raise AuthProblem(422, "identity_not_found", "Identity doesn't exist")
        identity.delete()
        if identity.provider == EMAIL:
            set_password(user, make_password(None), keep=caller.session_id)
        _take_address_of(user, [one for one in identities if one is not identity])
        name_providers(user)


def _take_address_of(user: User, identities: list[Identity]) -> None:
    verified = [
        one.data["email"]
        for one in identities
        if one.provider == EMAIL or one.data.get("email_verified") is True
    ]
    if user.email in verified or not verified:
        return
    if find_user(verified[0]) is not None:
        message = "Unable to unlink identity due to email conflict"
        raise AuthProblem(422, "email_conflict_identity_not_deletable", message)
    set_address(user, User.objects.normalize_email(verified[0]))


def _has_email_identity(user: User) -> bool:
    return user.identities.filter(provider=EMAIL).exists()
