import io
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from fashionos.workspace import services
from fashionos.workspace.models import EventTask, Sample, StatusChange
from fashionos.workspace.tests.conftest import as_person, listening

TABLE = """SKU;Name;Status;Hero;Needed by;Look IDs;Rail note
G-1;Ivory gown;On Set;yes;2026-11-24T09:00;look-1|look-2;top
T-2;Loewe tote;shipped;no;;;
"""


@pytest.fixture
def run(tmp_path, alice):
    def run(text, *arguments, user="alice@example.com"):
        file = tmp_path / "samples.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        out, error = io.StringIO(), io.StringIO()
        try:
            call_command(
                "import_samples", file, "--user", user, *arguments, stdout=out, stderr=error
            )
        except CommandError as refused:
            error.write(str(refused))
        return out.getvalue(), error.getvalue()

    return run


def kept(person):
    with as_person(person):
        return list(Sample.objects.for_user(person).order_by("sku"))


def test_a_spreadsheet_as_people_write_it_is_imported(run, alice, bob):
    out, error = run(TABLE, "--timezone", "Europe/Paris")
    assert out == "2 samples added, 0 changed, 0 were so already.\n"
    assert "Kept among the details: rail_note" in error
    gown, tote = kept(alice)
    assert (gown.name, gown.status, gown.is_hero, gown.reference) == (
        "Ivory gown",
        "on_set",
        True,
        "G-1",
    )
    assert gown.needed_at.isoformat() == "2026-11-24T08:00:00+00:00"
    assert gown.look_ids == ["look-1", "look-2"]
    assert gown.details == {"rail_note": "top"}
    assert (tote.status, tote.look_ids) == ("in_transit", [])
    assert kept(bob) == []


def test_the_same_file_again_changes_nothing(run, alice):
    run(TABLE)
    out, _ = run(TABLE)
    assert out == "0 samples added, 0 changed, 2 were so already.\n"
    out, _ = run(TABLE, "--update")
    assert out == "0 samples added, 0 changed, 2 were so already.\n"
    with as_person(alice):
        assert StatusChange.objects.count() == 2


def test_update_changes_what_the_file_says_and_leaves_the_rest(run, alice):
    run(TABLE)
    out, _ = run("sku,status,location\nG-1,shot,Rail B\n", "--update")
    assert out == "0 samples added, 1 changed, 0 were so already.\n"
    gown, tote = kept(alice)
    assert (gown.status, gown.location, gown.name, gown.is_hero) == (
        "shot",
        "Rail B",
        "Ivory gown",
        True,
    )
    assert gown.details == {"rail_note": "top"}
    assert tote.status == "in_transit"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sku,status\nA,received\nB,somewhere\n", "line 3: status: no status we know"),
        ("sku,needed at\nA,soon\n", "line 2: needed_at: "),
        ("sku,status\n,received\n", "line 2: left out, it has neither id"),
        ("sku,status\nA,received\nA,shot\n", "line 3: the same sample as in line 2"),
        ("sku,status\nA,received,more\n", "line 2: 3 cells under 2 headers"),
        ("sku,name\nA," + "x" * 300 + "\n", "name: "),
        ("fruit,colour of sky\napple,blue\n", "names no column that is known"),
        ("", "names no column that is known"),
        (b"sku,name\nA,\xff\n", "is no UTF-8 text"),
        ('sku,name\nA,"x\0y"\n', "NUL"),
    ],
)
def test_a_file_with_a_bad_line_is_refused_as_a_whole_and_the_line_is_named(run, alice, text, said):
    out, error = run(text)
    assert said in error
    assert out == ""
    assert kept(alice) == []


def test_check_writes_nothing(run, alice):
    out, _ = run(TABLE, "--check")
    assert out == "2 samples can be imported.\n"
    assert kept(alice) == []


@pytest.mark.parametrize(
    ("arguments", "user", "said"),
    [
        ((), "nobody@example.com", "There is no user nobody@example.com."),
        (("--timezone", "Paris"), "alice@example.com", "Take an IANA name"),
    ],
)
def test_a_user_or_a_zone_that_is_none_is_named(run, alice, arguments, user, said):
    assert said in run(TABLE, *arguments, user=user)[1]


@pytest.mark.django_db(transaction=True)
def test_an_import_is_told_as_any_other_change(run, alice):
    with listening() as told:
        run(TABLE)
        run("sku,status\nG-1,shot\n", "--update")
    assert [event for _, event, _ in told] == [
        "sample_added",
        "sample_added",
        "sample_status_changed",
    ]


@pytest.mark.django_db(transaction=True)
def test_announce_deadlines_runs_once_or_for_ever_and_stops_when_told(alice, tasks):
    with as_person(alice):
        mine = EventTask.objects.filter(id=tasks[0].id)
        services.change_tasks(mine, {"due_at": timezone.now() + timedelta(hours=1)}, by=alice.id)
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "announce_deadlines", "--every", "0.2"],
        env={**os.environ, "DATABASE_URL": url},
    )
    try:
        with listening() as told:
            deadline = time.monotonic() + 15
            while time.monotonic() < deadline and not announced(alice, tasks[0]):
                time.sleep(0.1)
        assert [event for _, event, _ in told] == ["deadline_approaching"]
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    out = io.StringIO()
    call_command("announce_deadlines", stdout=out)
    assert out.getvalue() == "0 deadlines announced.\n"


def announced(person, task):
    with as_person(person):
        return EventTask.objects.get(id=task.id).announced_due_at is not None
