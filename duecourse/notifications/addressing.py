"""To whom does a mail go, in which language, and what may stand in its headers?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import Address

from duecourse.language.catalogue import ENGLISH, known
from duecourse.models import Person

_LONGEST = 300
"""The most characters of any one text that people typed; a longer one is cut."""
# Every control character, Unicode's line ends, and the marks that turn or hide text.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A person's name and email address, and the language in which mails to it are written."""

    name: str
    address: str
    language: str = ENGLISH


def mailbox_of(person: Person) -> Mailbox:
    """Return where a person gets mail, and in which language."""
    return Mailbox(person.name, person.email, known(person.language))


def is_address(text: str) -> bool:
    """Tell whether `text` is one plain email address, fit for a header and an envelope (RFC 5321, 4.1.2)."""
    return _ADDRESS.fullmatch(text) is not None


def plain(text: str, *, at_most: int = _LONGEST) -> str:
    """Return `text` as one printable line of at most so many characters; what cannot be printed becomes a space."""
    line = " ".join(_UNPRINTABLE.sub(" ", text).encode("utf-8", "replace").decode().split())
    return line if len(line) <= at_most else line[: at_most - 1].rstrip() + "…"


def header(text: str) -> str:
    """Return `text` as it may stand in a header."""
    # The library decodes "=?...?=" in what it is given, and whatever may hide in it.
    return plain(text).replace("=?", "= ?")


def address(mailbox: Mailbox) -> Address:
    """Return a mailbox as it stands in a header. Raises ValueError for an address that is none."""
    if not is_address(mailbox.address):
        raise ValueError(f"not an email address: {mailbox.address!r}")
    return Address(header(mailbox.name), addr_spec=mailbox.address)
