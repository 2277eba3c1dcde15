"""What was receipted, word for word, and with which keys has this server signed?"""

from datetime import datetime

from sqlmodel import Field, SQLModel

from duecourse.models.columns import UTCDateTime, new_uid


class Receipt(SQLModel, table=True):
    """What this server says of one submission, as it said it in the transaction of the submission. Never changed.

    `content` is canonical JSON (RFC 8785), `sha256` the hash of its bytes; the audit log holds that hash, too.
    """

    __tablename__ = "receipt"

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """1, 2, 3 and so on over all contracts, without a gap."""
    uid: str = Field(default_factory=new_uid, unique=True, max_length=36)
    submission_id: int = Field(foreign_key="submission.id", unique=True)
    content: str
    sha256: str
    issued_at: datetime = Field(sa_type=UTCDateTime)
    audit_sequence: int
    """The number of the audit entry that holds the hash."""


class SigningKey(SQLModel, table=True):
    """The public half of a key with which this server signed. Kept for ever: what was signed with it stays genuine."""

    __tablename__ = "signing_key"

    fingerprint: str = Field(primary_key=True, max_length=64)
    """SHA-256 of the key's SubjectPublicKeyInfo (RFC 5280, 4.1.2.7), in hexadecimal."""
    public_key: str
    """The 32 bytes of the key (RFC 8032), in hexadecimal."""
    first_used_at: datetime = Field(sa_type=UTCDateTime)
