"""Where does mail go when there is no mail server: a demonstration, or a first look?"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9-]+")


class MailFolder:
    """Writes each mail as an ``.eml`` file, named by the instant and the notice, into one folder.

    The same notice sent again writes nothing: its file is there. A file appears whole or not at all.
    """

    def __init__(self, folder: Path, *, now: Callable[[], datetime]) -> None:
        """`now` is the clock by which the files are named."""
        self._folder, self._now = folder, now

    @property
    def send_limit(self) -> timedelta:
        """How long one send may take at the very most."""
        return timedelta(minutes=1)

    async def send(self, message: bytes, *, from_address: str, to_address: str) -> str:
        """Write the mail's file, and return its name."""
        return await asyncio.to_thread(self._write, message)

    async def close(self) -> None:
        """Nothing is kept open."""

    def _write(self, message: bytes) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        header = BytesParser(policy=policy.default).parsebytes(message, headersonly=True)["Message-ID"]
        notice = _NOT_IN_A_NAME.sub("-", str(header).strip().strip("<").partition("@")[0])
        for there in self._folder.glob(f"*-{notice}.eml"):
            return f"already written: {there.name}"
        path = self._folder / f"{self._now().astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{notice}.eml"
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            file.write(message)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        return f"written: {path.name}"


@dataclass(frozen=True, slots=True)
class WrittenMail:
    """A mail of a folder, parsed for a page. `date` is None when it has none that can be read."""

    name: str
    subject: str
    to: str
    cc: str
    date: datetime | None
    text: str


def read_mails(folder: Path, *, limit: int = 200) -> list[WrittenMail]:
    """Return the newest mails of a folder, the newest first; none when the folder does not exist."""
    paths = sorted(folder.glob("*.eml"), reverse=True)[:limit]
    return [_parsed(path) for path in paths]


def _parsed(path: Path) -> WrittenMail:
    mail = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    date = mail["Date"]
    body = mail.get_body(("plain",))
    return WrittenMail(
        path.name,
        str(mail["Subject"] or "").strip(),
        str(mail["To"] or ""),
        str(mail["Cc"] or ""),
        date.datetime if date else None,
        body.get_content().replace("\r\n", "\n") if body else "",
    )
