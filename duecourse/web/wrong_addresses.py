"""How many secret addresses that do not exist may one client try?"""

from __future__ import annotations

from datetime import datetime, timedelta

WINDOW = timedelta(minutes=1)
AT_MOST = 60
"""Within a window. Whoever mistypes a link stays far below, whoever guesses gets nowhere: a link has 256 bits."""
_KEPT = 10_000


class WrongAddresses:
    """Counts them for each client, in the memory of one process.

    Only wrong addresses are counted and refused, so that clients who share one address, behind a proxy or a school's
    router, keep their calendars whatever a stranger among them tries.
    """

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._tries: dict[str, int] = {}

    def are_too_many(self, client: str, *, now: datetime) -> bool:
        """Count one more of `client`, and tell whether that is too many in this minute."""
        if self._since is None or not timedelta(0) <= now - self._since < WINDOW:
            self._since, self._tries = now, {}
        if client not in self._tries and len(self._tries) >= _KEPT:
            # So many clients at once are one guesser with many addresses: those not known yet share one count.
            client = ""
        self._tries[client] = self._tries.get(client, 0) + 1
        return self._tries[client] > AT_MOST
