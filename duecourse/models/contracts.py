"""Which contracts are tracked, and which people have which part in them?"""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class ContractRow(SQLModel, table=True):
    """A contract under the definition that is in force here. `definition` is that definition, resolved, as JSON."""

    __tablename__ = "contract"

    id: str = Field(primary_key=True, max_length=64)
    number: str
    name: str
    funder: str
    contractor: str
    zone: str
    start_on: date
    end_on: date
    definition: str
    definition_sha256: str
    is_sample: bool = False
    loaded_at: datetime = Field(sa_type=UTCDateTime)
    notices_from: datetime = Field(sa_type=UTCDateTime)
    """Reminders whose time lies before this instant are not owed, nor any for what fell due before it: a contract that
    is entered late floods nobody."""
    notice_terms: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Its calendar and its ladders of reminders as JSON (calendar/ladders.py), repeated from the definition: a scan
    reads them of every contract, and the definition is large."""
    furthest_before: int = Field(default=14, sa_column_kwargs={"server_default": "14"})
    """The most days before a due date at which any of its ladders begins."""


class Person(SQLModel, table=True):
    """Somebody who works for a contractor or a funder."""

    __tablename__ = "person"

    id: int | None = Field(default=None, primary_key=True)
    name: str
    email: str = Field(index=True, unique=True)
    """As it is written to; kept in lower case, since one mailbox is one person."""
    created_at: datetime = Field(sa_type=UTCDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    language: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """The language of this person's mails, pages and feeds (RFC 5646); empty for whoever has not chosen: mails are in
    English then, and pages in what the browser asks for."""


class Role(SQLModel, table=True):
    """One part that one person has in one contract."""

    __tablename__ = "role"
    __table_args__ = (UniqueConstraint("contract_id", "person_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    contract_id: str = Field(foreign_key="contract.id", index=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    name: str
    """One of `RoleName` (calendar/roles.py)."""
    backup_id: int | None = None
    """The person who is told in this one's place during an absence: somebody with a part on the same side.

    No foreign key, since SQLite adds none to a table that there is; people are never removed.
    """
