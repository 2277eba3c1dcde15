"""Who works for a subcontractor, and what was done with each part that a program hands to the lead?"""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime, new_uid


class ProgramMember(SQLModel, table=True):
    """Somebody who works for a subcontractor's program and has no part in the contract itself.

    A table of its own, and no kind of role: whatever asks who has a part in a contract, now or later, cannot take a
    subcontractor's staff for the lead's by forgetting a condition.
    """

    __tablename__ = "program_member"
    __table_args__ = (UniqueConstraint("contract_id", "program", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    contract_id: str = Field(foreign_key="contract.id", index=True)
    program: str
    """The program's id in the contract's definition."""
    person_id: int = Field(foreign_key="person.id", index=True)


class PartEntry(SQLModel, table=True):
    """One act on one part of a deliverable, in the order in which they were recorded. Entries are only ever added."""

    __tablename__ = "part_entry"
    __table_args__ = (Index("part_entry_of", "deliverable_id", "program", "part"),)

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(default_factory=new_uid, unique=True, max_length=36)
    deliverable_id: int = Field(foreign_key="deliverable.id")
    program: str
    """The program's id, or ``combined`` for a part that tells of all programs together."""
    part: str
    act: str
    """One of `PartAct`."""
    happened_at: datetime = Field(sa_type=UTCDateTime)
    """When it took effect: for a part that was handed in, when the lead received it, as its person states."""
    recorded_at: datetime = Field(sa_type=UTCDateTime)
    actor: str
    by_lead: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether the lead did it: for a subcontractor's part that came in, on its behalf."""
    note: str = ""
    is_same: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """For a combined part: no file, since it is the same as that of the one program."""
    undoes_id: int | None = Field(default=None, foreign_key="part_entry.id")
    file_sha256: str = ""
    """The stored file, or empty when there is none."""
    file_name: str = ""
    file_type: str = ""
    file_size: int = 0
    """Bytes."""
    form_key: str | None = Field(default=None, unique=True)
    """The key of the form or call that made it: the same key twice makes one entry."""
