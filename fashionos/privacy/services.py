"""Erasing a user: shut out and unreadable at once, then row by row, then a receipt that tells nothing of them.

An erasure is begun by one transaction and finished by another; between the two everything may be done again, by the
request itself, by `finish_erasures` or by both. Whatever a request of the user's still writes meanwhile refers to the
user's row, whose end is the last thing that is erased: the database refuses what would come after it.
"""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import check_password
from django.contrib.sessions.models import Session as PageSession
from django.db import DatabaseError, IntegrityError, InterfaceError, connection
from django.db.models import Q
from django.utils import timezone

from fashionos.accounts.keys import forget_data_keys
from fashionos.accounts.models import DataKey, Session, User
from fashionos.accounts.services.administration import retire
from fashionos.accounts.tokens import Caller
from fashionos.kit import held
from fashionos.kit.owned import Role, SessionEnded, acting
from fashionos.kit.problems import Problem
from fashionos.privacy import ledger
from fashionos.privacy.models import Erasure
from fashionos.privacy.sections import SECTIONS
from fashionos.storage.services import erase_files
from fashionos.workspace.models import Event, EventMember
from fashionos.workspace.services import remove_events, remove_members
from realtime.services import review

logger = logging.getLogger("fashionos.privacy")

# What grows with use is taken in batches, so that what the last transaction removes is little.
_GROWING = ("conversations", "insights", "analyticsEvents", "samples", "assets", "shots", "statusChanges")  # fmt: skip
_BATCH = 2_000
_ATTEMPTS = 5


def request_erasure(caller: Caller, password: str, *, now: datetime, seconds: float) -> Erasure:
    """Erase the caller, who shows once more who they are; spend no more than about so many seconds on it.

    What is left then is finished by `finish_erasures`. Raises Problem, and SessionEnded; nothing has changed then.
    """
    with acting(Role.AUTH, user_id=caller.id, session_id=caller.session_id):
        user = User.objects.get(id=caller.id)
        session = Session.objects.get(id=caller.session_id)
    _check_who(user, session, password, now)
    with acting(Role.AUTH, user_id=caller.id, session_id=caller.session_id):
        locked = User.objects.select_for_update().filter(id=caller.id).first()
        # Behind the lock: another request may have begun meanwhile, or ended the session.
        if locked is None or not Session.objects.filter(id=caller.session_id).exists():
            raise SessionEnded
        if locked.password != user.password:
            raise Problem(409, "conflict", "The password was changed meanwhile.")
        erasure = _begin(locked, now)
    try:
        finish(erasure.id, until=time.monotonic() + seconds)
    except (OSError, DatabaseError, InterfaceError):
        logger.exception("erasure %s is left to finish_erasures", erasure.id)
    with acting(Role.AUTH):
        return Erasure.objects.get(id=erasure.id)


def _check_who(user: User, session: Session, password: str, now: datetime) -> None:
    if password and user.has_usable_password():
        if not check_password(password, user.password):
            raise Problem(403, "wrong_password", "This is not the password of the account.")
        return
    # Guests have nothing to sign in with again: their session is all that they are.
    fresh = timedelta(seconds=settings.ERASURE_FRESH_SECONDS)
    if not user.is_guest and now - session.created_at > fresh:
        raise Problem(
            403,
            "reauthentication_needed",
            "Send the password, or sign in again and repeat this within"
            f" {settings.ERASURE_FRESH_SECONDS // 60} minutes.",
        )


def erase_user(user_id: UUID) -> None:
    """Erase a user for whoever may order it; to be called outside of `acting()`. Nobody is erased twice."""
    with acting(Role.AUTH):
        user = User.objects.select_for_update().filter(id=user_id).first()
        if user is None:
            return
        erasure = _begin(user, timezone.now())
    finish(erasure.id)


def _begin(user: User, now: datetime) -> Erasure:
    """Shut a locked user out, and destroy their key: what is left of their text opens no more."""
    named = Q(object_id=str(user.pk))
    for word in filter(None, (str(user.pk), user.email)):
        named |= Q(object_repr__icontains=word) | Q(change_message__icontains=word)
    LogEntry.objects.filter(named).delete()
    if user.is_staff:
        _end_page_sessions(user)
    retire(user)
    DataKey.objects.filter(user=user).delete()
    for topic in ("samples", "assets"):
        review(f"{topic}:{user.pk}")
    erasure, _ = Erasure.objects.get_or_create(user_id=user.pk, defaults={"requested_at": now})
    return erasure


