"""How is a receipt said to people, on a page, on paper and in a terminal alike?"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from duecourse.errors import BadInput
from duecourse.language.said import say, say_in

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReceiptWords:
    """What a receipt says: its title, whether it came in on time, pairs of term and value, files, and the reasons."""

    number: int
    uid: str
    report: str
    occurrence: str
    on_time: bool
    came_in: tuple[tuple[str, str], ...]
    asked_for: tuple[tuple[str, str], ...]
    recorded: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, int, str], ...]
    """The name, the bytes and the SHA-256 of each file that was handed in."""
    why: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """Whether it came in on time, as one says it."""
        return say("On time") if self.on_time else say("Late")


def receipt_words(content: Content) -> ReceiptWords:
    """Return what a receipt's content says. Raises BadInput when it is not the content of a receipt."""
    try:
        return _words(content)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadInput(say("It is signed, but what it says is no receipt.")) from error


def _words(content: Content) -> ReceiptWords:
    contract, due, sent = content["contract"], content["due"], content["submission"]
    deliverable, entry, zone = content["deliverable"], content["audit_entry"], content["zone"]
    covers = f"{deliverable['covers'][0]} to {deliverable['covers'][1]}" if deliverable["covers"] else ""
    nothing = " (nothing to report)" if sent["nothing_to_report"] else ""
    return ReceiptWords(
        number=int(content["number"]),
        uid=plain(content["uid"]),
        report=plain(deliverable["report"]),
        occurrence=plain(deliverable["for"]),
        on_time=due["on_time"] is True,
        came_in=_pairs(
            (say_in("receipt", "Version"), f"{sent['version']}{nothing}"),
            (say_in("receipt", "Submitted"), _both(sent["submitted_at"])),
            (say_in("receipt", "Submitted by"), sent["submitted_by"]),
            (say_in("receipt", "How"), sent["channel"]),
            (say_in("receipt", "Reference"), sent["reference"]),
            (say_in("receipt", "Note"), sent["note"]),
            (say_in("receipt", "Recorded here"), _both(sent["recorded_at"])),
            (say_in("receipt", "Entered by"), sent["entered_by"]),
            (say_in("receipt", "Time zone"), f"{zone['in_words']} ({zone['name']})"),
        ),
        asked_for=_pairs(
            (say_in("receipt", "Due"), due["in_words"]),
            (say_in("receipt", "Late from"), _both(due["before"])),
            (say_in("receipt", "Cannot be late"), due["excused"]),
            (say_in("receipt", "Period covered"), covers),
            (say_in("receipt", "Clause"), deliverable["clause"]),
            (say_in("receipt", "Exhibit line"), deliverable["exhibit_line"]),
            (say_in("receipt", "Contract"), f"{contract['number']}, {contract['name']}"),
            (say_in("receipt", "Contractor"), contract["contractor"]),
            (say_in("receipt", "Funder"), contract["funder"]),
            (say_in("receipt", "Owed by"), deliverable["owed_by"]),
            (say_in("receipt", "Owed to"), deliverable["owed_to"]),
        ),
        recorded=_pairs(
            (say_in("receipt", "Contract terms"), f"SHA-256 {content['rule']['definition_sha256']}"),
            (say_in("receipt", "Closures"), content["rule"]["closures"]),
            (say_in("receipt", "Audit entry"), f"number {entry['number']}, seal {entry['seal']}"),
        ),
        files=tuple((plain(file["name"]), int(file["size"]), plain(file["sha256"])) for file in sent["files"]),
        why=tuple(plain(step) for step in due["why"]),
    )


def plain(said: object) -> str:
    """Return text without what could steer a terminal or turn the writing direction: anybody may have signed it."""
    return "".join(
        character if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs") else " "
        for character in str(said)
    )


def _both(at: dict[str, str]) -> str:
    return f"{at['in_words']} ({at['utc']})"


def _pairs(*pairs: tuple[str, object]) -> tuple[tuple[str, str], ...]:
    return tuple((term, plain(value)) for term, value in pairs if value not in ("", None))
