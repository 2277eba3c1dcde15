"""Does docs/mails.md show the mails as they really read?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from importlib.resources import files
from pathlib import Path

from notices import BASE_URL, bundle_all, notices, owe_all
from rows import add_contract, add_deliverable, add_person_with_role
from sqlalchemy import Engine
from test_messages import ANN, LENA, MATTER, SENDER, sample_letters

from duecourse.calendar.ladders import LIAISONS, OWNER, SENIORS, Ladder, NoticeTerms, Step
from duecourse.models import RoleName
from duecourse.models.database import writing
from duecourse.notifications.carrying import MOVED, PARTS, Head, daily_letter
from duecourse.notifications.messages import ChangedContract, Kind, Letter, Matter, changes_message, letter, reminder

PAGE = Path(__file__).parent.parent / "docs" / "mails.md"
_HEADINGS = {
    "daily": "The daily mail of a program manager",
    "changes": "The daily mail of a liaison: what changed, by contract",
    "parts": "The daily mail of a subcontractor, and dates that changed",
    "on-day": "Due today, at once",
    "returned": "Returned, at once",
    "overdue": "Overdue, where it goes alone",
    "copy": "To supervisors and leadership, once, when a ladder says so",
    "came-in-late": "To them, once, when it came in after all",
    "dates": "Dates that changed, where something falls due before the next daily mail",
    "stale": "A calendar shows old dates, where there is no daily mail",
    "part-due": "Due to the lead contractor today, at once",
    "step-missed": "A step of a plan was missed",
    "handover": "Parts handed over",
    "unreachable": "Nobody can be reached",
    "undelivered": "Reach somebody another way",
    "drift": "The nightly check found a disagreement",
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
        **_of_contracts(now),
        "step-missed": _plain(letter("step_missed", STEP, to=[ANN], cc=[], sender=SENDER, now=now)),
        "nothing-due": _plain(letter("nothing_due", line, to=[ANN], cc=[], sender=SENDER, now=now)),
        "sign-in": _plain(samples["sign-in"]),
    }


DUE = "due before 8:00 AM Pacific on Mon Nov 28, 2022"
WAS = f"It was {DUE}."


def _of_contracts(now: datetime) -> dict[str, str]:
    """Return the mails that list contracts."""
    report = "Monthly Enrollment Report, October 2022"
    said = {
        "dates": (
            "changes",
            "the contract manager’s mail",
            f"Moved: {report}, now due by the end of Thu Nov 24, 2022 (Pacific). {WAS}",
        ),
        "stale": (
            "stale_calendar",
            "“My phone”, last fetched Mon Nov 21, 2022, 9:00 AM Pacific",
            f"{report}: now due by the end of Mon Dec 5, 2022 (Pacific).",
        ),
        "part-due": ("part_due", f"{report}: by the end of Thu Nov 24, 2022", "Enrollment: not received"),
        "handover": ("handover", "Dana Reyes", "Yours since Thu Nov 24, 2022: program manager. Dana left."),
        "unreachable": (
            "unreachable",
            "1 open item",
            "mail to Ann Manager at ann@whatcom.example.org was refused for good.",
        ),
        "undelivered": (
            "undelivered",
            "Ann Manager",
            f"Ann Manager (ann@whatcom.example.org) was not told of {report}, {DUE}: 550 5.1.1 no such user",
        ),
        "drift": ("drift", "1 date disagrees", f"{report}, has another date than follows from its rule."),
    }
    found = {}
    for name, (template, cause, line) in said.items():
        contract = ChangedContract("22-1174", "Nurse-Family Partnership", f"{BASE_URL}/contracts/wa-22-1174", (line,))
        found[name] = _plain(changes_message(LENA, (contract,), cause=cause, sender=SENDER, now=now, of=template))
    return found


STEP: dict[str, object] = {
    "plan": "corrective action plan of Oct 3, 2022",
    "step": "Step 2: Hire a home visitor",
    "number": 2,
    "who": "the program manager",
    "due": "Mon Nov 14, 2022",
    "found": "Tue Nov 15, 2022, 9:00 AM Pacific",
    "text": "",
    "follows": "",
    "after": ["The report on step 2: due Mon Nov 28, 2022"],
    "link": f"{BASE_URL}/contracts/wa-22-1174/plans/70000000-0000-4000-8000-000000000000",
    "contract": "22-1174, Nurse-Family Partnership",
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
    return {"daily": sent[ANN.address], "changes": sent[LENA.address], "parts": _of_a_subcontractor(now)}


def _of_a_subcontractor(now: datetime) -> str:
    head = Head(
        "Rio Diaz",
        "rio@riverbend.example",
        "2022-11-14",
        BASE_URL,
        SENDER.address,
        SENDER.domain,
        "Duecourse",
        "x",
        f"{BASE_URL}/stop/x",
    )
    part: dict[str, object] = {
        "section": PARTS,
        "title": "Rate Card Report and Billing",
        "label": "Quarter 1 of FY23 (Jul–Sep 2022)",
        "says": "Due to ABC Inc. by the end of Mon Nov 21, 2022. Asked for: Rate Card (not received).",
        "link": f"{BASE_URL}/parts/60000000-0000-4000-8000-000000000000/riverbend",
        "contract": "21OECHVS01ABC, ABC Inc.",
        "on": "2022-11-21",
        "order": "2022-11-22T05:00:00+00:00",
    }
    part |= dict.fromkeys(("channel", "subject", "because"), "")
    line = "Moved: Quarterly Program Status Report, Quarter 1, now due by the end of Wed Nov 30, 2022 (Eastern)."
    contract = {
        "number": "21OECHVS01ABC",
        "name": "Home Visiting, ABC Inc.",
        "link": f"{BASE_URL}/contracts/ct",
        "lines": [line],
    }
    moved = {
        "section": MOVED,
        "cause": "an extension granted on Nov 10",
        "contracts": [contract],
        "count": 1,
        "order": "",
    }
    return _plain(daily_letter(head, [part, moved | {"title": "", "label": ""}], now=now))


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


def test_each_mail_that_is_no_daily_one_is_named_with_its_reason() -> None:
    introduction, _, _ = PAGE.read_text(encoding="utf-8").partition("\n## ")
    named = [line.split("|")[1] for line in introduction.splitlines() if line.startswith("| ")][2:]
    templates = {
        path.stem for path in (files("duecourse.notifications") / "templates").iterdir() if path.suffix == ".txt"
    }  # type: ignore[union-attr]
    alone = {name for name in templates if not name.startswith("_")} - {"daily", "nothing_due"}
    assert set(_NAMED) == alone, "say in docs/mails.md why this mail does not go with the daily one"
    for template, words in _NAMED.items():
        assert any(words in line for line in named), template


_NAMED = {
    "before": "due today",
    "on_day": "due today",
    "overdue": "overdue",
    "returned": "returned",
    "copy": "supervisors and leadership",
    "came_in_late": "it came in after all",
    "changes": "dates changed",
    "stale_calendar": "a calendar shows old dates",
    "part_due": "due today",
    "step_missed": "a missed step",
    "handover": "a handover",
    "passkey": "a passkey was added or removed",
    "webhook_off": "a webhook was switched off",
    "unreachable": "nobody can be reached",
    "undelivered": "reach somebody another way",
    "drift": "a disagreement",
    "sign_in": "a sign-in link",
    "test": "a test mail",
}
"""Each mail that may come beside the daily one, by its templates, and the words by which the page names it."""


def test_the_page_of_the_mails_shows_them_as_they_read(engine: Engine) -> None:
    _, _, sections = PAGE.read_text(encoding="utf-8").partition("\n## ")
    assert f"## {sections}" == the_page(engine), "write the sections anew, as `the_page` returns them"
