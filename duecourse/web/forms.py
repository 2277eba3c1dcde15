"""What does a form say, and did one of our own pages send it?"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from duecourse.calendar.due import instant_at
from duecourse.errors import BadInput, NotAllowed
from duecourse.language.said import say
from duecourse.web.visitor import AtTheDoor, SignedIn, Visitor

FORM_TOKEN = "form_token"
FORM_KEY = "form_key"
# More files than a submission may have are refused on its page, with the form filled in as it was.
_USUAL = {"max_files": 40, "max_fields": 40, "max_part_size": 64 * 1024}
# A contract file as a field, and the name of every line that is accepted.
_WITH_DEFINITION = {"max_files": 1, "max_fields": 5000, "max_part_size": 1024 * 1024}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LOCAL_PATH = re.compile(r"/(?!/)[A-Za-z0-9/_-]{0,200}(\?[A-Za-z0-9=&_%/?+.,~-]{0,300})?")
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


class Posted:
    """The fields of one form. Text is returned without what could turn, hide or break it elsewhere."""

    def __init__(self, form: FormData) -> None:
        self._form = form

    def line(self, name: str, *, at_most: int = 200) -> str:
        """Return a field as one line. Raises BadInput when it is longer than `at_most` characters."""
        return self._short(name, _printable(" ".join(self._raw(name).split()), keep="").strip(), at_most)

    def text(self, name: str, *, at_most: int = 4000) -> str:
        """Return a field that may have several lines. Raises BadInput when it is too long."""
        raw = self._raw(name).replace("\r\n", "\n").replace("\r", "\n")
        return self._short(name, _printable(raw, keep="\n").strip(), at_most)

    def instant(self, date_name: str, time_name: str, *, zone: str) -> datetime:
        """Return the instant of a local date and time. Raises BadInput when they are not one."""
        return instant_at(self.day(date_name), self._time(self.line(time_name)), zone)

    def time_of_day(self, name: str) -> time | None:
        """Return a time of day, or None when the field is empty. Raises BadInput when it is something else."""
        at = self.line(name)
        return self._time(at) if at else None

    def day(self, name: str) -> date:
        """Return a date. Raises BadInput when it is none, or not of this century."""
        said = self.line(name)
        try:
            on = date.fromisoformat(said) if _DATE.fullmatch(said) else None
        except ValueError:
            on = None
        if on is None or not 2000 <= on.year <= 2099:
            raise BadInput(say("“%(said)s” is not a date. Write it like 2026-11-23.", said=said))
        return on

    def key(self) -> str:
        """Return the form's own key, by which the same form sent twice is known. Raises BadInput without one."""
        key = self.line(FORM_KEY)
        if not _KEY.fullmatch(key):
            raise BadInput(say("The form has no key. Open the page again, and send the form from there."))
        return key

    def number(self, name: str) -> int | None:
        """Return a whole number from 0 to 999999999, or None when the field holds none."""
        said = self.line(name)
        return int(said) if re.fullmatch(r"[0-9]{1,9}", said) else None

    def file(self, name: str) -> UploadFile | None:
        """Return the file that was chosen, or None."""
        found = self._form.get(name)
        return found if isinstance(found, UploadFile) and found.filename else None

    def files(self, name: str) -> list[UploadFile]:
        """Return every file that was chosen in a field."""
        return [file for file in self._form.getlist(name) if isinstance(file, UploadFile) and file.filename]

    def lines(self, name: str) -> list[str]:
        """Return every field of this name, each as one line."""
        return [_printable(said, keep="") for said in self._form.getlist(name) if isinstance(said, str)]

    def content(self, name: str) -> str:
        """Return a field exactly as it was sent, for a reader that refuses by itself what is not to be kept."""
        return self._raw(name)

    def says(self, name: str) -> str:
        """Return a field as it was typed, to fill a form with again."""
        return _printable(self._raw(name), keep="\n\r")

    def _time(self, at: str) -> time:
        if not _TIME.fullmatch(at):
            raise BadInput(say("“%(at)s” is not a time of day. Write it like 16:30.", at=at))
        return time.fromisoformat(at)

    def _raw(self, name: str) -> str:
        found = self._form.get(name)
        return found if isinstance(found, str) else ""

    def _short(self, name: str, value: str, at_most: int) -> str:
        if len(value) > at_most:
            raise BadInput(
                say(
                    "The field “%(name)s” has more than %(at_most)s characters. Shorten it.",
                    name=name.replace("_", " "),
                    at_most=at_most,
                )
            )
        return value


async def guest_posted(request: Request) -> AsyncIterator[Posted]:
    """Read the form that somebody who is not signed in sent. Raises BadInput when it cannot be read."""
    form = await _read(request, _USUAL)
    try:
        yield Posted(form)
    finally:
        await form.close()


async def posted(request: Request, visitor: SignedIn) -> AsyncIterator[Posted]:
    """Read the form that a signed-in person sent. Raises NotAllowed unless it carries the browser's form token."""
    async with _ours(request, visitor, _USUAL) as form:
        yield form


async def posted_at_the_door(request: Request, visitor: AtTheDoor) -> AsyncIterator[Posted]:
    """Read the form that somebody sent who may still be asked for a passkey. Raises NotAllowed like `posted`."""
    async with _ours(request, visitor, _USUAL) as form:
        yield form


async def posted_with_definition(request: Request, visitor: SignedIn) -> AsyncIterator[Posted]:
    """Read a form that may hold a contract file and the names of many lines. Raises NotAllowed like `posted`."""
    async with _ours(request, visitor, _WITH_DEFINITION) as form:
        yield form


@asynccontextmanager
async def _ours(request: Request, visitor: Visitor, limits: dict[str, int]) -> AsyncIterator[Posted]:
    form = await _read(request, limits)
    try:
        given = form.get(FORM_TOKEN)
        # Compared as bytes: the comparison refuses text beyond ASCII.
        if not isinstance(given, str) or not hmac.compare_digest(
            given.encode("utf-8", "replace"), visitor.form_token.encode()
        ):
            raise NotAllowed(
                say(
                    "This form was opened before you signed in, or did not come from this site. Nothing was "
                    "changed: open the page again, and send the form from there."
                )
            )
        yield Posted(form)
    finally:
        await form.close()


async def _read(request: Request, limits: dict[str, int]) -> FormData:
    try:
        return await request.form(**limits)
    except HTTPException as error:
        if "Too many files" in error.detail:
            raise BadInput(
                say(
                    "At most %(limits)s files can be sent at once. Put them into one ZIP archive.",
                    limits=limits["max_files"],
                )
            ) from error
        raise BadInput(say("The form could not be read. Open the page again, and send the form from there.")) from error


def local_path(said: str) -> str:
    """Return `said` when it is a path of this site, else ``/``: nobody may be led elsewhere."""
    return said if _LOCAL_PATH.fullmatch(said) else "/"


def _printable(text: str, *, keep: str) -> str:
    # Control characters (NUL breaks PostgreSQL), marks that reverse the writing direction, and lone surrogates.
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        character
        for character in composed
        if character in keep or (unicodedata.category(character) not in ("Cc", "Cs") and character not in _TURNING)
    )


Form = Annotated[Posted, Depends(posted)]
DefinitionForm = Annotated[Posted, Depends(posted_with_definition)]
DoorForm = Annotated[Posted, Depends(posted_at_the_door)]
GuestForm = Annotated[Posted, Depends(guest_posted)]
