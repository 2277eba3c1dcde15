"""Which fields does a contract file have, and what may stand in each?

These classes are the published format: their descriptions become the JSON Schema that editors use.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from duecourse.calendar.business_days import Roll
from duecourse.calendar.periods import Covers, Every
from duecourse.calendar.rules import ShortMonth, Unit
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
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WhenClosed(_Part):
    """What becomes of a due date on which offices are closed."""

    roll: Roll = Field(description="Whether the date stands, or moves to the business day after or before it.")
    cut_off: TimeOfDay | None = Field(None, description="The local time before which it is due on the day it moved to.")
    clause: Label | None = Field(None, description="The clause that says so.")


class DayOfMonthDue(_Part):
    """A day of the month after the period: by the 20th of the month after the month of service."""

    rule: Literal["day-of-month"]
    day: Annotated[Number, Field(ge=1, le=31)]
    months_after: Annotated[Number, Field(ge=0, le=24)] = 1
    short_month: ShortMonth = Field(
        ShortMonth.LAST_DAY, description="What stands in for a day that a month does not have."
    )


class NthBusinessDayDue(_Part):
    """A business day of the month after the period, counted from its first."""

    rule: Literal["nth-business-day"]
    n: Annotated[Number, Field(ge=1, le=17, description="No month has fewer than 17 business days.")]
    months_after: Annotated[Number, Field(ge=0, le=24)] = 1


class DaysAfterPeriodDue(_Part):
    """A number of days after the last day of the period, which is day 0."""

    rule: Literal["days-after-period"]
    count: Annotated[Number, Field(ge=0, le=1000)]
    unit: Unit = Unit.CALENDAR_DAYS


class PrintedDatesDue(_Part):
    """Dates that the contract prints, one for each exhibit: stored, not derived."""

    rule: Literal["printed-dates"]
    dates: dict[ExhibitName, Day]


class WithDeliverableDue(_Part):
    """The due moment of another deliverable: that of one quarter of each fiscal year."""

    rule: Literal["with-deliverable"]
    obligation: Slug
    quarter: Annotated[Number, Field(ge=1, le=4)]


class DaysAfterEventDue(_Part):
    """A number of days after an event, the day of the event being day 0 whatever its hour."""

    rule: Literal["days-after-event"]
    event: Slug
    count: Annotated[Number, Field(ge=0, le=1000)]
    unit: Unit = Unit.CALENDAR_DAYS


Due = Annotated[
    DayOfMonthDue | NthBusinessDayDue | DaysAfterPeriodDue | PrintedDatesDue | WithDeliverableDue | DaysAfterEventDue,
    Field(discriminator="rule"),
]


class ExhibitPart(_Part):
    """A deliverables exhibit: the services that it covers, and the last day for deliverables on them."""

    services_from: Day
    services_to: Day
    last_day: Day | None = Field(None, description="No due date rolls past this day.")


class ObligationPart(_Part):
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
    note: Prose | None = Field(None, description="How the contract was read where it can be read in two ways.")


class ContractPart(_Part):
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


class ContractFile(_Part):
    """A contract written out in full."""

    format: Literal["duecourse-contract/1"]
    contract: ContractPart
    exhibits: Annotated[dict[ExhibitName, ExhibitPart], Field(min_length=1, max_length=200)]
    obligations: Annotated[list[ObligationPart], Field(min_length=1, max_length=500)]


class MovedContractPart(_Part):
    """The contract's own name and parties; all else is that of the contract it follows."""

    id: Slug
    number: Label
    name: Label
    contractor: Label


class MovedContractFile(_Part):
    """A contract with the obligations of another one, moved by whole years so that it runs today."""

    format: Literal["duecourse-contract/1"]
    contract: MovedContractPart
    same_as: Slug = Field(description="The id of a contract file beside this one.")
    moved_to: Literal["this-fiscal-year"] = Field(description="The last exhibit becomes that of today's fiscal year.")
