"""Which plans of action are there, what are their steps in each version, and what was done with them?"""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint, false
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime, new_uid


class ActionPlan(SQLModel, table=True):
    """A plan that was opened under a contract. How far it has come follows from its entries and its deliverables."""

    __tablename__ = "action_plan"
    __table_args__ = (UniqueConstraint("contract_id", "reference"),)

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(default_factory=new_uid, unique=True, max_length=36)
    contract_id: str = Field(foreign_key="contract.id", index=True)
    process: str
    """The id of the process in the contract's definition."""
    reference: str
    """What its events and deliverables carry, so that two plans are told apart: ``plan-1``."""
    opened_at: datetime = Field(sa_type=UTCDateTime)
    """The instant of the notice: its day is day 0."""
    reason: str
    """What is out of compliance."""
    recorded_at: datetime = Field(sa_type=UTCDateTime)
    opened_by: str
    form_key: str = Field(unique=True)


class PlanEntry(SQLModel, table=True):
    """One thing that was done with a plan, in the order in which it was recorded. Entries are only ever added."""

    __tablename__ = "plan_entry"

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="action_plan.id", index=True)
    act: str
    """One of `PlanAct`."""
    stage: str = ""
    """The stage that was reached."""
    step: int | None = None
    """The number of the step that was written, left out or missed."""
    version: int | None = None
    """The version that was written in, or approved."""
    happened_at: datetime = Field(sa_type=UTCDateTime)
    recorded_at: datetime = Field(sa_type=UTCDateTime)
    actor: str
    party: str = ""
    """The side that the person acted for; empty for the server's operator."""
    text: str = ""
    deliverable_id: int | None = Field(default=None, foreign_key="deliverable.id")
    """The deliverable that was marked as done with it."""
    undoes_id: int | None = Field(default=None, foreign_key="plan_entry.id")
    form_key: str = Field(unique=True)
    """The key of the form or call that made it: the same key twice makes one entry."""


class PlanStep(SQLModel, table=True):
    """A step of a plan, as one version states it. Of one number, the newest up to a version holds in it."""

    __tablename__ = "plan_step"

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(default_factory=new_uid, unique=True, max_length=36)
    plan_id: int = Field(foreign_key="action_plan.id", index=True)
    entry_id: int = Field(foreign_key="plan_entry.id")
    number: int
    """What names the step through all versions, counted from 1."""
    version: int
    title: str
    who: str
    due_on: date
    dropped: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether this version leaves it out."""
