"""Who may come in: sign-in links, sessions, passkeys, and the secret addresses of calendar feeds?

Secrets are stored as SHA-256 only; the secret itself is shown once.
"""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime

_EMPTY: dict[str, Any] = {"server_default": ""}


class SignInLink(SQLModel, table=True):
    """A link that signs one person in, once, until it expires, and the code that does the same."""

    __tablename__ = "sign_in_link"

    id: int | None = Field(default=None, primary_key=True)
    token_sha256: str = Field(unique=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    created_at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    asked_sha256: str = Field(default="", index=True, sa_column_kwargs=_EMPTY)
    """Of the secret of the browser that asked, in which alone it works; empty for a link that a terminal printed."""
    code_sha256: str = Field(default="", sa_column_kwargs=_EMPTY)
    """Of the browser's secret with the code: forty bits alone could be tried out by whoever reads the database."""
    code_tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How often a code was typed for it."""


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
    browser_sha256: str = Field(default="", index=True, sa_column_kwargs=_EMPTY)
    """Of the secret by which the browser is known again when it asks for the next link."""
    way: str = Field(default="", sa_column_kwargs=_EMPTY)
    """By what the person came in: one of `Way` (tracking/signing_in.py)."""
    device: str = Field(default="", sa_column_kwargs=_EMPTY)
    """Which browser, in words; they come from a fixed list, and never from what the browser said."""
    network: str = Field(default="", sa_column_kwargs=_EMPTY)
    """The network it came from, without the part that names one machine."""
    last_seen_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When it was last used, to within a few minutes."""
    idle_until: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When it ends unless it is used before."""
    second_factor_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When a passkey, or an agency's own sign-in that asks for one, confirmed who this is."""
    holds_passkey: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    """Whether the person had a passkey at sign-in, and so is asked for it."""
    challenge: str = Field(default="", sa_column_kwargs=_EMPTY)
    """What a passkey is to sign next, once; empty when nothing was asked."""
    challenge_until: datetime | None = Field(default=None, sa_type=UTCDateTime)


class Passkey(SQLModel, table=True):
    """A key on a person's device or security stick (WebAuthn); the server has the public half."""

    __tablename__ = "passkey"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    credential_id: str = Field(unique=True)
    """As the device names it, in base64url."""
    public_key: bytes
    sign_count: int = Field(sa_type=sa.BigInteger)
    """How often it has signed, as it says; a number that does not rise tells of a copy."""
    name: str
    created_at: datetime = Field(sa_type=UTCDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class RecoveryCode(SQLModel, table=True):
    """A code that takes the place of a person's passkey once."""

    __tablename__ = "recovery_code"

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True)
    code_sha256: str = Field(unique=True)
    """Of the person's id and the code, which is shown once and not kept."""
    made_at: datetime = Field(sa_type=UTCDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    """When newer codes took its place, or the passkeys were reset."""


class SignInRate(SQLModel, table=True):
    """How much of one limit is used up, under one key: a bucket that runs empty at a steady pace."""

    __tablename__ = "sign_in_rate"

    key_sha256: str = Field(primary_key=True)
    """Of the limit's name and what it counts: no address is kept."""
    empty_at: int = Field(sa_type=sa.BigInteger, index=True)
    """When nothing of it is used up any more, in milliseconds since 1970."""


class AgencySignIn(SQLModel, table=True):
    """One sign-in that was begun with an agency's own single sign-on; it comes back once."""

    __tablename__ = "agency_sign_in"

    id: int | None = Field(default=None, primary_key=True)
    state_sha256: str = Field(unique=True)
    browser_sha256: str
    """Of the secret of the browser that began it."""
    leads_to: str
    """The page of this site that opens afterwards."""
    created_at: datetime = Field(sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


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
