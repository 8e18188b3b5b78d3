"""The dashboard: what it shows and to whom, what it says to bad input, its file, and how it stands in a browser."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from analytics.metrics import METRICS
from analytics.models import DailyTotal
from analytics.rollups import roll_up
from analytics.tests.events import add_events
from assistant.examples import CHAT
from fashionos.accounts.models import User
from fashionos.kit.owned import Role, acting
from fashionos.testing.browser import assert_accessible, chromium, window
from fashionos.testing.node import CONFORMANCE
from fashionos.testing.people import PASSWORD, add_person, post
from fashionos.testing.sockets import server_process

ROOT = Path(__file__).parents[2]
PAGE = "/admin/analytics/analyticsevent/dashboard/"
FILE = "/admin/analytics/analyticsevent/dashboard.csv"
LIST = "/admin/analytics/analyticsevent/"
MORNING = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def call(at, **data):
    data = {
        "function": "media-scorer",
        "status": 200,
        "ms": 100.0,
        "database_ms": 4.0,
        "cached": False,
        **data,
    }
    return {
        "event_type": "function_called",
        "event_data": data,
        "kit_context": "media",
        "created_at": at,
    }


def opened(at, kit="logistics", **fields):
    return {"event_type": "assistant_opened", "kit_context": kit, "created_at": at, **fields}


def fill(person, days=2):
    """Yesterday and before: twelve opens a day, a failed call among four, an answer with a feature."""
    for ago in range(1, days + 1):
        at = MORNING - timedelta(days=ago) + timedelta(hours=9)
        rows = [opened(at + timedelta(minutes=n)) for n in range(12)]
        rows += [call(at, status=503), call(at, cached=True), call(at), call(at, ms=900.0)]
        answered = {"feature": "logistics.readiness", "actions": 2}
        rows.append(
            {
                "event_type": "assistant_answered",
                "event_data": answered,
                "kit_context": "logistics",
                "created_at": at,
            }
        )
        rows.append({"event_type": "action_clicked", "kit_context": "logistics", "created_at": at})
        add_events(person.id, rows)
    assert list(roll_up(datetime.now(UTC)))


def browser(email):
    client = Client()
    client.post("/admin/login/", {"username": email, "password": PASSWORD})
    return client


@pytest.fixture
def support(sam):
    return browser("sam@example.com")


def page(client, path=PAGE, status=200, **query):
    response = client.get(path, query)
    assert response.status_code == status, response.status_code
    return response.content.decode()


def values(text):
    """Return what each card says: label to (value, change)."""
    found = re.findall(
        r'"label">([^<]*)</span>\s*<span class="value">([^<]*)</span>\s*<span class="change [^"]*">([^<]*)<',
        text,
    )
    return {label: (value, changed) for label, value, changed in found}


# Who


@pytest.mark.parametrize("path", [PAGE, FILE])
def test_nobody_but_support_sees_it(alice, path):
    fill(alice)
    for client in (Client(), browser("alice@example.com")):
        response = client.get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("path", [PAGE, FILE])
def test_who_leaves_support_is_out_at_once(support, sam, path):
    page(support, path)
    with acting(Role.AUTH):
        User.objects.filter(id=sam.id).update(is_staff=False)
    assert support.get(path).status_code == 302


def test_every_page_of_the_admin_leads_to_it(support):
    assert f'href="{PAGE}"' in page(support, "/admin/")
    assert PAGE not in Client().get("/admin/login/").content.decode()


def test_looking_changes_nothing(support, alice):
    fill(alice)
    with acting(Role.SUPPORT):
        before = list(DailyTotal.objects.order_by("pk").values())
    for path in (PAGE, FILE):
        support.get(path)
        assert support.post(path).status_code in {200, 403, 405}
    with acting(Role.SUPPORT):
        assert list(DailyTotal.objects.order_by("pk").values()) == before


# What


def test_all_figures_stand_there_with_their_change(support, alice, bob):
    fill(alice, days=2)
    shown = values(page(support, days="7"))
    assert list(shown) == [metric.label for metric in METRICS]
    assert shown["Active users"] == ("1", "0 before")
    assert shown["Opens"] == ("24", "0 before")
    assert shown["Opens per user and day"] == ("12", "nothing before")
    assert shown["Error rate"] == ("25.0 %", "nothing before")
    assert shown["Cache hit rate"] == ("25.0 %", "nothing before")
    assert shown["Function calls"][0] == "8"
    assert shown["Power users"] == ("1", "0 before")
    assert shown["Action click rate"][0] == "100.0 %"
    assert shown["Feature adoption"][0] == "100.0 %"
    assert shown["Time saved (estimate)"][0] == "10 min"


def test_the_change_is_against_the_period_of_the_same_length_before(support, alice):
    at = MORNING - timedelta(days=1)
    add_events(alice.id, [opened(at)] * 3)
    add_events(alice.id, [opened(at - timedelta(days=1))] * 2)
    assert list(roll_up(datetime.now(UTC)))
    day = at.date().isoformat()
    assert values(page(support, **{"from": day, "to": day}))["Opens"] == ("3", "▲ 50 %, 2 before")


def test_less_of_what_should_be_little_is_good(support, alice):
    at = MORNING - timedelta(days=1, hours=-8)
    add_events(alice.id, [call(at - timedelta(days=1), ms=400), call(at, ms=100)])
    assert list(roll_up(datetime.now(UTC)))
    day = at.date().isoformat()
    text = page(support, **{"from": day, "to": day})
    assert re.search(r'class="change good">▼ 7\d %, [34]\d\d ms before', text)


def test_a_kit_leaves_the_others_out(support, alice):
    fill(alice)
    shown = values(page(support, days="7", kit="media"))
    assert (shown["Opens"][0], shown["Function calls"][0]) == ("0", "8")
    assert values(page(support, days="7", kit="events"))["Function calls"][0] == "0"


def test_an_answer_that_was_rated_counts_with_its_last_thumb(support, alice):
    answer = post("/functions/v1/chat-orchestrator", CHAT, token=alice.token).document
    for helpful in (True, None, False):
        document = {"conversationId": answer["meta"]["conversationId"], "helpful": helpful}
        assert (
            post("/functions/v1/conversation-feedback", document, token=alice.token).status == 200
        )
    assert list(roll_up(datetime.now(UTC)))
    assert values(page(support, days="7"))["Satisfaction"][0] == "0.0 %"


def test_nothing_at_all_is_a_page_as_well(support):
    text = page(support)
    assert "Nothing has been added up yet" in text
    assert "Nothing was counted in this period." in text
    assert values(text)["Error rate"] == ("-", "nothing before")


def test_a_roll_up_that_has_stopped_is_told(support, alice):
    fill(alice)
    assert "does not seem to run" not in page(support)
    with acting(Role.SYSTEM), connection.cursor() as cursor:
        cursor.execute("UPDATE analytics_rolled_days SET rolled_at = rolled_at - interval '1 day'")
    assert "does not seem to run" in page(support)


@pytest.mark.parametrize(
    "query",
    [
        {"days": "9"},
        {"from": "2026-13-01"},
        {"from": "x' OR 1=1 --", "to": "2026-01-01"},
        {"from": "2026-01-02", "to": "2026-01-01"},
        {"to": "2999-01-01"},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"kit": "'; DROP TABLE analytics_events"},
        {"kit": "x" * 41},
    ],
)
def test_a_period_or_kit_that_is_none_is_said_and_is_no_error_of_ours(support, query):
    text = page(support, status=400, **query)
    assert 'role="alert"' in text
    assert "DROP TABLE" not in text
    response = support.get(FILE, query)
    assert (response.status_code, response["Content-Type"]) == (400, "text/plain; charset=utf-8")


def test_it_takes_as_many_queries_for_three_users_as_for_one(support, alice, bob):
    fill(alice)
    page(support)
    with CaptureQueriesContext(connection) as one:
        page(support)
    for person in (bob, add_person("carol@example.com")):
        fill(person, days=5)
    with CaptureQueriesContext(connection) as three:
        page(support, days="90")
    assert len(three) == len(one) == 15


# From a figure to its rows


def test_a_figure_leads_to_the_events_that_it_is_made_of(support, alice, bob):
    fill(alice)
    add_events(bob.id, [opened(MORNING - timedelta(days=30)), call(MORNING - timedelta(days=40))])
    text = page(support, days="7")
    for label, count in (
        ("Opens", 24),
        ("Error rate", 2),
        ("Function calls", 8),
        ("Action click rate", 2),
    ):
        [address] = re.findall(rf'<a href="([^"]*)">\s*<span class="label">{label}</span>', text)
        listed = page(support, address.replace("&amp;", "&"))
        assert listed.count('class="field-created_at') == count
        assert "bob@example.com" not in listed
    [address] = re.findall(r'<a href="([^"]*)">media-scorer</a>', text)
    assert page(support, address.replace("&amp;", "&")).count('class="field-created_at') == 8
    [address] = re.findall(r'<a href="([^"]*)">alice@example.com</a>', text)
    assert page(support, address.replace("&amp;", "&")).count('class="field-created_at') == 24


def test_the_list_asks_millions_of_events_for_no_distinct_values(support, alice):
    fill(alice)
    with CaptureQueriesContext(connection) as captured:
        page(support, LIST)
    asked = [query["sql"] for query in captured if '"analytics_events"' in query["sql"]]
    assert len(asked) == 2
    assert not any("DISTINCT" in sql or "MIN(" in sql for sql in asked)


# The file


def test_the_file_holds_the_figures_and_the_series(support, alice):
    fill(alice)
    response = support.get(FILE, {"days": "7"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="fashionos-[\d-]{10}-[\d-]{10}\.csv"',
        response["Content-Disposition"],
    )
    rows = list(csv.reader(io.StringIO(response.content.decode())))
    assert rows[0] == ["what", "of", "unit", "value", "before", "change in %"]
    assert [row[0] for row in rows[1 : len(METRICS) + 1]] == [metric.label for metric in METRICS]
    assert ["Error rate", "", "%", "25.0", "", ""] in rows
    yesterday = (MORNING - timedelta(days=1)).date().isoformat()
    assert ["Opens and active users: Opens", yesterday, "", "12", "", ""] in rows
    assert ["Power user", "alice@example.com", "days", "2", "", ""] in rows


def test_a_long_period_is_drawn_by_weeks_in_which_each_person_counts_once(support, alice, bob):
    first = (MORNING - timedelta(days=100)).date()
    period = {"from": first, "to": MORNING.date()}
    at = MORNING - timedelta(days=79)  # the first day of the fourth week
    for person, days in ((alice, (0, 1, 6)), (bob, (6, 7))):
        add_events(person.id, [opened(at + timedelta(days=day)) for day in days])
    assert list(roll_up(datetime.now(UTC)))
    rows = list(csv.reader(io.StringIO(support.get(FILE, period).content.decode())))
    series = {
        name: [(row[1], row[3]) for row in rows if row[0] == f"Opens and active users: {name}"]
        for name in ("Opens", "Active users")
    }
    weeks = [(first + timedelta(days=7 * n)).isoformat() for n in range(15)]
    assert [label for label, _ in series["Opens"]] == weeks
    assert dict(series["Opens"]) == dict.fromkeys(weeks, "0") | {weeks[3]: "4", weeks[4]: "1"}
    assert dict(series["Active users"]) == dict.fromkeys(weeks, "0") | {
        weeks[3]: "2",
        weeks[4]: "1",
    }
    assert "Week from" in page(support, **period)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_the_file_holds_no_formulas(support, alice, start):
    with acting(Role.AUTH):
        User.objects.filter(id=alice.id).update(email=f"{start}cmd@example.com")
    fill(alice)
    rows = list(csv.reader(io.StringIO(support.get(FILE).content.decode())))
    assert f"'{start}cmd@example.com" in {row[1] for row in rows}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]


# In a browser


@pytest.fixture(scope="module")
def the_browser():
    with chromium() as opened:
        yield opened


@pytest.fixture
def dashboard(transactional_db, the_browser):
    """Return a function that opens the dashboard as support, on a server of its own."""
    alice = add_person("alice@example.com")
    add_person("sam@example.com", is_staff=True)
    fill(alice, days=5)
    with server_process() as server:
        root = f"http://127.0.0.1:{server.port}"

        def open_it(**options):
            return window(the_browser, f"{root}/admin/login/?next={PAGE}", **options)

        yield open_it


def sign_in(tab):
    tab.fill("#id_username", "sam@example.com")
    tab.fill("#id_password", PASSWORD)
    tab.press("#id_password", "Enter")
    tab.wait_for_selector("canvas[style]")


DRAWN = """() => [...document.querySelectorAll("canvas")].map((canvas) => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return data.some((value) => value !== 0);
})"""


@pytest.mark.parametrize(
    ("width", "dark"), [(1280, False), (360, False), (1280, True), (360, True)]
)
def test_it_stands_in_a_browser_light_dark_and_on_a_phone(dashboard, width, dark):
    with dashboard(width=width, dark=dark) as tab:
        sign_in(tab)
        assert tab.title() == "Dashboard | FashionOS support"
        assert tab.evaluate(DRAWN) == [True] * 6
        assert tab.evaluate("document.documentElement.scrollWidth") == width
        for summary in tab.locator("summary").all():
            if summary.is_visible():
                summary.click()
        assert tab.locator("details[open] table").count() == 6
        assert_accessible(tab)


def test_it_works_by_keyboard_and_without_a_script(dashboard):
    with dashboard() as tab:
        sign_in(tab)
        tab.locator(".presets a", has_text="7 days").focus()
        tab.keyboard.press("Enter")
        tab.wait_for_url("**days=7")
        assert tab.locator(".presets a[aria-current]").inner_text() == "7 days"
        summary = tab.locator("#use summary")
        summary.focus()
        tab.keyboard.press("Enter")
        assert tab.locator("#use tbody tr").count() == 7
        tab.locator(".card a", has_text="Opens per user").focus()
        tab.keyboard.press("Enter")
        tab.wait_for_url("**event_type=assistant_opened**")
        assert tab.locator("#result_list tbody tr").count() == 50
    with dashboard(java_script_enabled=False) as tab:
        tab.fill("#id_username", "sam@example.com")
        tab.fill("#id_password", PASSWORD)
        tab.press("#id_password", "Enter")
        tab.locator("#use summary").click()
        assert tab.locator("#use tbody").is_visible()
        tab.select_option("#kit", "media")
        tab.locator(".asked button").click()
        tab.wait_for_url("**kit=media")
        assert (
            tab.locator(".card", has_text="Function calls").locator(".value").inner_text() == "20"
        )


def test_the_theme_s_switch_redraws_the_charts(dashboard):
    with dashboard() as tab:
        sign_in(tab)
        colour = (
            "Chart.getChart(document.querySelector('#use canvas')).data.datasets[0].borderColor"
        )
        before = tab.evaluate(colour)
        tab.evaluate("document.documentElement.dataset.theme = 'dark'")
        tab.wait_for_function(f"{colour} !== '{before}'")


def test_the_page_has_no_script_or_style_of_its_own(support, alice):
    fill(alice)
    text = page(support)
    inline = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", text)
    assert inline == []
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)


def test_the_charts_library_is_the_one_of_the_package():
    package = CONFORMANCE / "node_modules" / "chart.js"
    original = (package / "dist" / "chart.umd.min.js").read_bytes()
    # Without the last line, which names a map that is not here: collecting the static files would ask for it.
    code, _, line = original.rpartition(b"//# sourceMappingURL=")
    assert line.strip() == b"chart.umd.min.js.map"
    vendor = ROOT / "static" / "vendor"
    assert (vendor / "chart.js").read_bytes() == code
    assert (vendor / "chart.LICENSE").read_bytes() == (package / "LICENSE.md").read_bytes()
    assert b"v4.6.1" in code[:100]
