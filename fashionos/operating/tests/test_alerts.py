"""Alerts: begin once, end once, need a sample, are told by mail and webhook, and say the same to Prometheus."""

import base64
import hashlib
import hmac
import json
import re
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from analytics.models import AnalyticsEvent
from fashionos.checks import check_alerts as check_settings
from fashionos.kit.owned import Role, acting
from fashionos.operating import alerts
from fashionos.operating.alerting import check_alerts
from fashionos.operating.alerts import Calls, Reading, read
from fashionos.operating.models import AlertState

RULES = Path(__file__).parents[3] / "deploy" / "prometheus"
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
FINE = {"status": 200, "ms": 20, "cached": True}
BROKEN = {"status": 503, "ms": 20, "cached": None}


class Receiver:
    """A webhook's other side: remembers what came, answers one of `script` after the other, the last for ever."""

    def __init__(self):
        self.heard, self.script = [], [200]
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                receiver.heard.append((self.path, dict(self.headers.items()), body))
                status = receiver.script[0]
                receiver.script = receiver.script[1:] or receiver.script
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "/elsewhere")
                self.end_headers()

            do_GET = do_POST  # noqa: N815 -- what a redirect would be followed by

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/alerts"

    @property
    def said(self):
        return [json.loads(body)["type"] for _, _, body in self.heard]


@pytest.fixture
def receiver(settings):
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    settings.ALERT_WEBHOOK_URL, settings.ALERT_WEBHOOK_SECRET = receiver.url, SECRET
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


@pytest.fixture
def mails(settings):
    settings.ALERT_MAIL_TO = ["ops@example.com"]
    return mail


@pytest.fixture
def record(alice):
    """Record calls as the recorder does."""

    def record(count, call, *, function="media-scorer"):
        rows = [
            AnalyticsEvent(
                user_id=alice.id,
                event_type="function_called",
                event_data={"function": function, "database_ms": 1, **call},
            )
            for _ in range(count)
        ]
        with acting(Role.SYSTEM):
            AnalyticsEvent.objects.bulk_create(rows)

    return record


def names(changes):
    return [(change.name, change.is_firing) for change in changes]


reading = Reading("error_rate", 0.02, 1000, "%", 0.01, 0.008)


@pytest.mark.parametrize(
    ("value", "was", "fires"),
    [
        (0.02, False, True),
        (0.01, False, False),
        (0.009, True, True),
        (0.008, True, False),
        (0.009, False, False),
    ],
)
def test_an_alert_ends_below_where_it_began(value, was, fires):
    assert reading._replace(value=value).fires(firing=was) is fires


@pytest.mark.parametrize(
    ("value", "was", "fires"),
    [(0.79, False, True), (0.80, False, False), (0.81, True, True), (0.82, True, False)],
)
def test_a_cache_hit_rate_is_bad_when_it_is_low(value, was, fires):
    rate = Reading("cache_hit_rate", value, 1000, "%", 0.80, 0.82)
    assert rate.fires(firing=was) is fires


@given(st.floats(0, 1), st.booleans(), st.integers(0, alerts.MINIMUM_CALLS - 1))
def test_few_calls_say_nothing(value, was, sample):
    assert reading._replace(value=value, sample=sample).fires(firing=was) is was


def test_errors_and_hits_are_of_all_functions_and_times_of_each():
    found = read([Calls("a", 90, 3, 50, 40, 0.2), Calls("b", 10, 0, 0, 0, 2.5)])
    assert [(r.name, round(r.value, 4), r.sample) for r in found] == [
        ("error_rate", 0.03, 100),
        ("cache_hit_rate", 0.8, 50),
        ("response_time:a", 0.2, 90),
        ("response_time:b", 2.5, 10),
    ]
    assert list(read([])) == []


def test_what_is_said_to_people():
    assert reading.words(firing=True) == "FIRING: error_rate is 2.0% (limit 1.0%, 1000 calls)"
    slow = Reading("response_time:a", 1.234, 60, "s", 1.0, 0.8)
    assert (
        slow.words(firing=False) == "RESOLVED: response_time:a is 1.23 s (limit 1.00 s, 60 calls)"
    )


