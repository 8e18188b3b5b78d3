"""The endpoint of the dialect, `/rest/v1`: an ASGI application that answers on the event loop.

Django's own way in would cost a new thread for every request, several times of what a page of rows does.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar

import msgspec

from fashionos.kit.owned import SessionEnded
from fashionos.kit.shell import Receive, Scope, Send
from fashionos.kit.wire import WireError, read_json
from fashionos.postgrest.compile import (
    Plan,
    compile_delete,
    compile_insert,
    compile_read,
    compile_update,
    in_table,
    read_columns,
)
from fashionos.postgrest.database import Database, Result
from fashionos.postgrest.grammar import parse, split
from fashionos.postgrest.headers import (
    AS_ARRAY,
    JSON,
    Prefer,
    Shape,
    check_profile,
    read_accept,
    read_prefer,
)
from fashionos.postgrest.problems import (
    Problem,
    not_allowed,
    not_one,
    past_the_end,
    too_many_affected,
)
from fashionos.postgrest.registry import Actor, Row, Table
from fashionos.postgrest.render import one_object, page_range, rows_body
from fashionos.postgrest.tree import Item, Path, Query
from fashionos.postgrest.writes import NOTHING, Writes, act

T = TypeVar("T")

logger = logging.getLogger("fashionos.postgrest")

PREFIX = "/rest/v1"
METHODS = ("GET", "HEAD", "POST", "PATCH", "DELETE")
_LONGEST_KEPT = 1_024  # characters of a query string whose plan is kept
_KEPT = 2_048  # plans
_QUICKLY_CLEANED = 8_192  # bytes of a body whose rows the event loop cleans by itself

# Who calls, by api key and bearer token; "" for what is not given. Raises Problem.
Identify = Callable[[str, str], Actor]
# Counts a request of this actor, who comes from an address and, as proxies say, for another. Raises Problem.
Count = Callable[[Actor, str, str], None]


class Limits(NamedTuple):
    rows: int  # shown at once
    written_rows: int  # in one request, where services write them
    threads: int  # that write, or open ciphertext
    json_depth: int


class Request(NamedTuple):
    method: str
    path: str  # below the prefix, without slashes around it
    query: str
    headers: Mapping[str, str]
    body: bytes
    address: str = ""  # of the socket


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class _Asked(NamedTuple):
    """A request for a table, read."""

    actor: Actor
    table: Table
    query: Query
    prefer: Prefer
    shape: Shape

    @property
    def returning(self) -> bool:
        return self.prefer.answer == "representation"

    def check(self, result: Result) -> None:
        """Refuse a write after the fact, which undoes it."""
        most = self.prefer.max_affected
        if most is not None and result.count > most:
            raise too_many_affected(result.count)
        if self.shape.single and result.count != 1:
            raise not_one(result.count)

    @property
    def is_checked(self) -> bool:
        return self.shape.single or self.prefer.max_affected is not None


class DataAPI:
    """Answers for the exposed tables; `database` is closed with it."""

    def __init__(
        self,
        tables: Mapping[str, Table],
        identify: Identify,
        count: Count,
        database: Database,
        limits: Limits,
    ) -> None:
        self.tables = tables
        self.identify = identify
        self.count = count
        self.database = database
        self.limits = limits
        self.threads = ThreadPoolExecutor(limits.threads, thread_name_prefix="rest")
        self.kept = lru_cache(_KEPT)(self.plan)

    async def close(self) -> None:
        await self.database.close()
        self.threads.shutdown(wait=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        request = Request(
            scope["method"],
            scope["path"][len(PREFIX) :].strip("/"),
            scope["query_string"].decode("latin-1"),
            headers,
            body,
            (scope.get("client") or ("",))[0],
        )
        answer = await self.answer(request)
        shown = [
            (name.lower().encode(), value.encode("latin-1", "replace"))
            for name, value in answer.headers.items()
        ]
        if answer.status != 204:  # noqa: PLR2004 -- HTTP
            shown.append((b"content-length", str(len(answer.body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": shown})
        content = b"" if request.method == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": content})

    async def answer(self, request: Request) -> Answer:
        try:
            return await self.dispatch(request)
        except Problem as problem:
            return _refusal(in_table(problem, request.path))
        except SessionEnded:
            return _refusal(
                Problem(
                    401,
                    "PGRST303",
                    "JWT expired",
                    details="The session of this token has ended",
                    headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
                )
            )
        except Exception:
            logger.exception("unexpected error")
            return _refusal(Problem(500, "PGRSTX00", "Something went wrong on our side, try again"))

    async def dispatch(self, request: Request) -> Answer:
        method, headers = request.method, request.headers
        if method == "OPTIONS":
            return Answer(200, {"Allow": ",".join(("OPTIONS", *METHODS))})
        actor = self.identify(_api_key(request), _bearer(headers.get("authorization", "")))
        self.count(actor, request.address, headers.get("x-forwarded-for", ""))
        reads = method in {"GET", "HEAD"}
        check_profile(headers.get("accept-profile" if reads else "content-profile"))
        table = self.table(request)
        if method not in METHODS:
            raise Problem(405, "PGRST117", f"Unsupported HTTP method: {method}")
        shape = read_accept(headers.get("accept", ""))
        prefer = read_prefer(headers.get("prefer", ""))
        if reads:
            return await self.read(actor, table, request.query, shape, prefer)
        if not actor.is_known or method not in table.verbs:
            raise not_allowed(table.name, signed_in=actor.is_known)
        asked = _Asked(actor, table, parse(request.query), prefer, shape)
        if method == "POST":
            return await self.insert(asked, await self.cleaned(table, request))
        if asked.query.limit is not None or asked.query.offset:
            raise Problem(400, "PGRST100", f"limit and offset do not bound a {method}: filter it")
        if method == "DELETE":
            return await self.delete(asked)
        return await self.update(asked, await self.cleaned(table, request))

    def table(self, request: Request) -> Table:
        path = request.path
        table = self.tables.get(path)
        if table is not None:
            return table
        if not path:
            raise Problem(404, "PGRST126", "Root endpoint metadata is disabled")
        if path.startswith("rpc/") and path.count("/") == 1:
            raise _no_function(path.removeprefix("rpc/"), self.arguments(request))
        if "/" in path:
            raise Problem(404, "PGRST125", "Invalid path specified in request URL")
        raise _no_table(path, self.tables)

    def arguments(self, request: Request) -> list[str]:
        if request.method in {"GET", "HEAD"}:
            return sorted({name for name, _ in split(request.query)} - {"apikey", "select"})
        document = self.document(request.body) if request.body.strip() else {}
        return sorted(document) if isinstance(document, dict) else []

    # Reads

    def plan(
        self, name: str, query_string: str, shape: Shape, *, count: bool, empty: bool, own: bool
    ) -> tuple[Query, Plan]:
        query = parse(query_string)
        table = self.tables[name]
        return query, compile_read(
            table, query, shape, count=count, max_rows=self.limits.rows, empty=empty, own=own
        )

    async def read(
        self, actor: Actor, table: Table, query_string: str, shape: Shape, prefer: Prefer
    ) -> Answer:
        plan = self.kept if len(query_string) <= _LONGEST_KEPT else self.plan
        empty = actor.role in table.unreadable_by
        own = table.is_private and actor.user_id is not None
        query, compiled = plan(
            table.name, query_string, shape, count=prefer.count, empty=empty, own=own
        )
        result = await self.database.read(actor, compiled)
        total, offset = result.total, query.offset
        if total is not None and offset > total:
            raise past_the_end(offset, total)
        body = await self.body(actor, table, result, shape)
        headers = _headers(shape, prefer)
        headers["Content-Range"] = page_range(offset, result.count, total)
        partial = total is not None and result.count < total
        return Answer(206 if partial else 200, headers, body)

    async def body(self, actor: Actor, table: Table, result: Result, shape: Shape) -> bytes:
        if not result.count:
            body = b"" if shape.csv else b"[]"
        elif any(field.sealed for field in result.fields):
            body = await self.in_thread(
                actor, lambda: rows_body(result.rows, result.fields, shape, table.opener)
            )
        else:
            body = rows_body(result.rows, result.fields, shape)
        return one_object(body, result.count) if shape.single else body

    # Writes

    def rows(self, request: Request, table: Table) -> Any:
        content_type = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
        if content_type not in {"", JSON} and not content_type.endswith("+json"):
            raise Problem(415, "PGRST102", f"Content-Type not acceptable: {content_type}")
        if not request.body.strip():
            raise Problem(400, "PGRST102", "Empty or invalid json")
        document = self.document(request.body)
        rows = document if isinstance(document, list) else [document]
        if not all(isinstance(row, dict) for row in rows):
            raise Problem(400, "PGRST102", f"Rows of {table.name} are objects")
        return document

    async def cleaned(self, table: Table, request: Request) -> Any:
        """Return the rows of the request, as the table's cleaner leaves them."""
        document = self.rows(request, table)
        if table.cleaner is None:
            return document
        rows = document if isinstance(document, list) else [document]
        if len(request.body) <= _QUICKLY_CLEANED:
            clean = table.cleaner(rows)
        else:
            loop = asyncio.get_running_loop()
            clean = await loop.run_in_executor(self.threads, table.cleaner, rows)
        return clean if isinstance(document, list) else clean[0]

    def document(self, body: bytes) -> Any:
        try:
            return read_json(body, max_depth=self.limits.json_depth)
        except WireError as error:
            message = "Empty or invalid json"
            raise Problem(400, "PGRST102", message, details=error.message) from error

    async def insert(self, asked: _Asked, document: Any) -> Answer:
        actor, table, query, prefer, shape = asked
        rows: list[Row] = document if isinstance(document, list) else [document]
        columns = read_columns(table, query, rows)
        rows = [{name: row[name] for name in columns if name in row} for row in rows]
        only_key = prefer.answer == "headers-only"
        if only_key:
            query, shape = query._replace(select=(Item(Path(table.key)),)), AS_ARRAY
        asked = asked._replace(query=query, shape=shape)
        returning = asked.returning or only_key
        result = Result(b"[]", 0, new=0)
        if prefer.resolution and actor.role in table.unreadable_by:
            # To merge is to read what is there.
            raise not_allowed(table.name, signed_in=actor.is_known)
        if rows and table.writer is None:
            if table.sealer is not None:
                rows = await self.in_thread(actor, partial(table.sealer, actor, rows))
                columns = tuple(dict.fromkeys((*columns, *rows[0])))
            plan = compile_insert(
                table,
                query,
                shape,
                rows,
                columns=columns,
                resolution=prefer.resolution,
                returning=returning,
                missing_default="missing=default" in prefer.applied,
            )
            check = asked.check if asked.is_checked else None
            result = await self.database.write(actor, plan, check)
        elif rows:
            writes = self.writes(asked, returning=returning)
            result = await self.in_thread(actor, lambda: writes.insert(rows, prefer.resolution))
        is_merged = prefer.resolution == "merge-duplicates" and result.new == 0
        headers = _headers(shape, prefer)
        headers["Content-Range"] = f"*/{result.count if prefer.count else '*'}"
        if only_key and result.count == 1:
            [row] = msgspec.json.decode(result.rows)
            headers["Location"] = f"/{table.name}?{table.key}=eq.{row[table.key]}"
        body = await self.shown(asked, result)
        return Answer(200 if is_merged else 201, headers, body)

    async def update(self, asked: _Asked, values: Any) -> Answer:
        actor, table, query, prefer, shape = asked
        if not isinstance(values, dict):
            raise Problem(400, "PGRST102", "The changes are one object")
        columns = read_columns(table, query, [values])
        values = {name: values[name] for name in columns if name in values}
        if table.writer is not None:
            writes = self.writes(asked, returning=asked.returning)
            result = await self.in_thread(actor, lambda: writes.update(values))
        elif values:
            plan = compile_update(table, query, shape, values, returning=asked.returning)
            check = asked.check if asked.is_checked else None
            result = await self.database.write(actor, plan, check)
        else:
            result = NOTHING
            asked.check(result)
        headers = _headers(shape, prefer)
        headers["Content-Range"] = page_range(
            0, result.count, result.count if prefer.count else None
        )
        if not result.count:
            headers["Content-Range"] = "*/*"
        body = await self.shown(asked, result)
        return Answer(200 if asked.returning else 204, headers, body)

    async def delete(self, asked: _Asked) -> Answer:
        actor, table, query, prefer, shape = asked
        if table.writer is not None:
            writes = self.writes(asked, returning=asked.returning)
            result = await self.in_thread(actor, writes.delete)
        else:
            plan = compile_delete(table, query, shape, returning=asked.returning)
            check = asked.check if asked.is_checked else None
            result = await self.database.write(actor, plan, check)
        headers = _headers(shape, prefer)
        headers["Content-Range"] = f"*/{result.count if prefer.count else '*'}"
        body = await self.shown(asked, result)
        return Answer(200 if asked.returning else 204, headers, body)

    def writes(self, asked: _Asked, *, returning: bool) -> Writes:
        return Writes(
            asked.actor,
            asked.table,
            asked.query,
            asked.shape,
            returning=returning,
            check=asked.check,
            most=self.limits.written_rows,
        )

    async def in_thread(self, actor: Actor, call: Callable[[], T]) -> T:
        """Run what asks Django's connection, as the actor."""
        loop = asyncio.get_running_loop()
        timeout = self.database.statement_timeout_ms
        return await loop.run_in_executor(
            self.threads, partial(act, actor, call, statement_timeout_ms=timeout)
        )

    async def shown(self, asked: _Asked, result: Result) -> bytes:
        if not asked.returning:
            return b""
        return await self.body(asked.actor, asked.table, result, asked.shape)


