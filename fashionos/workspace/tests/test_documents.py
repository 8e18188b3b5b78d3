"""What `/rest/v1` gives goes into the functions as it is: the demo's rows mean there what their documents mean."""

import json
from datetime import datetime
from http.client import HTTPConnection
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as project

from fashionos.demo import production
from fashionos.management.commands.seed_demo import add_event
from fashionos.testing.sockets import server_process
from fashionos.workspace import services
from fashionos.workspace.documents import (
    asset_document,
    event_document,
    sample_document,
    shot_document,
    split_document,
)
from fashionos.workspace.models import Asset, Event, EventTask, Sample, Shot, TaskDependency
from fashionos.workspace.tests.conftest import as_person

pytestmark = pytest.mark.django_db(transaction=True)

ZONE = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 23, 10, 7, tzinfo=ZONE)


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    with server_process() as process:
        yield process


@pytest.fixture
def rows_of(server, alice):
    """Read all rows of a table that Alice sees, as the client does."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"apikey": project.PUBLISHABLE_KEYS[0], "authorization": f"Bearer {alice.token}"}

    def rows_of(table):
        connection.request("GET", f"/rest/v1/{table}?select=*&order=id", headers=headers)
        return json.loads(connection.getresponse().read())

    yield rows_of
    connection.close()


@pytest.fixture(autouse=True)
def _workspace(transactional_db, alice):
    show = production(NOW, ZONE)
    with as_person(alice):
        add_event(alice.id, show.event)
        for add, model, rows in (
            (services.add_samples, Sample, show.samples),
            (services.add_assets, Asset, show.assets),
            (services.add_shots, Shot, show.shot_list),
        ):
            add(alice.id, [split_document(model, row) for row in rows], by=None)


def ask(person, function, **document):
    document |= {"noCache": True, "now": NOW.isoformat(), "timezone": ZONE.key}
    answer = person.post(f"/functions/v1/{function}", document)
    assert answer.status == 200, answer.body
    document = answer.document
    assert "warnings" not in document
    return {name: document[name] for name in document.keys() - {"inputHash", "calculatedAt"}}


def test_samples(alice, rows_of):
    with as_person(alice):
        documents = [sample_document(row) for row in Sample.objects.order_by("id")]
    rows = ask(alice, "logistics-analyzer", sampleList=rows_of("samples"))
    assert rows == ask(alice, "logistics-analyzer", sampleList=documents)
    assert rows["blockers"][0]["affectedShotIds"]  # which only `details` tell of


def test_an_event_with_its_tasks_and_their_dependencies(alice, rows_of):
    with as_person(alice):
        [event] = Event.objects.all()
        document = event_document(
            event, EventTask.objects.order_by("id"), TaskDependency.objects.order_by("id")
        )
    [row] = rows_of("events")
    tasks, dependencies = rows_of("event_tasks"), rows_of("task_dependencies")
    rows = ask(
        alice, "events-optimizer", event={**row, "tasks": tasks, "dependencies": dependencies}
    )
    assert rows == ask(alice, "events-optimizer", event=document)
    assert len(rows["criticalPath"]["path"]) > 3
    assert rows["staffing"]


def test_pictures_and_shots(alice, rows_of):
    with as_person(alice):
        assets = [asset_document(row) for row in Asset.objects.order_by("id")]
        shots = [shot_document(row) for row in Shot.objects.order_by("id")]
    given, wanted = rows_of("assets"), rows_of("shots")
    rows = ask(alice, "media-scorer", assets=given, shotList=wanted)
    documents = ask(alice, "media-scorer", assets=assets, shotList=shots)
    assert {asset["id"] for asset in rows.pop("selects")} == {
        asset["id"] for asset in documents.pop("selects")
    }
    assert rows == documents
    assert any(score["factors"]["composition"]["available"] for score in rows["qualityScores"])
