"""When does a person want the daily mail, and who gets it in that person's stead?"""

from datetime import date, datetime

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class Preference(SQLModel, table=True):
    """How one person wants to be told. Without a row: at 7 in the morning, in the contract's zone."""

    __tablename__ = "preference"

    person_id: int = Field(primary_key=True, foreign_key="person.id")
    mail_hour: int = 7
    """The local hour, 0 to 23, at which the daily mail may go out."""
    zone: str = ""
    """The zone of that hour; empty for the contract's own."""
    nothing_due_on: int | None = None
    """The weekday, 0 for Monday, on which a mail says that nothing is due; None for never."""
    more_offsets: list[int] = Field(default_factory=list, sa_type=JSON)
    """Days before (negative) or after the due date on which this person is reminded besides."""
    paused_from: date | None = None
    paused_to: date | None = None
    """The last day of the pause."""
    substitute_id: int | None = None
    """The person who gets the mails during the pause; people are never removed."""
    furthest_before: int = 0
    """The most days before a due date at which `more_offsets` asks for a reminder."""
    changed_at: datetime = Field(sa_type=UTCDateTime)
