"""What does a page put in the way of somebody: on a phone, in the dark, with a keyboard, with a screen reader?

Most of it axe-core finds (https://github.com/dequelabs/axe-core); what it does not look for is asked here.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from browser import PHONE, overflow
from playwright.sync_api import Page

NARROWEST = 320
"""CSS pixels: a window of 1280 at 400 percent (WCAG 2.2, 1.4.10)."""

_ASKED = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# A mail stands in a frame of its own, where nothing runs, not even axe.
_OPTIONS = {"iframes": False, "preload": False, "resultTypes": ["violations"]}


def barriers(page: Page) -> list[str]:
    """Return what is wrong with an open page, with all that is folded opened; its window is afterwards as before."""
    size = page.viewport_size
    assert size is not None
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    # Without movement, so that no colour is on its way when it is asked for.
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
    found = list(page.evaluate(_WITHOUT_AXE))
    for width in (size["width"], PHONE, NARROWEST):
        page.set_viewport_size({"width": width, "height": size["height"]})
        found += [f"{overflow(page)} pixels wider than a window of {width}"] if overflow(page) > 0 else []
    page.evaluate(_LEAVE_THREE_OF_A_KIND)
    page.evaluate(_axe())
    # What a style, a width or a colour changes is asked again, and nothing else: each question takes a while.
    found += [f"on a phone: {what}" for what in _violations(page, rules=["color-contrast", "target-size"])]
    page.set_viewport_size(size)
    found += [*_violations(page, tags=_ASKED), *_unseen_focus(page)]
    page.emulate_media(color_scheme="light" if is_dark else "dark")
    found += [f"in the other colours: {what}" for what in _violations(page, rules=["color-contrast"])]
    page.emulate_media(color_scheme="dark" if is_dark else "light")
    page.evaluate(_SHOW_ALL_AGAIN)
    return found


def _violations(page: Page, *, tags: tuple[str, ...] = (), rules: list[str] | None = None) -> list[str]:
    asked: dict[str, Any] = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": list(tags)}
    return list(page.evaluate(_RUN, _OPTIONS | {"runOnly": asked}))


def _unseen_focus(page: Page) -> list[str]:
    # After a key the browser takes the focus for the keyboard’s, and shows it.
    page.keyboard.press("Tab")
    return list(page.evaluate(_FOCUS))


@cache
def _axe() -> str:
    return resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8") + "\n;0"


_RUN = """async options => (await axe.run(document, options)).violations.flatMap(
  rule => rule.nodes.map(node => `${rule.id}: ${node.html} ${node.failureSummary}`))"""

_WITHOUT_AXE = """() => {
  const wrong = [], ids = [...document.querySelectorAll("[id]")].map(one => one.id);
  for (const table of document.querySelectorAll("table"))
    if (!table.caption) wrong.push("a table without a caption");
  for (const one of document.querySelectorAll("[aria-labelledby], [aria-describedby]"))
    for (const id of [one.getAttribute("aria-labelledby"), one.getAttribute("aria-describedby")])
      if (id && !document.getElementById(id)) wrong.push("nothing has the id " + id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push("twice the id " + id);
  return wrong;
}"""

# A hundred lines that are built alike have the same faults.
_LEAVE_THREE_OF_A_KIND = """() => {
  const shape = one => [one, ...one.querySelectorAll("*")].map(each => each.localName + each.className).join();
  for (const list of document.querySelectorAll("main tbody, main tr, main ul, main ol")) {
    const seen = {};
    for (const one of list.children) {
      const kind = shape(one);
      seen[kind] = (seen[kind] || 0) + 1;
      if (seen[kind] > 3 && !one.hidden) one.hidden = one.leftOut = true;
    }
  }
}"""
_SHOW_ALL_AGAIN = (
    """() => { for (const one of document.querySelectorAll("[hidden]")) if (one.leftOut) one.hidden = false; }"""
)

_FOCUS = """() => {
  const wrong = [], asked = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  for (const one of document.querySelectorAll(asked)) {
    if (!one.checkVisibility() || one.disabled) continue;
    one.focus();
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    const seen = style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2;
    if (!seen) wrong.push("no focus on " + one.outerHTML);
    if (box.width < 2 || box.height < 2) wrong.push("a focus that nobody sees, on " + one.outerHTML);
  }
  document.activeElement.blur();
  return wrong;
}"""
