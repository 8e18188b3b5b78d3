"""The real server, in a process of its own, attacked over raw sockets."""

import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEGABYTE = 1024 * 1024
SOON = 10  # seconds: of deadlines of 0.4, on a machine that has other work; what has none lasts longer than the suite

SCRIPT = """
import asyncio, json, logging, sys
from fashionos.kit.cors import Cors
from fashionos.kit.shell import Shell
from fashionos.serving import Limits, serve

logging.basicConfig(level=logging.WARNING)

async def start(send, status=200):
    await send({"type": "http.response.start", "status": status, "headers": []})

async def websocket(scope, receive, send):
    await receive()
    if scope["path"].endswith("fail"):
        raise ValueError("secret detail")
    await send({"type": "websocket.accept"})
    if scope["path"].endswith("never"):
        await asyncio.Event().wait()
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"][:100]})

async def app(scope, receive, send):
    if scope["type"] == "websocket":
        return await websocket(scope, receive, send)
    what = scope["path"].rpartition("/")[2]
    if what == "fail":
        raise ValueError("secret detail")
    if what == "fail-late":
        await start(send)
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError("secret detail")
    if what == "never":
        await asyncio.Event().wait()
    if what == "early":
        await start(send)
        return await send({"type": "http.response.body", "body": b"early"})
    if what == "flood":
        await start(send)
        while True:
            await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
    if what == "later":
        await asyncio.sleep(0.1)
    length, messages, more = 0, 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            print("disconnected", flush=True)
            return
        length += len(message["body"])
        messages += 1
        more = message["more_body"]
    if what == "slow":
        print("working", flush=True)
        await asyncio.sleep(0.3)
    if what == "stuck":
        print("working", flush=True)
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                pass
    await start(send)
    body = {"length": length, "messages": messages, "path": scope["path"],
            "root_path": scope["root_path"], "query": scope["query_string"].decode(),
            "headers": [[k.decode(), v.decode()] for k, v in scope["headers"]]}
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})

options = json.loads(sys.argv[1])
application = Cors(
    Shell(
        app,
        max_body=lambda path: 4_000_000 if path.endswith("/big") else 1_000_000,
        body_timeout=0.4,
        response_timeout=options["response_timeout"],
    ),
    origins=("*",),
)
serve(
    application if options["shell"] else app,
    host=options["host"],
    port=options["port"],
    ready=lambda port: print(port, flush=True),
    limits=Limits(
        header_timeout=options["header_timeout"],
        keep_alive_timeout=0.9,
        send_timeout=0.4,
        shutdown_timeout=0.8,
        websocket_max_message=1000,
    ),
)
"""


