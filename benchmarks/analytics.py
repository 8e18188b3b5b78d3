"""A year of analytics events: the dashboard, a day of raw events, a roll-up, a month dropped; one table beside them.

BENCH_EVENTS says how many (200,000); ten million take some five minutes and 5 GB.
"""

import http.client
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import psycopg

from benchmarks.figures import Figure, percentile, spread, timed
from benchmarks.server import Server, env

EVENTS = int(os.environ.get("BENCH_EVENTS", "200000"))
USERS, ACTIVE = 2_000, 400  # in all, on a day
DAYS = 365
PEER = 1_000_000  # rows of the table beside
PAGE = "/admin/analytics/analyticsevent/dashboard/"
KITS = ("logistics", "events", "media", "recommendations", "home")
FEATURES = (
    "logistics.readiness",
    "logistics.blockers",
    "events.staffing",
    "media.missing",
    "rec.packages",
)
FUNCTIONS = (
    "chat-orchestrator",
    "logistics-analyzer",
    "events-optimizer",
    "media-scorer",
    "recommendations",
)

_RAW = """
SELECT event_type, kit_context, count(*), count(DISTINCT user_id),
       percentile_disc(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP (ORDER BY (event_data->>'ms')::float8)
FROM {} WHERE created_at >= %s AND created_at < %s GROUP BY event_type, kit_context
"""


def measure(server: Server) -> list[Figure]:
    figures = [_recorder()]
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with _database(server) as database:
        figures += _load(database, today)
        figures += _roll_ups(server, today)
        figures += _raw(database, "analytics_events", today)
        figures += _pages(server, today)
        figures += _retention(database, today)
        figures += _peer(database, today)
    return figures


@contextmanager
def _database(server: Server) -> Iterator[psycopg.Connection]:
    """Connect as the superuser, whose COPY no policy stops."""
    url = env(server.data / "database.env")["DATABASE_URL"]
    with psycopg.connect(url.replace("fashionos_login", "postgres"), autocommit=True) as connection:
        yield connection