def test_an_alert_is_told_once_when_it_begins_and_once_when_it_is_over(record, receiver, mails):
    record(200, FINE)
    assert check_alerts(timezone.now()) == []
    record(3, BROKEN)
    assert set(names(check_alerts(timezone.now()))) == {("error_rate", True)}
    for _ in range(3):
        assert check_alerts(timezone.now()) == []
    record(300, FINE)
    assert set(names(check_alerts(timezone.now()))) == {("error_rate", False)}
    assert check_alerts(timezone.now()) == []
    assert receiver.said == ["alert.firing", "alert.resolved"]
    assert [m.subject.split(":")[1].strip() for m in mails.outbox] == ["FIRING", "RESOLVED"]
    assert mails.outbox[0].to == ["ops@example.com"]


def test_each_kind_of_alert_begins_by_itself(record, receiver):
    record(60, {"status": 200, "ms": 1500, "cached": None}, function="chat-orchestrator")
    record(100, FINE)
    record(40, {**FINE, "cached": False})
    assert set(names(check_alerts(timezone.now()))) == {
        ("response_time:chat-orchestrator", True),
        ("cache_hit_rate", True),
    }


def test_refusals_and_calls_kept_back_are_no_errors_and_an_apology_is_one(record, receiver):
    record(100, FINE)
    record(50, {"status": 429, "ms": 1, "cached": None, "error": "rate_limited"})
    record(50, {"status": 503, "ms": 1, "cached": None, "error": "switched_off"})
    assert check_alerts(timezone.now()) == []
    record(2, {"status": 200, "ms": 9, "cached": None, "error": "skill_failed"})
    assert names(check_alerts(timezone.now())) == [("error_rate", True)]


def test_what_is_older_than_the_window_is_over_and_no_calls_say_nothing(record, receiver):
    record(100, BROKEN)
    assert names(check_alerts(timezone.now())) == [("error_rate", True)]
    assert check_alerts(timezone.now() + timedelta(minutes=10)) == []
    with acting(Role.SUPPORT):
        assert AlertState.objects.get(name="error_rate").is_firing


def test_an_event_that_holds_anything_fails_no_check(record, receiver):
    record(100, FINE)
    record(5, {"status": "many", "ms": None, "cached": []})
    record(5, {"status": {}, "ms": "x", "function": None})
    assert check_alerts(timezone.now()) == []


