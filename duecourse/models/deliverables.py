"""What is due, what came in, and what was decided on it?"""

from datetime import date, datetime

from sqlalchemy import JSON, Index, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from duecourse.calendar.due import last_day_before
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.standing import Facts, Standing
from duecourse.models.columns import UTCDateTime, new_uid


class Deliverable(SQLModel, table=True):
    """One dated occurrence of an obligation, with the facts from which its standing follows.

    `occurrence` names it within the obligation for ever. The instants of submission and decision repeat what the
    lifecycle entries come to; they are written in the same transaction.
    """

    __tablename__ = "deliverable"
    __table_args__ = (
        UniqueConstraint("contract_id", "obligation_id", "occurrence"),
        Index("deliverable_by_due", "due_at", "id"),
        Index("deliverable_by_changed", "changed_at"),
        Index(
            "deliverable_open",
            "due_at",
            sqlite_where=text("submitted_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=text("submitted_at IS NULL AND withdrawn_at IS NULL"),
        ),
        Index(
            "deliverable_returned",
            "due_at",
            sqlite_where=text("returned_at IS NOT NULL AND withdrawn_at IS NULL"),
            postgresql_where=text("returned_at IS NOT NULL AND withdrawn_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(default_factory=new_uid, unique=True, max_length=36)
    contract_id: str = Field(foreign_key="contract.id", index=True)
    obligation_id: str
    occurrence: str
    flow: str
    number: str
    title: str
    label: str
    """The period or event it is for: ``October 2022``."""
    clause: str
    owed_by: str
    owed_to: str
    channel: str
    subject: str
    """The email subject line that the contract prescribes, else empty."""
    period_start: date | None = None
    period_end: date | None = None
    nominal_on: date
    due_on: date
    due_at: datetime = Field(sa_type=UTCDateTime)
    whole_day: bool
    zone: str
    steps: list[str] = Field(sa_type=JSON)
    """Why this date: the steps from the clause to the instant, each a sentence."""
    calendar_version: str
    safe_on: date
    """The business day before its last day: who submits by then is on time whichever way the rule is read."""
    remind: bool = True
    """Whether reminders are sent."""
    party: str = Field(default=Party.CONTRACTOR, sa_column_kwargs={"server_default": "contractor"})
    """The side that owes it, one of `Party`."""
    excused: str = ""
    """Why it cannot be late, such as an amendment that was signed after its date; empty for nearly all."""
    planned_at: datetime = Field(sa_type=UTCDateTime)
    submitted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    accepted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    returned_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    again_by: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """The end of the window in which a returned version is to be corrected: the first instant that is late."""
    set_aside: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """``waived``, ``not applicable`` or ``cancelled`` when the funder decided so, else empty."""
    set_aside_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    changed_at: datetime = Field(sa_type=UTCDateTime)
    """When anything that people see of it last changed."""
    sequence: int = 0
    """How often its time or its calendar status changed (RFC 5545, 3.8.7.4)."""

    @property
    def asked_for(self) -> tuple[date, datetime, bool]:
        """The last day on which it is on time, the first instant that is late, and whether all of that day counts.

        For a returned version these are those of its correction.
        """
        limit = self.facts.limit
        if limit == self.due_at:
            return self.due_on, self.due_at, self.whole_day
        return last_day_before(limit, self.zone), limit, True

    @property
    def facts(self) -> Facts:
        """The facts from which its standing follows."""
        return Facts(
            due_at=self.due_at,
            submitted_at=self.submitted_at,
            accepted_at=self.accepted_at,
            returned_at=self.returned_at,
            withdrawn_at=self.withdrawn_at,
            excused=bool(self.excused),
            again_by=self.again_by,
            set_aside=Standing(self.set_aside) if self.set_aside else None,
            set_aside_at=self.set_aside_at,
            ends_when_in=self.party == Party.FUNDER,
        )


class Submission(SQLModel, table=True):
    """One version of a deliverable that came in. Every version is kept."""

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("deliverable_id", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(default_factory=new_uid, unique=True, max_length=36)
    deliverable_id: int = Field(foreign_key="deliverable.id", index=True)
    version: int
    """1 for the first version."""
    form_key: str = Field(unique=True)
    """The key of the form or call that made it: the same key twice makes one submission."""
    submitted_at: datetime = Field(sa_type=UTCDateTime)
    """When it went to the funder, as the person who entered it states."""
    recorded_at: datetime = Field(sa_type=UTCDateTime)
    """When this server recorded it."""
    submitted_by: str
    """Who sent it; may be another person than the one who entered it."""
    entered_by: str
    channel: str
    """How it was sent: the portal, email, paper."""
    reference: str = ""
    note: str = ""
    is_nil: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether it says that there was nothing to report."""
    due_at: datetime = Field(sa_type=UTCDateTime)
    """The due moment that was in force: of a corrected version, the end of the window for the correction."""


class SubmissionFile(SQLModel, table=True):
    """One file that was handed in with a submission, stored under the SHA-256 of its bytes."""

    __tablename__ = "submission_file"
    __table_args__ = (UniqueConstraint("submission_id", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(default_factory=new_uid, unique=True, max_length=36)
    submission_id: int = Field(foreign_key="submission.id", index=True)
    position: int
    """1 for the first file."""
    name: str
    media_type: str
    size: int
    """Bytes."""
    sha256: str


class LifecycleEntry(SQLModel, table=True):
    """One act on a deliverable, in the order in which they were recorded. Entries are only ever added.

    Replayed up to an instant, they say where the deliverable stood then.
    """

    __tablename__ = "lifecycle_entry"
    __table_args__ = (Index("lifecycle_entry_by_time", "recorded_at"),)

    id: int | None = Field(default=None, primary_key=True)
    deliverable_id: int = Field(foreign_key="deliverable.id", index=True)
    act: str
    """One of `Act`."""
    start: str
    """The phase from which it led, one of `Phase`."""
    to: str
    """The phase to which it led."""
    happened_at: datetime = Field(sa_type=UTCDateTime)
    """When it took effect: for a submission, when it went to the funder as its person states."""
    recorded_at: datetime = Field(sa_type=UTCDateTime)
    actor: str
    reason: str = ""
    submission_id: int | None = Field(default=None, foreign_key="submission.id")
    """The version that came in, or was decided on."""
    again_by: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """For a return: the first instant at which the correction is late."""
    undoes_id: int | None = Field(default=None, foreign_key="lifecycle_entry.id")
    form_key: str | None = Field(default=None, unique=True)
    """The key of the form or call that made it: the same key twice makes one entry."""


class EventRow(SQLModel, table=True):
    """Something that happened under a contract and starts windows."""

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("contract_id", "name", "happened_at", "reference"),)

    id: int | None = Field(default=None, primary_key=True)
    contract_id: str = Field(foreign_key="contract.id", index=True)
    name: str
    happened_at: datetime = Field(sa_type=UTCDateTime)
    reference: str = ""
    recorded_at: datetime = Field(sa_type=UTCDateTime)
    recorded_by: str
    announced_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When the flows that it starts were started."""
