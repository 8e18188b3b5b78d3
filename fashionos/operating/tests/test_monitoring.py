"""/healthz, /readyz and /metrics of a real server, and what its log says of requests."""

import json
import socket
import time

import httpx
import pytest
from django.conf import settings

from fashionos.operating.outcomes import outcome
from fashionos.testing.sockets import FrameClient, server_process

pytestmark = pytest.mark.django_db(transaction=True)

SAMPLES = {"sampleList": [{"id": "gown", "name": "Ivory gown", "status": "on_set"}]}
SECRET = "a-token-of-prometheus"


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    with server_process(LOG_FORMAT="json") as process:
        yield process


@pytest.fixture
def client(server):
    headers = {"apikey": settings.PUBLISHABLE_KEYS[0]}
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers=headers) as client:
        yield client


def figures(client, **headers):
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    lines = (line.rpartition(" ") for line in answer.text.splitlines() if line[0] != "#")
    return {name: float(value) for name, _, value in lines}


def lines_of(server):
    return [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]


def test_alive_and_ready(client):
    alive, ready = client.get("/healthz"), client.get("/readyz")
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "checks": {"database": "ok", "migrations": "ok"}}
    assert alive.headers["cache-control"] == ready.headers["cache-control"] == "no-store"


def test_figures_of_requests_and_calls(client, alice):
    before = figures(client)
    bearer = {"authorization": f"Bearer {alice.token}"}
    for _ in range(2):
        answer = client.post("/functions/v1/logistics-analyzer", json=SAMPLES, headers=bearer)
        assert answer.status_code == 200
    assert client.post("/functions/v1/media-scorer", json=SAMPLES).status_code == 401
    assert client.get("/rest/v1/samples?select=id", headers=bearer).status_code == 200
    assert client.get(f"/{alice.user.email}").status_code == 404
    after = figures(client)

    def more(name):
        return after.get(name, 0) - before.get(name, 0)

    family = 'fashionos_http_requests_total{family="%s",method="%s",status="%s"}'
    assert more(family % ("functions", "POST", 200)) == 2
    assert more(family % ("functions", "POST", 401)) == 1
    assert more(family % ("rest", "GET", 200)) == 1
    assert more(family % ("other", "GET", 404)) == 1
    calls = 'fashionos_function_calls_total{function="%s",outcome="%s",status="%s"}'
    assert more(calls % ("logistics-analyzer", "ok", 200)) == 2
    assert more(calls % ("media-scorer", "refused", 401)) == 1
    # Refusals are quick, and would make the answers look so.
    seconds = 'fashionos_function_seconds_count{cache="%s",function="%s"}'
    assert more(seconds % ("none", "media-scorer")) == 0
    assert more(seconds % ("hit", "logistics-analyzer")) == 1
    lookups = 'fashionos_cache_lookups_total{function="logistics-analyzer",result="%s"}'
    assert (more(lookups % "miss"), more(lookups % "hit")) == (1, 1)
    database = 'fashionos_function_database_seconds_%s{function="logistics-analyzer"}'
    assert more(database % "count") == 2
    assert 0 < more(database % "sum") < 10
    assert after["process_resident_memory_bytes"] > 1e7
    assert after['fashionos_pool_size{pool="functions"}'] >= 1
    assert alice.user.email not in str(after)


@pytest.mark.parametrize(
    ("status", "error", "ended"),
    [
        (200, "", "ok"),
        (200, "skill_failed", "failed"),
        (429, "rate_limited", "refused"),
        (503, "unavailable", "failed"),
        (503, "switched_off", "off"),
    ],
)
def test_how_a_call_ended(status, error, ended):
    assert outcome(status, error) == ended


def test_counters_that_alerts_watch_begin_at_nought(client):
    counted = figures(client)
    calls = 'fashionos_function_calls_total{function="recommendations",outcome="%s",status="%s"}'
    for ended, status in (("ok", 200), ("failed", 200), ("failed", 500), ("failed", 503)):
        assert counted[calls % (ended, status)] == 0
    lookups = 'fashionos_cache_lookups_total{function="recommendations",result="%s"}'
    assert (counted[lookups % "hit"], counted[lookups % "miss"]) == (0, 0)


