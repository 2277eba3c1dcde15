"""Who asked for more time, what was decided on it, and which events were recorded because something happened here?"""

from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime, new_uid


class ExtensionState(StrEnum):
    """What became of a request for more time."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    TAKEN_BACK = "taken back"


class Extension(SQLModel, table=True):
    """One request for more time for one deliverable, and the decision on it. The audit log keeps every change of it."""

    __tablename__ = "extension"

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(default_factory=new_uid, unique=True, max_length=36)
    deliverable_id: int = Field(foreign_key="deliverable.id", index=True)
    contract_id: str = Field(foreign_key="contract.id", index=True)
    report_type: str
    """The type of report for which it counts; empty where the contract names none."""
    asked_at: datetime = Field(sa_type=UTCDateTime)
    """When it was asked for, as the person who entered it states."""
    asked_by: str
    entered_by: str
    reason: str
    wanted_on: date | None = None
    recorded_at: datetime = Field(sa_type=UTCDateTime)
    form_key: str = Field(unique=True)
    first_due_at: datetime = Field(sa_type=UTCDateTime)
    """The due moment before which it was asked for: it stays visible."""
    first_whole_day: bool
    outcome: str = ExtensionState.ASKED
    """One of `ExtensionState`."""
    decided_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When it was decided, as the liaison who entered it states."""
    decided_by: str = ""
    decision_recorded_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    decision_entered_by: str = ""
    granted_on: date | None = None
    cut_off: str = ""
    """The local time of day before which it is due, ``08:00``; empty when all of `granted_on` counts."""
    granted_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """The due moment that it gave: the first instant that is late."""
    comment: str = ""
    override_reason: str = ""
    """Why it was granted although the contract allows no further one, or although it was asked for too late."""
    decision_key: str | None = Field(default=None, unique=True)
    undo_key: str | None = Field(default=None, unique=True)
    """The key of the form that took the last decision, or the request, back."""
    ruling_id: int | None = Field(default=None, foreign_key="ruling.id")


class OwnEvent(SQLModel, table=True):
    """That an event was recorded because a version came in, or because more time was asked for."""

    __tablename__ = "own_event"

    event_id: int = Field(primary_key=True, foreign_key="event.id")
    submission_id: int | None = Field(default=None, foreign_key="submission.id", index=True)
    extension_id: int | None = Field(default=None, foreign_key="extension.id", index=True)
