"""What does a file become from which somebody adds a contract: a draft, or the contract file that it is already?"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from duecourse.calendar.derivation import Occurrence
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.schedule import Contract
from duecourse.drafting.draft import Draft, draft
from duecourse.drafting.facts import Facts
from duecourse.drafting.kinds import read_exhibit
from duecourse.drafting.written import written
from duecourse.language.said import say
from duecourse.web.definition_check import DefinitionCheck, check_definition

_LARGEST_DEFINITION = 1_000_000
_IS_DEFINITION = re.compile(rb"\A\xef?\xbb?\xbf?(?:[ \t]*(?:#[^\n]*)?\r?\n)*format:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Drafted:
    """A definition's text with its checks; `made` is the draft, and None of what was a contract file already."""

    text: str
    check: DefinitionCheck
    made: Draft | None


def drafted(content: bytes, facts: Callable[[], Facts], *, name: str) -> Drafted:
    """Return what a file becomes; `facts` are asked for only where something is drafted.

    Raises BadExhibit when there is no table of deliverables in it, and BadInput for facts that cannot be.
    """
    if _IS_DEFINITION.match(content) and len(content) <= _LARGEST_DEFINITION:
        return Drafted(content.decode("utf-8-sig", "replace"), check_definition(content, [], file=name), None)
    made = draft(read_exhibit(content, name=name), facts())
    text = written(made)
    return Drafted(text, check_definition(text.encode(), made.printed, file=say("the draft")), made)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """Which deliverables a contract would have, and which of them would be overdue at once."""

    dated: tuple[Occurrence, ...]
    past: tuple[Occurrence, ...]


def rehearsed(contract: Contract, *, now: datetime) -> Rehearsed:
    """Return what would be made if a contract were added at an instant."""
    dated = tuple(occurrences(contract))
    return Rehearsed(dated, tuple(each for each in dated if each.moment.due_at <= now and not each.excused))
