"""What was changed, when, by whom, and has the record been tampered with?"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class AuditEntry(SQLModel, table=True):
    """One change, recorded in its own transaction. Entries are only ever added; each one seals the one before.

    `sha256` is over the entry's content and the seal of the entry before, so that a changed or missing entry shows.
    """

    __tablename__ = "audit_entry"

    sequence: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UTCDateTime)
    actor: str
    """The email address of the person, or the name of the program, that made the change."""
    action: str
    contract_id: str | None = Field(default=None, index=True)
    deliverable_id: int | None = Field(default=None, index=True)
    detail: dict[str, Any] = Field(sa_type=JSON)
    previous_sha256: str
    sha256: str


class AuditHead(SQLModel, table=True):
    """The last entry's number and seal: one row, locked by whoever adds the next."""

    __tablename__ = "audit_head"

    id: int = Field(primary_key=True)
    sequence: int
    sha256: str