class Process:
    def __init__(self, tmp_path, *, host="127.0.0.1", port=0, **options):
        self.host = host
        self.tmp = tmp_path
        self.log_path = tmp_path.with_suffix(".log")
        defaults = {"shell": True, "header_timeout": 0.4, "response_timeout": 0.4}
        options = {**defaults, "host": host, "port": port, **options}
        with self.log_path.open("wb") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-c", SCRIPT, json.dumps(options)],
                cwd=ROOT,
                env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        line = self.popen.stdout.readline()
        self.port = int(line) if line else None

    @property
    def log(self):
        return self.log_path.read_text()

    def resident(self):
        status = Path(f"/proc/{self.popen.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def temporary_files(self):
        """Open files under the temporary folder, also those that have no name any more."""
        held = []
        for descriptor in Path(f"/proc/{self.popen.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                held.append(str(descriptor.readlink()))
        return [name for name in held if name.startswith(f"{self.tmp}/")]

    def says(self, line):
        assert select.select([self.popen.stdout], [], [], 2)[0]
        assert self.popen.stdout.readline().strip() == line

    def connect(self):
        return contextlib.closing(socket.create_connection((self.host, self.port), timeout=3))

    def ask(self, request):
        """Send bytes, read until the server closes."""
        with self.connect() as sock:
            sock.sendall(request)
            return Answer(read_to_end(sock))

    def get(self, path="/x"):
        return self.ask(b"GET %s HTTP/1.1\r\nConnection: close\r\n\r\n" % path.encode())

    def stop(self):
        self.popen.kill()
        self.popen.wait()
        self.popen.stdout.close()


class Answer:
    def __init__(self, raw):
        self.raw = raw
        head, _, self.rest = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.status = int(first.split(" ")[1]) if first else None
        self.headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}

    @property
    def json(self):
        if self.headers.get("transfer-encoding") == "chunked":
            return json.loads(self.rest.partition(b"\r\n")[2].rpartition(b"\r\n0\r\n")[0])
        return json.loads(self.rest)


def read_to_end(sock):
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := sock.recv(65536):
            data += chunk
    return data


def read_answer(sock):
    """Read one chunked answer, leaving the connection open."""
    data = b""
    while not data.endswith(b"0\r\n\r\n"):
        chunk = sock.recv(65536)
        assert chunk
        data += chunk
    return Answer(data)


@pytest.fixture
def start(tmp_path):
    started = []

    def start(**options):
        folder = tmp_path / f"server{len(started)}"
        folder.mkdir()
        started.append(Process(folder, **options))
        return started[-1]

    yield start
    for process in started:
        process.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    process = Process(tmp_path_factory.mktemp("server"))
    yield process
    alive = process.popen.poll() is None
    process.stop()
    assert alive
    assert not re.findall(r"^[\w.]*Error: (?!secret detail)", process.log, re.MULTILINE)
    assert not list(process.tmp.iterdir())


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    process = Process(tmp_path_factory.mktemp("bare"), shell=False)
    yield process
    process.stop()


# What every HTTP server does


def test_a_request_reaches_the_application_with_its_scope(server):
    answer = server.ask(
        b"POST /functions/v1/a%20b?q=1&r=%2F HTTP/1.1\r\nConnection: close\r\nX-A: 1\r\nX-A: 2\r\n"
        b"Content-Length: 5\r\n\r\nhello"
    )
    assert answer.status == 200
    assert answer.json["path"] == "/functions/v1/a b"
    assert answer.json["query"] == "q=1&r=%2F"
    assert answer.json["length"] == 5
    assert [v for k, v in answer.json["headers"] if k == "x-a"] == ["1", "2"]
    assert "server" not in answer.headers


def test_headers_that_only_a_proxy_may_set_are_dropped_or_ignored(server):
    answer = server.ask(
        b"GET /x HTTP/1.1\r\nConnection: close\r\nDaphne-Root-Path: /evil\r\nX_Name: 1\r\n\r\n"
    )
    assert answer.json["root_path"] == ""
    assert "x_name" not in dict(answer.json["headers"])


def test_a_connection_carries_several_requests_and_pipelined_ones(server):
    with server.connect() as sock:
        for _ in range(2):
            sock.sendall(b"POST /x HTTP/1.1\r\nContent-Length: 2\r\n\r\nab")
            assert read_answer(sock).json["length"] == 2
        sock.sendall(
            b"POST /x HTTP/1.1\r\nContent-Length: 2\r\n\r\nab"
            b"GET /y HTTP/1.1\r\nConnection: close\r\n\r\n"
        )
        assert read_to_end(sock).count(b"HTTP/1.1 200 OK") == 2


def test_a_large_body_arrives_in_large_messages(server):
    size = 3_900_000
    request = b"POST /big HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size
    answer = server.ask(request + bytes(size))
    assert answer.json["length"] == size
    assert answer.json["messages"] < 150


def test_tiny_chunks_are_gathered(server):
    request = b"POST /x HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = server.ask(request + b"1\r\na\r\n" * 20_000 + b"0\r\n\r\n")
    assert answer.json["length"] == 20_000
    assert answer.json["messages"] < 200


def test_a_client_that_hangs_up_in_the_body_is_a_disconnect(start):
    server = start()
    with server.connect() as sock:
        sock.sendall(b"POST /x HTTP/1.1\r\nContent-Length: 10\r\n\r\nab")
    server.says("disconnected")
    assert "Exception" not in server.log


def test_ipv6(start):
    with contextlib.closing(socket.socket(socket.AF_INET6)) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 here")
    assert start(host="::1").get().status == 200


# Bodies


def test_300_megabytes_without_a_length_are_refused_and_never_stored(server):
    before = server.resident()
    chunk = b"%x\r\n%s\r\n" % (MEGABYTE, bytes(MEGABYTE))
    received = b""
    with server.connect() as sock:
        sock.sendall(b"POST /functions/v1/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(300):
                sock.sendall(chunk)
                if select.select([sock], [], [], 0)[0]:
                    received += sock.recv(65536)
        assert server.resident() - before < 8 * MEGABYTE
        assert not server.temporary_files()
    answer = Answer(received)
    assert answer.status == 413
    assert answer.headers["connection"] == "close"
    assert answer.json["error"]["code"] == "request_entity_too_large"


def test_a_declared_300_megabytes_are_refused_before_the_body(server):
    began = time.monotonic()
    answer = server.ask(b"POST /rest/v1/x HTTP/1.1\r\nContent-Length: 300000000\r\n\r\n")
    assert time.monotonic() - began < SOON
    assert answer.status == 413
    assert answer.json["code"] == "request_entity_too_large"


def test_the_cap_depends_on_the_path(server):
    head = b"POST /big HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    assert server.ask(head % 2_000_000 + bytes(2_000_000)).status == 200
    assert server.ask(head % 4_000_001).status == 413


def test_more_body_than_declared_is_no_part_of_the_request(server):
    with server.connect() as sock:
        sock.sendall(b"POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcdef")
        assert read_answer(sock).json["length"] == 3
        assert Answer(read_to_end(sock)).status in (400, None)


def test_less_body_than_declared_is_408(server):
    answer = server.ask(b"POST /auth/v1/x HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")
    assert answer.status == 408
    assert answer.json["error_code"] == "request_timeout"


def test_a_body_that_dribbles_is_408_within_the_total(server):
    began = time.monotonic()
    with server.connect() as sock:
        sock.sendall(b"POST /storage/v1/x HTTP/1.1\r\nContent-Length: 1000\r\n\r\n")
        while not select.select([sock], [], [], 0.05)[0]:
            sock.sendall(b"a")
        answer = Answer(read_to_end(sock))
    assert time.monotonic() - began < SOON
    assert (answer.status, answer.json["statusCode"]) == (408, "408")


def test_a_body_that_nobody_reads_is_not_taken_from_the_network(bare):
    before = bare.resident()
    sent = 0
    with bare.connect() as sock:
        sock.sendall(b"POST /never HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n")
        sock.settimeout(0.3)
        with contextlib.suppress(TimeoutError):
            for _ in range(100):
                sock.sendall(bytes(MEGABYTE))
                sent += 1
    assert sent < 50
    assert bare.resident() - before < 8 * MEGABYTE


def test_a_body_that_was_held_back_arrives_whole(server):
    request = b"POST /later HTTP/1.1\r\nConnection: close\r\nContent-Length: 1000000\r\n\r\n"
    assert server.ask(request + bytes(1_000_000)).json["length"] == 1_000_000


def test_an_answer_before_the_end_of_the_body_arrives_and_ends_the_connection(server):
    with server.connect() as sock:
        sock.sendall(b"POST /early HTTP/1.1\r\nContent-Length: 900000\r\n\r\n" + bytes(500_000))
        answer = Answer(read_to_end(sock))
    assert answer.status == 200
    assert answer.headers["connection"] == "close"
    assert b"early" in answer.rest


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: x",
        b"Content-Length: -1",
        b"Content-Length: " + b"9" * 5000,
        b"Content-Length: 1\r\nContent-Length: 2",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: gzip",
        b"Bad Header: 1",
        b"X: a\x0bb",
        b"A" * 20_000 + b": 1",
        b"\r\n".join(b"X-%d: 1" % n for n in range(600)),
    ],
)
def test_malformed_headers_are_400_and_never_html(server, headers):
    answer = server.ask(b"POST /rest/v1/x HTTP/1.1\r\n" + headers + b"\r\n\r\n")
    assert answer.status == 400
    assert b"<" not in answer.raw


