"""May a person choose when mails come and who gets them for a while, and does the ledger prove who was told?"""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from command import duecourse
from mail_server import mail_server
from notices import EVE, NOW, SENDER, bundle_all, change, drained, later, notices, owe_all
from rows import add_contract, add_deliverable, add_person_with_role, add_role
from sqlalchemy import Engine
from sqlmodel import Session, select

from duecourse.errors import BadInput
from duecourse.models import AuditEntry, ContractRow, Notice, NoticeTry, Person, Preference, RoleName
from duecourse.models.database import reading, writing
from duecourse.notifications.nothing_due import owe_nothing_due
from duecourse.notifications.owing import missing
from duecourse.sheets.csv_files import as_csv
from duecourse.tracking.preferring import Wanted, prefer
from duecourse.tracking.seeing import acknowledge_mail, mail_named, tries_of
from duecourse.web.notice_ledger import ledger

FROM, TO = date(2022, 11, 10), date(2022, 11, 18)
MANAGER, STAFF, LIAISON = RoleName.PROGRAM_MANAGER, RoleName.FISCAL_STAFF, RoleName.PROGRAM_LIAISON


def county(session: Session, *, staff: bool = True) -> tuple[Person, Person]:
    """Add a contract with one manager, and Sam on its fiscal staff; return both."""
    contract = add_contract(session)
    ann = add_person_with_role(session, contract, MANAGER, name="Ann Bell", email="ann@county.example")
    sam = add_person_with_role(session, contract, STAFF if staff else LIAISON, name="Sam", email="sam@county.example")
    add_deliverable(session, contract)
    return ann, sam


def choose(session: Session, person: Person, **wanted: object) -> Preference:
    return prefer(session, person, Wanted(**wanted), now=EVE, actor="test")  # type: ignore[arg-type]


def told(engine: Engine) -> list[str]:
    return [notice.to_address for notice in notices(engine)]


def test_the_substitute_gets_the_mails_in_the_paused_persons_stead_and_reads_why(engine: Engine) -> None:
    with writing(engine) as session:
        ann, sam = county(session)
        choose(session, ann, paused_from=FROM, paused_to=TO, substitute=sam)
    owe_all(engine)
    (notice,) = notices(engine)
    assert notice.to_address == "sam@county.example"
    text = " ".join(notice.message.decode().replace("=\r\n", "").split())
    assert "in place of Ann Bell, who gets no mail until Fri Nov 18" in text


def test_a_substitute_is_told_even_while_another_manager_is_there(engine: Engine) -> None:
    with writing(engine) as session:
        ann, sam = county(session)
        there = session.get_one(ContractRow, "wa-22-1174")
        add_person_with_role(session, there, MANAGER, email="another@county.example")
        choose(session, ann, paused_from=FROM, paused_to=TO, substitute=sam)
    owe_all(engine)
    assert sorted(told(engine)) == ["another@county.example", "sam@county.example"]


def test_when_the_pause_is_over_the_person_is_told_again(engine: Engine) -> None:
    with writing(engine) as session:
        ann, sam = county(session)
        choose(session, ann, paused_from=FROM, paused_to=EVE.date(), substitute=sam)
    owe_all(engine)
    assert told(engine) == ["ann@county.example"]


def test_a_pause_without_a_substitute_leaves_it_to_the_others(engine: Engine) -> None:
    with writing(engine) as session:
        ann, _ = county(session)
        choose(session, ann, paused_from=FROM, paused_to=TO)
    owe_all(engine)
    assert told(engine) == ["sam@county.example"]


def test_what_waited_for_a_person_who_pauses_goes_to_the_substitute(engine: Engine) -> None:
    with writing(engine) as session:
        ann, sam = county(session)
    owe_all(engine, EVE)
    assert told(engine) == ["ann@county.example"]
    with writing(engine) as session:
        ann, sam = session.merge(ann), session.merge(sam)
        choose(session, ann, paused_from=FROM, paused_to=TO, substitute=sam)
    owe_all(engine, EVE)
    bundle_all(engine, EVE)
    with mail_server() as server:
        drained(engine, server, now=EVE)
    assert server.recipients == ["sam@county.example"]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"mail_hour": 24}, "whole hour"),
        ({"zone": "Europe/Paris"}, "not a time zone"),
        ({"nothing_due_on": 6}, "Monday"),
        ({"more_offsets": (-91,)}, "within 90 days"),
        ({"more_offsets": tuple(range(11))}, "10 more days"),
        ({"paused_from": FROM}, "first and a last day"),
        ({"paused_from": TO, "paused_to": FROM}, "lies before the first"),
        ({"paused_from": date(2022, 1, 1), "paused_to": date(2022, 2, 1)}, "past"),
        ({"paused_from": FROM, "paused_to": date(2024, 1, 1)}, "a year at most"),
        ({"paused_from": FROM, "paused_to": TO}, "nobody else would be told about wa-22-1174"),
    ],
)
def test_what_cannot_be_is_refused(engine: Engine, wanted: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=says), writing(engine) as session:
        ann, _ = county(session, staff=False)
        choose(session, ann, **wanted)
    with reading(engine) as session:
        assert session.exec(select(Preference)).all() == []


