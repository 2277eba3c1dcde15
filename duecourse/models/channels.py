"""By which second channel is a person told, and which mails does a person not want?"""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class PersonChannel(SQLModel, table=True):
    """A person's own address at a provider of messages, beside email and never instead of it. `url` is a secret."""

    __tablename__ = "person_channel"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    url: str
    shown: str
    """The address without its secrets, for pages and the audit log."""
    added_at: datetime = Field(sa_type=UTCDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ChannelMessage(SQLModel, table=True):
    """A notice that was also sent by a person's second channel: tried once, and what came of it."""

    __tablename__ = "channel_message"
    __table_args__ = (UniqueConstraint("notice_id", "channel_id"),)

    id: int | None = Field(default=None, primary_key=True)
    notice_id: int = Field(foreign_key="notice.id", index=True)
    channel_id: int = Field(foreign_key="person_channel.id", index=True)
    begun_at: datetime = Field(sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    arrived: bool = False
    reply: str = ""
    """Why it failed, in words without secrets."""


class DailyStop(SQLModel, table=True):
    """A person who asked, by the link in a daily mail, for no more daily mails and early reminders."""

    __tablename__ = "daily_stop"

    person_id: int = Field(foreign_key="person.id", primary_key=True)
    stopped_at: datetime = Field(sa_type=UTCDateTime)
    resumed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
