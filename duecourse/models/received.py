"""Which mails came in, which deliverables may they be about, and what did a person make of them?"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime, new_uid


class MailKind(StrEnum):
    """What sort of mail it is. None of them is ever answered."""

    LETTER = "letter"
    """Written, or forwarded, by a person."""
    AUTOMATIC = "automatic"
    """Sent by a program: an absence, a portal's confirmation, a receipt of reading (RFC 3834)."""
    DELIVERY_REPORT = "delivery report"
    """What a mail server says of a mail of ours that it could not deliver (RFC 3464)."""


class ReceivedState(StrEnum):
    """What a person made of a mail."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    """It is the proof of a submission."""
    NOT_OURS = "not ours"


class ReceivedMail(SQLModel, table=True):
    """One mail that came in. Its bytes lie with the evidence files, under their SHA-256: the same bytes are one mail.

    What is kept here beside them is for reading and matching, cut to a bounded length.
    """

    __tablename__ = "received_mail"

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(default_factory=new_uid, unique=True, max_length=36)
    sha256: str = Field(unique=True, max_length=64)
    size: int
    """Bytes."""
    received_at: datetime = Field(sa_type=UTCDateTime)
    kind: str = Field(index=True)
    """One of `MailKind`."""
    from_name: str
    from_address: str = Field(index=True)
    """As the mail says, in small letters; empty when it says none. Anybody can write anything there."""
    subject: str
    text: str
    dated_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """The date of the mail, or of the one that it forwards; None when it has none that makes sense."""
    message_id: str
    answers: list[str] = Field(sa_type=JSON)
    """The Message-IDs that it answers or reports on (In-Reply-To, References, and those of a returned mail)."""
    attachments: list[str] = Field(sa_type=JSON)
    """The names of the files that came with it."""
    matched_id: int | None = Field(default=None, foreign_key="deliverable.id", index=True)
    """The one open deliverable that it fits, if there is exactly one."""
    state: str = Field(default=ReceivedState.WAITING, index=True)
    settled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    settled_by: str = ""
    reason: str = ""
    """Why it is not ours."""
    submission_id: int | None = Field(default=None, foreign_key="submission.id")
    """The submission of which it is the proof."""


class ReceivedCandidate(SQLModel, table=True):
    """A contract that a mail names, and a deliverable of it that the mail may be about."""

    __tablename__ = "received_candidate"
    __table_args__ = (UniqueConstraint("mail_id", "contract_id", "deliverable_id"),)

    id: int | None = Field(default=None, primary_key=True)
    mail_id: int = Field(foreign_key="received_mail.id", index=True)
    contract_id: str = Field(foreign_key="contract.id", index=True)
    deliverable_id: int | None = Field(default=None, foreign_key="deliverable.id", index=True)
    """None when the mail names the contract alone."""
    fit: str
    """How the deliverable fits: the name of a `Fit`, or empty."""
    dismissed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When somebody with a part in the contract said that the mail is none of its matters."""