@pytest.mark.parametrize("path", [b"/x", b"/early"])
def test_a_malformed_chunk_is_400_without_a_second_answer(server, path):
    answer = server.ask(
        b"POST %s HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n" % path
    )
    assert answer.status == 400
    assert answer.raw.count(b"HTTP/1.1") == 1


# Time


def test_headers_that_do_not_arrive_end_the_connection(server):
    began = time.monotonic()
    with server.connect() as silent, server.connect() as line, server.connect() as half:
        line.sendall(b"GET / HT")
        half.sendall(b"GET / HTTP/1.1\r\nX: 1\r\n")
        assert [read_to_end(sock) for sock in (silent, line, half)] == [b"", b"", b""]
    assert 0.3 < time.monotonic() - began < SOON


def test_headers_that_dribble_end_the_connection_within_the_total(server):
    began = time.monotonic()
    with server.connect() as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nX: ")
        with contextlib.suppress(ConnectionError):
            while not select.select([sock], [], [], 0.05)[0]:
                sock.sendall(b"a")
    assert time.monotonic() - began < SOON


def test_an_idle_connection_is_closed_and_a_busy_one_is_not(server):
    with server.connect() as sock:
        for _ in range(3):
            sock.sendall(b"GET /x HTTP/1.1\r\n\r\n")
            assert read_answer(sock).status == 200
            time.sleep(0.45)
        began = time.monotonic()
        assert sock.recv(1) == b""
        assert time.monotonic() - began < SOON