def test_a_webhook_is_signed_as_standard_webhooks_says_and_names_nobody(record, receiver, alice):
    record(100, BROKEN)
    check_alerts(timezone.now())
    [(path, headers, body)] = receiver.heard
    assert path == "/alerts"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(b"k" * 32, signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    document = json.loads(body)
    assert document["data"]["alert"] == "error_rate"
    assert (document["data"]["value"], document["data"]["calls"]) == (1.0, 100)
    assert alice.user.email not in body.decode()
    assert str(alice.id) not in body.decode()


def test_a_webhook_that_stumbles_is_tried_again_with_the_same_id(record, receiver):
    receiver.script = [503, 503, 200]
    record(100, BROKEN)
    assert names(check_alerts(timezone.now())) == [("error_rate", True)]
    assert receiver.said == ["alert.firing"] * 3
    assert len({headers["webhook-id"] for _, headers, _ in receiver.heard}) == 1
    assert check_alerts(timezone.now()) == []


def test_a_redirect_is_not_followed_and_the_next_check_tries_again(record, receiver, mails):
    receiver.script = [302]
    record(100, BROKEN)
    assert names(check_alerts(timezone.now())) == [("error_rate", True)]  # by mail
    assert [path for path, _, _ in receiver.heard] == ["/alerts"]
    receiver.script = [200]
    assert names(check_alerts(timezone.now())) == [("error_rate", True)]
    assert len(receiver.heard) == 2
    assert len({headers["webhook-id"] for _, headers, _ in receiver.heard}) == 1
    assert len(mails.outbox) == 1
    assert check_alerts(timezone.now()) == []


def test_a_way_that_is_blocked_is_tried_with_one_alert_and_holds_up_no_other(
    record, receiver, mails
):
    receiver.script = [400]
    record(60, {**BROKEN, "ms": 1500, "cached": False})
    assert len(check_alerts(timezone.now())) == len(mails.outbox) == 3
    assert len(receiver.heard) == 1
    receiver.script = [200]
    assert len(check_alerts(timezone.now())) == 3
    assert len(mails.outbox) == 3


def test_what_could_not_be_told_is_told_though_nobody_calls_any_more(record, receiver):
    receiver.script = [400]
    record(100, {**BROKEN, "ms": 2000})
    assert check_alerts(timezone.now()) == []
    receiver.script = [200]
    later = timezone.now() + timedelta(minutes=10)
    assert set(names(check_alerts(later))) == {
        ("error_rate", True),
        ("response_time:media-scorer", True),
    }
    assert check_alerts(later) == []


def test_whom_nobody_told_that_it_began_is_not_told_that_it_is_over(record, receiver, mails):
    receiver.script = [400]
    record(100, BROKEN)
    check_alerts(timezone.now())
    record(20_000, FINE)
    check_alerts(timezone.now())
    assert receiver.said == ["alert.firing"]
    assert len(mails.outbox) == 2


def test_without_a_mail_server_nothing_is_taken_for_told(record, mails, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    record(100, BROKEN)
    assert check_alerts(timezone.now()) == []
    assert "not told by mail: no mail server is configured" in caplog.text
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert names(check_alerts(timezone.now())) == [("error_rate", True)]


@pytest.mark.django_db(transaction=True)
def test_several_checks_at_once_tell_once(record, receiver):
    record(100, BROKEN)

    def check(_):
        try:
            return check_alerts(timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(check, range(6)))
    assert sum(map(len, told)) == 1
    assert receiver.said == ["alert.firing"]


def test_the_command_says_what_it_told_and_a_second_run_nothing(record, receiver, capsys):
    record(100, BROKEN)
    call_command("check_alerts")
    assert capsys.readouterr().out == "FIRING: error_rate is 100.0% (limit 1.0%, 100 calls)\n"
    call_command("check_alerts")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("functions", [1, 3])
def test_a_check_costs_the_same_however_many_functions_there_are(
    record, django_assert_num_queries, functions
):
    for number in range(functions):
        record(60, FINE, function=f"function-{number}")
    check_alerts(timezone.now())
    with django_assert_num_queries(7):
        check_alerts(timezone.now())


@pytest.mark.parametrize(
    ("url", "secret", "faults"),
    [
        ("", "", 0),
        ("https://ops.example/alerts", SECRET, 0),
        ("http://127.0.0.1:9000/", SECRET, 0),
        ("http://ops.example/alerts", SECRET, 1),
        ("https://ops.example/alerts", "", 1),
        ("https://ops.example/alerts", "whsec_short", 1),
        ("http://ops.example/alerts", "password", 2),
    ],
)
def test_a_webhook_in_the_open_or_unsigned_keeps_the_server_from_starting(
    settings, url, secret, faults
):
    settings.ALERT_WEBHOOK_URL, settings.ALERT_WEBHOOK_SECRET = url, secret
    assert [fault.id for fault in check_settings()] == ["fashionos.E004"] * faults


def test_prometheus_is_told_the_same_limits():
    rules = (RULES / "rules.yml").read_text()
    assert f") > {alerts.ERROR_RATE}\n" in rules
    assert f") > {alerts.RESPONSE_SECONDS:.0f}\n" in rules
    assert f") < {alerts.CACHE_HIT_RATE}\n" in rules
    assert set(re.findall(r">= (\d+)", rules)) == {str(alerts.MINIMUM_CALLS)}
    assert set(re.findall(r"\[(\w+)\]", rules)) == {f"{alerts.WINDOW_SECONDS // 60}m"}


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool (package prometheus) is missing")
@pytest.mark.parametrize("arguments", ["test rules rules_test.yml", "check config prometheus.yml"])
def test_prometheus_rules_hold_on_real_series(arguments):
    command = [shutil.which("promtool"), *arguments.split()]
    result = subprocess.run(command, cwd=RULES, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
