"""Has the client already the bytes that it asks for?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
# Servers in front of us that compress an answer change its tag, and the client sends the changed one back.
_COMPRESSED = re.compile(r"[-;]+(?:gzip|br|deflate|zstd)\Z")


@dataclass(frozen=True, slots=True)
class ClientCopy:
    """What a request says of the bytes that the client has (RFC 9110, 13.1.2 and 13.1.3).

    `tags` is None where the request says nothing of tags; `has_some` is set where it has a version, whichever that is.
    `since` is the Last-Modified date that the client knows; it counts only where nothing is said of tags.
    """

    tags: frozenset[str] | None
    has_some: bool
    since: datetime | None
    now: datetime

    @classmethod
    def said_in(cls, headers: Iterable[tuple[bytes, bytes]], *, now: datetime) -> ClientCopy:
        """Read the request's header fields, whose names are in lower case."""
        fields = list(headers)
        tags = [value.decode("latin-1") for name, value in fields if name == b"if-none-match"]
        dates = [value.decode("latin-1") for name, value in fields if name == b"if-modified-since"]
        return cls(
            tags=_tags(", ".join(tags)) if tags else None,
            has_some=[tag.strip() for tag in tags] == ["*"],
            since=_date(dates[0]) if len(dates) == 1 else None,
            now=now,
        )

    def has(self, etag: str, modified_at: datetime) -> bool:
        """Return whether these are the bytes with this hash, which last changed at `modified_at`."""
        if self.tags is not None:
            return self.has_some or etag in self.tags
        if self.since is None:
            return False
        # A date in the future says nothing, unless it is the one that we gave.
        return self.since == modified_at or modified_at <= self.since <= self.now


def _tags(value: str) -> frozenset[str]:
    return frozenset(_COMPRESSED.sub("", tag) for tag in _TAG.findall(value))


def _date(value: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
