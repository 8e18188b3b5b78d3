"""What lies in a folder: its folders, each found by one step of the index, and its objects.

People list what is theirs, in public buckets too: names there are readable to who knows them, not to who asks for them.
"""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db import connection
from django.db.models import Q, QuerySet

from fashionos.storage.actors import Actor
from fashionos.storage.models import StoredObject
from fashionos.storage.names import LAST, is_prefix
from fashionos.storage.problems import bad_request


class Order(NamedTuple):
    column: str = "name"
    descending: bool = False


class Page(NamedTuple):
    """Folders with the slash at their end; `cursor` goes on behind this page, where there is more."""

    folders: Sequence[str]
    objects: Sequence[StoredObject]
    cursor: str | None


# Folders below %(base)s, each once: from one found the index is entered anew behind all that lies in it.
_WALK = """
WITH RECURSIVE walk(found) AS (
    (SELECT folder FROM storage_objects
     WHERE bucket_id = %(bucket)s AND folder > %(base)s AND folder >= %(low)s AND folder < %(high)s
     ORDER BY folder LIMIT 1)
    UNION ALL
    SELECT (SELECT o.folder FROM storage_objects o
            WHERE o.bucket_id = %(bucket)s AND o.folder < %(high)s AND o.folder >=
                %(base)s || split_part(substr(walk.found, length(%(base)s) + 1), '/', 1) || '0'
            ORDER BY o.folder LIMIT 1)
    FROM walk WHERE walk.found IS NOT NULL
)
SELECT %(base)s || split_part(substr(found, length(%(base)s) + 1), '/', 1) || '/'
FROM walk WHERE found IS NOT NULL LIMIT %(most)s
"""
_BEHIND = "0"  # follows the slash


def list_folder(
    actor: Actor, bucket_id: str, folder: str, *, search: str, order: Order, limit: int, offset: int
) -> tuple[list[str], list[StoredObject]]:
    """Return what lies directly in a folder ("" or with its slash): folders by name first, then objects.

    `search` is how their names begin, in any case.
    """
    most = None if search or order.descending else offset + limit
    folders = _folders(actor, bucket_id, folder, folder, most=most)
    if search:
        begin = search.lower()
        folders = [name for name in folders if name[len(folder) :].lower().startswith(begin)]
    if order.descending:
        folders.reverse()
    shown = folders[offset : offset + limit]
    rows = _objects(actor, bucket_id).filter(folder=folder)
    if search:
        rows = rows.filter(name__istartswith=folder + search)
    start = max(0, offset - len(folders))
    return shown, list(_ordered(rows, order)[start : start + limit - len(shown)])


def list_prefix(
    actor: Actor,
    bucket_id: str,
    prefix: str,
    *,
    grouped: bool,
    order: Order,
    limit: int,
    cursor: str,
) -> Page:
    """Return a page of what begins with a prefix.

    `grouped` shows what lies in deeper folders as those, all of them before the objects.
    """
    kind, value, name = _read_cursor(cursor)
    base = prefix[: prefix.rfind("/") + 1]
    folders: list[str] = []
    if grouped and kind != "object":
        folders = _folders_page(
            actor, bucket_id, base, prefix, order=order, most=limit + 1, after=name
        )
    if len(folders) > limit:
        return Page(folders[:limit], [], _cursor("folder", "", folders[limit - 1]))
    rows = _objects(actor, bucket_id).filter(name__gte=prefix, name__lt=prefix + LAST)
    if grouped:
        rows = rows.filter(folder=base)
    if kind == "object":
        rows = rows.filter(_beyond(order, value, name))
    room = limit - len(folders)
    objects = list(_ordered(rows, order)[: room + 1])
    if len(objects) <= room:
        return Page(folders, objects, None)
    if not room:
        return Page(folders, [], _cursor("folder", "", folders[-1]))
    last = objects[room - 1]
    value = "" if order.column == "name" else getattr(last, order.column).isoformat()
    return Page(folders, objects[:room], _cursor("object", value, last.name))


def _folders_page(
    actor: Actor, bucket_id: str, base: str, prefix: str, *, order: Order, most: int, after: str
) -> list[str]:
    if not order.descending:
        low = after[:-1] + _BEHIND if after else prefix
        return _folders(actor, bucket_id, base, prefix, low=low, most=most)
    folders = _folders(actor, bucket_id, base, prefix)
    return [name for name in reversed(folders) if not after or name < after][:most]


def _folders(
    actor: Actor, bucket_id: str, base: str, prefix: str, *, low: str = "", most: int | None = None
) -> list[str]:
    """Return the folders directly below `base` that begin with `prefix`, by name."""
    low, high = max(low, prefix), prefix + LAST
    if not actor.is_server:
        if actor.user_id is None:
            return []
        # Without this the walk would pass through everybody's, which the policies then hide.
        own = f"{actor.user_id}/"
        low, high = max(low, own), min(high, own + LAST)
    params = {"bucket": bucket_id, "base": base, "low": low, "high": high, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_WALK, params)
        return [name for (name,) in cursor.fetchall()]


def _objects(actor: Actor, bucket_id: str) -> QuerySet[StoredObject]:
    return StoredObject.objects.changeable_by(actor).in_bucket(bucket_id)


def _ordered(rows: QuerySet[StoredObject], order: Order) -> QuerySet[StoredObject]:
    sign = "-" if order.descending else ""
    return rows.order_by(*dict.fromkeys((f"{sign}{order.column}", f"{sign}name")))


def _beyond(order: Order, value: str, name: str) -> Q:
    """Keep what follows a row in the order."""
    beyond = "lt" if order.descending else "gt"
    further = Q(**{f"name__{beyond}": name})
    if order.column == "name":
        return further
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise bad_request("cursor is none of this order") from error
    return Q(**{f"{order.column}__{beyond}": at}) | Q(**{order.column: at}) & further


def _cursor(kind: str, value: str, name: str) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((kind, value, name))).decode()


def _read_cursor(text: str) -> tuple[str, str, str]:
    if not text:
        return "", "", ""
    try:
        kind, value, name = msgspec.json.decode(
            base64.b64decode(text, altchars=b"-_", validate=True), type=tuple[str, str, str]
        )
    except (msgspec.DecodeError, ValueError) as error:
        raise bad_request("cursor is none of ours") from error
    if not is_prefix(name):
        raise bad_request("cursor is none of ours")
    return kind, value, name
