"""Does each reader get mails in the language of their choice, with the same days, instants and names?"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from notices import BASE_URL, NOW, bundle_all, notices, owe_all
from rows import add_contract, add_deliverable, add_person_with_role
from sqlalchemy import Engine
from sqlmodel import Session, select
from test_messages import ANN, LENA, MATTER, SENDER

from duecourse.calendar import words
from duecourse.calendar.due import due_phrase
from duecourse.calendar.ladders import LIAISONS, OWNER, Ladder, NoticeTerms, Step
from duecourse.language.catalogue import LANGUAGES
from duecourse.language.recalling import recalled
from duecourse.language.said import say
from duecourse.models import AuditEntry, Feed, Person, RoleName
from duecourse.models.database import reading, writing
from duecourse.notifications.messages import Kind, Letter, Matter, letter, reminder, sign_in_message
from duecourse.notifications.previews import previews
from duecourse.tracking.languages import choose_language

PAGE = Path(__file__).parent.parent / "docs" / "mails.es.md"
ANA, ELENA = replace(ANN, language="es"), replace(LENA, language="es")
_HEADINGS = {
    "daily": "El correo diario de un responsable del programa",
    "changes": "El correo diario de un enlace: qué cambió, por contrato",
    "on-day": "Vence hoy, de inmediato",
    "returned": "Devuelto, de inmediato",
    "overdue": "Vencido, cuando va solo",
    "copy": "A la supervisión y la dirección, una vez",
    "came-in-late": "A ellas, una vez, cuando por fin se recibió",
    "nothing-due": "Una vez por semana, a quien lo pidió",
    "sign-in": "Un enlace para entrar",
}


def parsed(mail: Letter | bytes) -> EmailMessage:
    found = message_from_bytes(mail.content if isinstance(mail, Letter) else mail, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n").rstrip()


def _plain(mail: Letter | bytes) -> str:
    return f"Subject: {parsed(mail)['Subject']}\n\n{text_of(parsed(mail))}"


def matter(**values: object) -> Matter:
    at = datetime(2022, 11, 21, 16, tzinfo=UTC)
    steps = (
        "Rule: by the 20th of the month after the month of service (SOW 14.d(1)). For October 2022: Sun Nov 20, 2022.",
        *MATTER.steps[1:],
    )
    said = {
        "label": recalled(MATTER.label),
        "due": due_phrase(at, zone="America/Los_Angeles", whole_day=False),
        "steps": tuple(recalled(step) for step in steps),
        "because": say("You get this as a program manager of the contract."),
    }
    return replace(MATTER, **said | values)  # type: ignore[arg-type]


def _alone() -> dict[str, str]:
    now = datetime(2022, 11, 24, 14, tzinfo=UTC)
    until = due_phrase(datetime(2022, 12, 10, 8, tzinfo=UTC), zone="America/Los_Angeles", whole_day=True)
    comment = ("El número de familias atendidas no coincide con el de la tarjeta de tarifas.", "Corrija la línea 4.")
    back = matter(returned_on=date(2022, 11, 24), comment=comment, due=until, due_on=date(2022, 12, 9))
    seniors = {"because": say("You get this as the contractor’s leadership."), "liaisons": ()}
    late = matter(came_in=words.instant(datetime(2022, 11, 25, 17, 12, tzinfo=UTC), "America/Los_Angeles"), **seniors)
    line: dict[str, object] = {"until": words.day(date(2022, 11, 28)), "link": BASE_URL}
    mails = {
        "on-day": reminder(Kind.ON_DAY, matter(), to=[ANA], cc=[], sender=SENDER, now=now),
        "returned": reminder(Kind.RETURNED, back, to=[ANA], cc=[], sender=SENDER, now=now),
        "overdue": reminder(Kind.OVERDUE, matter(), to=[ANA], cc=[LENA], sender=SENDER, now=now),
        "copy": reminder(Kind.COPY, matter(**seniors), to=[ELENA], cc=[], sender=SENDER, now=now),
        "came-in-late": reminder(Kind.CAME_IN_LATE, late, to=[ELENA], cc=[], sender=SENDER, now=now),
        "nothing-due": letter("nothing_due", line, to=[ANA], cc=[], sender=SENDER, now=now),
        "sign-in": sign_in_message(ANA, f"{BASE_URL}/sign-in/AbC-123_x", sender=SENDER, now=now),
    }
    return {name: _plain(mail) for name, mail in mails.items()}


def _daily(engine: Engine) -> dict[str, str]:
    now = datetime(2022, 11, 14, 15, tzinfo=UTC)
    ladder = Ladder((Step(-7, prepare="borrador listo"), Step(-1), Step(3, to=OWNER | LIAISONS)))
    with writing(engine) as session:
        terms = NoticeTerms("US-WA", obligations={"quarterly-report": ladder})
        contract = add_contract(session, notice_terms=terms.text())
        manager = add_person_with_role(session, contract, name="Ana Ruiz", email=ANA.address)
        liaison = add_person_with_role(
            session, contract, RoleName.PROGRAM_LIAISON, name="Elena León", email=ELENA.address
        )
        for person in (manager, liaison):
            choose_language(session, person, "es", now=now, actor="test")
        quarterly = {"obligation_id": "quarterly-report", "title": "Quarterly Report"}
        quarterly["label"] = "Quarter 1 of FY23 (Jul–Sep 2022)"
        for uid, values in {
            "1": {"subject": "Whatcom County, 22-1174, Monthly Enrollment Report, October 2022"},
            "2": {**quarterly, "due_on": (now + timedelta(days=7)).date()},
            "3": {"title": "Rate Card", "label": "September 2022", "due_on": (now - timedelta(days=3)).date()},
        }.items():
            add_deliverable(session, contract, uid=f"{uid}0000000-0000-4000-8000-000000000000", **values)  # type: ignore[arg-type]
    owe_all(engine, now)
    bundle_all(engine, now)
    sent = {notice.to_address: _plain(notice.message) for notice in notices(engine) if notice.rung == "daily"}
    return {"daily": sent[ANA.address], "changes": sent[ELENA.address]}


def the_page(engine: Engine) -> str:
    """Return the sections that docs/mails.es.md has to have after its introduction."""
    texts = _daily(engine) | _alone()
    steady = {name: re.sub(r"/(stop|me/mails)/\S+", r"/\1/…", text) for name, text in texts.items()}
    lines = {name: "\n".join(line.rstrip() for line in text.splitlines()) for name, text in steady.items()}
    return "\n".join(f"## {heading}\n\n```text\n{lines[name]}\n```\n" for name, heading in _HEADINGS.items())


def test_the_page_of_the_spanish_mails_shows_them_as_they_read(engine: Engine) -> None:
    _, _, sections = PAGE.read_text(encoding="utf-8").partition("\n## ")
    assert f"## {sections}" == the_page(engine), "write the sections anew, as `the_page` returns them"


def county(session: Session, **languages: str) -> None:
    contract = add_contract(session)
    for name, language in languages.items():
        person = add_person_with_role(session, contract, name=name, email=f"{name}@county.example")
        person.language = language
    add_deliverable(session, contract, steps=["All of Tue Nov 15, 2022 counts: late from midnight, Pacific time."])


def test_two_managers_of_one_report_get_it_in_their_own_languages_in_one_run(engine: Engine) -> None:
    with writing(engine) as session:
        county(session, ana="es", ben="", cruz="es", dee="fr")
    owe_all(engine)
    found = {notice.to_address.partition("@")[0]: parsed(notice.message) for notice in notices(engine)}
    assert {name: mail["Content-Language"] for name, mail in found.items()} == {
        "ana": "es",
        "ben": "en",
        "cruz": "es",
        "dee": "en",
    }
    assert "- Todo el mar, 15 de nov de 2022 cuenta: está atrasado" in text_of(found["ana"])
    assert "- All of Tue Nov 15, 2022 counts: late from midnight, Pacific time." in text_of(found["ben"])
    for mail in found.values():
        language = mail["Content-Language"]
        assert f'<html lang="{language}">' in text_of(mail, "html")
        others = set(LANGUAGES) - {language}
        assert not any({"es": "Vence hoy", "en": "Due today"}[other] in text_of(mail) for other in others)
    # One report: one page, one Message-ID each, and the same people in the headers.
    links = {re.search(r"https://\S+/deliverables/\S+", text_of(mail))[0] for mail in found.values()}  # type: ignore[index]
    assert len(links) == 1 and len({mail["To"] for mail in found.values()}) == 1


def test_every_kind_of_mail_is_spanish_and_has_the_links_and_days_of_the_english_one() -> None:
    both = {
        language: previews(sender=SENDER, base_url=BASE_URL, now=NOW, language=language) for language in ("en", "es")
    }
    assert both["en"].keys() == both["es"].keys()
    for name, (_, english) in both["en"].items():
        spanish = both["es"][name][1]
        for kind in ("plain", "html"):
            one, other = text_of(parsed(english), kind), text_of(parsed(spanish), kind)
            assert re.findall(r"https://[^\s\"<]+", one) == re.findall(r"https://[^\s\"<]+", other), name
            assert len(one.splitlines()) > 3 and one != other, name
        assert parsed(english)["Subject"] != parsed(spanish)["Subject"]
        assert spanish.subject and parsed(spanish)["Content-Language"] == "es"


def test_choosing_a_language_is_recorded_once_and_has_the_persons_feeds_built_anew(engine: Engine) -> None:
    with writing(engine) as session:
        county(session, ana="")
        person = session.exec(select(Person)).one()
        assert person.id is not None
        session.add(Feed(token_sha256="a", person_id=person.id, created_at=NOW, changes=3))
        session.flush()
        for _ in range(2):
            choose_language(session, person, "es", now=NOW, actor="ana@county.example")
    with reading(engine) as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "chose a language")).all()
        assert [entry.detail["language"] for entry in entries] == ["es"]
        assert session.exec(select(Feed.changes)).one() == 4
        assert session.exec(select(Person.language)).one() == "es"


def test_a_language_that_duecourse_does_not_speak_is_refused(engine: Engine) -> None:
    with writing(engine) as session:
        county(session, ana="")
        with pytest.raises(Exception, match="Choose one of the languages"):
            choose_language(session, session.exec(select(Person)).one(), "fr", now=NOW, actor="test")
