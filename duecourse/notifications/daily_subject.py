"""Which subject has a daily mail, so that it says what and when?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from duecourse.calendar import words

_ALONE = {
    "due": "Due",
    "overdue": "Overdue, was due",
    "parts": "To the lead contractor by",
    "prepare": "To prepare, due",
    "changed": "Changed, due",
}


def subject_of(of: Mapping[str, Sequence[dict[str, Any]]], *, on: date) -> str:
    """Return the subject of the mail of the day `on` with these notices, each section soonest first."""
    everything = [(section, one) for section, found in of.items() for one in found]
    if len(everything) == 1:
        return _of_one(*everything[0])
    said = []
    if due := of["due"]:
        said.append(f"{len(due)} due, the next on {_day(due[0])}")
    if of["overdue"]:
        said.append(f"{len(of['overdue'])} overdue")
    if parts := of["parts"]:
        said.append(f"{len(parts)} to the lead contractor, the next by {_day(parts[0])}")
    if of["prepare"]:
        said.append(f"{len(of['prepare'])} to prepare")
    if of["moved"]:
        said.append(_moved(sum(one["count"] for one in of["moved"])))
    if of["changed"]:
        said.append(words.count(len(of["changed"]), "change"))
    return f"{words.day(on)}: {'; '.join(said)}"


def _of_one(section: str, one: dict[str, Any]) -> str:
    if section == "moved":
        return f"{'A date' if one['count'] == 1 else str(one['count']) + ' dates'} changed: {one['cause']}"
    who = f" ({one['contractor']})" if section == "changed" else ""
    return f"{_ALONE[section]} {_day(one)}: {one['title']}, {one['label']}{who}"


def _moved(count: int) -> str:
    return words.count(count, "date changed", "dates changed")


def _day(one: dict[str, Any]) -> str:
    return words.day(date.fromisoformat(one["on"]))
