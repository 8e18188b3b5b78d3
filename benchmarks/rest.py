"""Twenty own rows through /rest/v1, beside a plain DRF viewset and the barest program that runs the same SQL.

All three behind the same server, each in a process of its own. Then inserts, and a page of one user's history among
a thousand and among a million turns.
"""

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import quote
from uuid import UUID, uuid4

import psycopg

from benchmarks.figures import Figure, percentile, spread
from benchmarks.server import Server, env

CLIENTS = 16
SECONDS = 4.0
ROUNDS = 3
COLUMNS = "id,sku,name,category,status,is_hero,priority,color,location,look_ids,created_at"
PAGE = f"/rest/v1/samples?select={quote(COLUMNS)}&order=id.asc&limit=20"
HISTORY = "/rest/v1/assistant_conversations?select=id,session_id,skill_used,created_at&order=created_at.desc&limit=20"
BIG = 1_000_000


def measure(server: Server) -> list[Figure]:
    with _database(server) as database:
        user = _demo_user(database)
        _fill(database, user)
        headers = _headers(server)
        figures, cost = [], {}
        ours = _request("GET", PAGE, headers)
        bearer = {"authorization": f"Bearer {_token(user)}"}
        with (
            _program("limit", server, user) as (limit, limit_pid),
            _program("viewset", server, user) as (drf, drf_pid),
        ):
            contenders = {
                "/rest/v1, row level security on": (server.port, server.pid, ours),
                "the barest program": (
                    limit,
                    limit_pid,
                    _request("GET", "/", {"authorization": "x"}),
                ),
                "plain DRF viewset": (drf, drf_pid, _request("GET", "/samples", bearer)),
            }
            rates: dict[str, list[float]] = {name: [] for name in contenders}
            for _ in range(ROUNDS):
                for name, (port, pid, request) in contenders.items():
                    run = load(port, pid, request)
                    rates[name].append(run.rate)
                    cost[name] = min(run.cpu_us, cost.get(name, run.cpu_us))
            best = {name: max(values) for name, values in rates.items()}
            for name in contenders:
                said = f"{best[name]:.0f} r/s  {cost[name]:.0f} us of the processor"
                figures.append(Figure(f"20 own rows: {name}", said, "", None))
            mine, barest, plain = contenders
            figures += [
                _ratio("20 own rows, requests: times the viewset", best[mine] / best[plain], 12),
                _ratio("20 own rows, processor: times the viewset", cost[plain] / cost[mine], 12),
                _ratio(
                    "20 own rows, requests: of the barest program", best[mine] / best[barest], 0.55
                ),
                _ratio(
                    "20 own rows, processor: of the barest program", cost[barest] / cost[mine], 0.55
                ),
            ]
            figures += _inserts(server, headers, limit, limit_pid)
        return [*figures, *_history(server, database, user, headers)]


def _ratio(work: str, ratio: float, goal: float) -> Figure:
    return Figure(work, f"{ratio:.2f}", f">= {goal}", ratio >= goal)


def _inserts(server: Server, headers: dict[str, str], limit: int, limit_pid: int) -> list[Figure]:
    event = '{"event_type":"bench","event_data":{"action":"open"},"page_route":"/samples"}'
    path = "/rest/v1/analytics_events"
    one = load(server.port, server.pid, _request("POST", path, headers, event))
    twenty = f"[{','.join([event] * 20)}]"
    many = load(server.port, server.pid, _request("POST", path, headers, twenty))
    barest = load(limit, limit_pid, _request("POST", "/", {"authorization": "x"}, event))
    return [
        Figure("insert one event", f"{one.rate:.0f} r/s  {one.cpu_us:.0f} us", "", None),
        _ratio("insert one event: of the barest program", one.rate / barest.rate, 0.40),
        Figure(
            "insert 20 events: times one",
            f"{one.rate / many.rate:.2f}",
            "< 2",
            one.rate / many.rate < 2,
        ),
    ]


def _history(
    server: Server, database: psycopg.Connection, user: UUID, headers: dict[str, str]
) -> list[Figure]:
    """Read a page of a user with a thousand turns: alone, under a million newer ones of another, with a million."""
    figures, medians = [], []
    request = _request("GET", HISTORY, headers)
    fills = {
        "1,000 turns": (user, 1_000, 10_000_000),
        f"{BIG:,} newer ones of another": (_other_user(database, user), BIG, 0),
        f"{BIG:,} of one's own": (user, BIG, 0),
    }
    for name, (owner, turns, age) in fills.items():
        _add_turns(database, owner, turns, age)
        load(server.port, server.pid, request, clients=1, seconds=1)
        runs = [load(server.port, server.pid, request, clients=1, seconds=2) for _ in range(3)]
        taken = min((run.taken for run in runs), key=lambda taken: percentile(taken, 50))
        medians.append(percentile(taken, 50))
        figures.append(Figure(f"a page of history among {name}", spread(taken), "", None))
    ratio = max(medians) / medians[0]
    figures.append(Figure("the same: times a thousand's", f"{ratio:.2f}", "< 1.3", ratio < 1.3))
    return figures


