"""May this reference be kept with an event, or does it say who a family is?

Windows that concern a participant take an opaque id and dates, and nothing else. Names, birth dates, addresses, phone
numbers and email addresses are refused by the verb itself, so that no form, file or interface can let them in.
"""

from __future__ import annotations

import re

from duecourse.errors import BadInput
from duecourse.language.said import say

_OPAQUE = re.compile(r"(?=.*[0-9])[A-Z0-9]{1,12}(-[A-Z0-9]{1,12}){0,2}")
_LIKE_A_DATE = re.compile(
    r"(19|20)[0-9]{2}-?[0-9]{2}-?[0-9]{2}|[0-9]{1,2}-[0-9]{1,2}-([0-9]{2}|[0-9]{4})|[0-9]{8}"
    r"|[0-9]{1,2}-?(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Z]*-?[0-9]{2,4}"
)
_LIKE_A_PHONE = re.compile(r"[0-9]{3}-?[0-9]{3}-?[0-9]{4}|[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{9,}")
_SAYS_WHO = re.compile(
    r"@|\b(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}\b|\b[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}\b|[0-9]{3}[ .-][0-9]{4}\b"
)

_CURE = say(
    "Use the id that your data system gave, such as C-1042: capital letters and digits, and at least one digit."
)


def checked_reference(reference: str, *, participant: bool) -> str:
    """Return the reference as it is kept. Raises BadInput when it could say who somebody is.

    For an event that concerns a participant it must be an opaque id; for others it is a short text, such as a
    document's number, without birth dates, addresses of mail or phone numbers.
    """
    text = reference.strip()
    if not participant:
        if len(text) > 80 or _SAYS_WHO.search(text):
            raise BadInput(
                say("The reference is kept for years. Give a document's number, and nothing about a person.")
            )
        return text
    if not text:
        raise BadInput(say("Several people may have such a window, so it needs an id. %(cure)s", cure=_CURE))
    if not _OPAQUE.fullmatch(text):
        raise BadInput(say("“%(text)s” may say who somebody is, and is not kept. %(cure)s", text=text, cure=_CURE))
    if _LIKE_A_DATE.fullmatch(text) or _LIKE_A_PHONE.fullmatch(text):
        raise BadInput(say("The reference looks like a date or a phone number, and is not kept. %(cure)s", cure=_CURE))
    return text
