"""How often has this been tried lately?"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from threading import Lock

_MOST_KEYS = 20_000


class SlidingWindow:
    """Counts what was tried under a key within the last stretch of time, in this process's memory."""

    def __init__(self, limit: int, *, per: timedelta) -> None:
        self.limit = limit
        self.per = per
        self._tries: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def count(self, key: str, now: datetime) -> bool:
        """Count a try, unless the limit is reached; return whether it was counted."""
        with self._lock:
            tries = self._recent(key, now)
            if len(tries) >= self.limit:
                return False
            tries.append(now)
            return True

    def is_full(self, key: str, now: datetime) -> bool:
        """Whether the limit is reached; nothing is counted."""
        with self._lock:
            return len(self._recent(key, now)) >= self.limit

    def _recent(self, key: str, now: datetime) -> deque[datetime]:
        if len(self._tries) > _MOST_KEYS:
            self._forget(now)
        tries = self._tries.setdefault(key, deque())
        while tries and tries[0] <= now - self.per:
            tries.popleft()
        return tries

    def _forget(self, now: datetime) -> None:
        for key in [key for key, tries in self._tries.items() if not tries or tries[-1] <= now - self.per]:
            del self._tries[key]
        while len(self._tries) > _MOST_KEYS:
            del self._tries[next(iter(self._tries))]
