"""How does each kind of mail look, with made-up data?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from duecourse.calendar import words
from duecourse.calendar.due import due_phrase
from duecourse.language.catalogue import ENGLISH
from duecourse.language.recalling import recalled
from duecourse.language.said import in_language, say, say_in
from duecourse.notifications.carrying import Head, daily_letter
from duecourse.notifications.messages import (
    ChangedContract,
    Kind,
    Letter,
    Mailbox,
    Matter,
    Sender,
    changes_message,
    reminder,
    sign_in_message,
)
from duecourse.notifications.passkey_notices import passkey_message
from duecourse.notifications.webhook_notices import webhook_message

_ANN, _LEE = Mailbox("Ann Sample", "ann@county.example"), Mailbox("Lee Sample", "lee@agency.example")
_DUE, _BEFORE = datetime(2022, 11, 21, 16, tzinfo=UTC), datetime(2022, 10, 20, 15, tzinfo=UTC)
_CAME_IN, _ZONE = datetime(2022, 11, 24, 0, 30, tzinfo=UTC), "America/Los_Angeles"
_FIREFOX = say("%(program)s on %(system)s", program="Firefox", system="Windows")
_NAMES = {
    "before": say_in("mail", "Ahead of time"),
    "on_day": say_in("mail", "Due today"),
    "overdue": say_in("mail", "Overdue"),
    "returned": say_in("mail", "Returned for correction"),
    "came_in_late": say_in("mail", "Came in after all"),
    "copy": say_in("mail", "Copy to a liaison"),
    "daily": say_in("mail", "The daily mail"),
    "changes": say_in("mail", "Dates changed"),
    "stale_calendar": say_in("mail", "A calendar shows old dates"),
    "handover": say_in("mail", "Parts handed over"),
    "unreachable": say_in("mail", "Nobody can be reached"),
    "undelivered": say_in("mail", "Reach somebody another way"),
    "drift": say_in("mail", "A disagreement was found"),
    "sign_in": say_in("mail", "Sign-in link"),
    "passkey": say_in("mail", "A passkey was added, removed or reset"),
    "webhook_off": say_in("mail", "A webhook was switched off"),
}


def previews(*, sender: Sender, base_url: str, now: datetime, language: str = ENGLISH) -> dict[str, tuple[str, Letter]]:
    """Return each kind of mail by the name of its templates: what it is called, and the mail in a language."""
    ann = replace(_ANN, language=language)
    matter = _matter(base_url)
    found: dict[str, Letter] = {}
    for kind in Kind:
        shown = replace(matter, **_OF.get(kind, {}))
        found[kind] = reminder(kind, shown, to=[ann], cc=[_LEE], sender=sender, now=now)
    contract = ChangedContract("22-0000", "A sample contract", f"{base_url}/contracts", (_moved(),))
    for name in ("changes", "stale_calendar", "handover", "unreachable", "undelivered", "drift"):
        found[name] = changes_message(ann, (contract,), cause="Sam Sample", sender=sender, now=now, of=name)
    link, asked_from = (
        f"{base_url}/sign-in/a-sample-link",
        say("%(browser)s, from %(network)s", browser=_FIREFOX, network="203.0.113.*"),
    )
    found["sign_in"] = sign_in_message(ann, link, sender=sender, now=now, code="7KQ4-0XWM", by=asked_from)
    added = say(
        "The passkey “%(name)s” was added for signing in as %(email)s.", name="Sample phone", email="ann@county.example"
    )
    found["passkey"] = passkey_message(ann, added, f"{base_url}/me", sender=sender, now=now)
    hook = f"{base_url}/me/webhooks/1"
    found["webhook_off"] = webhook_message(ann, "sample case system", hook, sender=sender, now=now)
    head = Head(
        ann.name,
        ann.address,
        "2022-11-14",
        base_url,
        sender.address,
        sender.domain,
        sender.name,
        "a-sample",
        f"{base_url}/stop/a-sample",
        language,
    )
    lines = [in_language(_line(section, base_url), language) for section in ("due", "overdue")]
    found["daily"] = daily_letter(head, lines, now=now)
    return {name: (said, found[name]) for name, said in _NAMES.items() if name in found}


_OF: dict[str, dict[str, Any]] = {
    Kind.RETURNED: {"returned_on": date(2022, 11, 16), "comment": ("The figure of October is missing.",)},
    Kind.CAME_IN_LATE: {"came_in": words.instant(_CAME_IN, _ZONE)},
}


def _matter(base_url: str) -> Matter:
    return Matter(
        title="Monthly Report",
        label=recalled("October 2022"),
        contract="22-0000, A sample contract",
        contractor="Sample County",
        owed_to="Sample Agency",
        channel="email to the program liaison",
        prescribed_subject="22-0000, Monthly Report, October 2022",
        due=due_phrase(_DUE, zone=_ZONE, whole_day=False),
        due_on=date(2022, 11, 21),
        steps=(
            recalled(
                "Rule: by the 20th of the month after the month of service (A 1). For October 2022: Sun Nov 20, 2022."
            ),
            recalled(
                "Offices are closed on Sun Nov 20 (Sunday): due on the next business day, Mon Nov 21, 2022, before "
                "8:00 AM (A 2)."
            ),
        ),
        if_late="payment waits until the report is approved.",
        link=f"{base_url}/deliverables/a-sample",
        because=say("You get this as a program manager of the contract."),
        liaisons=(_LEE.name,),
        copied_on=date(2022, 11, 24),
    )


def _moved() -> str:
    due, before = (due_phrase(at, zone=_ZONE, whole_day=False) for at in (_DUE, _BEFORE))
    what = say("%(title)s, %(label)s", title="Monthly Report", label=recalled("October 2022"))
    return say("Moved: %(what)s, now due %(due)s. It was due %(before)s.", what=what, due=due, before=before)


def _line(section: str, base_url: str) -> dict[str, str]:
    due, before = (due_phrase(at, zone=_ZONE, whole_day=False) for at in (_DUE, _BEFORE))
    return {
        "section": section,
        "title": "Monthly Report",
        "label": recalled("October 2022" if section == "due" else "September 2022"),
        "says": say("Due %(due)s.", due=due) if section == "due" else say("It was due %(due)s.", due=before),
        "channel": "email to the program liaison",
        "subject": "",
        "link": f"{base_url}/deliverables/a-sample",
        "contract": "22-0000, A sample contract",
        "contractor": "Sample County",
        "contract_link": f"{base_url}/contracts",
        "because": "",
        "on": "2022-11-21",
        "order": "2022-11-21T16:00:00+00:00",
        "zone": _ZONE,
    }
