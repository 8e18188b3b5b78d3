"""What goes wrong around an upload: many at once, the machine's end, a full disk, a lost database."""

import http.client
import json
import resource
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, connection

from fashionos.kit.owned import Role, acting
from fashionos.storage import services, transactions
from fashionos.storage.models import StoredObject
from fashionos.storage.services import broken_objects, orphans, remove_broken, remove_orphans
from fashionos.storage.stores import FolderStore, store
from fashionos.storage.tests.conftest import SERVER
from fashionos.testing.locks import wait_until_somebody_waits
from fashionos.testing.sockets import server_process

SOON = timedelta(minutes=1)


def wait_for(condition, what):
    for end in (time.monotonic() + 20,):
        while time.monotonic() < end:
            if found := condition():
                return found
            time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


# Many at once


def test_of_those_who_take_a_name_at_once_one_has_it(storage, alice):
    path = f"object/attic/{alice.id}/a"
    contents = [bytes([65 + number]) * 1_200_000 for number in range(8)]
    seen = storage.together(
        [(alice, "POST", path, [content[:9], content[9:]]) for content in contents]
    )
    assert sorted(answer.status for answer in seen) == [200, *[400] * 7]
    assert {answer.document["code"] for answer in seen if answer.status == 400} == {
        "KeyAlreadyExists"
    }
    [winner] = [
        content for content, answer in zip(contents, seen, strict=True) if answer.status == 200
    ]
    assert storage.read(alice, f"{alice.id}/a") == winner
    assert storage.files() == [1_200_000]


def test_of_those_who_replace_at_once_the_last_one_stays_whole(storage, alice):
    path = f"object/attic/{alice.id}/a"
    contents = [bytes([65 + number]) * (1_100_000 + number) for number in range(8)]
    headers = {"x-upsert": "true"}
    seen = storage.together([(alice, "POST", path, content, "", headers) for content in contents])
    assert [answer.status for answer in seen] == [200] * 8
    assert len({answer.document["Id"] for answer in seen}) == 1
    assert storage.read(alice, f"{alice.id}/a") in contents
    assert len(storage.files()) == 1


def test_a_bucket_that_goes_during_an_upload_takes_nothing_in(storage, alice):
    storage.add_bucket("brief")

    def pieces():
        yield {"type": "http.request", "body": b"x" * 1_100_000, "more_body": True}
        with acting(Role.SYSTEM):
            services.Bucket.objects.filter(id="brief").delete()
        yield {"type": "http.request", "body": b"end"}

    seen = storage(alice, "POST", f"object/brief/{alice.id}/a", pieces())
    assert seen.refusal == (400, "404", "NoSuchBucket")
    assert storage.files() == []


def test_who_replaces_what_is_just_being_stored_replaces_it(storage, alice):
    name, stored = f"{alice.id}/a", threading.Event()

    def store_slowly():
        try:
            with acting(Role.SYSTEM):
                StoredObject.objects.create(
                    bucket_id="attic", name=name, user_id=alice.id, size=5, mimetype="text/plain"
                )
                stored.set()
                wait_until_somebody_waits()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        storing = pool.submit(store_slowly)
        assert stored.wait(30)
        assert storage.upload(alice, name, b"newer", x_upsert="true").status == 200
        storing.result()
    assert storage.read(alice, name) == b"newer"


# The database


def test_a_replacement_that_is_undone_loses_no_file(storage, alice, monkeypatch):
    def fail(_changes):
        raise OperationalError("the server is restarting")

    name = f"{alice.id}/a"
    storage.upload(alice, name, b"old")
    monkeypatch.setattr(services, "_observers", [fail])
    assert storage.upload(alice, name, b"newer", x_upsert="true").status == 503
    assert storage.read(alice, name) == b"old"


