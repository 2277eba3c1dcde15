"""Which dates and days did people decide on, in place of what a definition or the law says?"""

from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class RulingKind(StrEnum):
    """What a person decided about one deliverable."""

    MOVED = "moved"
    """Due on another date than the rule says."""
    EXTENDED = "extended"
    """Due later than the rule says, because somebody asked for more time and it was granted."""
    NOT_ASKED = "not asked"
    """Not asked for, although the definition does."""
    KEPT = "kept"
    """Still asked for, although the definition no longer does."""


class Ruling(SQLModel, table=True):
    """What somebody entitled to do so decided about one deliverable. The newest that was not lifted holds."""

    __tablename__ = "ruling"

    id: int | None = Field(default=None, primary_key=True)
    contract_id: str = Field(foreign_key="contract.id", index=True)
    obligation_id: str
    occurrence: str
    kind: str
    """One of `RulingKind`."""
    on: date | None = None
    """The date to which it was moved."""
    cut_off: str = ""
    """The local time of day before which it is due, ``08:00``; empty when all of that day counts."""
    source: str
    """The document or message that says so."""
    decided_by: str
    decided_at: datetime = Field(sa_type=UTCDateTime)
    lifted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class AnnouncedClosure(SQLModel, table=True):
    """A closure or half day that was announced for the offices of one calendar, besides those that the law names."""

    __tablename__ = "announced_closure"

    id: int | None = Field(default=None, primary_key=True)
    calendar: str = Field(index=True)
    """The calendar, such as ``US-WA``."""
    on: date
    name: str
    source: str
    closes_at: str = ""
    """The local time at which offices close on a half day, ``12:00``; empty when they are shut."""
    announced_by: str
    announced_at: datetime = Field(sa_type=UTCDateTime)


class DueChange(SQLModel, table=True):
    """What people were told about a deliverable's date before it changed, and why it changed."""

    __tablename__ = "due_change"

    id: int | None = Field(default=None, primary_key=True)
    deliverable_id: int = Field(foreign_key="deliverable.id", index=True)
    changed_at: datetime = Field(sa_type=UTCDateTime)
    changed_by: str
    cause: str
    nominal_on: date
    due_at: datetime = Field(sa_type=UTCDateTime)
    whole_day: bool
    steps: str
    """The steps as they were told, one to a line."""


class DefinitionVersion(SQLModel, table=True):
    """A contract's definition as it was in force from an instant on. Every version is kept."""

    __tablename__ = "definition_version"

    id: int | None = Field(default=None, primary_key=True)
    contract_id: str = Field(foreign_key="contract.id", index=True)
    in_force_from: datetime = Field(sa_type=UTCDateTime)
    definition: str
    definition_sha256: str
    loaded_by: str
