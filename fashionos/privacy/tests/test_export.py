"""The archive as it is fetched: from a real server, by those it belongs to, a page at a time."""

import json
from contextlib import closing
from http.client import HTTPConnection

import pytest
from django.conf import settings as project
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fashionos.accounts.models import Session
from fashionos.kit.owned import Role, SessionEnded, acting
from fashionos.privacy import archive as module
from fashionos.privacy.archive import archive
from fashionos.privacy.sections import SECTIONS
from fashionos.testing.people import add_person, get
from fashionos.testing.sockets import server_process
from fashionos.tests.test_walls import add_rows

PATH = "/privacy/v1/export"


@pytest.mark.django_db(transaction=True)
def test_a_server_streams_each_user_their_own_archive_and_nobody_any_other():
    alice, bob = add_person("alice@example.com"), add_person("bob@example.com")
    sam = add_person("sam@example.com", is_staff=True)
    for person in (alice, bob):
        add_rows(person.user)
    with server_process() as server:

        def fetch(token):
            headers = {"authorization": f"Bearer {token}"} if token else {}
            with closing(HTTPConnection("127.0.0.1", server.port, timeout=30)) as client:
                client.request("GET", f"{PATH}?user_id={alice.id}", headers=headers)
                answer = client.getresponse()
                return answer, json.loads(answer.read())

        for person in (alice, bob, sam):
            answer, document = fetch(person.token)
            assert answer.status == 200
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["content-disposition"].startswith("attachment;")
            assert document["userId"] == str(person.id)
            assert [row["email"] for row in document["account"]] == [person.user.email]
            assert len(document["conversations"]) == (person is not sam)
            assert document["complete"] is True
        for token in ("", "garbage", project.SECRET_API_KEYS[0]):
            answer, document = fetch(token)
            assert (answer.status, document.keys()) == (401, {"error"})
        assert "Traceback" not in server.log


@pytest.mark.django_db(transaction=True)
def test_an_archive_on_its_way_keeps_no_connection_of_the_database():
    alice = add_person("alice@example.com")
    with (
        server_process(DATABASE_POOL_MAX="1") as server,
        closing(HTTPConnection("127.0.0.1", server.port, timeout=30)) as client,
    ):
        client.request("GET", PATH, headers={"authorization": f"Bearer {alice.token}"})
        assert json.loads(client.getresponse().read())["complete"] is True


def test_it_is_fetched_a_few_times_an_hour_only(alice, settings):
    settings.EXPORT_RATE_PER_ACCOUNT = "0/3600s"
    answer = alice.get(PATH)
    assert (answer.status, answer.document["error"]["code"]) == (429, "rate_limited")
    assert int(answer.headers["retry-after"]) > 0


def test_it_is_read_by_get_alone(alice):
    assert alice.post(PATH, {}).status == 405
    assert get(f"{PATH}/{alice.id}", token=alice.token).status == 404


def test_a_session_that_ends_ends_the_archive_unfinished(alice):
    parts = archive(alice.caller, now=timezone.now())
    begun = next(parts) + next(parts) + next(parts)
    with acting(Role.AUTH):
        Session.objects.filter(id=alice.session_id).delete()
    with pytest.raises(SessionEnded):
        begun += b"".join(parts)
    assert b'"complete"' not in begun


@pytest.mark.parametrize("rows", [1, 3])
def test_rows_are_read_page_by_page_and_none_is_missed(alice, monkeypatch, rows):
    for _ in range(rows):
        add_rows_of(alice)
    whole = json.loads(b"".join(archive(alice.caller, now=timezone.now())))
    monkeypatch.setattr(module, "_PAGE", 2)
    paged = json.loads(b"".join(archive(alice.caller, now=timezone.now())))
    assert {**paged, "generatedAt": ""} == {**whole, "generatedAt": ""}
    assert len(paged["conversations"]) == len(paged["analyticsEvents"]) == rows


def add_rows_of(person):
    from analytics.models import AnalyticsEvent  # noqa: PLC0415 -- of this alone
    from fashionos.privacy.tests.test_erasure import add_turn  # noqa: PLC0415 -- of this alone

    with acting(Role.WEB, user_id=person.id):
        add_turn(person)
        AnalyticsEvent.objects.create(user_id=person.id, event_type="x")


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_grow_with_pages_and_not_with_rows(alice, rows):
    for _ in range(rows):
        add_rows_of(alice)
    with CaptureQueriesContext(connection) as queries:
        list(archive(alice.caller, now=timezone.now()))
    # Of each section one page, with who acts, in a transaction.
    reads = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert len(reads) == 2 * len(SECTIONS)
