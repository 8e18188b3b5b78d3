"""One transaction of a request's actor, in a thread; what the database refuses is told as the client reads it."""

from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection

from fashionos.kit.owned import SessionEnded, acting
from fashionos.storage.actors import Actor
from fashionos.storage.problems import Problem, denied, no_bucket, unavailable

T = TypeVar("T")

_NOT_ALLOWED = "42501"


class Uncertain(Exception):  # noqa: N818 -- a fact, named as one
    """The connection was lost: the transaction may or may not have committed."""


def act(actor: Actor, call: Callable[[], T]) -> T:
    """Call in a transaction of the actor, which what is raised undoes. Raises Problem, and Uncertain."""
    try:
        with acting(actor.role, user_id=actor.user_id, session_id=actor.session_id):
            return call()
    except SessionEnded as error:
        raise denied("The session of this token has ended") from error
    except (OperationalError, InterfaceError) as error:
        raise Uncertain from error
    except IntegrityError as error:
        raise _gone(error) from error
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) == _NOT_ALLOWED:
            raise denied() from error
        raise
    finally:
        connection.close()  # back to the pool: threads live longer than requests


def read(actor: Actor, call: Callable[[], T]) -> T:
    """Call in a transaction that changes nothing outside of the database. Raises Problem."""
    try:
        return act(actor, call)
    except Uncertain as error:
        raise unavailable("database") from error


def keep(actor: Actor, call: Callable[[], T], *, drop: Callable[[], None]) -> T:
    """Call in a transaction that names a file; `drop` it if the transaction did not commit. Raises Problem.

    Where that is uncertain the file stays: to the sweep it is one without a row, if it is.
    """
    try:
        return act(actor, call)
    except Uncertain as error:
        raise unavailable("database") from error
    except BaseException:
        drop()
        raise


def _gone(error: IntegrityError) -> Problem:
    """Tell which of the two that an object refers to went away before the commit."""
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    return no_bucket() if "bucket" in constraint else denied("This user does not exist any more")
