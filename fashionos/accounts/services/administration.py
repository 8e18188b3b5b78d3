"""Users as whoever holds the secret key manages them."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone

from fashionos.accounts import mails
from fashionos.accounts.mails import Proof
from fashionos.accounts.models import AuthCode, Identity, OneTimeToken, Purpose, Session, User
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.services.links import set_address
from fashionos.accounts.services.one_time import issue
from fashionos.accounts.services.users import (
    APP_METADATA_BYTES,
    add_email_identity,
    add_user,
    confirm_address,
    email_exists,
    find_user,
    insert_user,
    loaded,
    merged,
    set_password,
)
from fashionos.kit.owned import Role, acting


class UserFields(NamedTuple):
    """What the admin API says of a user; None stays as it is."""

    email: str | None = None
    password: str | None = None
    email_confirm: bool = False
    user_metadata: dict[str, Any] | None = None
    app_metadata: dict[str, Any] | None = None
    ban: timedelta | None = None  # zero lifts a ban


def list_users(page: int, per_page: int) -> tuple[list[User], int]:
    """Return a page of the users, newest first, and how many there are in all."""
    with acting(Role.AUTH):
        users = User.objects.filter(deleted_at=None).order_by("-created_at", "id")
        first = (page - 1) * per_page
        found = users.prefetch_related("identities")[first : first + per_page]
        return list(found), users.count()


def get_user(user_id: UUID) -> User:
    with acting(Role.AUTH):
        return loaded(_get(User.objects.all(), user_id))


def _get(users: QuerySet[User], user_id: UUID) -> User:
    user = users.filter(id=user_id).first()
    if user is None:
        raise AuthProblem(404, "user_not_found", "User not found")
    return user


def _lock(user_id: UUID) -> User:
    return _get(User.objects.select_for_update(), user_id)


def create_user(email: str, fields: UserFields) -> User:
    hashed = make_password(fields.password)
    try:
        with acting(Role.AUTH):
            user = insert_user(email, hashed, confirmed=False)
            _apply(user, fields._replace(email=None, password=None))
            return loaded(user)
    except IntegrityError as error:
        raise email_exists() from error


def update_user(user_id: UUID, fields: UserFields) -> User:
    hashed = make_password(fields.password) if fields.password else ""
    with acting(Role.AUTH):
        user = _lock(user_id)
        _apply(user, fields)
        if hashed:
            set_password(user, hashed, keep=None)
        return loaded(user)


def _apply(user: User, fields: UserFields) -> None:
    now = timezone.now()
    if fields.email and User.objects.normalize_email(fields.email) != user.email:
        was_guest = user.is_guest
        set_address(user, User.objects.normalize_email(fields.email))
        user.email_confirmed_at = now
        if was_guest:
            add_email_identity(user, verified=False)
        else:
            _rename_email_identity(user)
    if fields.user_metadata is not None:
        user.user_metadata = merged(user.user_metadata, fields.user_metadata)
    if fields.app_metadata is not None:
        _apply_app_metadata(user, fields.app_metadata)
    if fields.ban is not None:
        user.banned_until = now + fields.ban if fields.ban else None
    user.save()
    if fields.email_confirm and user.email:
        confirm_address(user, now)


def _rename_email_identity(user: User) -> None:
    identity = user.identities.filter(provider="email").first()
    if identity is not None:
        identity.data |= {"email": user.email, "email_verified": False}
        identity.save(update_fields=["data", "updated_at"])


def _apply_app_metadata(user: User, given: dict[str, Any]) -> None:
    """Lay the entries over the user's. The role is a column of its own: `admin` makes support, null ends it."""
    if "role" in given:
        if given["role"] not in ("admin", None):
            raise AuthProblem(400, "validation_failed", "The only app_metadata.role is admin")
        user.is_staff = given["role"] == "admin"
    ours = {"role", "provider", "providers"}
    others = {key: value for key, value in given.items() if key not in ours}
    user.app_metadata = merged(user.app_metadata, others, APP_METADATA_BYTES)


