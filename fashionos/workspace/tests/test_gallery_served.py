"""Pictures come by HTTP to real server processes, which measure them, hear of them, and may be killed meanwhile."""

import http.client
import json
import time

import pytest
from django.conf import settings as project

from fashionos.kit.owned import Role, acting
from fashionos.storage.stores import store
from fashionos.testing.people import add_person
from fashionos.testing.sockets import FrameClient, ServerProcess, server_process
from fashionos.workspace.models import Asset
from fashionos.workspace.tests.pictures import add_gallery, picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice(transactional_db):
    add_gallery()
    return add_person("alice@example.com")


@pytest.fixture
def place(settings, tmp_path):
    """Return where the servers keep files, and when they look for work."""
    settings.STORAGE_DIR = tmp_path
    store.cache_clear()
    yield {
        "STORAGE_DIR": str(tmp_path),
        "MEASURE_POLL_SECONDS": "0.3",
        "MEASURE_SECONDS": "120",  # the measurer is nice, and a loaded machine leaves it little
    }
    store.cache_clear()


def ask(port, person, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    sent = {"authorization": f"Bearer {person.token}", "content-type": "image/jpeg", **headers}
    connection.request(method, path, body, sent)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert answer.status == 200, content
    return json.loads(content)


def upload(port, person, name, data):
    return ask(port, person, "POST", f"/storage/v1/object/gallery/{person.id}/{name}", data)


def settled(count):
    """Wait until this many assets are there and none waits; return them by name."""
    deadline = time.monotonic() + 120
    while True:
        with acting(Role.SYSTEM):
            assets = list(Asset.objects.all().order_by("file_name"))
        if len(assets) == count and not any(asset.measure_at for asset in assets):
            return assets
        assert time.monotonic() < deadline, [(a.status, a.measure_at) for a in assets]
        time.sleep(0.1)


def test_an_upload_is_told_and_measured_and_a_broken_one_says_why(alice, place):
    with server_process(**place) as server, FrameClient(server.port) as client:
        assert client.join(f"assets:{alice.id}", alice.token)["status"] == "ok"
        upload(server.port, alice, "a.jpg", picture())
        event, fact = client.hear_broadcast(timeout=30)
        assert (event, fact["fileName"], fact["status"]) == (
            "asset_uploaded",
            "a.jpg",
            "processing",
        )
        upload(server.port, alice, "b.jpg", picture()[:2_000])
        assert client.hear_broadcast(timeout=30)[1]["fileName"] == "b.jpg"
        sound, broken = settled(2)
        assert client.hears_nothing()
        path = "/rest/v1/assets?select=status,measure_error&order=file_name"
        rows = ask(server.port, alice, "GET", path, apikey=project.PUBLISHABLE_KEYS[0])
    assert rows == [
        {"status": "pending_review", "measure_error": ""},
        {"status": "uploaded", "measure_error": "truncated"},
    ]
    assert (sound.width, broken.width) == (320, None)


def test_what_a_killed_server_left_is_measured_by_the_next(alice, place):
    idle = ServerProcess(**place, MEASURE_PICTURES="0")
    for n in range(2):
        upload(idle.port, alice, f"{n}.jpg", picture(n))
    idle.stop(kill=True)
    idle.log_file.close()
    busy = ServerProcess(**place, MEASURE_RETRY_SECONDS="1")
    for n in range(2, 6):
        upload(busy.port, alice, f"{n}.jpg", picture(n, size=(3_000, 2_000)))
    busy.stop(kill=True)
    busy.log_file.close()
    with server_process(**place, MEASURE_RETRY_SECONDS="1"):
        assets = settled(6)
    assert {(asset.status, asset.measure_error) for asset in assets} == {("pending_review", "")}
    assert all(asset.features for asset in assets)


def test_two_servers_share_the_work_and_do_nothing_twice(alice, place):
    with server_process(**place) as one, server_process(**place) as other:
        for n in range(12):
            server = (one, other)[n % 2]
            upload(server.port, alice, f"{n}.jpg", picture(n, size=(1_200, 900)))
        assets = settled(12)
    assert [asset.measure_tries for asset in assets] == [1] * 12
    assert {(asset.status, asset.measure_error) for asset in assets} == {("pending_review", "")}
