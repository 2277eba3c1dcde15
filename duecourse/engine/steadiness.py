"""Was this machine's clock set, so that what it shows may be wrong?"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from duecourse.calendar import words
from duecourse.language.said import say

JUMP = timedelta(minutes=5)
"""A difference below this is an ordinary correction."""


def seconds_since_start() -> float:
    """Return the seconds since this machine was started, with those in which it slept, by a clock that nobody sets."""
    # macOS counts its sleep already in the ordinary one.
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Steadiness:
    """Holds a clock that can be set against one that cannot.

    A clock that is set back to what it should show is trusted again by itself; otherwise a person must say that it is
    right. Where time stands still for a whole virtual machine, its clock jumps rightly, and looks as if it was set.
    """

    def __init__(self, now: Callable[[], datetime], elapsed: Callable[[], float]) -> None:
        self._now = now
        self._elapsed = elapsed
        self.trust()

    def trust(self) -> None:
        """Take what the clock shows now for right."""
        self._known = (self._now(), self._elapsed())

    def jump(self) -> timedelta:
        """Return how far the clock was set (back when negative), or zero when it goes on as it should."""
        now, elapsed = self._now(), self._elapsed()
        then, before = self._known
        jump = now - then - timedelta(seconds=elapsed - before)
        if abs(jump) >= JUMP:
            return jump
        # Small corrections add up over months, and are none together.
        self._known = (now, elapsed)
        return timedelta(0)


def said(jump: timedelta) -> str:
    """Return ``forward by 1 day`` or ``back by 1 hour and 5 minutes``."""
    minutes = round(abs(jump) / timedelta(minutes=1))
    units = {"day": minutes // 1440, "hour": minutes // 60 % 24, "minute": minutes % 60}
    parts = [words.count(n, unit) for unit, n in units.items() if n]
    far = words.joined(parts)
    return say("forward by %(far)s", far=far) if jump > timedelta(0) else say("back by %(far)s", far=far)
