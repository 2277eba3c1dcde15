"""When is a job due, and which slot of time does an instant belong to?

A slot is named by the instant at which it begins. Every driver (the embedded clock, a Prefect worker, the command line)
comes to the slot through `slot_for`, so that they agree on what has been done already. The crontab line is for Prefect
only: other programs count weekdays differently.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from duecourse.calendar import words
from duecourse.language.said import say, say_count

_CLOCKS_CHANGE_BEFORE = time(4)


@dataclass(frozen=True, slots=True)
class EveryMinutes:
    """Every so many minutes, counted from some minutes `after` the full hour in UTC.

    Raises ValueError unless they divide the hour, and the first comes before the second.
    """

    minutes: int
    after: int = 0

    def __post_init__(self) -> None:
        if self.minutes < 1 or 60 % self.minutes:
            raise ValueError(f"{self.minutes} minutes do not divide an hour: its slots would not repeat")
        if not 0 <= self.after < self.minutes:
            raise ValueError(f"the first of {self.minutes} minutes cannot be {self.after} minutes after the full hour")

    def slot_for(self, now: datetime) -> datetime:
        """Return the newest slot that has begun at `now` (aware), in UTC."""
        minute = now.astimezone(UTC).replace(second=0, microsecond=0)
        return minute - timedelta(minutes=(minute.minute - self.after) % self.minutes)

    def words(self) -> str:
        """Return ``every 5 minutes``."""
        return say_count("every minute", "every %(num)s minutes", self.minutes)

    @property
    def cron(self) -> str:
        """The schedule as a crontab line, read in `timezone`."""
        return f"{f'{self.after}-59' if self.after else '*'}/{self.minutes} * * * *"

    @property
    def timezone(self) -> str:
        """The zone in which `cron` is read."""
        return "UTC"


@dataclass(frozen=True, slots=True)
class DailyAt:
    """Once a day, at a local time; raises ValueError for a time that a change of the clocks may skip or repeat."""

    at: time
    zone: str

    def __post_init__(self) -> None:
        if self.at < _CLOCKS_CHANGE_BEFORE:
            raise ValueError(f"{words.clock_time(self.at)} may come twice or never on a day that the clocks change")
        if self.at.second or self.at.microsecond:
            raise ValueError(f"{self.at} is no full minute, and a crontab line knows nothing smaller")

    def slot_for(self, now: datetime) -> datetime:
        """Return the newest slot that has begun at `now` (aware), in UTC."""
        zone = ZoneInfo(self.zone)
        today = now.astimezone(zone).date()
        slot = datetime.combine(today, self.at, zone).astimezone(UTC)
        if slot > now:
            slot = datetime.combine(today - timedelta(days=1), self.at, zone).astimezone(UTC)
        return slot

    def words(self) -> str:
        """Return ``every day at 4:00 AM Pacific``."""
        return say("every day at %(time)s %(zone)s", time=words.clock_time(self.at), zone=words.ZONES[self.zone][0])

    @property
    def cron(self) -> str:
        """The schedule as a crontab line, read in `timezone`."""
        return f"{self.at.minute} {self.at.hour} * * *"

    @property
    def timezone(self) -> str:
        """The zone in which `cron` is read."""
        return self.zone


Schedule = EveryMinutes | DailyAt
