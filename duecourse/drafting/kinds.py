"""Of which kind is an exhibit, by its content and never by its name, and what does it hold?"""

from __future__ import annotations

import os

from duecourse.drafting.apart import read_apart
from duecourse.drafting.refusing import refused
from duecourse.drafting.rows import Exhibit, clean
from duecourse.drafting.text_reader import read_text
from duecourse.language.said import say

LARGEST = 10 * 1024 * 1024
"""The most bytes that an exhibit may have."""

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"{\\rtf", b"%!ps")


def read_exhibit(data: bytes, *, name: str) -> Exhibit:
    """Return the rows of an exhibit: text, CSV, XLSX, DOCX or PDF.

    What is no text is read by a process of its own, with little memory and time. Raises BadExhibit with the place of
    what cannot be read, and the cure.
    """
    file = " ".join(clean(os.path.basename(name.replace("\\", "/"))).split())[:100] or "the exhibit"
    if not data.strip():
        raise refused(
            file, "", say("There is nothing in it."), say("Choose the file with the table, or paste the table.")
        )
    if len(data) > LARGEST:
        raise refused(file, "", say("It is larger than 10 MB."), say("Send the pages with the table alone."))
    if data.startswith(_OLD_OFFICE):
        cure = say("Open it, take the password off, and save it as .xlsx, .docx or .csv.")
        raise refused(file, "", say("It has a password, or is of a kind from before 2007."), cure)
    if b"%PDF-" in data[:1024]:
        return read_apart("pdf", data, file=file)
    if data.startswith(b"PK"):
        return read_apart("office", data, file=file)
    if data[:3].lstrip().lower().startswith(_MARKUP) or data.lstrip()[:9].lower().startswith(_MARKUP):
        raise refused(
            file,
            say("line 1"),
            say("It is a web page or another kind of markup."),
            say("Copy the table, and paste it here."),
        )
    return read_text(data, file=file)
