"""How is a real Chromium driven, and what does it find wrong with a page?"""

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
    page, complaints = context.new_page(), list[str]()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


def sign_in(page: Page, world: World, email: str) -> None:
    """Come in by a link."""
    page.goto(world.address + world.link_for(email))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


def barriers(page: Page) -> list[str]:
    """Return what keeps somebody from the page: that it is too wide, what has no name, what can hardly be read."""
    too_wide = overflow(page)
    return [f"{too_wide} pixels too wide"] * (too_wide > 0) + unnamed(page) + faint(page)


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def unnamed(page: Page) -> list[str]:
    """Return what a person who does not see the page could not name: fields, buttons, links, frames without a name."""
    return list(page.evaluate(_UNNAMED))


def faint(page: Page) -> list[str]:
    """Return the texts whose contrast is below WCAG 2.2, 1.4.3 (AA): 4.5, or 3 for large text."""
    return list(page.evaluate(_FAINT))


_UNNAMED = """() => {
  const wrong = [];
  const name = e => (e.getAttribute("aria-label") || e.title || e.innerText || e.textContent || "").trim();
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!field.labels.length) wrong.push(field.outerHTML);
  for (const one of document.querySelectorAll("a, button, summary, iframe"))
    if (!name(one)) wrong.push(one.outerHTML);
  for (const table of document.querySelectorAll("table"))
    if (!table.caption) wrong.push("a table without a caption");
  for (const region of document.querySelectorAll("[aria-labelledby], [aria-describedby]"))
    for (const id of [region.getAttribute("aria-labelledby"), region.getAttribute("aria-describedby")])
      if (id && !document.getElementById(id)) wrong.push("nothing has the id " + id);
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push("twice the id " + id);
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
  if (document.querySelectorAll("main").length !== 1 || !document.documentElement.lang) wrong.push("no main or lang");
  const levels = [...document.querySelectorAll("h1, h2, h3")].map(e => +e.tagName[1]);
  levels.forEach((level, n) => { if (n && level > levels[n - 1] + 1) wrong.push("a heading level is skipped"); });
  return wrong;
}"""

_FAINT = """() => {
  const parse = color => { const c = color.match(/[\\d.]+/g).map(Number); return c.length < 4 ? [...c, 1] : c; };
  const light = color => { const [r, g, b] = color.map(v => v / 255).map(
    v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; } return [255, 255, 255, 1]; };
  const wrong = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const box = node.parentElement, style = getComputedStyle(box);
    if (!node.data.trim() || !box.checkVisibility() || box.closest(".unseen, script, option")) continue;
    const [a, b] = [light(parse(style.color)), light(ground(box))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    if (contrast < (large ? 3 : 4.5)) wrong.push(`${node.data.trim()}: ${contrast.toFixed(2)}`);
  }
  return wrong;
}"""
