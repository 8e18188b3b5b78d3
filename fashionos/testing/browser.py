"""The machine's Chromium, headless, for tests of pages: `chromium()` is the browser, `window()` one person at it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from fashionos.testing.node import CONFORMANCE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# Chromium's sandbox refuses root; its /dev/shm is 64 MB in containers.
_ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
# How long a loaded machine may take for what a person would not wait for.
PATIENCE_MS = 60_000
# The browser says these itself, of every answer that is no 2xx and of sockets while a server is away.
_NETWORK = ("Failed to load resource", "WebSocket connection to")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Open a browser; skips where there is none. Costs a second: one for a module's tests.

    Rows may be made meanwhile: playwright keeps an event loop in this thread, in which Django would refuse to query.
    """
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on PATH")
    with patch.dict(os.environ, DJANGO_ALLOW_ASYNC_UNSAFE="1"), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(
    browser: Browser,
    url: str,
    *,
    width: int = 1024,
    height: int = 768,
    dark: bool = False,
    **options: Any,
) -> Iterator[Page]:
    """Open `url` in a window with cookies and storage of its own.

    When it closes, the page must have logged no error: no exception, nothing that its Content-Security-Policy refused.
    `options` are those of playwright's new_context.
    """
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        **options,
    )
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_NETWORK):
            complaints.append(message.text)

    context.on("console", hear)
    context.on("weberror", lambda failure: complaints.append(str(failure.error)))
    context.set_default_timeout(PATIENCE_MS)
    try:
        page = context.new_page()
        page.goto(url)
        yield page
        assert not complaints, complaints
    finally:
        context.close()


def assert_accessible(page: Page) -> None:
    """Let axe-core look at the page as it stands (WCAG 2.2 A and AA, and its best practices)."""
    axe = (CONFORMANCE / "node_modules" / "axe-core" / "axe.min.js").read_text()
    # Through the debugger, which no Content-Security-Policy of the page stops.
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert not found["violations"], [
        f"{violation['id']}: {violation['help']}: {node['html']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
