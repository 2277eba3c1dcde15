"""What became of a mail, where no mail server said it but we did: how is that said to a reader?

What a server answers stays as it came. What we write down in its place is recorded in English.
"""

from __future__ import annotations

from duecourse.language.recalling import by_form
from duecourse.language.said import say

FORMS = (
    say("This is no email address."),
    say("This is no email address that mail can be sent to."),
    say("The mail server closed the connection."),
    say("Every try ended without an answer of the mail server."),
    say("Its reader marked it as unwanted."),
    say("It leads to an address that is not public."),
    say("The provider did not take it."),
    say("This is no email address that mail can be sent to: %(address)s", address=""),
    say("The mail server refuses our name or password: %(reply)s", reply=""),
    say("The mail server cannot be reached: %(reply)s", reply=""),
    say("The mail server turns us away: %(reply)s", reply=""),
    say("The mail server does not take mail from %(address)s: %(reply)s", address="", reply=""),
    say("The mail could not be written: %(reply)s", reply=""),
    say("Mail to this address came back for good, so nothing more is sent there: %(reply)s", reply=""),
    say("No end within %(num)s seconds, after the mail was sent.", num=""),
    say("No end within %(num)s seconds.", num=""),
    say("No answer came within %(num)s seconds.", num=""),
    say("It could not be begun: %(reply)s", reply=""),
    say("It was fetched %(num)s times, and never came to its end.", num=""),
    say("It is larger than %(num)s MB.", num=""),
)


def reply_said(text: str) -> str:
    """Return what is recorded as the outcome of a mail, sayable in the reader's language where we wrote it."""
    return by_form(text, FORMS)