def _recorder() -> Figure:
    """Measure what a function call pays for being remembered."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fashionos.settings")
    import django  # noqa: PLC0415 -- of this one figure

    django.setup()
    from analytics.recording import Recorder  # noqa: PLC0415 -- as above
    from fashionos.kit.functions import Call  # noqa: PLC0415 -- as above

    recorder = Recorder(lambda _calls: None, most=10**9)
    call = Call(
        function="chat-orchestrator",
        user_id=UUID(int=1),
        session_id=UUID(int=2),
        status=200,
        seconds=0.0123,
        database_seconds=0.004,
        cached=True,
        kit="logistics",
        error="",
    )
    taken = [one * 1000 for one in timed(lambda: recorder.record(call), 20_000)]
    said = f"p50 {percentile(taken, 50):.1f}  p99 {percentile(taken, 99):.1f} us"
    return Figure(
        "remember a function call: what its caller pays",
        said,
        "p99 < 100 us",
        percentile(taken, 99) < 100,
    )


# Rows


def _load(database: psycopg.Connection, today: datetime) -> list[Figure]:
    users = _add_users(database)
    for months in range(13):
        database.execute(
            "SELECT fashionos_add_analytics_month(%s)",
            [(today - timedelta(days=30 * months)).date()],
        )
    # Neither marks of late days nor a check of each user: as a restore does.
    database.execute("SET session_replication_role = replica")
    a_day = EVENTS // DAYS
    moments = [_clock(86_399 * n // max(1, a_day - 1)) for n in range(a_day)]
    made = random.Random(7)  # noqa: S311 -- made up
    rows = _templates(made)
    started = time.perf_counter()
    columns = "id, user_id, session_id, created_at, event_type, event_data, page_route, kit_context"
    for ago in range(DAYS, 0, -1):
        day = f"{today - timedelta(days=ago):%Y-%m-%d}"
        active = made.sample(users, ACTIVE)
        lines = [
            f"{made.getrandbits(128):032x}\t{user}\t{ago:08x}{user[8:]}\t{day} {clock}\t{row}\n"
            for user, clock, row in zip(
                made.choices(active, k=a_day),
                moments,
                made.choices(rows, k=a_day),
                strict=True,
            )
        ]
        with database.cursor().copy(f"COPY analytics_events ({columns}) FROM STDIN") as copy:
            copy.write("".join(lines))
    took = time.perf_counter() - started
    database.execute("SET session_replication_role = origin")
    database.execute("VACUUM (ANALYZE) analytics_events")
    row = database.execute(
        "SELECT sum(pg_total_relation_size(inhrelid)) / 1e6 FROM pg_inherits"
        " WHERE inhparent = 'analytics_events'::regclass"
    ).fetchone()
    assert row is not None
    said = f"{a_day * DAYS / took:,.0f} rows/s, {row[0]:,.0f} MB with indexes"
    return [Figure(f"{a_day * DAYS:,} events copied in", said, "", None)]


def _add_users(database: psycopg.Connection) -> list[str]:
    rows = database.execute(
        "INSERT INTO accounts_user (id, password, email, new_email, new_email_confirmed, is_staff, is_active,"
        " user_metadata, app_metadata, created_at, updated_at)"
        " SELECT gen_random_uuid(), '!', 'user' || n || '@example.com', '', false, false, true, '{}', '{}', now(),"
        " now()"
        " FROM generate_series(1, %s) AS n RETURNING id::text",
        [USERS],
    ).fetchall()
    return [key for (key,) in rows]


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}+00"


def _templates(made: random.Random) -> list[str]:
    """Return what events say, in COPY's format: type, data, page and kit."""
    rows = []
    for _ in range(5_000):
        kit = made.choice(KITS)
        kind, page, data = made.choices(
            (
                ("function_called", "\\N", ""),
                (
                    "assistant_answered",
                    "\\N",
                    f'{{"feature":"{made.choice(FEATURES)}","actions":{made.randint(0, 3)}}}',
                ),
                ("assistant_opened", f"/{kit}", "{}"),
                ("page_viewed", f"/{kit}", "{}"),
                ("action_clicked", f"/{kit}", '{"label":"Open samples"}'),
                ("kit_switched", f"/{kit}", "{}"),
                ("deep_link_clicked", "/", f'{{"target":"/{kit}?a=1"}}'),
            ),
            (35, 25, 15, 12, 8, 3, 2),
        )[0]
        if kind == "function_called":
            ms = made.lognormvariate(3, 0.6)
            status, cached = made.choices((200, 503), (299, 1))[0], made.random() < 0.8
            data = json.dumps(
                {
                    "function": made.choice(FUNCTIONS),
                    "status": status,
                    "ms": round(ms, 3),
                    "database_ms": round(ms / 4, 3),
                    "cached": cached,
                }
            )
        rows.append(f"{kind}\t{data}\t{page}\t{kit}")
    return rows


# Figures


def _roll_ups(server: Server, today: datetime) -> list[Figure]:
    first = (today - timedelta(days=DAYS)).date()
    a_year = _command(server, "roll_up_analytics", "--again-from", str(first))
    again = _command(server, "roll_up_analytics")
    return [
        Figure(
            "roll up the year", f"{a_year:.1f} s, {a_year / DAYS * 1000:.0f} ms a day", "", None
        ),
        Figure("roll up again, the command's start included", f"{again:.1f} s", "", None),
    ]