def test_an_answer_that_nobody_waited_for_is_told_as_such(server, client, alice):
    before = figures(client)
    with socket.create_connection(("127.0.0.1", server.port)) as hangs_up:
        lines = ["POST /functions/v1/media-scorer HTTP/1.1", "host: x", "content-length: 9", "", ""]
        hangs_up.sendall("\r\n".join(lines).encode())
    gone = 'fashionos_http_requests_total{family="functions",method="POST",status="499"}'
    deadline = time.monotonic() + 10
    while figures(client).get(gone, 0) == before.get(gone, 0):
        assert time.monotonic() < deadline


def test_sockets_are_counted_while_they_are_open(server, client):
    before = figures(client)["fashionos_realtime_sockets"]
    with FrameClient(server.port) as socket:
        socket.join("lobby", private=False)
        now = figures(client)
        assert now["fashionos_realtime_sockets"] == before + 1
        assert now["fashionos_realtime_frames_sent_total"] >= 1
    deadline = time.monotonic() + 20
    while figures(client)["fashionos_realtime_sockets"] > before:
        assert time.monotonic() < deadline


def test_metrics_are_not_for_who_comes_through_a_proxy(client):
    refused = client.get("/metrics", headers={"x-forwarded-for": "127.0.0.1"})
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "forbidden"
    assert client.post("/metrics").status_code == 405


def test_with_a_token_metrics_are_for_who_bears_it():
    with server_process(METRICS_TOKEN=SECRET) as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{process.port}") as client:
            assert client.get("/metrics").status_code == 401
            for given in ("", "Bearer", "Bearer x", f"Basic {SECRET}", f"Bearer {SECRET}x"):
                headers = {"authorization": given}
                assert client.get("/metrics", headers=headers).status_code == 401
            proxied = {"authorization": f"Bearer {SECRET}", "x-forwarded-for": "192.0.2.1"}
            assert client.get("/metrics", headers=proxied).status_code == 200
        assert SECRET not in process.log


def test_a_process_that_is_told_to_end_is_not_ready_and_serves_on(alice):
    with server_process(DRAIN_SECONDS="4") as process:
        bearer = {"authorization": f"Bearer {alice.token}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{process.port}", headers=bearer) as client:
            assert client.get("/readyz").status_code == 200
            process.process.terminate()
            deadline = time.monotonic() + 4
            while (answer := client.get("/readyz")).status_code == 200:
                assert time.monotonic() < deadline
            assert answer.json() == {"status": "unavailable", "checks": {"server": "stopping"}}
            assert answer.headers["retry-after"] == "1"
            called = client.post("/functions/v1/logistics-analyzer", json=SAMPLES)
            assert called.status_code == 200
            assert client.get("/healthz").status_code == 200
        assert process.process.wait(30) == 0


def test_one_line_for_each_request_without_what_was_sent(server, client, alice):
    bearer = {"authorization": f"Bearer {alice.token}", "x-request-id": "request-of-this-test"}
    secrets = ("Ivory gown", alice.user.email, alice.token, str(alice.id))
    client.post("/functions/v1/logistics-analyzer", json=SAMPLES, headers=bearer)
    client.get(f"/rest/v1/samples?select=id&name=eq.{alice.user.email}", headers=bearer)
    client.get(f"/functions/v1/{alice.user.email}", headers=bearer)
    client.get(f"/nothing/{alice.user.email}", headers=bearer)
    client.get(f"/admin/accounts/user/{alice.id}/change/", headers=bearer)
    assert client.get("/healthz").status_code == 200
    lines = [line for line in lines_of(server) if line["logger"] == "fashionos.access"]
    told = [line for line in lines if line.get("request_id") == "request-of-this-test"]
    assert "/healthz" not in {line["route"] for line in lines}
    assert [(line["method"], line["route"], line["status"]) for line in told] == [
        ("POST", "/functions/v1/logistics-analyzer", 200),
        ("GET", "/rest/v1/samples", 200),
        ("GET", "/functions/v1/", 404),
        ("GET", "other: unmatched", 404),
        ("GET", "/admin/accounts/user/<path:object_id>/change/", 302),
    ]
    assert all(line["ms"] > 0 and line["level"] == "INFO" for line in told)
    assert set(told[0]) == {
        *("time", "level", "logger", "message"),
        *("request_id", "method", "route", "status", "ms"),
    }
    for secret in secrets:
        assert secret not in server.log
