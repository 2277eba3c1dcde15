"""What do we record ourselves where people give a cause, a reason or a channel in words of their own?

It is recorded in English. A reader of another language is told it in that language, by the same messages.
"""

from __future__ import annotations

from datetime import date

from duecourse.calendar import words
from duecourse.language.recalling import by_form, recalled
from duecourse.language.said import Phrase, say

DEFINITION_CHANGED = say("the definition changed")
REQUEST_REFUSED = say("The request was refused.")
ACCEPTED_TOGETHER = say("Taken back right after it was accepted together with others.")
MAILED_FROM_HERE = say("email, sent from here")
MAIL_CAME_IN = say("email, as a mail that came in shows")


def event_recorded(name: str) -> Phrase:
    """Return the cause of what an event starts: ``an event was recorded (policy renewal)``."""
    return say("an event was recorded (%(name)s)", name=name.replace("-", " "))


def event_taken_back(name: str) -> Phrase:
    """Return the cause of what ends since an event was taken back."""
    return say("an event was taken back (%(name)s)", name=name.replace("-", " "))


def version_approved(reference: str, version: int | None) -> Phrase:
    """Return the cause of the dates that an approved version of a plan gives."""
    return say("%(reference)s, version %(version)s, was approved", reference=reference, version=version)


def approval_undone(reference: str, version: int | None) -> Phrase:
    """Return the cause of the dates that hold again since an approval was undone."""
    return say("the approval of %(reference)s, version %(version)s, was undone", reference=reference, version=version)


def approval_undone_because(reference: str, why: str) -> Phrase:
    """Return what people are told of that, with the reason that was given."""
    return say("the approval of %(reference)s was undone (%(why)s)", reference=reference, why=why)


def figures_entered(month: date, *, corrected: bool) -> Phrase:
    """Return the cause of what follows from the figures of a month."""
    if corrected:
        return say("the enrollment figures of %(month)s were corrected", month=words.month(month))
    return say("the enrollment figures of %(month)s were entered", month=words.month(month))


def offices_closed(on: date, name: str, source: str) -> Phrase:
    """Return the cause of dates that move since offices were closed by an announcement."""
    return say("offices were closed on %(on)s (%(name)s; %(source)s)", on=on, name=name, source=source)


def extension_taken_back(by: str, why: str) -> Phrase:
    """Return the cause of a date that holds again since an extension was taken back."""
    return say("an extension was taken back by %(by)s (%(why)s)", by=by, why=why)


def extension_granted(by: str, on: date | None) -> Phrase:
    """Return the cause of a date that an extension moved; with the day of the decision, where it was entered later."""
    if on is None:
        return say("more time was granted by %(by)s", by=by)
    return say("more time was granted by %(by)s on %(day)s", by=by, day=words.day(on))


def granted_until(phrase: str) -> Phrase:
    """Return the reason for which the duty to decide is done."""
    return say("Granted until %(due)s.", due=phrase)


def step_written(title: str, who: str, due_on: date) -> Phrase:
    """Return what a step of a plan says: what is to be done, by whom, and until when."""
    return say("%(title)s (%(who)s), by the end of %(day)s", title=title, who=who, day=words.day(due_on))


_DAY = date(2000, 1, 1)
_FORMS = (
    DEFINITION_CHANGED,
    REQUEST_REFUSED,
    ACCEPTED_TOGETHER,
    say("Taken back right after it was recorded."),
    MAILED_FROM_HERE,
    MAIL_CAME_IN,
    event_recorded(""),
    event_taken_back(""),
    version_approved("", 0),
    approval_undone("", 0),
    approval_undone_because("", ""),
    figures_entered(_DAY, corrected=False),
    figures_entered(_DAY, corrected=True),
    offices_closed(_DAY, "", ""),
    extension_taken_back("", ""),
    # With the day first: without it, the day would count to the name.
    extension_granted("", _DAY),
    extension_granted("", None),
    granted_until(""),
    step_written("", "", _DAY),
)


def own_words(text: str) -> str:
    """Return what we recorded so that it can be said in the reader's language; what people wrote as it is."""
    return by_form(text, _FORMS)


def no_longer_late(cause: str) -> Phrase:
    """Return why what came in late does not count as late any more."""
    return say("It is no longer late: %(cause)s.", cause=cause)


def excuse_said(text: str) -> str:
    """Return why something cannot be late, sayable in the reader's language as far as we said it."""
    found = by_form(text, (_NO_LONGER_LATE,))
    if isinstance(found, Phrase):
        return no_longer_late(own_words(str(found.values["cause"])))
    return recalled(text)


_NO_LONGER_LATE = no_longer_late("")
