"""Support sees and removes files, pictures as pictures; nobody else has these pages."""

import html
import re
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from fashionos.storage.tests.conftest import SERVER
from fashionos.testing.people import add_person
from fashionos.tests.test_admin import browser, page

LIST = "/admin/storage/storedobject/"


def jpeg(size=(640, 480)):
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def support(storage):
    add_person("sam@example.com", is_staff=True)
    return browser("sam@example.com")


def test_a_list_shows_small_pictures_of_one_kind_and_of_whom_they_are(storage, support, alice, bob):
    storage.upload(alice, f"{alice.id}/a.jpg", jpeg(), content_type="image/jpeg")
    storage.upload(bob, f"{bob.id}/b.txt", b"x", content_type="text/plain")
    shown = page(support, LIST, kind="image")
    assert f"{alice.id}/a.jpg" in shown
    assert "alice@example.com" in shown
    assert f"{bob.id}/b.txt" not in shown
    link = html.unescape(re.search(r'src="(/storage/v1/render/[^"]+)"', shown)[1])
    path, _, query = link.removeprefix("/storage/v1/").partition("?")
    seen = storage(None, "GET", path, query=query, raw=True)
    assert max(Image.open(BytesIO(seen.body)).size) == 80
    found = page(support, LIST, q="bob@example.com")
    assert f"{bob.id}/b.txt" in found
    assert "1\xa0byte" in found
    assert "a.jpg" not in found


def test_a_list_of_one_or_of_three_takes_the_same_queries(storage, support, alice):
    taken = []
    for names in (["a"], ["b", "c"]):
        for name in names:
            storage.upload(alice, f"{alice.id}/{name}.jpg", jpeg(), content_type="image/jpeg")
        page(support, LIST)
        with CaptureQueriesContext(connection) as captured:
            page(support, LIST)
        taken.append(len(captured))
    assert taken == [8, 8]


def test_support_reads_a_file_by_a_link_that_runs_out(storage, support, alice):
    name = f"{alice.id}/look <1>.html"
    key = storage.upload(alice, name, b"hello", content_type="text/html").document["Id"]
    assert html.escape(name) in page(support, LIST)
    detail = page(support, f"{LIST}{key}/change/")
    assert "<1>" not in detail
    assert 'name="name"' not in detail  # nothing to change
    link = html.unescape(re.search(r'href="(/storage/v1/[^"]+)"', detail)[1])
    path, _, query = link.removeprefix("/storage/v1/").partition("?")
    assert storage(None, "GET", path, query=query, raw=True).body == b"hello"


def test_support_removes_files_one_by_one_or_chosen(storage, support, alice):
    names = [f"{alice.id}/{n}.txt" for n in range(3)]
    keys = [storage.upload(alice, name, b"x").document["Id"] for name in names]
    support.post(f"{LIST}{keys[0]}/delete/", {"post": "yes"})
    assert storage.read(SERVER, names[0]) is None
    chosen = {"action": "delete_selected", "_selected_action": keys[1:], "post": "yes"}
    support.post(LIST, chosen)
    assert storage.files() == []


def test_nobody_else_has_these_pages(storage, support, alice):
    key = storage.upload(alice, f"{alice.id}/a.txt", b"kept").document["Id"]
    for client in (Client(), browser("alice@example.com")):
        for path in (LIST, f"{LIST}{key}/change/", f"{LIST}{key}/delete/"):
            assert client.get(path).status_code == 302
        client.post(f"{LIST}{key}/delete/", {"post": "yes"})
    assert storage.read(alice, f"{alice.id}/a.txt") == b"kept"
    assert "attic" in page(support, "/admin/storage/bucket/")
