"""Does docs/mails.md show the mails as they really read?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

from notices import BASE_URL, bundle_all, notices, owe_all
from rows import add_contract, add_deliverable, add_person_with_role
from sqlalchemy import Engine
from test_messages import ANN, LENA, MATTER, SENDER, sample_letters

from duecourse.calendar.ladders import LIAISONS, OWNER, SENIORS, Ladder, NoticeTerms, Step
from duecourse.models import RoleName
from duecourse.models.database import writing
from duecourse.notifications.messages import Kind, Letter, Matter, letter, reminder

PAGE = Path(__file__).parent.parent / "docs" / "mails.md"
_HEADINGS = {
    "daily": "The daily mail of a program manager",
    "changes": "The daily mail of a liaison: what changed, by contract",
    "on-day": "Due today, at once",
    "returned": "Returned, at once",
    "overdue": "Overdue, where it goes alone",
    "copy": "To supervisors and leadership, once, when a ladder says so",
    "came-in-late": "To them, once, when it came in after all",
    "nothing-due": "Once a week, to whoever asked for it",
    "sign-in": "A sign-in link",
}


def _plain(mail: Letter | bytes) -> str:
    content = mail.content if isinstance(mail, Letter) else mail
    parsed = message_from_bytes(content, policy=policy.default)
    body = parsed.get_body(("plain",))
    assert body is not None
    return f"Subject: {parsed['Subject']}\n\n{body.get_content()}".replace("\r\n", "\n").rstrip()


def _alone() -> dict[str, str]:
    now = datetime(2022, 11, 24, 14, tzinfo=UTC)
    comment = ("The number of families served differs from the one in the rate card.", "Please correct line 4.")
    until = {"due": "by the end of Fri Dec 9, 2022 (Pacific)", "due_on": date(2022, 12, 9)}
    back = _with(returned_on=date(2022, 11, 24), comment=comment, **until)
    seniors = {"because": "You get this as the contractor’s leadership.", "liaisons": ()}
    late = _with(came_in="Fri Nov 25, 2022, 9:12 AM Pacific", **seniors)
    samples = sample_letters()
    line: dict[str, object] = {"until": "Mon Nov 28, 2022", "link": BASE_URL}
    return {
        "on-day": _plain(samples["on-day"]),
        "returned": _plain(reminder(Kind.RETURNED, back, to=[ANN], cc=[], sender=SENDER, now=now)),
        "overdue": _plain(samples["overdue"]),
        "copy": _plain(reminder(Kind.COPY, _with(**seniors), to=[LENA], cc=[], sender=SENDER, now=now)),
        "came-in-late": _plain(reminder(Kind.CAME_IN_LATE, late, to=[LENA], cc=[], sender=SENDER, now=now)),
        "nothing-due": _plain(letter("nothing_due", line, to=[ANN], cc=[], sender=SENDER, now=now)),
        "sign-in": _plain(samples["sign-in"]),
    }


def _daily(engine: Engine) -> dict[str, str]:
    now = datetime(2022, 11, 14, 15, tzinfo=UTC)
    ladder = Ladder((Step(-7, prepare="draft ready"), Step(-1), Step(3, to=OWNER | LIAISONS), Step(9, to=SENIORS)))
    terms = NoticeTerms("US-WA", obligations={"quarterly-report": ladder})
    with writing(engine) as session:
        contract = add_contract(session, notice_terms=terms.text())
        add_person_with_role(session, contract, name="Ann Manager", email=ANN.address)
        add_person_with_role(session, contract, RoleName.PROGRAM_LIAISON, name="Lena Liaison", email=LENA.address)
        quarterly = {"obligation_id": "quarterly-report", "title": "Quarterly Report", "label": "July–September 2022"}
        for uid, values in {
            "1": {"subject": "Whatcom County, 22-1174, Monthly Enrollment Report, October 2022"},
            "2": {**quarterly, "due_on": (now + timedelta(days=7)).date()},
            "3": {"title": "Rate Card", "label": "September 2022", "due_on": (now - timedelta(days=3)).date()},
            "4": {
                "title": "A19 Invoice",
                "label": "September 2022",
                "due_on": (now - timedelta(days=5)).date(),
            },
        }.items():
            add_deliverable(session, contract, uid=f"{uid}0000000-0000-4000-8000-000000000000", **values)  # type: ignore[arg-type]
    owe_all(engine, now)
    bundle_all(engine, now)
    sent = {notice.to_address: _plain(notice.message) for notice in notices(engine) if notice.rung == "daily"}
    return {"daily": sent[ANN.address], "changes": sent[LENA.address]}


def _with(**values: object) -> Matter:
    return replace(MATTER, **values)  # type: ignore[arg-type]


def the_page(engine: Engine) -> str:
    """Return the sections that docs/mails.md has to have after its introduction."""
    texts = _daily(engine) | _alone()
    parts = [f"## {heading}\n\n```text\n{_steady(texts[name])}\n```\n" for name, heading in _HEADINGS.items()]
    return "\n".join(parts)


def _steady(text: str) -> str:
    """Take out what differs each time: the names of signed links."""
    lines = []
    for line in text.splitlines():
        head, found, _ = line.partition("/stop/")
        head, seen, _ = (head + found).partition("/me/mails/")
        lines.append(head + seen + ("…" if found or seen else ""))
    return "\n".join(line.rstrip() for line in lines)


def test_the_page_of_the_mails_shows_them_as_they_read(engine: Engine) -> None:
    _, _, sections = PAGE.read_text(encoding="utf-8").partition("\n## ")
    assert f"## {sections}" == the_page(engine), "write the sections anew, as `the_page` returns them"
