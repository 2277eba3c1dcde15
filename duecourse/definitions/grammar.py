"""Which fields does a contract file have, and what may stand in each?

These classes are the published format: their descriptions become the JSON Schema that editors use.
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import Field

from duecourse.calendar.business_days import Roll
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.periods import Covers, Every
from duecourse.calendar.schedule import AfterHours
from duecourse.definitions.collecting_grammar import CollectedPart, ProgramsPart
from duecourse.definitions.due_grammar import Due
from duecourse.definitions.enrollment_grammar import EnrollmentPart
from duecourse.definitions.extension_grammar import ExtensionsPart
from duecourse.definitions.ladder_grammar import LadderPart
from duecourse.definitions.mail_grammar import MailPart
from duecourse.definitions.part import Part
from duecourse.definitions.plan_grammar import PlanPart
from duecourse.definitions.values import (
    Day,
    ExhibitName,
    Label,
    Month,
    Number,
    Prose,
    Slug,
    StateCalendar,
    TimeOfDay,
    YesNo,
    Zone,
)

FORMAT = "duecourse-contract/1"

FlowName = Literal[
    "monthly-enrollment",
    "quarterly-reports",
    "invoices",
    "data-entry",
    "consent-list",
    "corrective-action",
    "one-time-and-annual",
    "meetings",
    "staff-and-participants",
    "records",
]


class WhenClosed(Part):
    """What becomes of a due date on which offices are closed."""

    roll: Roll = Field(description="Whether the date stands, or moves to the business day after or before it.")
    cut_off: TimeOfDay | None = Field(None, description="The local time before which it is due on the day it moved to.")
    clause: Label | None = Field(None, description="The clause that says so.")


class EventDayPart(Part):
    """How the day of an event is read."""

    after_hours: AfterHours = Field(AfterHours.SAME_DAY, description="On which day an event counts after closing time.")
    offices_close: TimeOfDay = Field(
        time(17), description="When offices close; it matters for the next business day only."
    )


class AmendmentPart(Part):
    """An amendment: from when it holds, and when the last party signed it; a day that is not known is left out."""

    effective: Day | None = None
    executed: Day | None = None
    ends: Day | None = Field(None, description="The contract's end under this amendment.")


class ExhibitPart(Part):
    """A deliverables exhibit: the services that it covers, and the last day for deliverables on them."""

    services_from: Day
    services_to: Day
    last_day: Day | None = Field(None, description="No due date rolls past this day.")
    amendment: Label | None = Field(
        None,
        description="The amendment that brought it. What fell due before that was signed cannot be late.",
    )


class ObligationPart(Part):
    """A standing duty: what is owed by whom to whom, by which channel, and when."""

    id: Slug
    title: Label
    schedule: FlowName = Field(description="The kind of schedule, which names the flow that plans it.")
    clause: Label = Field(description="Where the contract asks for it.")
    owed_by: Label
    owed_to: Label
    channel: Label
    every: Every
    due: Due
    covers: Covers = Field(Covers.PERIOD, description="The days that the report covers.")
    when_closed: WhenClosed | None = Field(None, description="In place of the contract's own rule.")
    lines: dict[ExhibitName, Label] | None = Field(
        None,
        description="The exhibits that ask for it, each with its line numbers: “3.00”, “2.01 to 2.12”, or “none”. "
        "Without this field every exhibit asks for it.",
    )
    report_type: Label | None = Field(None, description="What the prescribed email subject calls the report.")
    mail: MailPart | None = Field(None, description="How the report is mailed, where it goes by email.")
    participant: YesNo = Field(
        False, description="Whether it concerns one family or one member of staff; its events take an opaque id only."
    )
    remind: YesNo = Field(
        True, description="Whether reminders are sent. “no” is for standing duties that nobody needs a mail about."
    )
    party: Party = Field(Party.CONTRACTOR, description="The side whose duty it is: the contractor’s, or the funder’s.")
    ladder: LadderPart | None = Field(None, description="When who is told, in place of the contract’s own ladder.")
    parts: CollectedPart | None = Field(None, description="What the lead collects for it from every program.")
    note: Prose | None = Field(None, description="How the contract was read where it can be read in two ways.")


class ThresholdPart(Part):
    """A share of the capacity that the mean of a quarter's three monthly figures has to reach, compared unrounded."""

    percent: Annotated[Number, Field(ge=1, le=100)]
    capacity: Annotated[Number, Field(ge=1, le=100000)]
    consecutive: Annotated[Number, Field(ge=1, le=20)] = 1
    consequence: Label


class CheckPart(Part):
    """A convention, a threshold or a duty without a date: shown on the contract's page."""

    id: Slug
    title: Label
    clause: Label
    says: Prose
    threshold: ThresholdPart | None = None


class ContractPart(Part):
    """The contract: its parties, its term, and how it counts days."""

    id: Slug
    number: Label
    name: Label
    funder: Label
    contractor: Label
    starts: Day
    ends: Day
    time_zone: Zone
    calendar: StateCalendar
    fiscal_year_starts: Month
    when_closed: WhenClosed
    email_subject: Label | None = Field(
        None,
        description="The subject line prescribed for emailed reports. Its blanks are {name}, {number}, "
        "{report type} and {period}.",
    )
    event_day: EventDayPart = Field(EventDayPart(), description="On which day an event counts.")
    ladder: LadderPart | None = Field(None, description="When who is told of a deadline, in place of the usual ladder.")
    programs: ProgramsPart | None = Field(
        None, description="The programs under it: the lead’s and its subcontractors’."
    )


class ContractFile(Part):
    """A contract written out in full."""

    format: Literal["duecourse-contract/1"]
    contract: ContractPart
    amendments: Annotated[dict[Label, AmendmentPart], Field(max_length=100)] = Field(
        {}, description="The amendments, in the order in which they were signed."
    )
    exhibits: Annotated[dict[ExhibitName, ExhibitPart], Field(min_length=1, max_length=200)]
    obligations: Annotated[list[ObligationPart], Field(min_length=1, max_length=500)]
    checks: Annotated[list[CheckPart], Field(max_length=500)] = Field(
        [], description="Conventions, thresholds and duties that name no date."
    )
    enrollment: EnrollmentPart | None = Field(
        None, description="The figures that are entered each month, and what they are held against."
    )
    extensions: ExtensionsPart | None = Field(
        None, description="How many extensions are granted; without it, no limit is stated."
    )
    plans: Annotated[list[PlanPart], Field(max_length=20)] = Field(
        [], description="The processes of corrective action and improvement."
    )


class MovedContractPart(Part):
    """The contract's own name and parties; all else is that of the contract it follows."""

    id: Slug
    number: Label
    name: Label
    contractor: Label


class MovedContractFile(Part):
    """A contract with the obligations of another one, moved by whole years so that it runs today."""

    format: Literal["duecourse-contract/1"]
    contract: MovedContractPart
    same_as: Slug = Field(description="The id of a contract file beside this one.")
    moved_to: Literal["this-fiscal-year"] = Field(description="The last exhibit becomes that of today's fiscal year.")
