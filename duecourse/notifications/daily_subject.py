"""Which subject has a daily mail, so that it says what and when?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from duecourse.calendar import words
from duecourse.language.said import Phrase, say, say_count


def subject_of(of: Mapping[str, Sequence[dict[str, Any]]], *, on: date) -> str:
    """Return the subject of the mail of the day `on` with these notices, each section soonest first."""
    everything = [(section, one) for section, found in of.items() for one in found]
    if len(everything) == 1:
        return _of_one(*everything[0])
    said: list[Phrase] = []
    if due := of["due"]:
        next_on = _day(due[0])
        said.append(
            say_count("%(num)s due, the next on %(day)s", "%(num)s due, the next on %(day)s", len(due), day=next_on)
        )
    if overdue := of["overdue"]:
        said.append(say_count("%(num)s overdue", "%(num)s overdue", len(overdue)))
    if parts := of["parts"]:
        said.append(
            say_count(
                "%(num)s to the lead contractor, the next by %(day)s",
                "%(num)s to the lead contractor, the next by %(day)s",
                len(parts),
                day=_day(parts[0]),
            )
        )
    if prepare := of["prepare"]:
        said.append(say_count("%(num)s to prepare", "%(num)s to prepare", len(prepare)))
    if moved := of["moved"]:
        count = sum(one["count"] for one in moved)
        said.append(say_count("%(num)s date changed", "%(num)s dates changed", count))
    if calendars := of["calendars"]:
        said.append(say_count("%(num)s calendar with old dates", "%(num)s calendars with old dates", len(calendars)))
    if changed := of["changed"]:
        said.append(say_count("%(num)s change", "%(num)s changes", len(changed)))
    found = said[0]
    for each in said[1:]:
        found = say("%(first)s; %(then)s", first=found, then=each)
    return say("%(day)s: %(counted)s", day=words.day(on), counted=found)


def _of_one(section: str, one: dict[str, Any]) -> str:
    if section == "moved":
        return say_count(
            "A date changed: %(cause)s", "%(num)s dates changed: %(cause)s", one["count"], cause=one["cause"]
        )
    if section == "calendars":
        return str(one["title"])
    about = {"day": _day(one), "title": one["title"], "label": one["label"]}
    match section:
        case "due":
            return say("Due %(day)s: %(title)s, %(label)s", **about)
        case "overdue":
            return say("Overdue, was due %(day)s: %(title)s, %(label)s", **about)
        case "parts":
            return say("To the lead contractor by %(day)s: %(title)s, %(label)s", **about)
        case "prepare":
            return say("To prepare, due %(day)s: %(title)s, %(label)s", **about)
        case _:
            contractor = one["contractor"]
            return say("Changed, due %(day)s: %(title)s, %(label)s (%(contractor)s)", **about, contractor=contractor)


def _day(one: dict[str, Any]) -> str:
    return words.day(date.fromisoformat(one["on"]))
