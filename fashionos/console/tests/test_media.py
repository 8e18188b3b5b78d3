"""People at the media view, in a real Chromium against a real server."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from fashionos.console.tests.test_console import SCREENSHOTS, WIDTHS
from fashionos.kit.owned import Role, acting
from fashionos.testing.browser import PATIENCE_MS, assert_accessible
from fashionos.workspace.models import Asset
from fashionos.workspace.tests.pictures import add_gallery

pytestmark = pytest.mark.django_db(transaction=True)
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(autouse=True)
def gallery(transactional_db):
    """Put the bucket back, which TRUNCATE takes away after each test."""
    add_gallery()


def panel(page, heading):
    return page.locator(".panel", has=page.get_by_role("heading", name=heading, exact=True))


def contact(page, name):
    return page.locator(".contact", has_text=name)


def status_of(person, name):
    with acting(Role.WEB, user_id=person.id):
        return Asset.objects.for_user(person.user).get(file_name=name).status


def photograph():
    """Return a picture with edges and colours, as JPEG."""
    rows, columns = np.mgrid[0:900, 0:700]
    pixels = np.dstack([rows % 256, columns % 256, (rows * columns // 97) % 256]).astype(np.uint8)
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "JPEG", quality=92)
    return written.getvalue()


def test_the_gallery_shows_scores_and_why(open_window, alice, pictures):
    page = open_window(alice, "#/media")
    expect(page.locator(".contact .severity").first).to_be_visible()
    shown = [name for name, asset in pictures.items() if asset.status != "archived"]
    expect(page.locator(".contact")).to_have_count(len(shown))
    expect(panel(page, "Missing shots").locator(".score")).to_contain_text("%")
    expect(panel(page, "Selects").locator(".pick")).to_have_count(10)
    expect(panel(page, "There twice")).to_contain_text("Keep this one")
    for width, height in WIDTHS.items():
        for dark in (False, True):
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme="dark" if dark else "light")
            assert_accessible(page)
            name = f"media-{width}-{'dark' if dark else 'light'}.png"
            page.screenshot(path=SCREENSHOTS / name, full_page=True)
    page.locator(".contact").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Score")).to_contain_text("of 100, grade")
    dialog.get_by_text("Every measure").click()
    expect(dialog.get_by_role("row", name="Sharpness")).to_be_visible()
    assert_accessible(page)


def test_what_one_window_approves_the_other_shows(open_window, alice, pictures):
    one, other = open_window(alice, "#/media"), open_window(alice, "#/media")
    name = next(name for name, asset in pictures.items() if asset.status == "pending_review")
    for page in (one, other):
        expect(contact(page, name)).to_contain_text("Pending review")
        expect(page.locator(".connection")).to_contain_text("Live")
    contact(one, name).press("a")
    expect(contact(one, name)).to_contain_text("Approved")
    expect(contact(other, name)).to_contain_text("Approved")
    expect(other.locator(".toasts")).to_contain_text(f"{name} was approved.")
    assert status_of(alice, name) == "approved"


def test_files_are_uploaded_measured_and_shown_and_a_refused_one_says_why(
    open_window, alice, bob, tmp_path
):
    page = open_window(alice, "#/media")
    expect(panel(page, "Contact sheet")).to_contain_text("No pictures yet.")
    expect(page.locator(".connection")).to_contain_text("Live")
    (tmp_path / "look 12 (ivory).jpg").write_bytes(photograph())
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing that follows")
    page.get_by_label("Choose files").set_input_files(sorted(tmp_path.iterdir()))
    listed = page.locator(".uploads li")
    expect(listed.filter(has_text="look 12")).to_contain_text("Uploaded")
    expect(listed.filter(has_text="notes.txt")).to_contain_text("takes pictures only")
    expect(contact(page, "look 12").locator(".severity")).to_be_visible()
    expect(contact(page, "look 12").locator("img")).to_be_visible()
    expect(contact(page, "broken")).to_contain_text("Cannot be measured")
    contact(page, "broken").click()
    expect(page.get_by_role("dialog")).to_contain_text("Not measured")
    page.keyboard.press("Escape")
    page.get_by_label("Choose files").set_input_files(tmp_path / "look 12 (ivory).jpg")
    expect(listed.last).to_contain_text("Already there")
    listed.last.get_by_role("button", name="Replace it").click()
    expect(listed.last).to_contain_text("Uploaded")
    strangers = open_window(bob, "#/media")
    expect(panel(strangers, "Contact sheet")).to_contain_text("No pictures yet.")


def test_files_may_be_dropped(open_window, alice):
    page = open_window(alice, "#/media")
    page.locator(".drop").wait_for()
    dropped = page.evaluate_handle(
        """bytes => {
            const dropped = new DataTransfer();
            dropped.items.add(new File([new Uint8Array(bytes)], "dropped.jpg", {type: "image/jpeg"}));
            return dropped;
        }""",
        list(photograph()),
    )
    page.locator(".drop").dispatch_event("drop", {"dataTransfer": dropped})
    expect(page.locator(".uploads li")).to_contain_text("Uploaded")
    expect(contact(page, "dropped.jpg")).to_be_visible()
