"""Which programs of others are told what happens to deliverables, and what became of each message?"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class Webhook(SQLModel, table=True):
    """An address that is told what its person sees. The `secret` signs, and so it is kept whole."""

    __tablename__ = "webhook"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    token_id: int | None = None
    """The token with which a program gave its address; None when its person did. No foreign key, since SQLite adds none
    to a table that there is; tokens are never removed."""
    name: str
    """What the person calls it, such as the program that is told."""
    address: str
    secret: str
    former_secret: str = ""
    """The secret before this one, which signs as well until `former_until`; else empty."""
    former_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    contract_ids: list[str] = Field(sa_type=JSON)
    """The contracts of which it is told; empty for all that the person sees."""
    events: list[str] = Field(sa_type=JSON)
    """The names of what it is told, as `HAPPENINGS` has them (webhooks/happenings.py)."""
    after_sequence: int
    """The last entry of the audit log of which every message that it owes was written."""
    overdue_since: datetime = Field(sa_type=UTCDateTime)
    """It is told what became overdue after this."""
    created_at: datetime = Field(sa_type=UTCDateTime)
    paused_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    switched_off: str = ""
    """Why the server paused it, one of `Reason` (webhooks/switching_off.py); empty when its person did."""
    failures: int = 0
    """How many tries failed since one was taken."""
    failing_since: datetime | None = Field(default=None, sa_type=UTCDateTime)
    taken_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """Until when a process sends for it alone."""
    removed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class DeliveryState(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    TAKEN = "taken"
    """Its receiver answered with a status from 200 to 299."""
    GIVEN_UP = "given up"
    """It was tried as often as messages are."""
    UNSEEN = "unseen"
    """Its person no longer sees what it is about, so it is not sent."""


class WebhookDelivery(SQLModel, table=True):
    """One message to a webhook: written once for each event, and sent until it is taken or given up."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        Index(
            "webhook_delivery_waiting",
            "webhook_id",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    webhook_id: int = Field(foreign_key="webhook.id")
    event_id: str
    """The same for every try, and for the same event if it is told again."""
    event: str
    contract_id: str | None = None
    """None for a ping."""
    deliverable_id: int | None = Field(default=None, foreign_key="deliverable.id", index=True)
    happened_at: datetime = Field(sa_type=UTCDateTime)
    body: str
    """The message, byte for byte, until it is old."""
    owed_at: datetime = Field(sa_type=UTCDateTime)
    state: str = DeliveryState.WAITING
    tries: int = 0
    next_try_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """None when there is none."""
    last_try_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    last_status: int | None = None
    """The status of the last answer; None when there was no answer."""
    last_trouble: str = ""
    """Why there was none, one of `Trouble` (webhooks/egress.py)."""
    last_milliseconds: int = 0
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
