"""Looks at the recorded calls, and tells of each alert once that it began and once that it is over."""

import logging
from datetime import datetime, timedelta

from django.db import connection

from fashionos.kit.functions import SWITCHED_OFF
from fashionos.kit.owned import Role, acting
from fashionos.operating import telling
from fashionos.operating.alerts import WINDOW_SECONDS, Calls, Reading, read, reading
from fashionos.operating.models import AlertState
from fashionos.operating.telling import Change

logger = logging.getLogger("fashionos.alerts")

_LOCK = (
    0x616C_6572  # of PostgreSQL's advisory locks: whoever holds it is the one that looks and tells
)

# What outcomes.py calls ok or failed. Numbers are read where they are numbers: an event holds what it holds.
_CALLS = """
WITH calls AS (
    SELECT event_data->>'function' AS function, (event_data->>'status')::int AS status,
           coalesce(event_data->>'error', '') AS error, event_data->'cached' AS cached,
           (event_data->>'ms')::float8 / 1000 AS seconds
    FROM analytics_events
    WHERE event_type = 'function_called' AND created_at > %(since)s AND created_at <= %(now)s
      AND jsonb_typeof(event_data->'status') = 'number' AND jsonb_typeof(event_data->'ms') = 'number'
      AND jsonb_typeof(event_data->'function') = 'string'
)
SELECT function, count(*), count(*) FILTER (WHERE status >= 500 OR error <> ''),
       count(*) FILTER (WHERE cached IN ('true', 'false')), count(*) FILTER (WHERE cached = 'true'),
       percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds)
FROM calls WHERE (status < 400 OR status >= 500) AND error <> %(off)s GROUP BY function ORDER BY function
"""


def check_alerts(now: datetime) -> list[Change]:
    """Compare the last minutes with the limits; return what was told.

    Runs at the same time do not tell twice: one looks, the others return at once. What could not be told over one way
    is told over it at the next check; a crash between telling and remembering tells it again.
    """
    with acting(Role.SYSTEM):
        if not _is_alone():
            return []
        known = {state.name: state for state in AlertState.objects.all()}
        calls = _calls(now - timedelta(seconds=WINDOW_SECONDS), now)
        # Of what nobody called meanwhile, too, something may still have to be told.
        silent = {name: reading(name, state.value, 0) for name, state in known.items()}
        readings = silent | {found.name: found for found in read(calls)}
        ways, told = telling.ways(), []
        for found in readings.values():
            state = known.setdefault(found.name, AlertState(name=found.name, changed_at=now))
            state.value = found.value
            firing = found.fires(firing=state.is_firing)
            if firing != state.is_firing:
                state.is_firing, state.changed_at = firing, now
            told += _tell(state, found, ways)
        AlertState.objects.bulk_create(
            [known[name] for name in readings],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["is_firing", "value", "changed_at", "told"],
        )
    return told


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _calls(since: datetime, now: datetime) -> list[Calls]:
    with connection.cursor() as cursor:
        cursor.execute(_CALLS, {"since": since, "now": now, "off": SWITCHED_OFF})
        return [Calls(*row) for row in cursor.fetchall()]


def _tell(state: AlertState, found: Reading, ways: telling.Ways) -> list[Change]:
    change = Change(
        name=state.name,
        is_firing=state.is_firing,
        at=state.changed_at,
        value=found.value,
        limit=found.begins,
        sample=found.sample,
        words=found.words(firing=state.is_firing),
    )
    told = []
    for name, tell in tuple(ways.items()):
        if (name in state.told) is state.is_firing:
            continue
        try:
            tell(change)
        except (OSError, telling.Untold) as error:
            logger.warning("alert %s not told by %s: %s", state.name, name, error)
            del ways[name]  # the next one would wait for it as long
        else:
            (state.told.append if state.is_firing else state.told.remove)(name)
            told.append(change)
    return told
