"""How is a real Chromium driven, and what does it complain of?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from parts import chromium
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from visits import World

DESK, PHONE = 1280, 375
PATIENCE = 30_000
"""Milliseconds after which something is held not to happen: a machine that builds has much else to do."""

expect.set_options(timeout=PATIENCE)

_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NOT_LOADED = "Failed to load resource: the server responded with a status of 4"


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Start this machine's Chromium, and end it."""
    program = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_OPTIONS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a file."""
    with a_browser() as browser:
        yield browser


@contextmanager
def a_window(browser: Browser, *, width: int, dark: bool = False, **more: Any) -> Iterator[Page]:
    """Open a window of its own, `width` pixels wide; an error in the page, or a refused resource, ends the test."""
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light", **more
    )
    context.set_default_timeout(PATIENCE)
    page, complaints, opened = context.new_page(), list[tuple[str, str]](), set[str]()
    page.on("pageerror", lambda error: complaints.append((page.url, str(error))))
    page.on("console", lambda said: complaints.append((said.location["url"], said.text)) if said.type == "error" else 0)
    page.on("request", lambda asked: opened.add(asked.url) if asked.is_navigation_request() else None)
    yield page
    context.close()
    # A page of ours that says why something is refused is no failure, though its status is an error’s.
    assert [(at, said) for at, said in complaints if not (at in opened and said.startswith(_NOT_LOADED))] == []


def sign_in(page: Page, world: World, email: str) -> None:
    """Come in by a link."""
    page.goto(world.address + world.link_for(email))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
