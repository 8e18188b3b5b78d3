"""People at windows: a Chromium and a server for each module of tests, the demo's samples for each test that asks."""

import time
from contextlib import ExitStack
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from fashionos.demo import production
from fashionos.kit.owned import Role, acting
from fashionos.management.commands.seed_demo import add_event
from fashionos.testing.browser import chromium, window
from fashionos.testing.people import PASSWORD
from fashionos.testing.sockets import server_process
from fashionos.workspace import services
from fashionos.workspace.documents import split_document
from fashionos.workspace.models import Asset, Sample, Shot

ZONE = ZoneInfo("Europe/Paris")


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker):
    with server_process(RATE_LIMITS="0") as process:
        yield process
        assert "Traceback" not in process.log


@pytest.fixture
def open_window(browser, request):
    """Open windows at a route of the shared server (or another), signed in if somebody is named; closed at the end."""
    with ExitStack() as stack:

        def open_window(person=None, route="#/logistics", process=None, **options):
            process = process or request.getfixturevalue("server")
            url = f"http://127.0.0.1:{process.port}/{route}"
            options = {"timezone_id": ZONE.key, **options}
            page = stack.enter_context(window(browser, url, **options))
            if person:
                sign_in(page, person)
            return page

        yield open_window
    wait_until_idle()


IN_FLIGHT = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database() AND locktype = 'relation' AND pid <> pg_backend_pid()
"""


def wait_until_idle():
    """Let the server finish what closed windows asked for: the TRUNCATE after a test and its queries would deadlock."""
    deadline, quiet = time.monotonic() + 30, 0
    with connection.cursor() as cursor:
        while quiet < 5 and time.monotonic() < deadline:
            cursor.execute(IN_FLIGHT)
            quiet = 0 if cursor.fetchone()[0] else quiet + 1
            time.sleep(0.02)


def sign_in(page, person, password=PASSWORD):
    page.get_by_label("E-mail address").fill(person.user.email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    if password == PASSWORD:
        page.get_by_role("navigation", name="Views").wait_for()


@pytest.fixture
def samples(alice):
    """Alice's samples by name: those of the demo's shoot, around today."""
    rows = production(datetime.now(ZONE), ZONE).samples
    with acting(Role.WEB, user_id=alice.id):
        added = services.add_samples(
            alice.id, [split_document(Sample, row) for row in rows], by=None
        )
    return {sample.name: sample for sample in added}


@pytest.fixture
def event(alice):
    """Add the demo's show as Alice's; return the id of its event."""
    with acting(Role.WEB, user_id=alice.id):
        return add_event(alice.id, production(datetime.now(ZONE), ZONE).event)


@pytest.fixture
def pictures(alice):
    """Add the demo's gallery and shot list as Alice's; return her pictures by their file names."""
    show = production(datetime.now(ZONE), ZONE)
    with acting(Role.WEB, user_id=alice.id):
        assets = services.add_assets(
            alice.id, [split_document(Asset, row) for row in show.assets], by=None
        )
        services.add_shots(alice.id, [split_document(Shot, row) for row in show.shot_list], by=None)
    return {asset.file_name: asset for asset in assets}