def test_a_commit_of_which_nobody_knows_keeps_the_file(storage, alice, monkeypatch):
    """Lost in the commit: the row may be there, so the bytes have to be."""
    real, calls = transactions.acting, []

    def acting_once(*arguments, **options):
        calls.append(arguments)
        return real(*arguments, **options) if len(calls) != 1 else lost(real(*arguments, **options))

    class lost:  # noqa: N801 -- stands for a function
        def __init__(self, inner):
            self.inner = inner

        def __enter__(self):
            return self.inner.__enter__()

        def __exit__(self, *raised):
            self.inner.__exit__(*raised)
            raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(transactions, "acting", acting_once)
    seen = storage.upload(alice, f"{alice.id}/a", b"hello")
    assert seen.refusal == (503, "503", "ServiceUnavailable")
    assert "retry-after" in seen.headers
    assert storage.read(alice, f"{alice.id}/a") == b"hello"


def test_a_database_that_is_away(storage, alice, monkeypatch):
    def away(*_arguments, **_options):
        raise OperationalError("connection refused: secret.host")

    monkeypatch.setattr(transactions, "acting", away)
    path = f"object/attic/{alice.id}/x"
    for method, place in (("GET", "bucket"), ("GET", path), ("POST", path)):
        seen = storage(alice, method, place, b"" if method == "POST" else None)
        assert seen.refusal == (503, "503", "ServiceUnavailable")
        assert b"secret" not in seen.body


# The store


def test_what_cannot_be_removed_now_is_left_to_the_sweep(storage, alice, monkeypatch):
    name = f"{alice.id}/a"
    storage.upload(alice, name, b"old")

    def fail(_self, _versions):
        raise OSError("the store is away")

    monkeypatch.setattr(FolderStore, "remove", fail)
    assert storage.upload(alice, name, b"newer", x_upsert="true").status == 200
    assert storage.read(alice, name) == b"newer"
    monkeypatch.undo()
    store.cache_clear()
    assert storage.files() == [3, 5]
    now = datetime.now(UTC)
    assert list(orphans(now - SOON)) == []
    [orphan] = orphans(now + SOON)
    assert orphan.size == 3
    remove_orphans([orphan])
    assert storage.files() == [5]


def test_rows_without_files_are_found_and_removed(storage, alice, bob, monkeypatch):
    told = []
    for person in (alice, bob):
        for letter in "ab":
            storage.upload(person, f"{person.id}/{letter}", b"hello")
    assert list(broken_objects()) == []
    broken = [f"{alice.id}/a", f"{bob.id}/b"]
    with acting(Role.SYSTEM):
        versions = dict(StoredObject.objects.filter(name__in=broken).values_list("name", "version"))
    store().path(versions[broken[0]]).unlink()
    store().path(versions[broken[1]]).write_bytes(b"hell")
    found = list(broken_objects())
    assert sorted(row.name for row in found) == sorted(broken)
    # One is stored anew before it is mended.
    storage.upload(alice, broken[0], b"again", x_upsert="true")
    monkeypatch.setattr(services, "_observers", [told.extend])
    assert remove_broken(found) == 1
    assert [change.name for change in told] == [broken[1]]
    assert storage.read(alice, broken[0]) == b"again"


def test_names_in_the_store_are_versions_and_nobody_else_reads_them(storage, alice):
    storage.upload(alice, f"{alice.id}/passwd", b"hello")
    [path] = [path for path in storage.folder.rglob("*") if path.is_file()]
    version = storage(alice, "GET", f"object/info/attic/{alice.id}/passwd").document["version"]
    assert path.name == version.replace("-", "")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0


# A server of its own


@pytest.fixture
def serve(storage, alice):
    def start():
        return server_process(STORAGE_DIR=str(storage.folder), RATE_LIMITS="0")

    return start


