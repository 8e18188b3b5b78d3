"""Accounts with OAuth providers: whose they are here."""

from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from fashionos.accounts.models import Identity, User
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.services.links import set_address
from fashionos.accounts.services.one_time import Challenge
from fashionos.accounts.services.pkce import ProviderTokens, issue_code
from fashionos.accounts.services.sessions import Grant, acting_for, start_session
from fashionos.accounts.services.users import (
    add_identity,
    add_user,
    confirm_address,
    drop_password,
    find_user,
    fits,
    has_shown_address,
    lock_user,
    refuse_banned,
)
from fashionos.accounts.tokens import Caller
from fashionos.kit.owned import Role, acting


class Person(NamedTuple):
    """Whom a provider has shown us; `data` is what it says of them, `email` what it has verified, else empty."""

    provider: str
    subject: str
    email: str
    data: dict[str, Any]


def arrive(
    person: Person,
    tokens: ProviderTokens,
    challenge: Challenge | None,
    *,
    linking: Caller | None,
    user_agent: str,
) -> Grant | str:
    """Sign in whom a provider has shown us, or give the one who is `linking` this way in.

    Returns a session, or an auth code if the client asked for one. Raises AuthProblem.
    """
    with acting_for(linking) if linking else acting(Role.AUTH):
        user = _link(lock_user(linking.id), person) if linking else _enter(person)
        if challenge:
            return issue_code(user, challenge, "oauth", tokens)
        grant = start_session(user, user_agent, "oauth", provider=person.provider)
    return grant._replace(provider_token=tokens.access, provider_refresh_token=tokens.refresh)


def _enter(person: Person) -> User:
    """Return the user of an account with a provider: known, or known by a verified address, or new."""
    identity = _find(person)
    if identity is not None:
        refuse_banned(identity.user)
        identity.data = person.data
        identity.save(update_fields=["data", "updated_at"])
        return identity.user
    if not person.email:
        message = (
            f"Unverified email with {person.provider}."
            f" Verify the email with {person.provider} in order to sign in"
        )
        raise AuthProblem(422, "provider_email_needs_verification", message)
    try:
        found = find_user(person.email)
        user = _join(lock_user(found.id), person) if found else _sign_up(person)
        add_identity(user, person.provider, person.subject, person.data)
    except IntegrityError as error:  # the same person at once, elsewhere
        raise AuthProblem(
            409, "conflict", "Signing in elsewhere at this moment, try again"
        ) from error
    return user


def _join(user: User, person: Person) -> User:
    refuse_banned(user)
    if not has_shown_address(user):
        # The account may have been made by somebody who waits for the address's owner to come.
        if user.has_usable_password():
            drop_password(user)
        confirm_address(user, timezone.now())
    both = {**person.data, **user.user_metadata}
    if fits(both):
        user.user_metadata = both
        user.save(update_fields=["user_metadata", "updated_at"])
    return user


def _sign_up(person: Person) -> User:
    if settings.SIGN_UP_DISABLED:
        raise AuthProblem(422, "signup_disabled", "Signups not allowed for this instance")
    metadata = person.data if fits(person.data) else {}
    user = add_user(None, None, confirmed=False, user_metadata=metadata)
    set_address(user, User.objects.normalize_email(person.email))
    user.email_confirmed_at = timezone.now()
    user.save(update_fields=["email_confirmed_at"])
    return user


def _link(user: User, person: Person) -> User:
    """Give a signed-in user one more way in; a guest becomes somebody by it."""
    identity = _find(person)
    if identity is not None:
        whose = "the current" if identity.user_id == user.id else "another"
        message = f"Identity is already linked to {whose} user"
        raise AuthProblem(422, "identity_already_exists", message)
    if user.is_guest:
        if not person.email:
            message = f"Unverified email with {person.provider}"
            raise AuthProblem(422, "provider_email_needs_verification", message)
        set_address(user, User.objects.normalize_email(person.email))
        user.email_confirmed_at = timezone.now()
        user.save(update_fields=["email_confirmed_at"])
    try:
        add_identity(user, person.provider, person.subject, person.data)
    except IntegrityError as error:
        raise AuthProblem(409, "conflict", "Linking elsewhere at this moment, try again") from error
    return user


def _find(person: Person) -> Identity | None:
    return (
        Identity.objects.select_related("user")
        .filter(provider=person.provider, subject=person.subject)
        .first()
    )
