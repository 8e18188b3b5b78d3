"""Whoever asks again because of an event is answered from the data as they are now, however many ask meanwhile."""

import json
import threading
from http.client import HTTPConnection

import pytest
from django.conf import settings

from fashionos.kit.owned import Role, acting
from fashionos.testing.sockets import server_process
from fashionos.workspace import services
from fashionos.workspace.models import Sample

pytestmark = pytest.mark.django_db(transaction=True)


def ask(process, person):
    """Ask how ready the shoot is, of the stored workspace; return the answer's text."""
    connection = HTTPConnection("127.0.0.1", process.port, timeout=60)
    question = json.dumps({"message": "how ready are we?", "currentKit": "logistics"})
    headers = {
        "Authorization": f"Bearer {person.token}",
        "apikey": settings.PUBLISHABLE_KEYS[0],
        "Content-Type": "application/json",
    }
    connection.request("POST", "/functions/v1/chat-orchestrator", question, headers)
    try:
        return json.load(connection.getresponse())["content"]
    finally:
        connection.close()


def test_a_refetch_races_with_answers_that_began_before_and_always_wins(connect, alice):
    with acting(Role.WEB, user_id=alice.id):
        services.add_samples(alice.id, [{"reference": "gown"}], by=alice.id)
    stopped = threading.Event()
    with server_process(RATE_LIMITS="0") as process:
        client = connect(process)
        assert client.join(f"samples:{alice.id}", alice.token)["status"] == "ok"

        def keep_asking():
            while not stopped.is_set():
                ask(process, alice)

        others = [threading.Thread(target=keep_asking) for _ in range(3)]
        for other in others:
            other.start()
        try:
            for status, share in [("on_set", "100"), ("received", "0")] * 10:
                with acting(Role.WEB, user_id=alice.id):
                    mine = Sample.objects.for_user(alice)
                    services.change_samples(mine, {"status": status}, by=alice.id)
                assert client.hear_broadcast()[1]["newStatus"] == status
                assert f"{share}%" in ask(process, alice).replace(" ", "")
        finally:
            stopped.set()
            for other in others:
                other.join()
