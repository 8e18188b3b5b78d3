"""People at the page, in a real Chromium against a real server."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import TimeoutError as TookTooLong
from playwright.sync_api import expect

from assistant.models import Conversation
from fashionos.console.tests.conftest import sign_in
from fashionos.kit.owned import Role, acting
from fashionos.testing.browser import PATIENCE_MS, assert_accessible
from fashionos.testing.people import post
from fashionos.testing.sockets import ServerProcess
from fashionos.workspace import services
from fashionos.workspace.models import Sample

pytestmark = pytest.mark.django_db(transaction=True)
expect.set_options(timeout=PATIENCE_MS)

# Looked at by people; git ignores them, CI may keep them.
SCREENSHOTS = Path(__file__).parents[3] / ".data" / "screenshots"
WIDTHS = {360: 740, 1024: 768, 1920: 1080}
GOWN = "Ivory silk gown"  # delayed, in the demo


def status_of(person, sample):
    with acting(Role.WEB, user_id=person.id):
        return Sample.objects.for_user(person.user).get(id=sample.id).status


def column(page, status):
    return page.locator(f'.column[data-status="{status}"]')


def card(page, name):
    return page.locator(".card", has_text=name)


def ask(page, message):
    page.get_by_label("Your question").fill(message)
    page.keyboard.press("Enter")


def test_a_wrong_password_says_what_to_do_and_the_right_one_lets_in_until_signing_out(
    open_window, alice
):
    page = open_window()
    sign_in(page, alice, password="wrong one")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_role("alert")).to_contain_text("Check both; capitals count")
    sign_in(page, alice)
    expect(page.get_by_role("heading", level=1)).to_have_text("Logistics")
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_text(alice.user.email)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    sign_in(page, alice)
    expect(page.locator(".connection")).to_contain_text("Live")


def test_the_link_of_a_mail_leads_to_a_new_password_and_works_once(open_window, server, alice):
    route = f"http://127.0.0.1:{server.port}/"
    link = post(
        "/auth/v1/admin/generate_link",
        {"type": "recovery", "email": alice.user.email, "redirect_to": route},
        token=settings.SECRET_API_KEYS[0],
        apikey=settings.SECRET_API_KEYS[0],
    ).document["action_link"]
    link = link.removeprefix(settings.SITE_URL + "/")
    page = open_window(route=link)
    page.get_by_label("New password").fill("a better horse")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    again = open_window(route=link)
    expect(again.get_by_role("alert")).to_contain_text("Ask for a new link below")
    sign_in(again, alice, password="a better horse")
    expect(again.get_by_role("navigation", name="Views")).to_be_visible()


def test_a_session_that_ended_elsewhere_leads_back_to_the_door(open_window, alice, samples):
    page = open_window(alice)
    expect(card(page, GOWN)).to_be_visible()
    alice.post("/auth/v1/logout?scope=global", {})
    with suppress(TookTooLong):  # the page may have left by itself: its channels were closed
        card(page, GOWN).press("Shift+ArrowRight", timeout=2000)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert status_of(alice, samples[GOWN]) == "delayed"


def test_an_answer_streams_in_and_leads_on(open_window, alice, samples):
    page = open_window(alice, "#/assistant")
    with page.expect_response("**/chat-orchestrator") as streamed:
        page.get_by_role("button", name="Show me the blockers").click()
    assert streamed.value.headers["content-type"].startswith("text/event-stream")
    answer = page.locator(".turn.answer")
    expect(answer).to_contain_text("endanger the shoot")
    expect(answer.locator(".severity")).to_contain_text("Critical")
    answer.get_by_role("button", name="This helped").click()
    expect(answer.get_by_role("button", name="This helped")).to_have_attribute(
        "aria-pressed", "true"
    )
    answer.get_by_role("link", name="See the delayed samples").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(column(page, "delayed")).to_have_class("column delayed wanted")
    page.go_back()
    expect(page.locator(".turn.answer")).to_contain_text(
        "endanger the shoot"
    )  # from the log of conversations
    expect(page.get_by_role("button", name="This helped")).to_have_attribute("aria-pressed", "true")
    with acting(Role.WEB, user_id=alice.id):
        assert Conversation.objects.for_user(alice.user).get().helpful is True


def test_a_proposal_shows_its_change_and_makes_it_when_it_is_confirmed(open_window, alice, samples):
    page = open_window(alice, "#/assistant")
    ask(page, f"mark {GOWN} as received")
    offer = page.get_by_role("region", name="Proposed change").first
    expect(offer.get_by_role("row", name=f"{GOWN} Status delayed received")).to_be_visible()
    assert status_of(alice, samples[GOWN]) == "delayed"
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Changed as you confirmed")).to_be_visible()
    assert status_of(alice, samples[GOWN]) == "received"
    expect(page.get_by_role("button", name="Confirm")).to_have_count(0)


def test_a_proposal_that_is_cancelled_changes_nothing(open_window, alice, samples):
    page = open_window(alice, "#/assistant")
    ask(page, f"mark {GOWN} as received")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("nothing was changed")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm")).to_have_count(0)
    assert status_of(alice, samples[GOWN]) == "delayed"


def test_a_wide_proposal_wants_its_number_typed(open_window, alice, samples):
    page = open_window(alice, "#/assistant")
    ask(page, "mark all the received samples as on set")
    field = page.get_by_label("Type 41 to confirm")
    field.fill("7")
    page.get_by_role("button", name="Confirm").click()
    expect(field).to_be_focused()  # the browser says what is wrong with it
    field.fill("41")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Changed as you confirmed")).to_be_visible()
    # The first few are told one by one, the others counted.
    expect(page.get_by_text("38 more changes.")).to_be_visible()


def test_a_card_moves_by_mouse_and_by_keys_and_every_other_window_sees_it(
    open_window, alice, samples
):
    page, other = open_window(alice), open_window(alice)
    expect(other.locator(".connection")).to_contain_text("Live")
    expect(card(other, GOWN)).to_be_visible()
    card(page, GOWN).drag_to(column(page, "received"))
    expect(card(column(other, "received"), GOWN)).to_be_visible()
    expect(other.locator(".toast")).to_contain_text(
        f"{GOWN}: delayed → received. No longer a block"
    )
    expect(page.locator(".toast")).to_have_count(1)  # not told what was done right here
    assert status_of(alice, samples[GOWN]) == "received"
    card(page, GOWN).press("Shift+ArrowRight")
    expect(card(column(other, "on_set"), GOWN)).to_be_visible()
    expect(card(page, GOWN)).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=GOWN)
    expect(dialog.get_by_role("button", name="On set")).to_have_attribute("aria-pressed", "true")
    dialog.get_by_role("button", name="Damaged").click()
    expect(card(column(other, "damaged"), GOWN)).to_be_visible()
    expect(column(other, "damaged").get_by_role("heading")).to_contain_text("3")


def test_a_move_that_the_server_refuses_is_taken_back(open_window, alice, samples):
    page = open_window(alice)
    expect(card(page, GOWN)).to_be_visible()
    page.route("**/rest/v1/samples*", lambda route: route.abort())
    card(page, GOWN).press("Shift+ArrowRight")
    expect(page.get_by_text("The server cannot be reached. Check the network")).to_be_visible()
    expect(card(column(page, "delayed"), GOWN)).to_be_visible()
    assert status_of(alice, samples[GOWN]) == "delayed"


def test_a_view_that_cannot_be_fetched_says_so_and_is_shown_when_the_server_is_back(
    open_window, alice, samples
):
    page = open_window(alice)
    expect(card(page, GOWN)).to_be_visible()
    page.route("**/views/media.js", lambda route: route.abort())
    page.get_by_role("link", name="Media").click()
    expect(page.locator("main")).to_contain_text("The server cannot be reached.")
    page.unroute("**/views/media.js")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Contact sheet")).to_be_visible()


def test_readiness_blockers_and_order_follow_what_changes(open_window, alice, samples):
    page = open_window(alice)
    blockers = page.locator("ol.blockers").first
    expect(blockers).to_contain_text(GOWN)
    expect(blockers).to_contain_text("Lateness")
    expect(page.locator("figure.lane svg").first).to_have_attribute(
        "aria-label", re.compile("of changing over, then setup 2 until")
    )
    card(page, GOWN).drag_to(column(page, "received"))
    expect(blockers).not_to_contain_text(GOWN)


@pytest.mark.parametrize("rooms", ["1", "0"], ids=["rooms", "no rooms"])
def test_after_a_restart_of_the_server_the_page_is_up_to_date_without_a_reload(
    open_window, alice, samples, rooms
):
    environment = {"RATE_LIMITS": "0", "REALTIME_PUBLIC_CHANNELS": rooms}
    process = ServerProcess(**environment)
    try:
        page = open_window(alice, process=process)
        expect(page.locator(".connection")).to_contain_text("Live")
        expect(card(page, GOWN)).to_be_visible()
        with acting(Role.WEB, user_id=alice.id):
            services.add_samples(alice.id, [{"name": "Velvet cape"}], by=alice.id)
        expect(card(page, "Velvet cape")).to_be_visible()
        page.evaluate("globalThis.untouched = true")
        process.stop()
        expect(page.get_by_text("The connection to the server is lost")).to_be_visible()
        with acting(Role.WEB, user_id=alice.id):
            mine = Sample.objects.for_user(alice.user).filter(id=samples[GOWN].id)
            services.change_samples(mine, {"status": "received"}, by=alice.id)
        process.log_file.close()
        process = ServerProcess(port=process.port, **environment)
        expect(page.locator(".connection")).to_contain_text("Live")
        expect(card(column(page, "received"), GOWN)).to_be_visible()
        expect(page.get_by_text("The connection to the server is lost")).to_have_count(0)
        page.get_by_role("link", name="Live feed").click()
        expect(page.get_by_text("joined again").first).to_be_visible()
        assert page.evaluate("globalThis.untouched")
    finally:
        process.stop()
        process.log_file.close()


def test_the_live_feed_tells_each_event_with_its_delay(open_window, alice, samples):
    page = open_window(alice, "#/live")
    expect(page.get_by_text(f"samples:{alice.id}").first).to_be_visible()
    expect(page.locator(".connection")).to_contain_text("Live")
    with acting(Role.WEB, user_id=alice.id):
        services.add_samples(alice.id, [{"name": "Velvet cape"}], by=alice.id)
    event = page.locator(".feed li").first
    expect(event).to_contain_text("Velvet cape was added")
    expect(event).to_contain_text("sample_added")
    expect(event.locator(".wait")).to_contain_text("ms")


def test_a_strangers_board_is_empty(open_window, bob, samples):
    page = open_window(bob)
    expect(page.get_by_text("No samples yet.")).to_be_visible()
    expect(card(page, GOWN)).to_have_count(0)


def test_more_samples_than_one_answer_holds_are_all_there(open_window, alice):
    with acting(Role.WEB, user_id=alice.id):
        rows = [{"name": f"Sample {number}"} for number in range(1_200)]
        services.add_samples(alice.id, rows, by=alice.id)
    page = open_window(alice)
    expect(page.get_by_text("1,200 samples").first).to_be_visible()
    page.get_by_label("Find samples").fill("sample 1199")
    expect(page.get_by_text("1 of 1,200 samples")).to_be_visible()
    card(page, "Sample 1199").press("Shift+ArrowRight")
    expect(column(page, "in_transit").get_by_role("heading")).to_contain_text("1")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_view_is_accessible_and_fits_at_every_width(open_window, alice, samples, theme):
    # What people type is text, and may be as long as German has it.
    odd = "<img src=x onerror=alert(1)> Donaudampfschifffahrtsgesellschaftskapitänsuniformjacke"
    with acting(Role.WEB, user_id=alice.id):
        mine = Sample.objects.for_user(alice.user).filter(id=samples[GOWN].id)
        services.change_samples(mine, {"name": odd}, by=alice.id)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page = open_window(dark=theme == "dark")
    assert_accessible(page)
    sign_in(page, alice)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        for name, ready in VIEWS.items():
            page.get_by_role("link", name=name, exact=True).click()
            ready(page)
            assert page.evaluate("document.documentElement.scrollWidth") == width, name
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{theme}.png", full_page=True)
            if width == 1024:
                assert_accessible(page)


def see_the_assistant(page):
    expect(page.locator(".log .empty, .log .turn").first).to_be_visible()
    if page.locator(".log .empty").count():
        page.get_by_role("button", name="Show me the blockers").click()
    expect(page.locator(".turn.answer .foot").first).to_be_visible()


def see_logistics(page):
    expect(page.locator(".score")).to_be_visible()
    expect(card(page, "<img src=x onerror=alert(1)>")).to_be_visible()


def see_the_feed(page):
    expect(page.get_by_text("joined").first).to_be_visible()


VIEWS = {"Assistant": see_the_assistant, "Logistics": see_logistics, "Live feed": see_the_feed}
