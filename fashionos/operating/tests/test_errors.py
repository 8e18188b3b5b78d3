"""What leaves the process when something breaks: where it broke, and nothing that anybody sent."""

import gzip
import itertools
import json
import logging
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fashionos.operating.logs import JsonLines, RequestContext, describe, without_values
from fashionos.testing.sockets import ROOT

SECRETS = ("alice@example.com", "Ivory gown", "secret-token", "203.0.113.7")

BREAK = """
import logging, django
django.setup()
from django.test import RequestFactory
from fashionos.kit.shell import current_request_id
current_request_id.set("request-of-this-test")
logger = logging.getLogger("fashionos.functions")

def break_down(request, token="secret-token", gown="Ivory gown"):
    try:
        {}["alice@example.com"]
    except KeyError as error:
        raise ValueError(f"cannot read {gown!r} of alice@example.com\\nDETAIL: (name)=(Ivory gown)") from error

request = RequestFactory().post("/functions/v1/chat-orchestrator?token=secret-token", {"message": "Ivory gown"},
                                REMOTE_ADDR="203.0.113.7", headers={"authorization": "Bearer secret-token"})
logger.info("breadcrumb about %s", "alice@example.com")
try:
    break_down(request)
except ValueError:
    logger.exception("failed for %s", "alice@example.com", extra={"request": request, "user": "alice@example.com"})
import sentry_sdk
sentry_sdk.flush(10)
"""


class Sink:
    """A Sentry of our own: keeps the events of the envelopes that come."""

    def __init__(self):
        self.events, self.raw = [], []
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                sink.raw.append(body.decode())
                lines = [json.loads(line) for line in body.splitlines() if line]
                items = itertools.pairwise(lines)
                sink.events += [event for head, event in items if head.get("type") == "event"]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def sink():
    sink = Sink()
    thread = threading.Thread(target=sink.server.serve_forever)
    thread.start()
    yield sink
    sink.server.shutdown()
    sink.server.server_close()
    thread.join()


def run(program, **environment):
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "fashionos.settings", **environment},
        capture_output=True,
        text=True,
        check=True,
    )


def test_sentry_gets_the_error_and_nobody_s_data(sink):
    dsn = f"http://public@127.0.0.1:{sink.server.server_port}/1"
    run(BREAK, SENTRY_DSN=dsn, SITE_URL="https://fashionos.example")
    [event] = sink.events
    assert event["message"] == "a request failed"
    assert event["tags"] == {"request_id": "request-of-this-test"}
    assert event["environment"] == "https://fashionos.example"
    errors = event["exception"]["values"]
    assert [(error["type"], error["value"]) for error in errors] == [
        ("KeyError", "…"),
        ("ValueError", "cannot read … of …"),
    ]
    assert errors[-1]["stacktrace"]["frames"][-1]["function"] == "break_down"
    assert not {"request", "user", "breadcrumbs", "extra", "server_name"} & set(event)
    for secret in SECRETS:
        # The code of this test names them, as a file's would not.
        assert secret not in json.dumps(without_source(event))


def without_source(event):
    for error in event["exception"]["values"]:
        for frame in error["stacktrace"]["frames"]:
            for source in ("context_line", "pre_context", "post_context"):
                frame.pop(source, None)
    return event


def test_without_an_address_nothing_of_sentry_is_loaded():
    result = run("import sys, fashionos.asgi; print('sentry_sdk' in sys.modules)")
    assert result.stdout == "False\n"


def test_a_line_of_log_is_json_and_quotes_no_error(sink):
    result = run(BREAK, LOG_FORMAT="json")
    line = json.loads(result.stderr.splitlines()[-1])
    assert line["message"] == "a request failed"
    assert (line["level"], line["logger"]) == ("ERROR", "fashionos.functions")
    assert line["request_id"] == "request-of-this-test"
    assert set(line) == {"time", "level", "logger", "message", "error", "request_id"}
    assert "ValueError: cannot read … of …" in line["error"]
    assert "in break_down" in line["error"]
    for secret in SECRETS:
        assert secret not in result.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ('invalid input syntax for type uuid: "alice"', "invalid input syntax for type uuid: …"),
        ("duplicate key\nDETAIL:  Key (email)=(alice@example.com)", "duplicate key"),
        ("'Ivory gown'", "…"),
        ("no address alice@example.com here", "no address … here"),
        ("Failing row contains (1, Ivory gown).", "Failing row contains …."),
        ("plain words stay", "plain words stay"),
        ("x" * 500, "x" * 200),
        ("", ""),
    ],
)
def test_an_error_s_words_stay_and_what_they_quote_goes(message, kept):
    assert without_values(message) == kept


def test_what_came_before_is_told_unless_it_was_hidden():
    before, hidden, after = KeyError("Ivory gown"), KeyError("Ivory gown"), ValueError("second")
    after.__context__ = before
    assert describe(after) == "KeyError: …\n\nValueError: second"
    after.__context__, after.__suppress_context__ = hidden, True
    assert describe(after) == "ValueError: second"
    after.__cause__ = before
    assert describe(after) == "KeyError: …\n\nValueError: second"


def test_a_record_with_a_django_request_names_its_route_only(rf):
    request = rf.get("/admin/accounts/user/alice@example.com/change/")
    record = logging.makeLogRecord(
        {"msg": "Internal Server Error: %s", "args": (request.path,), "request": request}
    )
    assert RequestContext().filter(record)
    document = json.loads(JsonLines().format(record))
    assert document["message"] == "a request failed"
    assert "alice" not in json.dumps(document)
