"""What does a mail server's answer mean, and is the server this very machine?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

from duecourse.notifications.transport import Ambiguous, NotSent, Refused, TryLater

# Permanent by their number, yet often temporary: too large for now, mailbox full, no route (RFC 3463).
_TRY_ANYWAY = re.compile(r"\b5\.(?:3\.4|2\.2|2\.3|4\.4)\b")


@dataclass(slots=True)
class Progress:
    """How far one mail has come: from its last byte on, a lost connection is ambiguous."""

    last_byte_sent: bool = False

    def lost(self, reply: str) -> NotSent:
        """Return how a mail ended whose connection was lost."""
        return Ambiguous(f"{reply}, after the mail was sent.") if self.last_byte_sent else TryLater(f"{reply}.")


def classified(code: int, text: str) -> NotSent:
    """Return what an answer means that is no success (RFC 5321, 4.2.1)."""
    reply = f"{code} {text}"
    if 500 <= code < 600 and code != 552 and not _TRY_ANYWAY.search(text):
        return Refused(reply)
    return TryLater(reply)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this very machine, where nobody can listen in between."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
