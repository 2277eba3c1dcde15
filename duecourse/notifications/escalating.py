"""Is a notice a reminder, or does it tell somebody besides whoever has to submit that the state of it changed?

Pure. The two are written by jobs of their own; each notice is written by one of them, and its key is unique.
"""

from __future__ import annotations

from duecourse.notifications.ladder import RETURNED
from duecourse.notifications.owing import Owed, OwedTo
from duecourse.notifications.readers import Why


def escalates(one: Owed, to: OwedTo) -> bool:
    """Tell whether a notice goes to somebody else because something is late, became overdue, or came in.

    What was returned is urgent, and stays with the reminders; so does what comes by the due date, to whomever it goes.
    """
    rung = one.rung
    has_changed = rung.change != RETURNED if rung.change else rung.offset > 0 and not rung.prepare
    return has_changed and (to.is_copy or to.why is Why.BACKUP)


def reminds(one: Owed, to: OwedTo) -> bool:
    """Tell whether a notice reminds whoever has to submit, of a step of the ladder or of a return."""
    return not escalates(one, to)
