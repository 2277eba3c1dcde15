"""In which form does a program get what there is to say of a definition, of a draft, and of what would be made?"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from pydantic import Field

from duecourse.calendar.derivation import Occurrence
from duecourse.calendar.schedule import Contract
from duecourse.drafting.comparing import Checked, Printed, Verdict
from duecourse.web.api.definition_sent import LONGEST, PrintedDate
from duecourse.web.api.fields import Shown
from duecourse.web.api.shapes import At
from duecourse.web.definition_check import DefinitionCheck
from duecourse.web.drafted import Drafted, Rehearsed


class FlawShown(Shown):
    """One thing that is wrong in a contract file, and its cure."""

    line: int
    field: str
    problem: str
    cure: str


class DateShown(Shown):
    """A printed date beside the rule's: as the rule names it, and where a closed day moves that."""

    verdict: Verdict
    is_disagreement: bool = Field(description="Whether a person has to look at it.")
    label: str
    printed_on: date | None
    nominal_on: date | None
    due_on: date | None
    why: str
    number: str
    where: str


class ObligationChecks(Shown):
    """One obligation with its rule in words, and a line for each of its dates."""

    obligation_id: str
    title: str
    rule: str
    off: int = Field(description="How many of its dates disagree.")
    lines: list[DateShown]


class DefinitionChecks(Shown):
    """What there is to say of a definition. Without a flaw the file can be tracked."""

    flaws: list[FlawShown]
    off: int = Field(description="How many dates disagree.")
    printed: int = Field(description="How many printed dates were looked at.")
    dated: int = Field(description="How many deliverables have a date.")
    checks: list[ObligationChecks] = Field(description="The obligations that have dates, first those that disagree.")


class UndatedShown(Shown):
    """A row that names neither a date nor a rule: it is kept as a check, so that nothing is lost."""

    title: str
    says: str


class DraftShown(Shown):
    """A contract file that was drafted, with what a person has to say or to look at."""

    definition: str
    is_draft: bool = Field(description="False of what was a contract file already.")
    rows: int = Field(description="How many rows were read.")
    asked: list[str] = Field(description="What only a person can say, and nobody said.")
    doubts: list[str] = Field(description="How the exhibit was read where it can be read otherwise.")
    undated: list[UndatedShown]
    printed: list[PrintedDate] = Field(description="Send these along when the definition is checked again.")
    check: DefinitionChecks


class WouldBeShown(Shown):
    """One deliverable that would be made."""

    obligation_id: str
    occurrence: str
    number: str
    title: str
    label: str
    due_on: date
    due_at: At
    due_phrase: str
    steps: list[str]
    excused: str
    late_at_once: bool


class RehearsedShown(Shown):
    """What would be made of a contract file."""

    contract_id: str
    number: str
    name: str
    funder: str
    contractor: str
    events: list[str] = Field(description="What starts more deliverables when it happens.")
    late_at_once: int = Field(description="How many would be overdue at once.")
    deliverables: list[WouldBeShown]
    check: DefinitionChecks


def shown_checks(found: DefinitionCheck) -> DefinitionChecks:
    """Return the checks of a definition as programs get them."""
    return DefinitionChecks(
        flaws=[FlawShown.model_validate(flaw) for flaw in found.flaws],
        off=found.off,
        printed=found.printed,
        dated=found.dated,
        checks=[_obligation(each) for each in found.checked],
    )


def draft_shown(found: Drafted) -> DraftShown:
    """Return a draft as programs get it."""
    made = found.made
    return DraftShown(
        definition=found.text,
        is_draft=made is not None,
        rows=made.rows if made else 0,
        asked=list(made.asked) if made else [],
        doubts=list(made.doubts) if made else [],
        undated=[UndatedShown.model_validate(each) for each in made.undated.values()] if made else [],
        printed=[_printed(each) for each in made.printed] if made else [],
        check=shown_checks(found.check),
    )


def rehearsed_shown(contract: Contract, would: Rehearsed, found: DefinitionCheck) -> RehearsedShown:
    """Return what would be made of a contract as programs get it."""
    past = {id(each) for each in would.past}
    return RehearsedShown(
        contract_id=contract.id,
        number=contract.number,
        name=contract.name,
        funder=contract.funder,
        contractor=contract.contractor,
        events=list(contract.events()),
        late_at_once=len(past),
        deliverables=[_would_be(each, late_at_once=id(each) in past) for each in would.dated],
        check=shown_checks(found),
    )


def _obligation(each: Checked) -> ObligationChecks:
    lines = [
        DateShown.model_validate(asdict(line) | {"is_disagreement": line.verdict.is_disagreement})
        for line in each.lines
    ]
    return ObligationChecks(
        obligation_id=each.obligation_id, title=each.title, rule=each.rule, off=each.off, lines=lines
    )


def _printed(each: Printed) -> PrintedDate:
    said = {name: value[:LONGEST] if isinstance(value, str) else value for name, value in asdict(each).items()}
    return PrintedDate.model_validate(said | {"on": each.on.isoformat()})


def _would_be(each: Occurrence, *, late_at_once: bool) -> WouldBeShown:
    moment = each.moment
    return WouldBeShown(
        obligation_id=each.obligation.id,
        occurrence=each.key,
        number=each.number,
        title=each.obligation.title,
        label=each.label,
        due_on=moment.due_on,
        due_at=moment.due_at,
        due_phrase=moment.phrase(),
        steps=list(moment.steps),
        excused=each.excused,
        late_at_once=late_at_once,
    )