def _headers(shape: Shape, prefer: Prefer) -> dict[str, str]:
    headers = {"Content-Type": shape.content_type}
    if prefer.applied:
        headers["Preference-Applied"] = prefer.applied
    return headers


def _refusal(problem: Problem) -> Answer:
    headers = {
        "Content-Type": AS_ARRAY.content_type,
        "Proxy-Status": f"PostgREST; error={problem.code}",
        **problem.headers,
    }
    if problem.status == 401:  # noqa: PLR2004 -- HTTP
        headers.setdefault("WWW-Authenticate", "Bearer")
    return Answer(problem.status, headers, msgspec.json.encode(problem.document()))


def _api_key(request: Request) -> str:
    key = request.headers.get("apikey", "")
    if not key and "apikey=" in request.query:
        key = dict(split(request.query)).get("apikey", "")
    return key


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _no_function(name: str, arguments: list[str]) -> Problem:
    called = f"({', '.join(arguments)})" if arguments else " without parameters"
    return Problem(
        404,
        "PGRST202",
        f"Could not find the function public.{name}{called} in the schema cache",
        details=f"Searched for the function public.{name}{called}, but no matches were found in the schema cache.",
    )


def _no_table(name: str, tables: Mapping[str, Table]) -> Problem:
    near = get_close_matches(name, tables, n=1)
    hint = f"Perhaps you meant the table 'public.{near[0]}'" if near else None
    message = f"Could not find the table 'public.{name}' in the schema cache"
    return Problem(404, "PGRST205", message, hint=hint)
