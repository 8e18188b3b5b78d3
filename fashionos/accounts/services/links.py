"""What goes by mail: asking for links and codes, and what redeeming them does."""

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from fashionos.accounts import mails
from fashionos.accounts.mails import Proof
from fashionos.accounts.models import OneTimeToken, Purpose, User
from fashionos.accounts.problems import AuthProblem
from fashionos.accounts.services.one_time import (
    Challenge,
    code_expired,
    issue,
    redeem_code,
    redeem_link,
)
from fashionos.accounts.services.pkce import issue_code
from fashionos.accounts.services.sessions import Grant, start_session
from fashionos.accounts.services.users import (
    add_user,
    confirm_address,
    drop_password,
    email_exists,
    find_user,
    is_banned,
    lock_user,
    refuse_banned,
)
from fashionos.kit.owned import Role, acting

PURPOSES = {
    "signup": {Purpose.CONFIRMATION},
    "invite": {Purpose.CONFIRMATION},
    "magiclink": {Purpose.RECOVERY},
    "recovery": {Purpose.RECOVERY},
    "email": {Purpose.CONFIRMATION, Purpose.RECOVERY},
    "email_change": {Purpose.EMAIL_CHANGE_CURRENT, Purpose.EMAIL_CHANGE_NEW},
}


def request_link(kind: str, email: str, challenge: Challenge | None, redirect_to: str) -> None:
    """Mail a recovery or magic link to a known address; do as much for an unknown one, and undo it."""
    # Asked for again if a crash loses it: need not wait for the disk, which only known addresses would.
    with acting(Role.AUTH, durable=False):
        user = find_user(email)
        known = user is not None and not is_banned(user)
        proof = issue(user if user and known else User(email=email), Purpose.RECOVERY, challenge)
        if not known:
            transaction.set_rollback(True)
    if known:
        mails.send(kind, proof, redirect_to)


def request_otp(
    email: str,
    metadata: dict[str, Any],
    *,
    create: bool,
    challenge: Challenge | None,
    redirect_to: str,
) -> None:
    """Mail a way in; an unknown address becomes a user who confirms it by using the mail, if `create` says so.

    Who is unknown is only told where signing up tells it as well.
    """
    may_sign_up = not settings.SIGN_UP_DISABLED
    with acting(Role.AUTH):
        known = find_user(email) is not None
        if not known and create and may_sign_up:
            try:
                user = add_user(email, None, confirmed=False, user_metadata=metadata)
            except IntegrityError as error:  # two at once
                raise AuthProblem(409, "conflict", "Try again") from error
            proof = issue(user, Purpose.CONFIRMATION, challenge)
        else:
            proof = None
    if proof is not None:
        mails.send("signup", proof, redirect_to)
    elif known or not (settings.SIGN_UP_AUTOCONFIRM and may_sign_up):
        request_link("magiclink", email, challenge, redirect_to)
    else:
        raise AuthProblem(422, "otp_disabled", "Signups not allowed for otp")


def resend_confirmation(email: str, challenge: Challenge | None, redirect_to: str) -> None:
    """Mail the link of a sign-up anew, if there is one that waits for it."""
    with acting(Role.AUTH, durable=False):
        user = find_user(email)
        waits = user is not None and user.email_confirmed_at is None and not is_banned(user)
        proof = issue(
            user if user and waits else User(email=email), Purpose.CONFIRMATION, challenge
        )
        if not waits:
            transaction.set_rollback(True)
    if waits:
        mails.send("signup", proof, redirect_to)


def resend_change(email: str, challenge: Challenge | None, redirect_to: str) -> None:
    """Mail the links of a change of address anew to whoever has `email` and waits for one."""
    with acting(Role.AUTH, durable=False):
        user = find_user(email)
        waits = user is not None and bool(user.new_email) and not is_banned(user)
        proofs = issue_change(
            user if user and waits else User(email=email, new_email=email), challenge
        )
        if not waits:
            transaction.set_rollback(True)
    if waits:
        for proof in proofs:
            mails.send("email_change", proof, redirect_to)


def issue_change(user: User, challenge: Challenge | None) -> list[Proof]:
    """Make the tokens that a change to `user.new_email` needs: both addresses' where changes are secured."""
    OneTimeToken.objects.filter(user=user, purpose__in=PURPOSES["email_change"]).delete()
    proofs = [issue(user, Purpose.EMAIL_CHANGE_NEW, challenge, address=user.new_email)]
    if settings.AUTH_SECURE_EMAIL_CHANGE and user.email:
        proofs.append(issue(user, Purpose.EMAIL_CHANGE_CURRENT, challenge))
    return proofs


def follow_link(kind: str, link: str, *, user_agent: str) -> Grant | str | None:
    """Redeem a link that a browser opened: a session, or an auth code if the client asked for one.

    None means that the other address of a change has to confirm, too. Raises AuthProblem.
    """
    with acting(Role.AUTH):
        token = redeem_link(link, PURPOSES[kind])
        user = _complete(token)
        if user is None:
            return None
        if token.challenge:
            challenge = Challenge(token.challenge, token.challenge_method)
            return issue_code(user, challenge, _method(kind))
        return start_session(user, user_agent, _method(kind))


def verify_link(kind: str, link: str, *, user_agent: str) -> Grant | None:
    """Redeem a link's token that the client itself brings: always a session, or None as in `follow_link`."""
    with acting(Role.AUTH):
        user = _complete(redeem_link(link, PURPOSES[kind]))
        return start_session(user, user_agent, _method(kind)) if user else None


def verify_code(kind: str, email: str, code: str, *, user_agent: str) -> Grant | None:
    """Redeem a code; None as in `follow_link`."""
    with acting(Role.AUTH):
        token = redeem_code(code, email, PURPOSES[kind])
        if token is not None:
            user = _complete(token)
            return start_session(user, user_agent, _method(kind)) if user else None
    # Raised behind the transaction: the try stays counted.
    raise code_expired()


def _method(kind: str) -> str:
    return "recovery" if kind == "recovery" else "otp"


def _complete(token: OneTimeToken) -> User | None:
    user = lock_user(token.user_id)
    refuse_banned(user)
    if token.purpose in PURPOSES["email_change"]:
        return _change_address(user, Purpose(token.purpose))
    # The sign-up's own mail shows that who chose the password reads the address; any other mail does not.
    unproven = token.purpose == Purpose.RECOVERY and user.email_confirmed_at is None
    if unproven and user.has_usable_password():
        drop_password(user)
    confirm_address(user, timezone.now())
    return user


def _change_address(user: User, confirmed: Purpose) -> User | None:
    if confirmed == Purpose.EMAIL_CHANGE_NEW:
        user.new_email_confirmed = True
        user.save(update_fields=["new_email_confirmed"])
    current = OneTimeToken.objects.filter(user=user, purpose=Purpose.EMAIL_CHANGE_CURRENT)
    if not user.new_email_confirmed or current.exists():
        return None
    set_address(user, user.new_email)
    confirm_address(user, timezone.now())
    return user


def set_address(user: User, email: str) -> None:
    """Give the user this address; what was sent to the old one opens nothing any more. Raises AuthProblem if taken."""
    user.email, user.new_email, user.new_email_confirmed = email, "", False
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "new_email", "new_email_confirmed", "updated_at"])
    except IntegrityError as error:
        raise email_exists() from error
    OneTimeToken.objects.filter(user=user).delete()