def test_the_next_requests_headers_have_a_deadline_of_their_own(server):
    with server.connect() as sock:
        sock.sendall(b"GET /x HTTP/1.1\r\n\r\n")
        read_answer(sock)
        began = time.monotonic()
        sock.sendall(b"GET /x HTTP/1.1\r\nX: ")
        with contextlib.suppress(ConnectionError):
            while not select.select([sock], [], [], 0.05)[0]:
                sock.sendall(b"a")
    assert time.monotonic() - began < 0.8


def test_an_application_that_never_answers_is_503(server):
    answer = server.get("/rest/v1/never")
    assert answer.status == 503
    assert answer.headers["retry-after"]
    assert answer.json["code"] == "unavailable"


def test_a_client_that_does_not_read_is_dropped_and_its_answer_not_buffered(start):
    server = start()
    before = server.resident()
    with server.connect() as sock:
        sock.sendall(b"GET /flood HTTP/1.1\r\n\r\n")
        time.sleep(0.6)
        assert server.resident() - before < 8 * MEGABYTE
        with pytest.raises(ConnectionError):
            sock.sendall(b"x")
    assert server.get().status == 200  # though the application still streams into the void


# Errors


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/auth/v1/fail", {"code", "error_code", "msg"}),
        ("/rest/v1/fail", {"code", "message", "details", "hint"}),
        ("/storage/v1/fail", {"statusCode", "error", "message", "code"}),
        ("/functions/v1/fail", {"error"}),
    ],
)
@pytest.mark.parametrize(
    ("status", "headers"),
    [(500, b""), (413, b"Content-Length: 9999999\r\n"), (415, b"Content-Encoding: gzip\r\n")],
)
def test_every_error_has_its_familys_shape_and_the_cors_headers(
    server, path, shape, status, headers
):
    request = b"POST %s HTTP/1.1\r\nConnection: close\r\nX-Request-Id: abc\r\n%s\r\n"
    answer = server.ask(request % (path.encode(), headers))
    assert answer.status == status
    assert set(answer.json) == shape
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-request-id"] == "abc"
    assert b"secret" not in answer.raw


def test_an_exception_in_the_middle_of_an_answer_cuts_the_connection(server):
    answer = server.get("/fail-late")
    assert b"half" in answer.raw
    assert not answer.raw.endswith(b"0\r\n\r\n")
    assert b"secret" not in answer.raw


def test_an_exception_that_no_shell_catches_is_json_too(bare):
    answer = bare.get("/rest/v1/fail")
    assert answer.status == 500
    assert answer.json["code"] == "unexpected_failure"
    assert b"secret" not in answer.raw


# Websockets

HANDSHAKE = (
    b"GET /realtime/v1/websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n"
)


def frame(payload, opcode=0x81):
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
    return bytes([opcode]) + size + bytes(4) + payload  # masked with zeros


def open_websocket(sock):
    sock.sendall(HANDSHAKE + b"\r\n")
    assert sock.recv(4096).startswith(b"HTTP/1.1 101")


