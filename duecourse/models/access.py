"""Who may come in: sign-in links, sessions, and the secret addresses of calendar feeds?

Secrets are stored as SHA-256 only; the secret itself is shown once.
"""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class SignInLink(SQLModel, table=True):
    """A link that signs one person in, once, until it expires."""

    __tablename__ = "sign_in_link"

    id: int | None = Field(default=None, primary_key=True)
    token_sha256: str = Field(unique=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    created_at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class SignInSession(SQLModel, table=True):
    """A signed-in browser."""

    __tablename__ = "sign_in_session"

    id: int | None = Field(default=None, primary_key=True)
    token_sha256: str = Field(unique=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    form_token: str
    """The secret that every form of this browser carries."""
    created_at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    showing: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """The day that a demonstration shows in this browser; None for the present."""


class Feed(SQLModel, table=True):
    """A calendar feed: one person's deadlines, of one contract or of all of that person's.

    The bytes last served are kept, so that a poll that finds nothing new costs one look-up.
    """

    __tablename__ = "feed"

    id: int | None = Field(default=None, primary_key=True)
    token_sha256: str = Field(unique=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    contract_id: str | None = Field(default=None, foreign_key="contract.id")
    """None for all contracts of the person."""
    device: str = ""
    """The device or program that the person made it for, in the person's words; empty where nothing was said."""
    alarms: bool = False
    """Whether entries remind a day ahead; off unless the person asks."""
    titles_only: bool = False
    """Whether entries carry a title and a link only: for calendars that are shown to others."""
    created_at: datetime = Field(sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    body: bytes | None = None
    etag: str = ""
    modified_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When the bytes last changed; rises by at least a second each time (RFC 9110, 8.8.2)."""
    built_for: date | None = None
    """The day for which the bytes were chosen: the feed's window moves once a day."""
    changes: int = 0
    """Rises by one in every transaction that changes anything this feed shows."""
    built_from: int = -1
    """The value of `changes` from which the bytes were built."""
    last_fetched_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    last_client: str = ""
