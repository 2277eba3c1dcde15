"""To whom does a report go by mail, and with which subject and words?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Mailing:
    """How a contract has a report mailed: to roles in the contract (`program liaison`) and to fixed addresses.

    `subject_also` holds the names under which subjects called the report in the past: recognised, and never written.
    Without `to` the report is not mailed at all.
    """

    to: tuple[str, ...] = ()
    copy_to: tuple[str, ...] = ()
    subject_also: tuple[str, ...] = ()


def subject_line(prescribed: str, *, contractor: str, number: str, title: str, label: str) -> str:
    """Return the subject of a report's mail: the prescribed one, or where none is, the same parts in the same order."""
    return prescribed or f"{contractor}, {number}, {title}, {label}"


def words_of_mail(*, title: str, label: str, contract: str, sender: str) -> str:
    """Return the text with which a report's mail begins, for the person to change."""
    return f"Please find attached: {title}, {label}, for contract {contract}.\n\n{sender}\n"


def mailto(to: Sequence[str], *, cc: Sequence[str], subject: str, body: str) -> str:
    """Return the link that opens a mail program with the mail filled in (RFC 6068, sections 2 and 5).

    Everything but the addresses' ``@`` is percent-encoded, a line ends with CRLF, and blanks are ``%20``: a plus sign
    would stay one.
    """
    fields = {"cc": ",".join(_address(each) for each in cc)} if cc else {}
    fields |= {"subject": quote(subject, safe=""), "body": quote(_LINE_END.sub("\r\n", body), safe="")}
    return f"mailto:{','.join(_address(each) for each in to)}?" + "&".join(f"{k}={v}" for k, v in fields.items())


def _address(address: str) -> str:
    return quote(address, safe="@")
