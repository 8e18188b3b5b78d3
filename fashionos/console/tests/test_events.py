"""People at the events view, in a real Chromium against a real server."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from fashionos.console.tests.test_console import SCREENSHOTS, WIDTHS
from fashionos.kit.owned import Role, acting
from fashionos.testing.browser import PATIENCE_MS, assert_accessible
from fashionos.workspace import services
from fashionos.workspace.models import EventTask

pytestmark = pytest.mark.django_db(transaction=True)
expect.set_options(timeout=PATIENCE_MS)

BLOCKED = "Fire safety sign-off of the runway plan"


def panel(page, heading):
    return page.locator(".panel", has=page.get_by_role("heading", name=heading, exact=True))


def status_of(person, title):
    with acting(Role.WEB, user_id=person.id):
        return EventTask.objects.for_user(person.user).get(title=title).status


def test_the_views_say_what_the_analysis_says(open_window, alice, event):
    page = open_window(alice, "#/events")
    expect(panel(page, "Critical path").locator(".verdict")).to_contain_text("before the deadline")
    path = panel(page, "Critical path")
    expect(path.locator(".names li.critical").first).to_contain_text("Critical:")
    bars, names = path.locator("svg g > .task"), path.locator(".names li")
    assert bars.count() == names.count() > 20
    expect(panel(page, "What blocks doors")).to_contain_text("Guest list and seating was due")
    expect(panel(page, "Staffing")).to_contain_text("Security")
    expect(panel(page, "Run of show")).to_contain_text("Cannot be done")
    for width, height in WIDTHS.items():
        for dark in (False, True):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme="dark" if dark else "light")
            assert_accessible(page)
            name = f"events-{width}-{'dark' if dark else 'light'}.png"
            page.screenshot(path=SCREENSHOTS / name, full_page=True)
    path.get_by_text("The plan as a table").click()
    with acting(Role.WEB, user_id=alice.id):
        planned = EventTask.objects.for_user(alice.user).exclude(status="cancelled").count()
    expect(path.get_by_role("table").get_by_role("row")).to_have_count(planned + 1)


def test_a_task_moved_here_is_moved_in_every_window(open_window, alice, bob, event):
    with acting(Role.WEB, user_id=alice.id):
        services.add_member(event, bob.id)
    hers, his = open_window(alice, "#/events"), open_window(bob, "#/events")
    expect(his.locator(".names")).to_contain_text(BLOCKED)
    expect(hers.locator(".connection")).to_contain_text("Live")
    expect(his.locator(".connection")).to_contain_text("Live")
    hers.locator(".names").get_by_role("button", name=BLOCKED).press("Enter")
    dialog = hers.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Blocked")).to_have_attribute("aria-pressed", "true")
    dialog.get_by_role("button", name="Done").press("Enter")
    expect(his.locator(".toasts")).to_contain_text("blocked → done")
    expect(his.locator(".names")).not_to_contain_text(BLOCKED)
    expect(hers.locator(".names")).not_to_contain_text(BLOCKED)
    assert status_of(alice, BLOCKED) == "done"


def test_a_task_that_comes_is_renamed_or_goes_elsewhere_does_so_in_an_open_window(
    open_window, alice, event
):
    page = open_window(alice, "#/events")
    expect(page.locator(".names")).to_contain_text(BLOCKED)
    with acting(Role.WEB, user_id=alice.id):
        [added] = services.add_tasks(event, [{"title": "Call the mayor"}], by=None)
    expect(page.locator(".names")).to_contain_text("Call the mayor")
    with acting(Role.WEB, user_id=alice.id):
        task = EventTask.objects.for_user(alice.user).filter(pk=added.pk)
        services.change_tasks(task, {"title": "Write to the mayor"}, by=alice.id)
    expect(page.locator(".names")).to_contain_text("Write to the mayor")
    with acting(Role.WEB, user_id=alice.id):
        services.remove_tasks(EventTask.objects.for_user(alice.user).filter(pk=added.pk))
    expect(page.locator(".names")).not_to_contain_text("the mayor")


def test_the_call_sheet_prints_and_goes_into_calendars(open_window, alice, event, tmp_path):
    page = open_window(alice, "#/events")
    page.get_by_role("link", name="Call sheet").click()
    sheet = page.locator(".sheet")
    expect(sheet.get_by_role("heading", name="Models")).to_be_visible()
    expect(sheet).to_contain_text("Adaeze Lindqvist")
    assert_accessible(page)
    page.pdf(path=SCREENSHOTS / "call-sheet.pdf", format="A4")
    page.emulate_media(media="print")
    expect(page.locator("header.top")).to_be_hidden()
    expect(sheet.get_by_role("button", name=re.compile("Print"))).to_be_hidden()
    page.emulate_media(media="screen")
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Calendar (.ics)").click()
    downloaded.value.save_as(tmp_path / "show.ics")
    entries = read_calendar((tmp_path / "show.ics").read_bytes())
    show = next(entry for entry in entries if entry["UID"].startswith("show."))
    start = datetime.strptime(show["DTSTART"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert timedelta(0) < start - datetime.now(UTC) < timedelta(days=7)
    assert show["LOCATION"] == r"Halle des Verriers\, Paris"
    assert len({entry["UID"] for entry in entries}) == len(entries) > 20
    assert {"Call: 1 person", "Call: 2 people"} <= {entry["SUMMARY"] for entry in entries}


def test_who_is_far_away_is_told_whose_times_these_are_and_prints_those_of_the_venue(
    open_window, alice, event
):
    near = open_window(alice, "#/events")
    doors = near.locator(".event-head .time strong").first
    expect(doors).to_contain_text("19:30")
    expect(near.locator(".event-head")).not_to_contain_text("Times are in")
    far = open_window(alice, "#/events", timezone_id="America/Los_Angeles")
    expect(far.locator(".event-head .time strong").first).not_to_contain_text("19:30")
    expect(far.locator(".event-head")).to_contain_text(
        "Times are in America/Los Angeles, those of the call sheet in Europe/Paris"
    )
    far.get_by_role("link", name="Call sheet").click()
    expect(far.locator(".sheet header")).to_contain_text("times in Europe/Paris")
    expect(far.locator(".sheet header")).to_contain_text("Doors 19:30")


def read_calendar(raw):
    """Read entries as strictly as RFC 5545 has them: CRLF, no line over 75 octets, known names in pairs."""
    *lines, end = raw.split(b"\r\n")
    assert end == b""
    assert all(len(line) <= 75 for line in lines)
    assert b"\n" not in b"".join(lines)
    unfolded = b"\r\n".join(lines).replace(b"\r\n ", b"").decode().split("\r\n")
    assert unfolded[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert unfolded[-1] == "END:VCALENDAR"
    entries, entry = [], None
    for line in unfolded[1:-1]:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            assert entry is None
            entry = {}
        elif line == "END:VEVENT":
            assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY"} <= entry.keys()
            entries.append(entry)
            entry = None
        elif entry is not None:
            assert name not in entry
            entry[name] = value
    return entries


def test_a_stranger_has_no_events(open_window, alice, event, bob):
    page = open_window(bob, f"#/events?event={event}")
    expect(page.locator(".view")).to_contain_text("No events yet.")
