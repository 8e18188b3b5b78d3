"""Refusals in the dialect's shape: {"code", "message", "details", "hint"}, as the client hands them through."""

from collections.abc import Iterable, Mapping
from typing import Any


class Problem(Exception):  # noqa: N818 -- a refusal, rendered as the answer
    """A refusal: HTTP status, the dialect's code or PostgreSQL's SQLSTATE, and texts for people."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: str | None = None,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
        constraint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.hint = hint
        self.headers = dict(headers or {})
        self.constraint = constraint  # that the database found violated

    def document(self) -> dict[str, str | None]:
        return {
            "code": self.code,
            "message": self.message,
            "details": self.details,
            "hint": self.hint,
        }


def unknown_column(table: str, column: str, known: Iterable[str]) -> Problem:
    """Refuse a column that a filter, an order or a select names; `known` are those there are."""
    message = f"column {table}.{column} does not exist"
    return Problem(400, "42703", message, hint=_columns(known))


def unknown_body_column(table: str, column: str, known: Iterable[str]) -> Problem:
    message = f"Could not find the '{column}' column of '{table}' in the schema cache"
    return Problem(400, "PGRST204", message, hint=_columns(known))


def _columns(known: Iterable[str]) -> str:
    return f"Its columns are {', '.join(known)}"


def not_allowed(table: str, *, signed_in: bool) -> Problem:
    """Refuse what the caller has no privilege for: 403, of somebody who is not signed in 401."""
    message = f"permission denied for table {table}"
    return Problem(403 if signed_in else 401, "42501", message)


def foreign_row(table: str) -> Problem:
    """Refuse a row in somebody else's name, as row level security says it."""
    message = f'new row violates row-level security policy for table "{table}"'
    return Problem(403, "42501", message)


def missing_value(table: str, column: str) -> Problem:
    message = f'null value in column "{column}" of relation "{table}" violates not-null constraint'
    return Problem(400, "23502", message)


def duplicate(constraint: str, columns: str, values: str) -> Problem:
    return Problem(
        409,
        "23505",
        f'duplicate key value violates unique constraint "{constraint}"',
        details=f"Key ({columns})=({values}) already exists.",
    )


def not_one(rows: int) -> Problem:
    """Refuse one object where there are no rows, or several."""
    return Problem(
        406,
        "PGRST116",
        "Cannot coerce the result to a single JSON object",
        details=f"The result contains {rows} rows",
    )


def too_many_affected(rows: int) -> Problem:
    return Problem(
        400,
        "PGRST124",
        "Query result exceeds max-affected preference constraint",
        details=f"The query affects {rows} rows",
    )


def past_the_end(offset: int, rows: int) -> Problem:
    return Problem(
        416,
        "PGRST103",
        "Requested range not satisfiable",
        details=f"An offset of {offset} was requested, but there are only {rows} rows.",
        headers={"Content-Range": f"*/{rows}"},
    )


# The classes of PostgreSQL's errors, and single codes, that are the request's fault; anything else is ours.
_STATUSES = {
    "21": 400, "22": 400, "23": 400, "42": 400, "44": 400, "2F": 400, "P0": 400, "54": 413,
    "23503": 409, "23505": 409, "42883": 404, "42P01": 404,
    "40": 503, "53": 503, "55": 503, "08": 503, "57": 503, "57014": 500,
}  # fmt: skip


def of_database(diagnosis: Any, *, signed_in: bool) -> Problem:
    """Say what PostgreSQL refused; `diagnosis` is the `diag` of psycopg's error.

    Of a driver's or server's failure (no SQLSTATE, a lost connection) nothing is told but that it happened.
    """
    code: str = diagnosis.sqlstate or "08006"
    status = _STATUSES.get(code) or _STATUSES.get(code[:2]) or 500
    if code == "42501":
        return Problem(403 if signed_in else 401, code, diagnosis.message_primary)
    if status == 503:  # noqa: PLR2004 -- HTTP
        return unavailable(code)
    if status == 500 and code != "57014":  # noqa: PLR2004 -- HTTP
        return Problem(500, code, "Something went wrong on our side, try again")
    # What a row held stays out of the answer where it may be another's; the keys of a duplicate are the caller's own.
    details = diagnosis.message_detail if code[:2] != "23" or status == 409 else None  # noqa: PLR2004 -- HTTP
    return Problem(
        status,
        code,
        diagnosis.message_primary,
        details=details,
        hint=diagnosis.message_hint,
        constraint=diagnosis.constraint_name,
    )


def unavailable(code: str = "PGRST000") -> Problem:
    message = "The database is not available right now, try again in a moment"
    return Problem(503, code, message, headers={"Retry-After": "2"})
