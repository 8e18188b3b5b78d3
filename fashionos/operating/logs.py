"""How records are written: one JSON object a line, with the request's id, and without what errors quote."""

import logging
import re
import traceback
from typing import Any

from pythonjsonlogger.msgspec import MsgspecFormatter

from fashionos.kit.shell import current_request_id

_FIELDS = {
    *("time", "level", "logger", "message", "error"),
    *("request_id", "method", "route", "status", "ms"),
}
# An error quotes what it stumbled over: a name, an address, a whole row.
_QUOTED = re.compile(r"""(["'`]).*?\1|\(.*\)|\S+@\S+""", re.DOTALL)
_LONGEST = 200


class RequestContext(logging.Filter):
    """Adds the request's id; takes the path out of what Django says of a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not getattr(record, "request_id", ""):
            record.request_id = current_request_id.get()
        request = record.__dict__.pop("request", None)
        if request is not None and (match := getattr(request, "resolver_match", None)):
            record.msg, record.args = "%s failed", (match.route,)
        elif request is not None:
            record.msg, record.args = "a request failed", ()
        return True


class JsonLines(MsgspecFormatter):
    """time, level, logger, message, and of a record's other fields only those that are known to hold no person's."""

    def __init__(self) -> None:
        super().__init__(
            ["levelname", "name", "message"],
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "error"},
            timestamp="time",
        )

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in log_data.items() if name in _FIELDS and value != ""}

    def formatException(self, ei: Any) -> str:  # noqa: N802 -- logging's name
        return describe(ei[1]) if ei[1] else ""


def describe(error: BaseException) -> str:
    """Return an exception and what it came from: types, places, and messages without what they quote."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    diagnosis = getattr(error, "diag", None)
    # Of a database's error, what is known to name no value.
    named = [diagnosis.sqlstate, diagnosis.constraint_name] if diagnosis else []
    said = " ".join([without_values(str(error)), *filter(None, named)])
    parts = [*traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}: {said}"]
    return "".join([describe(before) + "\n\n" if before else "", *parts])


def without_values(message: str) -> str:
    """Return the first line of an error's message without addresses and without what stands in quotes or brackets."""
    return _QUOTED.sub("…", message.partition("\n")[0])[:_LONGEST]
