"""Support sees every row of every table; everybody else sees a sign-in page."""

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analytics.models import AnalyticsEvent
from assistant.models import Conversation
from fashionos.accounts.models import User
from fashionos.kit.owned import Role, acting
from fashionos.testing.people import PASSWORD, add_person
from fashionos.tests.test_walls import add_rows
from insights.models import Insight

LISTS = [
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/session/",
    "/admin/assistant/conversation/",
    "/admin/insights/insight/",
    "/admin/analytics/analyticsevent/",
    "/admin/preferences/userpreferences/",
    "/admin/storage/bucket/",
    "/admin/storage/storedobject/",
]


def browser(email):
    client = Client()
    client.post("/admin/login/", {"username": email, "password": PASSWORD})
    return client


@pytest.fixture
def support(sam):
    return browser("sam@example.com")


def page(client, path, **query):
    response = client.get(path, query)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


@pytest.mark.parametrize("path", LISTS)
def test_nobody_but_support_sees_a_page(alice, path):
    for client in (Client(), browser("alice@example.com")):
        response = client.get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


def test_signing_in_as_a_normal_user_is_refused(alice):
    response = Client().post(
        "/admin/login/", {"username": "alice@example.com", "password": PASSWORD}
    )
    assert "for a staff account" in response.content.decode()
    assert "sessionid" not in response.cookies


def test_a_user_who_leaves_support_is_out_at_once(support, sam):
    assert support.get(LISTS[1]).status_code == 200
    with acting(Role.AUTH):
        User.objects.filter(id=sam.id).update(is_staff=False)
    assert support.get(LISTS[1]).status_code == 302


# Buckets and objects have tests of their own, in their room.
@pytest.mark.parametrize("path", [path for path in LISTS[3:] if "/storage/" not in path])
def test_support_sees_the_rows_of_all_users(support, alice, bob, path):
    for person in (alice, bob):
        add_rows(person.user)
    text = page(support, path)
    assert "alice@example.com" in text
    assert "bob@example.com" in text


@pytest.mark.parametrize("path", LISTS[1:])
def test_a_list_takes_as_many_queries_for_three_users_as_for_one(support, alice, path):
    add_rows(alice.user)
    page(support, path)  # content types are remembered from here on
    with CaptureQueriesContext(connection) as one:
        page(support, path)
    for name in ("carol", "dave"):
        add_rows(add_person(f"{name}@example.com").user)
    with CaptureQueriesContext(connection) as three:
        page(support, path)
    assert len(three) == len(one) <= 12


@pytest.mark.parametrize(
    "field", ["email", "user", "session", "type", "day", "nobody", "uuid", "yesterday", "endless"]
)
def test_conversations_and_events_are_found_by_user_session_and_words(support, alice, bob, field):
    turn = add_rows(alice.user)
    add_rows(bob.user)
    today = timezone.now().date()
    term = {
        "day": f"alice {today.isoformat()}",
        "yesterday": f"alice {(today - timedelta(days=1)).isoformat()}",
        "endless": "9999-12-31",
        "email": "alice@exam",
        "user": str(alice.id),
        "session": str(turn.session_id),
        "type": "alice logistics.read",
        "nobody": "zoe",
        "uuid": str(uuid.uuid4()),
    }[field]
    results = page(support, "/admin/assistant/conversation/", q=term)
    rows = results[results.index('id="changelist-form"') :]
    assert ("alice@example.com" in rows) == (field in {"email", "user", "session", "type", "day"})
    assert "bob@example.com" not in rows


def test_dates_and_kits_filter_the_list(support, alice):
    add_rows(alice.user)
    path = "/admin/assistant/conversation/"
    now = timezone.now()
    before, later = (now + timedelta(days=days) for days in (-2, 2))
    text = page(support, path, kit_context="logistics", created_at__gte=before.isoformat())
    assert "alice@" in text[text.index('id="changelist-form"') :]
    text = page(support, path, created_at__gte=later.isoformat())
    assert "alice@" not in text[text.index('id="changelist-form"') :]
    text = page(support, path, skill_used="logistics.locate")
    assert "alice@" not in text[text.index('id="changelist-form"') :]


@pytest.mark.parametrize(
    "path",
    [
        "workspace/asset/?storage_path=%00",
        "storage/storedobject/?kind=%00",
        "storage/bucket/a%00/change/",
    ],
)
def test_what_no_text_can_hold_is_a_bad_request(support, path):
    assert support.get(f"/admin/{path}").status_code == 400


def test_names_that_a_client_made_up_are_in_its_rows_and_in_no_filter(support, alice):
    turn = add_rows(alice.user)
    with acting(Role.WEB, user_id=alice.id):
        turn.pk, turn.skill_used, turn.kit_context = uuid.uuid4(), "made.up", "made up"
        turn.text, turn.answer = "x", b"{}"
        turn.save(force_insert=True)
    text = page(support, "/admin/assistant/conversation/")
    rows, _, filters = text.partition('id="changelist-filter"')
    assert "made.up" in rows
    assert "logistics.readiness" in filters
    assert "made" not in filters


