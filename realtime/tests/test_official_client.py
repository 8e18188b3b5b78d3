"""The official client on Node against a real server process, with real changes of the workspace."""

import json
import queue
import subprocess
import threading
import time

import pytest
from django.conf import settings

from fashionos.kit.owned import Role, acting
from fashionos.testing.node import CONFORMANCE, NODE
from fashionos.testing.people import PASSWORD
from fashionos.testing.sockets import PATIENCE, ServerProcess
from fashionos.workspace import services
from fashionos.workspace.models import Asset, EventTask, Sample

pytestmark = pytest.mark.django_db(transaction=True)


class Official:
    """One client in a process of its own; `hear` gives what it was told, in order."""

    def __init__(self, port, vsn="2.0.0", **environment):
        self.process = subprocess.Popen(
            [NODE, "client.mjs"],
            cwd=CONFORMANCE,
            env={
                "URL": f"http://127.0.0.1:{port}",
                "KEY": settings.PUBLISHABLE_KEYS[0],
                "VSN": vsn,
                **environment,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.answers, self.told = queue.Queue(), queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        assert self.answers.get(timeout=PATIENCE) == {"ready": True}
        self.commands = 0

    def _read(self):
        for line in self.process.stdout:
            message = json.loads(line)
            (self.told if "told" in message else self.answers).put(message)

    def do(self, command, **values):
        self.commands += 1
        line = json.dumps({"id": self.commands, "command": command, **values})
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        answer = self.answers.get(timeout=PATIENCE)
        assert answer["id"] == self.commands
        return answer["answer"]

    def hear(self, timeout=PATIENCE):
        return self.told.get(timeout=timeout)

    def hear_event(self, timeout=PATIENCE):
        heard = self.hear(timeout)
        return heard["event"], heard["payload"]

    def hears_nothing(self, seconds=0.4):
        try:
            raise AssertionError(self.told.get(timeout=seconds))
        except queue.Empty:
            return True

    def wait_for(self, status, timeout=PATIENCE):
        """Wait until a channel has this status; return what came before, and the error if there is one."""
        deadline = time.monotonic() + timeout
        while True:
            heard = self.hear(deadline - time.monotonic())
            if heard.get("status") == status:
                return heard

    def sign_in(self, person):
        answer = self.do("signIn", email=person.user.email, password=PASSWORD)
        assert answer == {"user": str(person.id)}
        self.do("setAuth")

    def join(self, name, **config):
        self.do("join", name=name, config={"private": True, **config})

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.reader.join(5)
        self.process.stdout.close()


@pytest.fixture
def official(request):
    clients = []

    def start(process=None, **options):
        process = process or request.getfixturevalue("server")
        clients.append(Official(process.port, **options))
        return clients[-1]

    yield start
    for client in clients:
        client.stop()


def as_person(person):
    return acting(Role.WEB, user_id=person.id)


@pytest.mark.parametrize("vsn", ["1.0.0", "2.0.0"])
def test_each_event_of_the_three_channels_reaches_its_owner(official, alice, vsn):
    with as_person(alice):
        [event] = services.add_events(alice.id, [{"name": "Show"}], by=alice.id)
        [task] = services.add_tasks(event.id, [{"title": "Stage build"}], by=alice.id)
    client = official(vsn=vsn)
    client.sign_in(alice)
    names = [f"samples:{alice.id}", f"events:{event.id}", f"assets:{alice.id}"]
    for name in names:
        client.join(name)
        assert client.hear() == {"told": name, "status": "SUBSCRIBED"}
    with as_person(alice):
        services.add_samples(alice.id, [{"reference": "gown", "name": "Ivory gown"}], by=alice.id)
        samples = Sample.objects.for_user(alice)
        services.change_samples(samples, {"status": "received"}, by=alice.id)
        services.remove_samples(samples)
        tasks = EventTask.objects.for_user(alice).filter(id=task.id)
        services.change_tasks(tasks, {"status": "done", "owner_id": alice.id}, by=alice.id)
        services.add_assets(alice.id, [{"file_name": "a.jpg"}], by=alice.id)
        assets = Asset.objects.for_user(alice)
        services.change_assets(assets, {"status": "approved"}, by=alice.id)
        services.change_assets(assets, {"status": "rejected"}, by=alice.id)
    heard = [client.hear() for _ in range(8)]
    assert [(message["told"], message["event"]) for message in heard] == [
        (names[0], "sample_added"),
        (names[0], "sample_status_changed"),
        (names[0], "sample_removed"),
        (names[1], "task_status_changed"),
        (names[1], "task_assigned"),
        (names[2], "asset_uploaded"),
        (names[2], "asset_approved"),
        (names[2], "asset_rejected"),
    ]
    moved = heard[1]["payload"]
    assert (moved["name"], moved["oldStatus"], moved["newStatus"]) == (
        "Ivory gown",
        "awaiting",
        "received",
    )


def test_a_stranger_is_told_why_and_hears_nothing(official, alice, bob, sam):
    for person in (bob, sam):
        client = official()
        client.sign_in(person)
        client.join(f"samples:{alice.id}")
        refused = client.hear()
        assert refused["status"] == "CHANNEL_ERROR"
        assert "You do not have permissions to read from this Channel topic" in refused["error"]
        with as_person(alice):
            services.add_samples(alice.id, [{"name": f"Not for {person.user.email}"}], by=alice.id)
        while not client.told.empty():
            assert "event" not in client.hear()


def test_clients_broadcast_to_each_other_with_an_answer_and_over_http(official, alice):
    speaker, listener = official(), official()
    name = f"samples:{alice.id}"
    for client in (speaker, listener):
        client.sign_in(alice)
        client.join(name, broadcast={"ack": True, "self": False})
        client.wait_for("SUBSCRIBED")
    assert speaker.do("send", name=name, event="cursor", payload={"x": 1}) == "ok"
    assert listener.hear_event() == ("cursor", {"x": 1})
    assert speaker.hears_nothing()
    assert speaker.do("httpSend", name=name, event="cursor", payload={"x": 2})["success"] is True
    assert listener.hear_event() == ("cursor", {"x": 2})


def test_presence_is_tracked_seen_and_left(official, alice):
    clients = [official(), official()]
    name = f"samples:{alice.id}"
    for number, client in enumerate(clients):
        client.sign_in(alice)
        client.join(name, presence={"key": f"screen-{number}", "enabled": True})
        client.wait_for("SUBSCRIBED")
        assert client.do("track", name=name, payload={"page": number}) == "ok"
    seen = until(clients[0], lambda state: set(state) == {"screen-0", "screen-1"})
    assert seen["screen-1"][0]["page"] == 1
    clients[1].do("leave", name=name)
    until(clients[0], lambda state: set(state) == {"screen-0"})


def until(client, holds):
    """Follow the presence of a client until something holds; return the state."""
    deadline = time.monotonic() + PATIENCE
    while True:
        heard = client.hear(deadline - time.monotonic())
        if heard.get("event") == "sync" and holds(heard["payload"]):
            return heard["payload"]


def test_a_refreshed_token_keeps_the_channel_and_a_sign_out_closes_it(official, alice):
    client = official()
    client.sign_in(alice)
    client.join(f"samples:{alice.id}")
    client.wait_for("SUBSCRIBED")
    assert client.do("refresh")["token"]
    with as_person(alice):
        services.add_samples(alice.id, [{"name": "Cape"}], by=alice.id)
    assert client.hear_event()[0] == "sample_added"
    assert client.do("signOut") == {}
    client.do("setAuth")
    assert client.wait_for("CLOSED")
    with as_person(alice):
        services.add_samples(alice.id, [{"name": "Belt"}], by=alice.id)
    while not client.told.empty():
        assert "event" not in client.hear()


def test_a_client_survives_a_restart_of_the_server(official, alice):
    server = ServerProcess()
    client = official(server)
    client.sign_in(alice)
    client.join(f"samples:{alice.id}")
    client.wait_for("SUBSCRIBED")
    server.stop(kill=True)
    server.log_file.close()
    client.wait_for("CHANNEL_ERROR")
    again = ServerProcess(port=server.port)
    try:
        client.wait_for("SUBSCRIBED", timeout=2 * PATIENCE)
        with as_person(alice):
            services.add_samples(alice.id, [{"name": "Cape"}], by=alice.id)
        assert client.hear_event()[0] == "sample_added"
    finally:
        again.stop()
        again.log_file.close()
