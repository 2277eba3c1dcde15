"""Which message is owed to whom, and what became of it?"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class NoticeState(StrEnum):
    """What became of a notice."""

    OWED = "owed"
    """Owed, and waiting for its person's daily mail, which is written at `deliver_at`."""
    QUEUED = "queued"
    """Owed and written; waiting for its turn, or for its next try."""
    CLAIMED = "claimed"
    """A sender has it, until its lease ends."""
    SENT = "sent"
    """The mail server took it."""
    BOUNCED = "bounced"
    """The mail server took it, and said later that it could not deliver it."""
    FAILED = "failed"
    """Refused for good, or given up: a person must see to it."""
    SUPERSEDED = "superseded"
    """No longer owed when its turn came: submitted, moved or withdrawn."""


class Notice(SQLModel, table=True):
    """One message owed to one person about one deliverable: the outbox, and the ledger that proves it was sent.

    `key` is unique per deliverable, due moment, rung, person and channel, so that no two schedulers owe it twice.
    What goes with the daily mail has no message of its own: `carrier_id` is the row of the mail that it goes with, and
    its state follows that row's.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("notice_turn", "state", "next_try_at"),
        Index("notice_by_owed", "owed_at"),
        Index("notice_by_carrier", "carrier_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    deliverable_id: int | None = Field(default=None, foreign_key="deliverable.id", index=True)
    """None for a message that is not about a deliverable, such as a sign-in link."""
    person_id: int = Field(foreign_key="person.id", index=True)
    rung: str
    """Which step of the ladder: ``before-14``, ``on-day``, ``after-3``."""
    is_copy: bool = False
    """Whether the person is copied rather than addressed."""
    due_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """The due moment it speaks of."""
    owed_at: datetime = Field(sa_type=UTCDateTime)
    """When its rung was reached."""
    queued_at: datetime = Field(sa_type=UTCDateTime)
    message_id: str
    """The Message-ID header, the same on every try."""
    to_address: str
    subject: str
    message: bytes
    """The whole message as it goes over the wire."""
    state: str = NoticeState.QUEUED
    attempts: int = 0
    next_try_at: datetime = Field(sa_type=UTCDateTime)
    claim_token: str = ""
    lease_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    reply: str = ""
    """What the mail server answered last."""
    ambiguous: bool = False
    """Whether a try may have been taken by the mail server although no answer came."""
    carrier_id: int | None = None
    """The notice whose mail carries this one; None for a mail of its own. No foreign key, since SQLite adds none to a
    table that there is; notices are never removed."""
    deliver_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When it may go with its person's daily mail; None for what goes alone and at once."""
    said: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    """What the daily mail says of it, or, for the daily mail itself, what it is written with."""
    acknowledged_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When its reader said to have seen it."""


class NoticeTry(SQLModel, table=True):
    """One try to send a mail, and what the mail server answered. Tries are only ever added."""

    __tablename__ = "notice_try"

    id: int | None = Field(default=None, primary_key=True)
    notice_id: int = Field(foreign_key="notice.id", index=True)
    tried_at: datetime = Field(sa_type=UTCDateTime)
    outcome: str
    """``sent``, ``failed`` or ``queued``: taken, refused for good, or to be tried again."""
    to_address: str
    reply: str
