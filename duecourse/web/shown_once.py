"""What was just made by a form whose result is shown once, so that the same form again shows the same result?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock


class ShownOnce:
    """Secrets that cannot be read back from the database, kept in memory under the key of the form that made them."""

    def __init__(self, *, keep: timedelta) -> None:
        self._keep = keep
        self._made: dict[str, tuple[datetime, str]] = {}
        self._lock = Lock()

    def get_or_make(self, key: str, make: Callable[[], str], *, now: datetime) -> str:
        """Return what the form with this key made, making it when it is the first; raises what `make` raises."""
        with self._lock:
            self._made = {known: made for known, made in self._made.items() if made[0] > now - self._keep}
            if key not in self._made:
                self._made[key] = (now, make())
            return self._made[key][1]