# Load


class Run:
    def __init__(self, taken: list[float], seconds: float, cpu_us: float) -> None:
        self.taken = taken
        self.rate = len(taken) / seconds
        self.cpu_us = cpu_us


def load(
    port: int, pid: int, request: bytes, *, clients: int = CLIENTS, seconds: float = SECONDS
) -> Run:
    """Let so many clients repeat the request; `cpu_us` is what the server's process took for each."""
    asyncio.run(_load(port, request, clients, 0.5))
    before = _cpu_us(pid)
    taken = asyncio.run(_load(port, request, clients, seconds))
    return Run(taken, seconds, (_cpu_us(pid) - before) / len(taken))


class _Client(asyncio.Protocol):
    def __init__(self, request: bytes, taken: list[float], ends: float) -> None:
        self.request = request
        self.taken = taken
        self.ends = ends
        self.data = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        self.started = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, found, body = self.data.partition(b"\r\n\r\n")
        if not found:
            return
        length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        chunked = b"chunked" in head.lower()
        if not (
            body.endswith(b"0\r\n\r\n")
            if chunked
            else length is None or len(body) >= int(length[1])
        ):
            return
        now = time.perf_counter()
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            self.done.set_exception(RuntimeError(self.data[:500].decode()))
            return
        self.data = b""
        self.taken.append((now - self.started) * 1000)
        if now < self.ends:
            self.ask()
        else:
            self.transport.close()
            self.done.set_result(None)


async def _load(port: int, request: bytes, clients: int, seconds: float) -> list[float]:
    loop = asyncio.get_running_loop()
    taken: list[float] = []
    ends = time.perf_counter() + seconds
    made = [
        await loop.create_connection(lambda: _Client(request, taken, ends), "127.0.0.1", port)
        for _ in range(clients)
    ]
    await asyncio.gather(*(client.done for _, client in made))
    return taken


def _cpu_us(pid: int) -> float:
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()  # noqa: PTH123, SIM115 -- of the kernel
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") * 1e6


def _request(method: str, path: str, headers: dict[str, str], body: str = "") -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "host: 127.0.0.1",
        *(f"{n}: {v}" for n, v in headers.items()),
    ]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _headers(server: Server) -> dict[str, str]:
    key = env(server.data / "keys.env")["FASHIONOS_PUBLISHABLE_KEY"]
    return {"apikey": key, "authorization": f"Bearer {server.token}", "accept-profile": "public"}


# Rows


