"""What came back of our mail, which addresses are not written to, and why can no mail be sent at present?"""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class BounceOutcome(StrEnum):
    """What was made of a mail server's report that a mail of ours did not arrive."""

    UNDELIVERABLE = "undeliverable"
    """5.x.x: the notice bounced, and its address is not written to until a person says so."""
    NOT_DELIVERED = "not delivered"
    """Given up for a passing reason (4.x.x): the notice bounced; the address is written to again."""
    DELAYED = "delayed"
    """The mail server still tries; nothing follows."""
    ARRIVED = "arrived"
    """A receipt, not a failure; nothing follows."""
    COMPLAINT = "complaint"
    """Its reader called it unwanted: a liaison is told, contractual notices go on."""
    LATE = "late"
    """It came more than 48 hours after sending, or of an earlier try: kept, and nothing follows."""
    FORGED = "forged"
    """It was not addressed to a return path that we signed: ignored, and counted."""
    UNREADABLE = "unreadable"
    """It names no status: kept for a person to read."""
    WAITING = "waiting"
    """It came before we had written down that the notice was sent: looked at again."""


class Bounce(SQLModel, table=True):
    """One report of a mail server on a mail of ours, by the SHA-256 of its bytes."""

    __tablename__ = "bounce"

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(unique=True, max_length=64)
    received_at: datetime = Field(sa_type=UTCDateTime)
    notice_id: int | None = Field(default=None, foreign_key="notice.id", index=True)
    """The notice by the signed return path; None when it was forged."""
    status: str
    """Such as ``5.1.1`` (RFC 3463); empty when it names none."""
    action: str
    """``failed``, ``delayed``, ``delivered`` (RFC 3464, 2.3.3), ``complaint``, or empty."""
    said: str
    """What the other mail server said, cut."""
    outcome: str = Field(index=True)
    """One of `BounceOutcome`."""
    settled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class SuppressedAddress(SQLModel, table=True):
    """An email address to which no notice goes, since mail to it came back for good, until a person lifts that."""

    __tablename__ = "suppressed_address"

    address: str = Field(primary_key=True)
    """In small letters."""
    since: datetime = Field(sa_type=UTCDateTime)
    reply: str
    notice_id: int = Field(foreign_key="notice.id")
    lifted_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    lifted_by: str = ""


class MailPause(SQLModel, table=True):
    """Why no mail can be sent at present, if it cannot: one row, which every sender looks at before it knocks."""

    __tablename__ = "mail_pause"

    id: int = Field(default=1, primary_key=True)
    since: datetime = Field(sa_type=UTCDateTime)
    """When it was met first."""
    until: datetime = Field(sa_type=UTCDateTime)
    """Nobody knocks before this."""
    reply: str
    is_password: bool = False
    """Whether the mail server refused our name or password: somebody must correct the settings."""


class ServerSecret(SQLModel, table=True):
    """The secret with which return paths and links that stop mails are signed; made once, shared by all processes."""

    __tablename__ = "server_secret"

    name: str = Field(primary_key=True)
    value: str
