"""What does a person do before a page: in one small vocabulary, however it is done?

A journey is written once, in these words, and walked in each form of `hands.py`. Each page on the way must fit the
window; what else may be in somebody's way, tests/test_browser_access.py asks of every page. The seconds follow the
keystroke-level model (Card, Moran and Newell, 1980), with a slow typist and time to look over each page.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from pathlib import Path

from browser import overflow
from playwright.sync_api import Locator, Page, expect

KEY, POINT, CLICK, HOMING, THINK = 0.5, 1.1, 0.2, 0.4, 1.35
"""Seconds: a key of somebody who types unknown words, the way of the pointer, a click, a hand’s move, a thought."""

LOOK, PICK, COPY = 12.0, 15.0, 20.0
"""Seconds: to wait for a page and look over it, to find a file in a dialogue, to copy a table from a document."""


class Person(ABC):
    """Somebody before a page, who knows things by what stands on them."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.seconds = 0.0
        self.acts: list[str] = []

    # Acts

    def go(self, path: str) -> None:
        """Open an address, as from a bookmark or from a mail."""
        self._did(f"go {path}", THINK + POINT + CLICK)
        self.page.goto(self.address + path)
        self._arrive()

    def sign_in(self, link: str) -> None:
        """Come in by the link of a mail."""
        self.go(link)
        self.press("Sign in")

    def follow(self, name: str, within: Locator | None = None) -> None:
        """Follow a link to another page, or to another place of this one."""
        self._lead(self._find("link", name, within), f"follow {name}")

    def press(self, name: str, within: Locator | None = None) -> None:
        """Press a button that sends its form."""
        self._lead(self._find("button", name, within), f"press {name}")

    def press_here(self, name: str, *, role: str = "button", times: int = 1) -> None:
        """Press what a script of the page answers; or, twice, what sends a form before anything is seen to happen."""
        target = self._find(role, name, None)
        self._reach(target, f"press {name}")
        self._strike(target, times=times)

    def type(self, text: str) -> None:
        """Type where the page has led to."""
        self.page.keyboard.type(text)
        self._did(f"type {text}", KEY * len(text))

    def search(self, words: str) -> None:
        """Have a list show only what says these words."""
        form = self.page.get_by_role("search")
        self.fill("Find", words, within=form)
        self.press("Show", within=form)

    def unfold(self, name: str) -> None:
        """Open what is folded under a heading."""
        fold = self.page.locator("summary").filter(has_text=name).first
        self._reach(fold, f"unfold {name}")
        self._strike(fold)
        assert fold.evaluate("one => one.parentElement.open")

    def fill(self, label: str, text: str, within: Locator | None = None) -> None:
        """Fill in a field; of a date or a time, its digits."""
        field = self._field(label, within)
        self._enter(field, f"fill {label}")
        self.type(text)

    def paste(self, label: str, text: str) -> None:
        """Paste a text that was copied elsewhere."""
        self._enter(self._field(label), f"paste {label}")
        self.page.keyboard.insert_text(text)
        self.seconds += COPY + 2 * KEY

    def choose(self, label: str, option: str) -> None:
        """Choose the entry of a list that begins with these letters."""
        field = self._field(label)
        self._reach(field, f"choose {label}")
        self._pick(field, option)
        chosen = str(field.evaluate("one => one.selectedOptions[0].text"))
        assert chosen.startswith(option), f"{label}: {chosen}, not {option}"

    def tick(self, name: str, *, off: bool = False) -> None:
        """Tick a box, or untick it."""
        box = self.page.get_by_role("checkbox", name=name)
        self._reach(box, f"{'untick' if off else 'tick'} {name}")
        self._mark(box)
        expect(box).to_be_checked(checked=not off)

    def upload(self, label: str, file: Path, within: Locator | None = None) -> None:
        """Choose a file in the dialogue that a field opens."""
        field = self._field(label, within)
        self._reach(field, f"upload {label}")
        with self.page.expect_file_chooser() as chooser:
            self._mark(field)
        chooser.value.set_files(file)
        self.seconds += PICK

    def take(self, name: str) -> bytes:
        """Follow a link to a file, and return what was downloaded."""
        link = self._find("link", name, None)
        self._reach(link, f"take {name}")
        with self.page.expect_download() as download:
            self._strike(link)
        return Path(download.value.path()).read_bytes()

    # Looks

    def region(self, name: str) -> Locator:
        """Return the part of the page under a heading."""
        return self.page.get_by_role("region", name=name)

    def row(self, *texts: str) -> Locator:
        """Return the row of a table that says all this."""
        row = self.page.get_by_role("row")
        for text in texts:
            row = row.filter(has_text=text)
        return row

    def see(self, text: str, within: Locator | None = None) -> None:
        """Find a text on the page."""
        expect((within or self.page).get_by_text(text).filter(visible=True).first).to_be_visible()

    def told(self, text: str) -> None:
        """Find a text in what the page says of the last act."""
        expect(self.page.get_by_role("status").filter(has_text=text)).to_be_visible()

    def read(self, things: int) -> None:
        """Compare so many things, at five seconds each."""
        self._did(f"read {things}", 5.0 * things)

    # How each is done

    @abstractmethod
    def _reach(self, target: Locator, what: str) -> None:
        """Come to a link, a button or a field."""

    @abstractmethod
    def _strike(self, target: Locator, *, times: int = 1) -> None:
        """Press the link or the button that was come to."""

    @abstractmethod
    def _mark(self, target: Locator) -> None:
        """Press the box, or the field of a file, that was come to."""

    @abstractmethod
    def _enter(self, field: Locator, what: str) -> None:
        """Come into a field, ready to type over what it says."""

    @abstractmethod
    def _pick(self, field: Locator, option: str) -> None:
        """Take an entry of the list that was come to."""

    def _find(self, role: str, name: str, within: Locator | None) -> Locator:
        found = (within or self.page).get_by_role(role, name=name)  # type: ignore[arg-type]
        found.first.wait_for()
        exact = (within or self.page).get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
        return exact if exact.count() else found

    def _field(self, label: str, within: Locator | None = None) -> Locator:
        return (within or self.page).get_by_label(label).filter(visible=True)

    def _lead(self, target: Locator, what: str) -> None:
        self._reach(target, what)
        with self.page.expect_navigation():
            self._strike(target)
        self._arrive()

    def _did(self, what: str, seconds: float) -> None:
        self.acts.append(what)
        self.seconds += seconds

    def _arrive(self) -> None:
        self.seconds += LOOK
        picture(self.page, f"{len(self.acts):02}")
        too_wide = overflow(self.page)
        assert not too_wide, f"{self.page.url} after “{self.acts[-1]}”: {too_wide} pixels too wide"


def picture(page: Page, name: str) -> None:
    """Keep a picture of the page where the variable LOOK_AT names a folder."""
    folder = os.environ.get("LOOK_AT")
    if folder:
        test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition("::")[2].partition(" ")[0]
        page.screenshot(path=Path(folder) / f"{test}-{name}.png", full_page=True)