def test_reading_a_conversation_decrypts_it_and_leaves_a_line_in_the_log(support, sam, alice):
    turn = add_rows(alice.user)
    listed = page(support, "/admin/assistant/conversation/")
    assert "are we ready?" not in listed
    with acting(Role.SUPPORT):
        assert LogEntry.objects.count() == 0
    text = page(support, f"/admin/assistant/conversation/{turn.id}/change/")
    assert "are we ready?" in text
    assert 'name="_save"' not in text
    with acting(Role.SUPPORT):
        [entry] = LogEntry.objects.all()
    assert (entry.user_id, entry.object_id, entry.change_message) == (
        sam.id,
        str(turn.id),
        "Read the conversation.",
    )


@pytest.mark.parametrize("action", ["delete", "change", "add"])
def test_support_cannot_rewrite_the_audit_log(support, alice, action):
    turn = add_rows(alice.user)
    path = {
        "add": "/admin/assistant/conversation/add/",
        "change": f"/admin/assistant/conversation/{turn.id}/change/",
        "delete": f"/admin/assistant/conversation/{turn.id}/delete/",
    }[action]
    response = support.post(path, {"post": "yes", "skill_used": "x", "kit_context": "x"})
    assert response.status_code == 403
    with acting(Role.SUPPORT):
        assert Conversation.objects.get(id=turn.id).skill_used == "logistics.readiness"


def test_insights_show_their_expiry_and_can_be_expired_together(support, alice, bob):
    for person in (alice, bob):
        add_rows(person.user)
    path = "/admin/insights/insight/"
    assert "alice@" in page(support, path, expiry="fresh")
    with acting(Role.SUPPORT):
        chosen = Insight.objects.for_user(alice).get()
    response = support.post(path, {"action": "expire_now", "_selected_action": [str(chosen.id)]})
    assert response.status_code == 302
    with acting(Role.SUPPORT):
        assert Insight.objects.for_user(alice).get().expires_at <= timezone.now()
        assert Insight.objects.for_user(bob).get().expires_at > timezone.now()
        assert LogEntry.objects.filter(change_message__contains="Expired").count() == 1
    text = page(support, path, expiry="expired")
    assert "alice@" in text[text.index('id="changelist-form"') :]


def test_a_user_s_page_leads_to_all_that_is_theirs(support, alice, bob):
    for person in (alice, bob):
        add_rows(person.user)
    text = page(support, f"/admin/accounts/user/{alice.id}/change/")
    links = dict(re.findall(r'<a href="(/admin/[^"]+)\?q=[0-9a-f-]{36}">([a-z ]+)</a>', text))
    assert {"sessions", "conversations", "samples", "events", "objects"} <= set(links.values())
    for path in links:
        found = page(support, path, q=str(alice.id))
        assert "bob@" not in found[found.index('id="changelist-form"') :]


def test_support_bans_a_user_and_the_ban_holds_at_once(support, alice):
    path = f"/admin/accounts/user/{alice.id}/change/"
    tomorrow = timezone.now() + timedelta(days=1)
    response = support.post(
        path,
        {
            "is_active": "on",
            "banned_until_0": tomorrow.date().isoformat(),
            "banned_until_1": "12:00",
            "email": "evil@example.com",
        },
    )
    assert response.status_code == 302
    answer = alice.get("/auth/v1/user", **{"x-supabase-api-version": "2024-01-01"})
    assert answer.document["code"] == "user_banned"
    with acting(Role.AUTH):
        assert User.objects.get(id=alice.id).email == "alice@example.com"


def test_analytics_can_be_opened_but_not_changed(support, alice):
    add_rows(alice.user)
    with acting(Role.SUPPORT):
        event = AnalyticsEvent.objects.for_user(alice).get()
    assert "assistant_opened" in page(
        support, f"/admin/analytics/analyticsevent/{event.id}/change/"
    )
    assert support.post(f"/admin/analytics/analyticsevent/{event.id}/delete/").status_code == 403


def test_many_wrong_passwords_close_the_admin_s_door(sam, settings):
    settings.SIGN_IN_FAILURES_PER_ACCOUNT = "3/300s"
    for _ in range(3):
        Client().post("/admin/login/", {"username": "sam@example.com", "password": "wrong"})
    response = Client().post("/admin/login/", {"username": "sam@example.com", "password": PASSWORD})
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0


def test_every_form_of_the_admin_checks_where_it_comes_from(sam):
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/admin/login/", {"username": "sam@example.com", "password": PASSWORD})
    assert response.status_code == 403


def test_the_admin_has_its_style_and_may_not_be_framed(db):
    client = Client()
    assert client.get("/admin/login/")["X-Frame-Options"] == "DENY"
    style = client.get("/static/admin/css/base.css")
    assert style.status_code == 200
    assert style["Content-Type"].startswith("text/css")
    assert b"html" in b"".join(style.streaming_content)
    style.close()
    assert client.get("/static/../settings.py").status_code == 404
