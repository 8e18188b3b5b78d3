"""What services call to tell the world: in the transaction that changes the data, so that both happen or neither."""

from uuid import uuid4

import msgspec
from django.db import connection

from fashionos.kit.owned import NoActor, is_acting
from realtime.schemas import Fact

FACTS_CHANNEL = "fashionos_facts"
LONGEST = 7_999  # bytes of one notification of PostgreSQL


class Notice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One notification: a fact for all who listen to the topic, or (without event) that their access changed."""

    topic: str
    event: str = ""
    id: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"{}")


def announce(*facts: Fact) -> None:
    """Tell all who listen to the facts' topics, once this transaction commits; in the order of commits, once each.

    Raises NoActor outside of `acting()`.
    """
    _notify(
        *(
            # With fractions of a second, unlike other documents: by `at` a client tells how late a fact comes.
            Notice(fact.topic, fact.event, uuid4().hex, msgspec.Raw(msgspec.json.encode(fact)))
            for fact in facts
        )
    )


def review(topic: str) -> None:
    """Once this transaction commits, ask again whether those who listen to a topic may: a member was removed.

    Raises NoActor outside of `acting()`.
    """
    _notify(Notice(topic))


def _notify(*notices: Notice) -> None:
    if not is_acting():
        raise NoActor(
            "Announce inside `with acting(Role....)`, in the transaction that makes it so."
        )
    texts = [msgspec.json.encode(notice) for notice in notices]
    for notice, text in zip(notices, texts, strict=True):
        if len(text) > LONGEST:
            raise ValueError(f"{notice.event}: {len(text)} bytes do not fit one notification")
    if texts:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_notify(%s, text) FROM unnest(%s::text[]) WITH ORDINALITY AS told(text, at)"
                " ORDER BY at",
                [FACTS_CHANNEL, [text.decode() for text in texts]],
            )
