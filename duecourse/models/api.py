"""Which programs may come in for a person, and what was each of their calls answered?

Of a token the SHA-256 only is stored; the token itself is shown once.
"""

from datetime import datetime

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime


class ApiToken(SQLModel, table=True):
    """A token with which a program acts for one person, and may do no more than its scopes say."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    token_sha256: str = Field(unique=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    name: str
    """What the person calls it, such as the program that uses it."""
    scopes: list[str] = Field(sa_type=JSON)
    """Some of `Scope` (tracking/api_tokens.py)."""
    created_at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ApiCall(SQLModel, table=True):
    """A call that changed something, with its answer, in the transaction of the change: the same call again gets it."""

    __tablename__ = "api_call"
    __table_args__ = (UniqueConstraint("person_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id")
    key: str
    """The caller's Idempotency-Key."""
    asked_sha256: str
    """Of the method, the address and the content of the call."""
    status: int
    body: str
    """The answer, without what is shown once."""
    location: str
    """The address of what the answer shows, or empty."""
    answered_at: datetime = Field(sa_type=UTCDateTime, index=True)
