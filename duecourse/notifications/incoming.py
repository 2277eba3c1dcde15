"""What becomes of a mail that comes in, whichever way it came?

It is kept, and matched; what a mail server reports of a mail of ours has its consequences. Nothing is ever answered.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from duecourse.errors import DuecourseError, NotReady
from duecourse.models import BounceOutcome, MailKind
from duecourse.models.database import reading, writing
from duecourse.notifications import setting_aside
from duecourse.notifications.bounces import take_report
from duecourse.notifications.messages import Sender
from duecourse.notifications.reachability import check_reachability
from duecourse.notifications.setting_aside import Place
from duecourse.notifications.undelivered import owe_undelivered
from duecourse.tracking.mail.receiving import Taken, receive

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a mail that comes in is taken with: where it is kept, and what the mails that follow from it need."""

    engine: Engine
    evidence: Path
    bounce_address: str
    base_url: str
    sender: Sender
    now: Callable[[], datetime]

    def take(self, raw: bytes) -> str:
        """Keep a raw mail and do what follows from it, and say what was done; the same bytes are kept once.

        Raises BadInput for a mail that cannot be kept, and the database's or the disk's error when they are away.
        """
        for is_last in (False, True):
            try:
                with writing(self.engine) as session:
                    return self._take(session, raw)
            except IntegrityError:
                # The same mail came twice at the same moment; the second look finds the first.
                if is_last:
                    raise
        raise AssertionError("unreachable")

    def _take(self, session: Session, raw: bytes) -> str:
        taken = receive(session, raw, folder=self.evidence, now=self.now())
        if taken.mail.kind == MailKind.DELIVERY_REPORT:
            said = self._followed(session, raw, taken)
            return f"Kept: delivery report, {said}." if taken.is_new else "Kept before."
        matched = "matched to a report" if taken.mail.matched_id else "not matched to one report"
        return f"Kept: {taken.mail.kind}, {matched}." if taken.is_new else "Kept before."

    def _followed(self, session: Session, raw: bytes, taken: Taken) -> str:
        now = self.now()
        outcome = take_report(session, raw, sha256=taken.mail.sha256, bounce_address=self.bounce_address, now=now)
        if taken.is_new and outcome in (BounceOutcome.UNDELIVERABLE, BounceOutcome.NOT_DELIVERED):
            owe_undelivered(session, now=now, base_url=self.base_url, sender=self.sender)
            check_reachability(session, now=now, base_url=self.base_url, sender=self.sender)
        return str(outcome)


@dataclass(frozen=True, slots=True)
class Keeper:
    """Takes the mails that are fetched from a mailbox, one after the other; see `fetching.fetch`."""

    incoming: Incoming

    def order(self, places: list[Place]) -> list[Place]:
        """Return these mails, those last that were tried in vain: none keeps the others from being taken."""
        if not places:
            return []
        with reading(self.incoming.engine) as session:
            tried = setting_aside.tries(session, places[0].mailbox, places[0].validity)
        return sorted(places, key=lambda place: tried.get(place.number, 0))

    def begin(self, place: Place) -> str:
        """Write down that a mail is going to be fetched; return why it is not, when it is set aside."""
        with writing(self.incoming.engine) as session:
            return setting_aside.begin(session, place, now=self.incoming.now())

    def keep(self, place: Place, raw: bytes) -> str:
        """Take a mail; return why it was set aside instead, or an empty text.

        Raises NotReady, or the database's error, when the fault is ours: then the mail is fetched again.
        """
        try:
            self.incoming.take(raw)
        except (DBAPIError, NotReady):
            self.forget(place)
            raise
        except (OSError, MemoryError) as error:
            self.forget(place)
            raise NotReady(f"A mail could not be kept: {error}. It is still in the mailbox.") from error
        except DuecourseError as error:
            return self.put_aside(place, str(error))
        except Exception as error:
            # Whatever is wrong with one mail, the others must still be taken.
            _log.exception("Mail %s of %s could not be read.", place.number, place.mailbox)
            return self.put_aside(place, f"It could not be read ({type(error).__name__}).")
        return ""

    def put_aside(self, place: Place, reason: str) -> str:
        """Set a mail aside, and return why."""
        with writing(self.incoming.engine) as session:
            return setting_aside.put_aside(session, place, reason, now=self.incoming.now())

    def forget(self, place: Place) -> None:
        """Forget the tries of a mail."""
        with writing(self.incoming.engine) as session:
            setting_aside.forget(session, place)
