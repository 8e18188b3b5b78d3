"""Adds the events of each day up, so that the dashboard reads thousands of rows where there are millions.

A day is rolled up as a whole and in one transaction: again and again while it lasts and for two hours after, then once
more for each event that comes late. Run twice or by two at once, it comes to the same.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, OperationalError, connection

from analytics import metrics
from analytics.models import AnalyticsEvent
from fashionos.kit.functions import SWITCHED_OFF
from fashionos.kit.owned import Role, acting

logger = logging.getLogger("fashionos.analytics")

# An event that comes later than this is kept, and counted nowhere: its day may be one that retention has emptied.
LATE_DAYS = 90
# The trigger of migration 0004 marks what comes an hour late; an hour more for transactions that take their time.
SETTLED_AFTER = timedelta(hours=2)
MONTHS_AHEAD = 2
_ATTEMPTS = 3

# Words of clients become names of our own only if they look like some; the bounds keep an index entry small.
_KIT = "^[a-z][a-z0-9_-]{0,39}$"
_FEATURE = "^[a-z][a-z0-9_.-]{0,59}$"
_NO_FEATURE = r"^(dialog\.|help\.|smalltalk$|out_of_scope$)"

# Nothing that an event holds may fail a day: a client may have written it. Numbers are read where they are numbers.
_EVENTS = """
events AS MATERIALIZED (
    SELECT id, user_id, session_id, event_type, event_data, created_at,
           split_part(page_route, '?', 1) AS route,
           CASE WHEN kit_context ~ %(kit)s THEN kit_context ELSE '' END AS kit,
           CASE WHEN event_data->>'feature' ~ %(feature)s AND event_data->>'feature' !~ %(no_feature)s
                THEN event_data->>'feature' ELSE '' END AS feature
    FROM analytics_events WHERE created_at >= %(starts)s AND created_at < %(ends)s
)"""

_TOTALS = f"""
WITH {_EVENTS},
timed AS (
    SELECT kit, event_data->'cached' AS cached,
           CASE WHEN event_data->>'function' ~ %(feature)s THEN event_data->>'function' ELSE '' END AS function,
           CASE WHEN jsonb_typeof(event_data->'ms') = 'number' THEN
               least(greatest((event_data->>'ms')::numeric, %(shortest)s::numeric), %(longest)s::numeric)
           END::float8 AS ms,
           CASE WHEN jsonb_typeof(event_data->'database_ms') = 'number' THEN
               least(greatest((event_data->>'database_ms')::numeric, %(shortest)s::numeric), %(longest)s::numeric)
           END::float8 AS database_ms,
           -- An apology with status 200 is an error; what a rollout keeps back is none.
           jsonb_typeof(event_data->'status') = 'number' AND CASE WHEN event_data->'status' >= '500'
               THEN event_data->>'error' IS DISTINCT FROM %(off)s
               ELSE event_data->'status' < '400' AND event_data->>'error' <> '' END IS TRUE AS failed
    FROM events WHERE event_type = 'function_called'
),
calls AS (SELECT *, ceil(ln(ms) / ln(%(growth)s)) AS duration FROM timed),
runs AS (
    SELECT *, count(*) FILTER (WHERE begins) OVER w AS run FROM (
        SELECT id, user_id, session_id, kit, created_at,
               created_at - lag(created_at) OVER w > %(gap)s IS NOT FALSE AS begins
        FROM events WHERE event_type <> 'function_called'
        WINDOW w AS (PARTITION BY user_id, session_id ORDER BY created_at, id)
    ) AS gaps WINDOW w AS (PARTITION BY user_id, session_id ORDER BY created_at, id)
),
sessions AS (
    SELECT (array_agg(kit ORDER BY created_at, id))[1] AS kit,
           extract(epoch FROM max(created_at) - min(created_at))::float8 AS seconds
    FROM runs GROUP BY user_id, session_id, run
),
-- Of each page what led to it and what was done on it, backwards: the last deed seen is the next one in time. A link
-- comes before what was done at the same moment, which is not after it.
places AS (
    SELECT user_id, kit, created_at, true AS is_link, split_part(event_data->>'target', '?', 1) AS place
    FROM events WHERE event_type = 'deep_link_clicked'
    UNION ALL
    SELECT user_id, kit, created_at, false, route
    FROM events WHERE event_type NOT IN ('deep_link_clicked', 'page_viewed', 'function_called')
),
links AS (
    SELECT kit, next <= created_at + %(conversion)s AS converted FROM (
        SELECT kit, created_at, is_link, min(created_at) FILTER (WHERE NOT is_link) OVER (
            PARTITION BY user_id, place ORDER BY created_at DESC, is_link DESC ROWS UNBOUNDED PRECEDING
        ) AS next
        FROM places WHERE place <> ''
    ) AS visits WHERE is_link
),
ratings AS (
    SELECT DISTINCT ON (user_id, event_data->>'conversationId') kit, event_data->'helpful' AS helpful
    FROM events WHERE event_type = 'answer_rated'
    ORDER BY user_id, event_data->>'conversationId', created_at DESC, id DESC
),
counted (name, detail, kit, bucket, count, total) AS (
    SELECT CASE event_type WHEN 'assistant_opened' THEN 'opens' WHEN 'kit_switched' THEN 'kit_switches'
                ELSE 'action_clicks' END, '', kit, 0, count(*), 0
    FROM events WHERE event_type IN ('assistant_opened', 'kit_switched', 'action_clicked')
    GROUP BY GROUPING SETS ((event_type, kit), (event_type))
    UNION ALL
    SELECT 'offers', '', kit, 0, count(*), 0 FROM events
    WHERE event_type = 'assistant_answered'
      AND jsonb_typeof(event_data->'actions') = 'number' AND event_data->'actions' > '0'
    GROUP BY GROUPING SETS ((kit), ())
    UNION ALL
    SELECT 'uses', feature, kit, 0, count(DISTINCT (user_id, session_id)), 0 FROM events
    WHERE feature <> '' AND event_type <> 'function_called' GROUP BY GROUPING SETS ((feature, kit), (feature))
    UNION ALL
    SELECT 'sessions', '', kit, 0, count(*), sum(seconds) FROM sessions GROUP BY GROUPING SETS ((kit), ())
    UNION ALL
    SELECT 'deep_links', '', kit, 0, count(*), 0 FROM links GROUP BY GROUPING SETS ((kit), ())
    UNION ALL
    SELECT 'conversions', '', kit, 0, count(*), 0 FROM links WHERE converted GROUP BY GROUPING SETS ((kit), ())
    UNION ALL
    SELECT 'thumbs', '', kit, 0, count(*), 0 FROM ratings WHERE helpful IN ('true', 'false')
    GROUP BY GROUPING SETS ((kit), ())
    UNION ALL
    SELECT 'thumbs_up', '', kit, 0, count(*), 0 FROM ratings WHERE helpful = 'true' GROUP BY GROUPING SETS ((kit), ())
    UNION ALL
    SELECT 'calls', function, kit, duration, count(*), sum(ms) FROM calls WHERE ms IS NOT NULL
    GROUP BY GROUPING SETS ((function, duration, kit), (function, duration))
    UNION ALL
    SELECT 'database', function, kit, 0, count(*), sum(database_ms) FROM calls WHERE database_ms IS NOT NULL
    GROUP BY GROUPING SETS ((function, kit), (function))
    UNION ALL
    SELECT 'errors', function, kit, 0, count(*), 0 FROM calls WHERE failed
    GROUP BY GROUPING SETS ((function, kit), (function))
    UNION ALL
    SELECT 'cache_lookups', function, kit, 0, count(*), 0 FROM calls WHERE cached IN ('true', 'false')
    GROUP BY GROUPING SETS ((function, kit), (function))
    UNION ALL
    SELECT 'cache_hits', function, kit, 0, count(*), 0 FROM calls WHERE cached = 'true'
    GROUP BY GROUPING SETS ((function, kit), (function))
)
INSERT INTO analytics_daily_totals (kit, day, name, detail, bucket, count, total)
SELECT coalesce(kit, '*'), %(day)s, name, detail, bucket, count, total FROM counted
WHERE kit IS DISTINCT FROM '' AND count > 0
"""

_USER_DAYS = f"""
WITH {_EVENTS}
INSERT INTO analytics_user_days (kit, day, user_id, opens, events, features)
SELECT coalesce(kit, '*'), %(day)s, user_id, count(*) FILTER (WHERE event_type = 'assistant_opened'), count(*),
       coalesce(array_agg(DISTINCT feature) FILTER (WHERE feature <> ''), ARRAY[]::text[])