def test_a_websocket_opens_outlives_the_http_deadlines_and_echoes(server):
    with server.connect() as sock:
        open_websocket(sock)
        time.sleep(0.7)
        sock.sendall(frame(b"hello"))
        assert sock.recv(100) == b"\x81\x05hello"


def test_a_burst_larger_than_the_buffer_is_held_back_and_arrives_whole(server):
    count = 20_000
    with server.connect() as sock:
        open_websocket(sock)
        sock.sendall(frame(b"a") * count)
        received = b""
        while len(received) < 3 * count:
            received += sock.recv(65536)
    assert received == b"\x81\x01a" * count


def test_a_message_over_the_limit_closes_the_websocket(server):
    with server.connect() as sock:
        open_websocket(sock)
        sock.sendall(frame(b"a" * 1001))
        closing = sock.recv(200)
        assert (closing[0], closing[2:4]) == (0x88, (1009).to_bytes(2, "big"))


def test_messages_that_nobody_reads_are_not_taken_from_the_network(bare):
    before = bare.resident()
    messages = 0
    with bare.connect() as sock:
        sock.sendall(HANDSHAKE.replace(b"websocket", b"never", 1) + b"\r\n")
        assert sock.recv(4096).startswith(b"HTTP/1.1 101")
        sock.settimeout(0.3)
        with contextlib.suppress(TimeoutError):
            for _ in range(500):
                sock.sendall(frame(b"a" * 990) * 100)
                messages += 100
    assert messages < 50_000
    assert bare.resident() - before < 8 * MEGABYTE


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 300000000",
        b"Sec-WebSocket-Protocol: \xe9",
        b"Sec-WebSocket-Version: 7",
        b"X: a\x0bb",
    ],
)
def test_a_strange_handshake_is_refused(server, header):
    assert server.ask(HANDSHAKE + header + b"\r\n\r\n").status == 400


def test_a_socket_whose_application_fails_is_closed_and_others_go_on(server):
    with server.connect() as first, server.connect() as second:
        for sock in (first, second):
            sock.sendall(HANDSHAKE.replace(b"websocket", b"fail", 1) + b"\r\n")
        for sock in (first, second):
            answer = Answer(read_to_end(sock))
            assert answer.status == 500
            assert b"secret" not in answer.raw


# Starting and stopping


def test_a_port_that_is_taken_is_a_message_and_a_failure(server, start):
    second = start(port=server.port)
    assert second.popen.wait(3) == 1
    assert f"Cannot listen on 127.0.0.1 port {server.port}" in second.log
    assert "in use" in second.log
    assert "Traceback" not in second.log


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_the_request_in_flight_finish_and_takes_no_new_one(start, stop):
    server = start(response_timeout=5, header_timeout=30)
    with server.connect() as sock, server.connect() as idle:
        sock.sendall(b"POST /slow HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")
        server.says("working")
        server.popen.send_signal(stop)
        assert idle.recv(1) == b""
        assert not select.select([sock], [], [], 0)[0]
        with pytest.raises(ConnectionRefusedError):
            server.connect()
        answer = Answer(read_to_end(sock))
    assert answer.status == 200
    assert answer.headers["connection"] == "close"
    assert answer.json["length"] == 3
    assert server.popen.wait(2) == 0


def test_a_stop_closes_websockets_with_going_away(start):
    server = start()
    with server.connect() as sock:
        open_websocket(sock)
        server.popen.terminate()
        assert sock.recv(100) == b"\x88\x02" + (1001).to_bytes(2, "big")
        sock.sendall(frame((1001).to_bytes(2, "big"), opcode=0x88))
        assert server.popen.wait(2) == 0


def test_a_stop_does_not_wait_for_ever(start):
    server = start(response_timeout=60, header_timeout=30)
    with server.connect() as sock, server.connect() as half:
        half.sendall(b"GET / HTTP/1.1\r\n")
        sock.sendall(b"GET /stuck HTTP/1.1\r\n\r\n")
        server.says("working")
        server.popen.terminate()
        assert server.popen.wait(20) == 0
    assert "1 requests or sockets unfinished" in server.log
