"""Which mails of the mailbox could not be taken yet, how often was that tried, and which were set aside?"""

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class MailboxMail(SQLModel, table=True):
    """One mail of a mailbox that is being fetched, or that was set aside; of what was taken, no row is left.

    A mailbox numbers its mails, and says with its validity when it began to number anew (RFC 9051, 2.3.1.1).
    """

    __tablename__ = "mailbox_mail"
    __table_args__ = (UniqueConstraint("mailbox", "validity", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    mailbox: str
    """Its folder, user and server, in words."""
    validity: int = Field(sa_type=BigInteger)
    number: int = Field(sa_type=BigInteger)
    tries: int
    first_tried_at: datetime = Field(sa_type=UTCDateTime)
    reason: str = ""
    """Why it was set aside, as a sentence."""
    set_aside_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When it was; None while it may still be taken."""
    seen_to_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    seen_to_by: str = ""
