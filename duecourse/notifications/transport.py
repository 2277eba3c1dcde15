"""What does every way of sending mail promise, and how can sending end?

NotSent
├── Refused         for good: this mail to this address will never be taken
├── TryLater        not now: it was not taken, and may be later
│   └── Unavailable nothing can be sent at present, whatever the mail
└── Ambiguous       the mail server may have taken it: no answer came after its last byte
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

STOP = "stop"
"""The word with which a send is cancelled when its process is to end: it then ends as TryLater or Ambiguous."""


class NotSent(Exception):
    """A mail was not sent, or not for certain; the text is what the mail server answered, or what went wrong."""


class Refused(NotSent):
    """This mail to this address is refused for good."""


class TryLater(NotSent):
    """It was not taken, and may be later."""


class Unavailable(TryLater):
    """Nothing can be sent at present: no connection, no safe one, or our sign-in was refused. No mail is to blame."""

    def __init__(self, reply: str, *, pause: timedelta, is_password: bool = False) -> None:
        super().__init__(reply)
        self.pause = pause
        """How long nobody should knock again."""
        self.is_password = is_password
        """Whether our name or password was refused: somebody must correct the settings."""


class Ambiguous(NotSent):
    """The mail server may have taken it: no usable answer came after its last byte was sent."""


class Transport(Protocol):
    """A way to send mail. Several sends may run at once, in one event loop, until it is closed."""

    @property
    def send_limit(self) -> timedelta:
        """How long one send may take at the very most."""

    async def send(self, message: bytes, *, from_address: str, to_address: str) -> str:
        """Send ready bytes to one address, and return the server's answer. Raises NotSent's subclasses."""

    async def close(self) -> None:
        """Let go of what is kept open between sends."""
