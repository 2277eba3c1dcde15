"""How is the place in an exhibit, at which something stands, said in another language?

A row carries its place as plain text, through a process of its own and through the form of a page.
"""

from __future__ import annotations

from duecourse.language.recalling import by_form
from duecourse.language.said import say

_FORMS = (
    say("page %(page)s, table row %(row)s", page="", row=""),
    say("page %(page)s, line %(line)s", page="", line=""),
    say("row %(row)s of sheet “%(sheet)s”", row="", sheet=""),
    say("table %(table)s, row %(row)s", table="", row=""),
    say("paragraph %(paragraph)s", paragraph=""),
    say("line %(line)s", line=""),
)


def place_said(where: str) -> str:
    """Return a place as its message, so that it can be said in the reader's language; another text as it is."""
    return by_form(where, _FORMS)
