"""Which job was done for which slot of time, and by whom?"""

from datetime import datetime

from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class JobSlot(SQLModel, table=True):
    """One job's work for one slot of time, claimed by one owner at a time under a lease."""

    __tablename__ = "job_slot"

    job: str = Field(primary_key=True)
    slot: datetime = Field(primary_key=True, sa_type=UTCDateTime)
    state: str
    """``claimed``, ``done`` or ``failed``."""
    owner: str
    engine: str
    """What woke it: ``embedded``, ``prefect`` or ``command line``."""
    claimed_at: datetime = Field(sa_type=UTCDateTime)
    lease_until: datetime = Field(sa_type=UTCDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    attempts: int = 1
    flow_run: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """The id of the Prefect flow run that shows its logs; empty when there is none."""
    summary: str = ""
    """What the run did, in a person's words, or why it failed."""