Erase = Callable[[UUID], None]
_erase: list[Erase] = []


def erase_with(erase: Erase) -> None:
    """Name what erases a user: it knows the rooms above this one, in which a user's rows lie."""
    _erase[:] = [erase]


def delete_user(user_id: UUID, *, soft: bool) -> None:
    """Erase the user and all that is theirs; `soft` keeps their rows, without anything that tells who they were."""
    with acting(Role.AUTH):
        user = _lock(user_id)
        if soft:
            retire(user)
            return
    [erase] = _erase
    erase(user_id)


def retire(user: User) -> None:
    """End every way in of a locked user, as Role.AUTH, and take from the account what tells who they were."""
    Session.objects.filter(user=user).delete()
    OneTimeToken.objects.filter(user=user).delete()
    AuthCode.objects.filter(user=user).delete()
    Identity.objects.filter(user=user).delete()
    user.email, user.new_email = None, ""
    user.email_confirmed_at = None
    user.user_metadata, user.app_metadata = {}, {}
    user.is_active = user.is_staff = False
    user.deleted_at = user.deleted_at or timezone.now()
    user.set_unusable_password()
    user.save()


def invite(email: str, metadata: dict[str, Any], redirect_to: str) -> User:
    """Mail an invitation; the user exists from now on, and confirms by accepting. Raises AuthProblem if confirmed."""
    with acting(Role.AUTH):
        user, proof = _invite(email, metadata)
    mails.send("invite", proof, redirect_to)
    return user


def _invite(email: str, metadata: dict[str, Any]) -> tuple[User, Proof]:
    user = find_user(email) or add_user(email, None, confirmed=False, user_metadata=metadata)
    if user.email_confirmed_at is not None:
        raise email_exists()
    # Whoever signed up with the address before has not shown that it is theirs; accepting must not prove it for them.
    user.set_unusable_password()
    user.invited_at = timezone.now()
    user.save(update_fields=["password", "invited_at", "updated_at"])
    return loaded(user), issue(user, Purpose.CONFIRMATION)


def generate_link(
    kind: str, email: str, *, password: str, new_email: str, metadata: dict[str, Any]
) -> tuple[User, Proof, str]:
    """Make what a mail would carry, and send nothing: the user, the proof, and the kind of link that it is.

    A magic link for an unknown address is a sign-up. Raises AuthProblem.
    """
    hashed = make_password(password or secrets.token_urlsafe(32))
    with acting(Role.AUTH):
        user = find_user(email)
        if user is None and kind == "magiclink":
            kind = "signup"
        if kind == "invite":
            return *_invite(email, metadata), kind
        if kind == "signup":
            user = user or insert_user(email, hashed, confirmed=False)
            if user.email_confirmed_at is not None:
                raise email_exists()
            user.password = hashed
            user.user_metadata = merged(user.user_metadata, metadata)
            user.save(update_fields=["password", "user_metadata", "updated_at"])
            return loaded(user), issue(user, Purpose.CONFIRMATION), kind
        if user is None:
            raise AuthProblem(404, "user_not_found", "User with this email not found")
        if kind in {"magiclink", "recovery"}:
            return loaded(user), issue(user, Purpose.RECOVERY), kind
        return loaded(user), _change_proof(user, Purpose(kind), new_email), "email_change"


def _change_proof(user: User, purpose: Purpose, new_email: str) -> Proof:
    new_email = User.objects.normalize_email(new_email)
    if find_user(new_email) is not None:
        raise email_exists()
    if user.new_email != new_email:
        OneTimeToken.objects.filter(user=user, purpose__startswith="email_change").delete()
        user.new_email, user.new_email_confirmed = new_email, False
        user.save(update_fields=["new_email", "new_email_confirmed", "updated_at"])
    address = new_email if purpose == Purpose.EMAIL_CHANGE_NEW else ""
    return issue(user, purpose, address=address)
