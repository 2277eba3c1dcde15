"""How does a person do what `person.py` names: by mouse, and by keyboard alone?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from browser import DESK, PHONE, a_window
from person import CLICK, HOMING, KEY, POINT, THINK, Person
from playwright.sync_api import Browser, Locator, expect

MOST_TABS = 30
"""How often somebody presses Tab for one act; whoever needs more gives up."""


@dataclass(frozen=True)
class Form:
    """How a journey is walked."""

    by_keyboard: bool
    width: int
    dark: bool = False
    scripts: bool = True


MOUSE_AT_DESK = pytest.param(Form(False, DESK), id="mouse-desk")
KEYBOARD_AT_DESK = pytest.param(Form(True, DESK, dark=True), id="keyboard-desk")
FINGER_ON_PHONE = pytest.param(Form(False, PHONE, dark=True), id="finger-phone")
KEYBOARD_ON_PHONE = pytest.param(Form(True, PHONE), id="keyboard-phone")
FORMS = [MOUSE_AT_DESK, KEYBOARD_AT_DESK, FINGER_ON_PHONE, KEYBOARD_ON_PHONE]
WITHOUT_SCRIPTS = pytest.param(Form(False, PHONE, scripts=False), id="finger-without-scripts")


class WithMouse(Person):
    """Somebody who points, clicks and types."""

    def _reach(self, target: Locator, what: str) -> None:
        self._did(what, THINK + HOMING + POINT + CLICK)

    def _strike(self, target: Locator, *, times: int = 1) -> None:
        target.click(click_count=times)

    def _mark(self, target: Locator) -> None:
        target.click()

    def _enter(self, field: Locator, what: str) -> None:
        self._reach(field, what)
        self.seconds += HOMING
        # A date is typed from its first part on.
        in_parts = field.get_attribute("type") in ("date", "time")
        field.click(position={"x": 20, "y": 20} if in_parts else None)
        if not in_parts:
            self.page.keyboard.press("ControlOrMeta+A")

    def _pick(self, field: Locator, option: str) -> None:
        entries = [text.strip() for text in field.locator("option").all_text_contents()]
        field.select_option(index=next(n for n, text in enumerate(entries) if text.startswith(option)))
        self.seconds += POINT + CLICK


class WithKeyboard(Person):
    """Somebody who has a keyboard alone: Tab and Shift+Tab, Enter, Space, arrows and letters."""

    def _strike(self, target: Locator, *, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press("Enter")

    def _mark(self, target: Locator) -> None:
        self.page.keyboard.press("Space")

    def _enter(self, field: Locator, what: str) -> None:
        self._reach(field, what)
        if field.evaluate("one => one.localName") == "textarea":
            self.page.keyboard.press("ControlOrMeta+A")

    def _pick(self, field: Locator, option: str) -> None:
        self.page.keyboard.type(option)
        self.seconds += KEY * len(option)

    def _reach(self, target: Locator, what: str) -> None:
        """Press Tab, or Shift+Tab for what lies before, until the target has the focus, and see that it shows."""
        expect(target).to_be_visible()
        handle = target.element_handle()
        start = handle.evaluate(_WHERE)
        tabs = 0
        if start == "skip":
            self.page.keyboard.press("Tab")
            expect(self.page.get_by_role("link", name="Skip to the content")).to_be_focused()
            self.page.keyboard.press("Enter")
            tabs = 2
        key = "Shift+Tab" if start == "before" else "Tab"
        has_focus = start == "there"
        while not has_focus:
            assert tabs < MOST_TABS, f"{self.page.url}: {MOST_TABS} Tabs do not lead to “{what}”"
            self.page.keyboard.press(key)
            tabs += 1
            has_focus = handle.evaluate(_HAS_FOCUS)
        if key == "Shift+Tab" and handle.get_attribute("type") in ("date", "time"):
            # Backwards, a date is entered at its last part: leave it, and come in at the first.
            while handle.evaluate(_HAS_FOCUS):
                self.page.keyboard.press(key)
            self._tab("Tab")
        hidden = handle.evaluate(_FOCUS_SHOWS)
        assert not hidden, f"{self.page.url}: the focus on “{what}” {hidden}"
        self._did(what, THINK + KEY * (tabs + 1))


@contextmanager
def somebody(browser: Browser, form: Form, address: str, **more: Any) -> Iterator[Person]:
    """Open a window for a person who works in this form; an error in a page ends the test."""
    scripts = {} if form.scripts else {"java_script_enabled": False}
    with a_window(browser, width=form.width, dark=form.dark, reduced_motion="reduce", **scripts, **more) as page:
        # Who waits for a file's dialogue only when a key is pressed may come too late to hold it.
        page.on("filechooser", lambda _: None)
        yield (WithKeyboard if form.by_keyboard else WithMouse)(page, address)


_WHERE = """target => {
  const at = document.activeElement, from = at && at !== document.body ? at : document.querySelector(":target");
  if (at === target) return "there";
  if (!from) return document.getElementById("main").contains(target) ? "skip" : "after";
  return from.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING
    && !(from.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_CONTAINED_BY) ? "before" : "after";
}"""

_HAS_FOCUS = "target => target === document.activeElement"

_FOCUS_SHOWS = """target => {
  const style = getComputedStyle(target), box = target.getClientRects()[0];
  if (!target.matches(":focus-visible")) return "is not shown";
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return "has no outline";
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) return `is outside the window, at ${x}, ${y}`;
  const top = document.elementFromPoint(x, y);
  if (!target.contains(top) && !top.contains(target)) return "is covered by " + top.outerHTML.slice(0, 80);
  return "";
}"""