FROM events WHERE event_type <> 'function_called' GROUP BY GROUPING SETS ((user_id, kit), (user_id))
HAVING kit IS DISTINCT FROM ''
"""

_DUE = """
SELECT day FROM (
    SELECT %(since)s::date + n AS day FROM generate_series(0, %(today)s::date - %(since)s::date) AS n
) AS days
LEFT JOIN analytics_rolled_days USING (day)
WHERE rolled_at IS NULL OR rolled_at < ((day + 1)::timestamp AT TIME ZONE 'UTC') + %(settled_after)s
   OR day >= %(again_from)s OR day IN (SELECT day FROM analytics_late_days)
ORDER BY day
"""


def roll_up(now: datetime, *, again_from: date | None = None) -> Iterator[date]:
    """Roll up the days that are due, oldest first, and yield each once it is; make the partitions of the months ahead.

    Days from `again_from` on are due in any case; only with it, days that are more than LATE_DAYS ago.
    """
    today = now.astimezone(UTC).date()
    try:
        add_months(today)
    except OperationalError:
        # Somebody holds the table: the default partition takes what has no month, and the next run moves it.
        logger.warning("the months ahead are not made yet", exc_info=True)
    for day in _due(now, again_from):
        _roll_up_day(day, now)
        yield day


def add_months(today: date) -> None:
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "SELECT fashionos_add_analytics_month((%s::date + make_interval(months => n))::date)"
            " FROM generate_series(0, %s) AS n",
            [today.replace(day=1), MONTHS_AHEAD],
        )


def _due(now: datetime, again_from: date | None) -> list[date]:
    today = now.astimezone(UTC).date()
    since = today - timedelta(days=LATE_DAYS)
    if again_from is not None:
        since = min(since, again_from)
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        cursor.execute("DELETE FROM analytics_late_days WHERE day < %s", [since])
        values: dict[str, Any] = {
            "since": since,
            "today": today,
            "settled_after": SETTLED_AFTER,
            "again_from": again_from or date.max,
        }
        cursor.execute(_DUE, values)
        return [day for (day,) in cursor.fetchall()]


def _roll_up_day(day: date, now: datetime) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _replace_day(day, now)
        except IntegrityError:
            # Somebody whose events were read has been erased before the commit. Now they are gone.
            if attempt == _ATTEMPTS:
                raise
    return None


def _replace_day(day: date, now: datetime) -> None:
    starts = datetime.combine(day, time.min, UTC)
    ends = starts + timedelta(days=1)
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        # One at a time: the next one finds what this one has written, and replaces it.
        cursor.execute(
            "SELECT set_config('statement_timeout', '0', true),"
            " pg_advisory_xact_lock(hashtext('analytics_daily_totals'), %s)",
            [day.toordinal()],
        )
        cursor.execute("DELETE FROM analytics_late_days WHERE day = %s", [day])
        # A day without events has none, or had some that retention has removed: its totals stay.
        if AnalyticsEvent.objects.happened(starts, ends):
            for table in ("analytics_daily_totals", "analytics_user_days"):
                cursor.execute(f"DELETE FROM {table} WHERE day = %s", [day])
            values: dict[str, Any] = {
                "day": day,
                "starts": starts,
                "ends": ends,
                "kit": _KIT,
                "feature": _FEATURE,
                "no_feature": _NO_FEATURE,
                "gap": timedelta(minutes=metrics.GAP_MINUTES),
                "conversion": timedelta(minutes=metrics.CONVERSION_MINUTES),
                "growth": metrics.GROWTH,
                "off": SWITCHED_OFF,
                "shortest": metrics.SHORTEST_MS,
                "longest": metrics.LONGEST_MS,
            }
            cursor.execute(_TOTALS, values)
            cursor.execute(_USER_DAYS, values)
        cursor.execute(
            "INSERT INTO analytics_rolled_days (day, rolled_at) VALUES (%s, %s)"
            " ON CONFLICT (day) DO UPDATE SET rolled_at = excluded.rolled_at",
            [day, now],
        )


def remove_before(day: date, *, batch: int) -> Iterator[str | int]:
    """Remove the events before this day, and who did what on which day: yield months as they go, then counts of rows.

    The daily totals stay: they name nobody.
    """
    with acting(Role.ERASER), connection.cursor() as cursor:
        cursor.execute("SELECT fashionos_drop_analytics_months(%s)", [day])
        months = [name for (name,) in cursor.fetchall()]
    yield from months
    # What is left of the month that the day lies in, and what was never put into a month.
    while True:
        with acting(Role.ERASER):
            count = AnalyticsEvent.objects.remove_before(
                datetime.combine(day, time.min, UTC), batch
            )
        if not count:
            break
        yield count
    with acting(Role.ERASER), connection.cursor() as cursor:
        cursor.execute("DELETE FROM analytics_user_days WHERE day < %s", [day])
