"""How is what is recorded in English said to a reader: what a job did, which browser it was, by which way one came?"""

from __future__ import annotations

import re

from duecourse.calendar import words
from duecourse.language.recalling import by_form
from duecourse.language.said import Commas, Phrase, noted_count, say, say_count, say_in

_DID = (
    noted_count("%(num)s reminder written", "%(num)s reminders written"),
    noted_count("%(num)s daily mail written", "%(num)s daily mails written"),
    noted_count("%(num)s mail written", "%(num)s mails written"),
    noted_count("%(num)s that nothing is due", "%(num)s that nothing is due"),
    noted_count("%(num)s notice sent", "%(num)s notices sent"),
    noted_count("%(num)s to be tried again", "%(num)s to be tried again"),
    noted_count("%(num)s failed", "%(num)s failed"),
    noted_count("%(num)s no longer owed", "%(num)s no longer owed"),
    noted_count(
        "%(num)s notice of what is late or came in written", "%(num)s notices of what is late or came in written"
    ),
    noted_count("%(num)s report of mail servers settled", "%(num)s reports of mail servers settled"),
    noted_count(
        "%(num)s mail that ask to reach somebody another way", "%(num)s mails that ask to reach somebody another way"
    ),
    noted_count("%(num)s mail kept", "%(num)s mails kept"),
    noted_count("%(num)s mail set aside", "%(num)s mails set aside"),
    noted_count("%(num)s mail left for the next run", "%(num)s mails left for the next run"),
    noted_count("added %(num)s deliverable", "added %(num)s deliverables"),
    noted_count("moved %(num)s deliverable", "moved %(num)s deliverables"),
    noted_count("withdrew %(num)s deliverable", "withdrew %(num)s deliverables"),
    noted_count("nobody can be reached for %(num)s open item", "nobody can be reached for %(num)s open items"),
    noted_count("%(num)s of them new", "%(num)s of them new"),
    noted_count("%(num)s date", "%(num)s dates"),
    noted_count("%(num)s audit entry agree", "%(num)s audit entries agree"),
)
_AS_IT_IS = (
    say("nothing to change"),
    say("no mailbox is set"),
    say("somebody can be reached for every open item"),
)
_BROWSERS = (say("A browser"), say("%(program)s on %(system)s", program="", system=""))
_WAYS = (
    say_in("way", "link in a mail"),
    say_in("way", "code from a mail"),
    say_in("way", "link from the terminal"),
    say_in("way", "single sign-on"),
)
_SYSTEMS = (say("an iPhone"), say("an iPad"), say("a Mac"))


def summary_said(text: str) -> str:
    """Return what a job did, sayable in the reader's language where all of it is known; else as it was recorded."""
    groups: list[str] = []
    for group in text.split("; "):
        parts = [_part(part) for part in re.split(", | and ", group)]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return text
        listed = words.joined(known)
        groups.append(listed if listed == group else Commas(tuple(known)))
    said: str = groups[0]
    for group in groups[1:]:
        said = say("%(first)s; %(then)s", first=said, then=group)
    return said


def browser_said(text: str) -> str:
    """Return a browser in words, as `web/client.py` names it: ``Firefox on a Mac``."""
    found = by_form(text, _BROWSERS)
    if isinstance(found, Phrase) and "system" in found.values:
        program, system = (by_form(str(found.values[name]), (*_BROWSERS[:1], *_SYSTEMS)) for name in found.values)
        return say("%(program)s on %(system)s", program=program, system=system)
    return found


def way_said(text: str) -> str:
    """Return by what somebody came in: ``link in a mail``."""
    return by_form(text, _WAYS)


def _part(text: str) -> str | None:
    found = by_form(text, _AS_IT_IS)
    if isinstance(found, Phrase):
        return found
    for one, many in _DID:
        for form in (one, many):
            match = re.fullmatch(re.escape(form).replace(r"%\(num\)s", "([0-9]+)"), text)
            if match:
                return say_count(one, many, int(match[1]))
    return None
