"""Function calls remember themselves: in batches, without holding up the caller, and of nobody who is gone."""

import uuid
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Event, Thread

import pytest
from django.conf import settings
from django.db import DataError, OperationalError, connection, transaction
from django.db.utils import DatabaseError

from analytics.models import AnalyticsEvent
from analytics.recording import Recorder, add_calls
from analytics.rollups import roll_up
from fashionos.accounts.models import User
from fashionos.kit.functions import Call
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import add_person
from fashionos.testing.sockets import ServerProcess

CALL = Call(
    function="logistics-analyzer",
    user_id=uuid.UUID(int=7),
    session_id=uuid.UUID(int=8),
    status=200,
    seconds=0.0123456,
    database_seconds=0.004,
    cached=True,
    kit="logistics",
    error="",
)


def events_of(person):
    with acting(Role.SUPPORT):
        return list(AnalyticsEvent.objects.for_user(person).order_by("created_at"))


@contextmanager
def recording(write=add_calls, **options):
    recorder = Recorder(write, gathered_seconds=0, **options)
    yield recorder
    recorder._writer.shutdown()


@pytest.mark.django_db(transaction=True)
def test_a_call_becomes_an_event_that_tells_how_it_went_and_nothing_of_what_was_asked():
    alice = add_person("alice@example.com")
    with recording() as recorder:
        recorder.record(CALL._replace(user_id=alice.id))
        recorder.record(
            CALL._replace(user_id=alice.id, status=503, cached=None, kit="", error="unavailable")
        )
    good, failed = events_of(alice)
    assert (good.event_type, good.kit_context, good.session_id, good.page_route) == (
        "function_called",
        "logistics",
        CALL.session_id,
        None,
    )
    assert good.event_data == {
        "function": "logistics-analyzer",
        "status": 200,
        "ms": 12.346,
        "database_ms": 4.0,
        "cached": True,
    }
    assert failed.kit_context is None
    assert failed.event_data["error"] == "unavailable"


@pytest.mark.django_db(transaction=True)
def test_calls_that_come_together_are_one_statement():
    alice = add_person("alice@example.com")
    batches, gate = [], Event()

    def write(calls):
        batches.append(len(calls))
        assert gate.wait(20)
        add_calls(calls)

    with recording(write) as recorder:
        recorder.record(CALL._replace(user_id=alice.id))
        while not batches:
            pass
        for _ in range(100):
            recorder.record(CALL._replace(user_id=alice.id))
        gate.set()
    assert batches == [1, 100]
    assert len(events_of(alice)) == 101


def test_a_full_queue_drops_and_never_waits_and_says_so(caplog):
    gate, written = Event(), []

    def write(calls):
        assert gate.wait(20)
        written.extend(calls)

    with recording(write, most=5) as recorder:
        recorder.record(CALL)
        while recorder._pending:
            pass
        # The writer is stuck: whoever calls now must not be.
        for _ in range(12):
            recorder.record(CALL)
        assert not gate.is_set()
        assert recorder.dropped == 7
        gate.set()
    assert len(written) == 6
    assert "7 calls are not remembered" in caplog.text
    assert caplog.text.count("not remembered") == 1


def test_calls_of_nobody_are_not_remembered():
    with recording(lambda calls: pytest.fail("nothing to write")) as recorder:
        recorder.record(CALL._replace(user_id=None))


def test_what_cannot_be_written_now_is_written_later_in_order(caplog):
    answers, written = [OperationalError("away"), OperationalError("away"), None], []

    def write(calls):
        if answer := answers.pop(0):
            raise answer
        written.extend(recorded.call.session_id.int for recorded in calls)

    with recording(write) as recorder:
        for number in range(3):
            recorder.record(CALL._replace(session_id=uuid.UUID(int=number)))
        while answers:
            pass
    assert written == [0, 1, 2]
    assert recorder.dropped == 0


@pytest.mark.parametrize("error", [DataError("no such row"), ValueError("of no kind we know")])
def test_rows_that_cannot_be_written_are_told_and_not_tried_for_ever(caplog, error):
    def write(calls):
        raise error

    with recording(write) as recorder:
        recorder.record(CALL)
        recorder.settle()
        recorder.record(CALL)
    assert (recorder.dropped, recorder._pending) == (2, [])
    assert caplog.text.count("1 calls are not remembered") == 2


@pytest.mark.django_db(transaction=True)
def test_calls_of_a_user_who_is_gone_leave_those_of_others_alone():
    alice, bob = add_person("alice@example.com"), add_person("bob@example.com")
    with acting(Role.ERASER):
        User.objects.get(id=alice.id).delete()
    with recording() as recorder:
        for person in (alice, bob):
            recorder.record(CALL._replace(user_id=person.id))
    assert events_of(alice) == []
    assert len(events_of(bob)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_user_who_is_erased_between_statement_and_commit_leaves_no_call():
    alice, bob = add_person("alice@example.com"), add_person("bob@example.com")
    recorder = Recorder(add_calls, gathered_seconds=0)
    erased, inserted = Event(), Event()

    def erase():
        inserted.wait(20)
        with acting(Role.ERASER):
            User.objects.get(id=alice.id).delete()
        erased.set()
        connection.close()

    def wait_for_the_erasure(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if "INSERT INTO analytics_events" in sql and not inserted.is_set():
            inserted.set()
            assert erased.wait(20)
        return result

    def write(calls):
        with connection.execute_wrapper(wait_for_the_erasure):
            add_calls(calls)

    recorder._write = write
    eraser = Thread(target=erase)
    eraser.start()
    for person in (alice, bob):
        recorder.record(CALL._replace(user_id=person.id))
    recorder.settle()
    recorder._writer.shutdown()
    eraser.join()
    assert events_of(alice) == []
    assert len(events_of(bob)) == 1
    assert recorder.dropped == 0


def test_that_a_function_was_called_is_the_server_s_word(alice):
    with (
        acting(Role.WEB, user_id=alice.id),
        pytest.raises(DatabaseError, match="row-level security"),
        transaction.atomic(),
    ):
        AnalyticsEvent.objects.create(user_id=alice.id, event_type="function_called")
    with (
        acting(Role.SYSTEM),
        pytest.raises(DatabaseError, match="row-level security"),
        transaction.atomic(),
    ):
        AnalyticsEvent.objects.create(user_id=alice.id, event_type="assistant_opened")
    assert events_of(alice) == []


@pytest.mark.django_db(transaction=True)
def test_a_server_that_is_told_to_stop_writes_what_it_has_gathered():
    alice = add_person("alice@example.com")
    server = ServerProcess()
    try:
        for body in ("{}", '{"sampleList":[]}'):
            link = HTTPConnection("127.0.0.1", server.port, timeout=20)
            headers = {
                "apikey": settings.PUBLISHABLE_KEYS[0],
                "Authorization": f"Bearer {alice.token}",
            }
            link.request("POST", "/functions/v1/logistics-analyzer", body, headers)
            link.getresponse().read()
            link.close()
        assert server.stop() == 0
    finally:
        server.stop(kill=True)
        server.log_file.close()
    calls = [event for event in events_of(alice) if event.event_type == "function_called"]
    assert [call.event_data["function"] for call in calls] == ["logistics-analyzer"] * 2
    assert all(call.event_data["ms"] > 0 and call.kit_context == "logistics" for call in calls)
    assert list(roll_up(calls[-1].created_at))
