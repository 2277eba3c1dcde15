"""Who is away, and from which day to which?"""

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class Absence(SQLModel, table=True):
    """The days on which one person is away, both ends included. Which day it is depends on the contract's zone.

    One that ends early is shortened, one that does not happen is cancelled; the audit log keeps what was entered.
    """

    __tablename__ = "absence"
    __table_args__ = (Index("absence_by_end", "ends_on"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    starts_on: date
    ends_on: date
    note: str = ""
    entered_by: str
    entered_at: datetime = Field(sa_type=UTCDateTime)
    cancelled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