def test_a_substitute_who_cannot_open_the_page_is_refused_where_nobody_else_is_there(engine: Engine) -> None:
    with pytest.raises(BadInput, match="Sam has no part on your side"), writing(engine) as session:
        ann, sam = county(session, staff=False)
        choose(session, ann, paused_from=FROM, paused_to=TO, substitute=sam)


def test_a_choice_stands_in_the_audit_log_once(engine: Engine) -> None:
    with writing(engine) as session:
        ann, _ = county(session)
        choose(session, ann, mail_hour=16)
        choose(session, ann, mail_hour=16)
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "chose how to be told")).all()
        assert [entry.detail for entry in entries] == [{"email": "ann@county.example", "mail_hour": 16}]


def test_a_person_may_be_reminded_on_more_days_and_nobody_else_is(engine: Engine) -> None:
    with writing(engine) as session:
        ann, sam = county(session)
        add_role(session, sam, session.merge(add_contract(session, id="c")), MANAGER)
        choose(session, ann, more_offsets=(-21, -3))
    for day in range(20, 32):
        owe_all(engine, datetime(2022, 10, day, 18, tzinfo=UTC))
    for day in range(1, 16):
        owe_all(engine, datetime(2022, 11, day, 18, tzinfo=UTC))
    assert [notice.rung for notice in notices(engine)] == [
        "before-21",
        "before-14",
        "before-7",
        "before-3",
        "before-1",
        "on-day",
    ]
    with reading(engine) as session:
        assert missing(session, now=datetime(2022, 11, 15, 19, tzinfo=UTC)) == []


def test_the_terminal_sets_the_hour_and_the_zone(tmp_path: object) -> None:
    person = ["person", "ann@county.example", "--name=Ann", f"--data={tmp_path}"]
    duecourse(*person, "--mail-hour=16", "--mail-zone=America/New_York")
    assert "whole hour" in duecourse(*person, "--mail-hour=24", code=2).stderr


def sent_mail(engine: Engine) -> Notice:
    with writing(engine) as session:
        county(session)
    owe_all(engine, EVE)
    bundle_all(engine, EVE)
    with mail_server() as server:
        drained(engine, server, now=EVE)
    (mail,) = [notice for notice in notices(engine) if notice.rung == "daily"]
    return mail


def test_a_reader_says_once_to_have_seen_a_mail_and_all_it_carried(engine: Engine) -> None:
    mail = sent_mail(engine)
    name = mail.said["seen"] if mail.said else ""
    with writing(engine) as session:
        assert acknowledge_mail(session, mail.person_id, UUID(name), now=NOW, actor="ann") == 2
        assert acknowledge_mail(session, mail.person_id, UUID(name), now=later(hours=1), actor="ann") == 0
        carrier, items = mail_named(session, mail.person_id, UUID(name))
        assert {notice.acknowledged_at for notice in (carrier, *items)} == {NOW}


def test_the_ledger_has_every_try_with_its_reply_and_no_formula(engine: Engine) -> None:
    mail = sent_mail(engine)
    with writing(engine) as session:
        session.add(
            NoticeTry(
                notice_id=mail.id or 0,
                tried_at=EVE + timedelta(hours=1),
                outcome="queued",
                to_address=mail.to_address,
                reply="=HYPERLINK(1)",
            )
        )
    with reading(engine) as session:
        (item,) = session.exec(select(Notice).where(Notice.carrier_id == mail.id)).all()
        person = session.get_one(Person, item.person_id)
        table = ledger([(item, person)], tries_of(session, [item]), {mail.id or 0: "<m>"})
    rows = list(csv.reader(io.StringIO(as_csv(table).decode("utf-8-sig"), newline="")))
    assert [row[11:13] for row in rows[1:]] == [["sent", "250 2.0.0 taken"], ["queued", "'=HYPERLINK(1)"]]
    assert {row[9] for row in rows[1:]} == {"<m>"}
    assert all(datetime.fromisoformat(row[10]).tzinfo is not None for row in rows[1:])


def test_the_weekly_line_comes_once_on_its_day_and_only_when_nothing_is_due(engine: Engine) -> None:
    with writing(engine) as session:
        contract = add_contract(session)
        ann = add_person_with_role(session, contract, MANAGER)
        bob = add_person_with_role(session, contract, MANAGER)
        choose(session, ann, nothing_due_on=0)
        choose(session, bob, nothing_due_on=1)
        report = add_deliverable(session, contract, due_on=date(2022, 11, 30))
        session.expunge(report)

    def owe_line(now: datetime) -> int:
        return owe_nothing_due(engine, now=now, base_url="https://due.example.gov", sender=SENDER)

    assert owe_line(EVE - timedelta(minutes=1)) == 0
    assert owe_line(EVE) == 1
    assert owe_line(EVE + timedelta(hours=5)) == 0
    assert [notice.subject for notice in notices(engine)] == ["Nothing of yours is due until Mon Nov 21, 2022"]
    assert owe_line(EVE + timedelta(days=1)) == 1
    change(engine, report, due_at=EVE + timedelta(days=9))
    assert owe_line(EVE + timedelta(days=7)) == 0
    change(engine, report, submitted_at=EVE)
    assert owe_line(EVE + timedelta(days=7)) == 1