@contextmanager
def _database(server: Server) -> Iterator[psycopg.Connection]:
    url = env(server.data / "database.env")["DATABASE_URL"].replace(
        "fashionos_login", "fashionos_owner"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def _demo_user(database: psycopg.Connection) -> UUID:
    database.execute("SET ROLE fashionos_auth")
    row = database.execute(
        "SELECT id FROM accounts_user WHERE NOT is_staff ORDER BY created_at LIMIT 1"
    ).fetchone()
    database.execute("RESET ROLE")
    assert row is not None
    found: UUID = row[0]
    return found


def _as_owner(
    database: psycopg.Connection, table: str, statement: str, parameters: Sequence[object]
) -> None:
    """Fill a table past its policies, as its owner."""
    database.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    database.execute(statement, parameters)
    database.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    # What a table that has grown over months has behind it.
    database.execute(f"VACUUM (ANALYZE) {table}")


def _fill(database: psycopg.Connection, user: UUID) -> None:
    statement = (
        "INSERT INTO samples (user_id, name, sku)"
        " SELECT %s, 'Silk gown ' || n, 'G' || n FROM generate_series(1, 40) n"
    )
    _as_owner(database, "samples", statement, [user])


def _other_user(database: psycopg.Connection, user: UUID) -> UUID:
    database.execute("SET ROLE fashionos_auth")
    row = database.execute("SELECT id FROM accounts_user WHERE id <> %s", [user]).fetchone()
    database.execute("RESET ROLE")
    assert row is not None
    found: UUID = row[0]
    return found


def _add_turns(database: psycopg.Connection, user: UUID, turns: int, age: int) -> None:
    """Add turns of a user, one a minute, the newest `age` minutes ago."""
    statement = """
        INSERT INTO assistant_conversations (user_id, session_id, message, response, kit_context, page_route,
            intent_detected, skill_used, response_time_ms, created_at)
        SELECT %s, gen_random_uuid(), '\\x00', '\\x00', 'logistics', '', 'question', 'x', 1,
            now() - (n + %s) * interval '1 minute'
        FROM generate_series(1, %s) n"""
    _as_owner(database, "assistant_conversations", statement, [user, age, turns])


# The programs beside ours


@contextmanager
def _program(name: str, server: Server, user: UUID) -> Iterator[tuple[int, int]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.rest", name, str(user)],
        env={**os.environ, "BENCH_DATABASE_URL": env(server.data / "database.env")["DATABASE_URL"]},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
    finally:
        process.terminate()
        process.wait()


SECRET = "of the benchmark, thirty-two characters or more"  # noqa: S105 -- nobody else's


def _token(user: UUID) -> str:
    import jwt  # noqa: PLC0415 -- of this one figure

    claims = {
        "sub": str(user),
        "token_type": "access",
        "jti": uuid4().hex,
        "exp": int(time.time()) + 3600,
    }
    return jwt.encode(claims, SECRET, algorithm="HS256")


def _limit(url: str, user: str):  # noqa: ANN202 -- an ASGI application
    """Make the least that answers: one statement, its JSON made by PostgreSQL; the actor is the connection's."""
    from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415 -- of this one program

    columns = ", ".join(f'"{name}"' for name in COLUMNS.split(","))
    rows = f"SELECT {columns} FROM samples ORDER BY id LIMIT 20"  # noqa: S608 -- our own names
    read = f"SELECT coalesce(json_agg(x.*), '[]')::text FROM ({rows}) AS x"  # noqa: S608 -- as above
    write = (
        "INSERT INTO analytics_events (event_type, event_data, page_route)"
        " SELECT e->>'event_type', e->'event_data', e->>'page_route' FROM (SELECT %s::jsonb) AS b(e)"
    )
    tokens = {b"x": user}
    pools: list[AsyncConnectionPool] = []

    async def application(scope, receive, send) -> None:  # noqa: ANN001 -- of ASGI
        if scope["type"] != "http":
            return
        body = (await receive()).get("body", b"")
        if not pools:
            options = f"-c role=fashionos_web -c app.user_id={user} -c timezone=UTC"
            kwargs = {"autocommit": True, "prepare_threshold": 0, "options": options}
            pool = AsyncConnectionPool(url, kwargs=kwargs, min_size=1, max_size=8, open=False)
            pools.append(pool)
            await pool.open()
        assert tokens[dict(scope["headers"])[b"authorization"]]
        status, answer = 201, b""
        async with pools[0].connection() as connection:
            if body:
                await connection.execute(write, [body.decode()])
            else:
                [text] = await (await connection.execute(read)).fetchone()
                status, answer = 200, text.encode()
        length = str(len(answer)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    return application


def _viewset(url: str):  # noqa: ANN202 -- an ASGI application
    """Make what the framework's tutorials lead to: default middleware, simplejwt, a model serializer."""
    import django  # noqa: PLC0415 -- settings first
    from django.conf import settings  # noqa: PLC0415 -- as above

    from fashionos.settings import database  # noqa: PLC0415 -- how our address reads in Django's terms

    place = database(url)
    place["OPTIONS"] = {
        "options": "-c role=fashionos_system",
        "pool": {"min_size": 1, "max_size": 8},
    }
    settings.configure(
        SECRET_KEY=SECRET,
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        ROOT_URLCONF="benchmarks.viewset.urls",
        DATABASES={"default": place},
        AUTH_USER_MODEL="viewset.Person",
        INSTALLED_APPS=[
            *(f"django.contrib.{app}" for app in ("auth", "contenttypes", "sessions", "messages")),
            "rest_framework",
            "benchmarks.viewset",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [
                "rest_framework_simplejwt.authentication.JWTAuthentication"
            ]
        },
        SIMPLE_JWT={"USER_ID_CLAIM": "sub", "SIGNING_KEY": SECRET},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )  # fmt: skip
    django.setup()
    from django.core.asgi import get_asgi_application  # noqa: PLC0415 -- once set up

    return get_asgi_application()


def main() -> None:
    name, user = sys.argv[1:]
    from fashionos.serving import Limits, serve  # noqa: PLC0415 -- installs a reactor

    url = os.environ["BENCH_DATABASE_URL"]
    application = _limit(url, user) if name == "limit" else _viewset(url)
    with contextlib.suppress(KeyboardInterrupt):
        serve(
            application,
            host="127.0.0.1",
            port=0,
            ready=lambda port: print(port, flush=True),
            limits=Limits(),
        )


if __name__ == "__main__":
    main()