def _end_page_sessions(user: User) -> None:
    ended = [
        session.pk
        for session in PageSession.objects.iterator()
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    PageSession.objects.filter(pk__in=ended).delete()


# Finishing


def finish(erasure_id: UUID, *, until: float = float("inf")) -> bool:
    """Erase what is left, and return whether that was all; stop when the monotonic clock says `until`.

    Raises OSError if the store of files is away. May run beside itself, and be killed at any time.
    """
    with acting(Role.ERASER):
        erasure = Erasure.objects.get(id=erasure_id)
    if erasure.user_id is None:
        return True
    forget_data_keys()
    held.forget(erasure.user_id)
    # Before anything goes for good, so that a backup that is restored finds it here.
    ledger.add(erasure.user_id, erasure.requested_at)
    for step in _steps(erasure.user_id):
        while step():
            if time.monotonic() >= until:
                return False
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _finish(erasure_id)
        except IntegrityError:
            # A request of theirs committed a row meanwhile; there will be no more of them.
            if attempt == _ATTEMPTS:
                raise
    return False


def _steps(user_id: UUID) -> Iterator[Callable[[], int]]:
    """Yield what is to be called until it returns 0."""
    # First, while the rows still tell which entries are of them.
    yield lambda: _erase_entries(user_id)
    yield lambda: _leave_events(user_id)
    yield lambda: erase_files(user_id)
    for section in SECTIONS:
        if section.name in _GROWING:
            yield lambda model=section.model: _erase_batch(model, user_id)  # type: ignore[misc]  # bound now


def _erase_entries(user_id: UUID) -> int:
    """Erase what support's log says of the user's rows: it calls each by the name that the user gave it."""
    count = 0
    with acting(Role.ERASER):
        for section in SECTIONS:
            if section.has_random_ids:  # so that no row of another table has the same
                entries = LogEntry.objects.filter(object_id__in=section.own_ids(user_id))
                count += entries.delete()[0]
    return count


def _leave_events(user_id: UUID) -> int:
    """Remove the user's events and memberships through the services: others see and listen to them."""
    with acting(Role.SYSTEM):
        count = remove_events(Event.objects.of_owner(user_id))
        return count + remove_members(EventMember.objects.of_person(user_id))


def _erase_batch(model: Any, user_id: UUID) -> int:
    with acting(Role.ERASER):
        _announce(user_id)
        mine = model._default_manager.filter(user_id=user_id)  # noqa: SLF001 -- the documented API
        count, _ = model._default_manager.filter(pk__in=mine.values("pk")[:_BATCH]).delete()  # noqa: SLF001 -- as above
    return int(count)


def _finish(erasure_id: UUID) -> bool:
    with acting(Role.ERASER):
        erasure = Erasure.objects.select_for_update().get(id=erasure_id)
        if erasure.user_id is None:
            return True
        _announce(erasure.user_id)
        User.objects.filter(id=erasure.user_id).delete()
        erasure.user_id, erasure.finished_at = None, timezone.now()
        erasure.save(update_fields=["user_id", "finished_at"])
    return True


def _announce(user_id: UUID) -> None:
    """Say whose rows go: conversations go to nobody who does not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.erase', %s, true)", [str(user_id)])


def unfinished() -> list[UUID]:
    """Return the erasures that were begun, oldest first."""
    with acting(Role.ERASER):
        begun = Erasure.objects.exclude(user_id=None).order_by("requested_at")
        return list(begun.values_list("id", flat=True))


def resurrected() -> list[UUID]:
    """Return the users who were erased and are there again: a backup from before was restored."""
    erased = ledger.read()
    if not erased:
        return []
    with acting(Role.ERASER), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM accounts_user WHERE encode(sha256(id::text::bytea), 'hex') = ANY(%s)"
            " AND id NOT IN (SELECT user_id FROM privacy_erasures WHERE user_id IS NOT NULL)",
            [sorted(erased)],
        )
        return [user_id for (user_id,) in cursor.fetchall()]