def _command(server: Server, *words: str) -> float:
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "manage.py", *words],
        env={**os.environ, "DEBUG": "1", "DATA_DIR": str(server.data)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - started


def _raw(database: psycopg.Connection, table: str, today: datetime) -> list[Figure]:
    ends = today - timedelta(hours=3)
    between = [ends - timedelta(hours=24), ends]
    database.execute("SET ROLE fashionos_support")
    taken = timed(lambda: database.execute(_RAW.format(table), between).fetchall(), 20)
    database.execute("RESET ROLE")
    met = percentile(taken, 90) < 300
    return [Figure("24 hours of raw events added up", spread(taken), "p90 < 300 ms", met)]


def _pages(server: Server, today: datetime) -> list[Figure]:
    get = _signed_in(server)
    year = urlencode({"from": (today - timedelta(days=DAYS - 1)).date(), "to": today.date()})
    figures = []
    for name, query in (
        ("28 days", "days=28"),
        ("90 days", "days=90"),
        ("a kit, 90 days", "days=90&kit=media"),
        ("a year", year),
    ):
        taken = timed(lambda query=query: get(f"{PAGE}?{query}"), 12)  # type: ignore[misc]  # bound at once
        figures.append(
            Figure(
                f"the dashboard, {name}",
                spread(taken),
                "p90 < 1000 ms",
                percentile(taken, 90) < 1000,
            )
        )
    listed = PAGE.removesuffix("dashboard/")
    taken = timed(lambda: get(f"{listed}?event_type=function_called&outcome=failed"), 12)
    return [*figures, Figure("the list of failed calls", spread(taken), "", None)]


def _signed_in(server: Server) -> Callable[[str], bytes]:
    """Return a function that gets a page of the admin as support."""
    people = env(server.data / "demo.env")
    connection = server.connect()
    cookies: dict[str, str] = {}

    def call(method: str, path: str, body: str = "") -> bytes:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        content = response.read()
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            cookies[name] = value
        if response.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{path} answered {response.status}: {content[:300]!r}")
        return content

    [token] = re.findall(
        rb'name="csrfmiddlewaretoken" value="([^"]+)"', call("GET", "/admin/login/")
    )
    form = {
        "csrfmiddlewaretoken": token.decode(),
        "username": people["SUPPORT_EMAIL"],
        "password": people["SUPPORT_PASSWORD"],
    }
    call("POST", "/admin/login/", urlencode(form))

    def get(path: str) -> bytes:
        content = call("GET", path)
        assert b"csrfmiddlewaretoken" in content
        return content

    return get


def _retention(database: psycopg.Connection, today: datetime) -> list[Figure]:
    before = (today - timedelta(days=DAYS - 62)).replace(day=1).date()
    started = time.perf_counter()
    database.execute("SET ROLE fashionos_eraser")
    gone = database.execute("SELECT fashionos_drop_analytics_months(%s)", [before]).fetchall()
    database.execute("RESET ROLE")
    took = (time.perf_counter() - started) * 1000
    return [Figure("drop a month", f"{took / max(1, len(gone)):.0f} ms", "", None)]


def _peer(database: psycopg.Connection, today: datetime) -> list[Figure]:
    """Do the same with one table: a primary key, the two indexes asked for, and BRIN on the time."""
    rows = min(PEER, EVENTS)
    newest = f"SELECT * FROM analytics_events ORDER BY created_at DESC LIMIT {rows}"
    for statement in (
        "CREATE TABLE peer (LIKE analytics_events INCLUDING DEFAULTS)",
        f"INSERT INTO peer SELECT * FROM ({newest}) AS newest ORDER BY created_at",
        "ALTER TABLE peer ADD PRIMARY KEY (id)",
        "CREATE INDEX ON peer (event_type, created_at DESC)",
        "CREATE INDEX ON peer (user_id, created_at DESC)",
        "CREATE INDEX ON peer USING brin (created_at)",
        "VACUUM (ANALYZE) peer",
        "GRANT SELECT ON peer TO fashionos_support",
    ):
        database.execute(statement)
    [figure] = _raw(database, "peer", today)
    started = time.perf_counter()
    tenth = database.execute(
        "DELETE FROM peer WHERE created_at <"
        " (SELECT min(created_at) + (max(created_at) - min(created_at)) / 12 FROM peer)"
    ).rowcount
    database.execute("VACUUM peer")
    took = (time.perf_counter() - started) * 1000
    name = f"one table with BRIN, {rows:,} rows"
    return [
        figure._replace(work=f"{name}: 24 hours", goal="", met=None),
        Figure(f"{name}: delete {tenth:,} and vacuum", f"{took:.0f} ms", "", None),
    ]