def ask(server, person, method, name, body=b"", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    token = {"authorization": f"Bearer {person.token}"}
    connection.request(method, f"/storage/v1/object/attic/{name}", body, {**token, **headers})
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, content


def test_a_server_killed_in_the_middle_of_an_upload_shows_the_old_file(storage, alice, serve):
    name = f"{alice.id}/a"
    with serve() as server:
        assert ask(server, alice, "POST", name, b"old")[0] == 200
        client = socket.create_connection(("127.0.0.1", server.port))
        head = [
            f"POST /storage/v1/object/attic/{name} HTTP/1.1",
            "host: x",
            f"authorization: Bearer {alice.token}",
            "x-upsert: true",
            "content-length: 5000000",
        ]
        client.sendall("\r\n".join([*head, "", ""]).encode() + b"x" * 4_000_000)
        wait_for(lambda: [size for size in storage.files() if size > 1_000_000], "half a file")
        server.stop(kill=True)
        client.close()
    with serve() as server:
        assert ask(server, alice, "GET", name) == (200, b"old")
        assert ask(server, alice, "POST", name, b"new", **{"x-upsert": "true"})[0] == 200
        assert ask(server, alice, "GET", name) == (200, b"new")
    [half] = orphans(datetime.now(UTC) + SOON)
    assert half.size > 1_000_000
    remove_orphans([half])
    assert storage.files() == [3]


def test_a_full_disk_refuses_clearly_and_loses_nothing(storage, alice, serve):
    """As far as a process can tell: files may not grow beyond two megabytes."""
    name = f"{alice.id}/a"
    with serve() as server:
        assert ask(server, alice, "POST", name, b"old")[0] == 200
        limit = 2_000_000
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (limit, limit))
        for size in (2_100_000, 6_000_000):
            status, body = ask(server, alice, "PUT", name, b"x" * size)
            document = json.loads(body)
            assert (status, document["statusCode"]) == (507, "507")
            assert document["code"] == "InsufficientStorage"
        wait_for(lambda: storage.files() == [3], "the end of what was not finished")
        assert ask(server, alice, "GET", name) == (200, b"old")
        assert ask(server, alice, "PUT", name, b"new")[0] == 200
        assert ask(server, alice, "GET", name) == (200, b"new")


def test_slow_uploads_last_as_long_as_they_move(storage, alice):
    """Longer than the whole body's deadline elsewhere: what comes buys time, silence does not."""
    with server_process(
        STORAGE_DIR=str(storage.folder), BODY_SECONDS="1", STORAGE_BYTES_PER_SECOND="1000"
    ) as server:
        for name, seconds, status in (
            (f"{alice.id}/slow", 0.25, b"200"),
            (f"{alice.id}/no", 3, b"408"),
        ):
            client = socket.create_connection(("127.0.0.1", server.port))
            client.settimeout(30)
            lines = [
                f"POST /storage/v1/object/attic/{name} HTTP/1.1",
                "host: x",
                f"authorization: Bearer {alice.token}",
                "content-length: 8000",
            ]
            client.sendall("\r\n".join([*lines, "", ""]).encode())
            for _ in range(8):
                try:
                    client.sendall(b"x" * 1000)
                except OSError:
                    break
                time.sleep(seconds)  # what a slow network does
                if seconds > 1:
                    break
            assert client.recv(12).split()[1] == status
            client.close()
    assert storage.read(alice, f"{alice.id}/slow") == b"x" * 8000
    assert storage.read(alice, f"{alice.id}/no") is None


def test_files_of_two_gigabytes_do_not_fit_into_the_server_s_memory(storage, alice, serve):
    """Forty megabytes here, of which the process keeps none: benchmarks do it with two gigabytes."""
    name, size = f"{alice.id}/film", 40_000_000

    def memory(server):
        with open(f"/proc/{server.process.pid}/status") as status:  # noqa: PTH123 -- no file
            [line] = [line for line in status if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024

    with serve() as server:
        ask(server, alice, "POST", f"{alice.id}/warm", b"x" * 3_000_000)
        ask(server, alice, "GET", f"{alice.id}/warm")
        before = memory(server)
        assert ask(server, alice, "POST", name, b"x" * size)[0] == 200
        status, content = ask(server, alice, "GET", name)
        assert (status, len(content)) == (200, size)
        assert memory(server) - before < size / 2
    storage(SERVER, "DELETE", "object/attic", {"prefixes": [name]})


def test_a_draft_that_was_dropped_is_never_finished(storage, tmp_path):
    from fashionos.storage.uploads import Draft, Dropped  # noqa: PLC0415 -- where it is used

    draft = Draft(FolderStore(tmp_path), uuid4())
    draft.write(b"x")
    draft.drop()
    draft.drop()
    with pytest.raises(Dropped):
        draft.finish(b"y")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
