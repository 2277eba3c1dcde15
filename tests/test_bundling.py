"""Does each person get one mail a day, at the right hour, with all that is owed by then and nothing else?"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from mail_server import Script, mail_server
from notices import BASE_URL, SENDER, bundle_all, change, drained, notices, owe_all, ready_contract
from rows import add_contract, add_deliverable, add_person, add_person_with_role, add_role
from sqlalchemy import Engine, text
from sqlalchemy import insert as plain_insert
from sqlmodel import Session, select
from test_outbox_owing import drop_unique_key, statements

from duecourse.models import AnnouncedClosure, Deliverable, LifecycleEntry, Notice, NoticeTry, Preference, RoleName
from duecourse.models.database import reading, writing
from duecourse.notifications.bundling import Bundle, ready, store
from duecourse.notifications.claiming import claim
from duecourse.notifications.failures import requeue
from duecourse.notifications.marks import secret_in

MONDAY = datetime(2022, 11, 14, 15, tzinfo=UTC)
"""7:00 AM Pacific on the day before the usual report's due date."""


def at(**values: float) -> datetime:
    return MONDAY + timedelta(**values)


def three_reports(engine: Engine) -> list[Deliverable]:
    """Add reports of two contracts with one manager: due on November 15, on November 21, and overdue since the 10th."""
    with writing(engine) as session:
        first, second = (
            ready_contract(session, managers=0, id="first"),
            ready_contract(session, managers=0, id="second"),
        )
        person = add_person(session, "Ann Bell", email="ann@whatcom.example")
        for contract in (first, second):
            add_role(session, person, contract, RoleName.PROGRAM_MANAGER)
        rows = [
            add_deliverable(session, first, title="Monthly Report"),
            add_deliverable(session, second, title="Quarterly Report", due_on=date(2022, 11, 21)),
            add_deliverable(session, second, title="Late Report", due_on=date(2022, 11, 10)),
        ]
        for row in rows:
            session.expunge(row)
    return rows


def mails(engine: Engine) -> list[Notice]:
    return [notice for notice in notices(engine) if notice.rung == "daily"]


def mail_to_ann(engine: Engine) -> Notice:
    (mail,) = [notice for notice in mails(engine) if notice.to_address == "ann@whatcom.example"]
    return mail


def body(notice: Notice) -> str:
    part = message_from_bytes(notice.message, policy=policy.default).get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def carried(engine: Engine, mail: Notice) -> list[Notice]:
    return [notice for notice in notices(engine) if notice.carrier_id == mail.id]


def test_what_is_owed_to_one_person_goes_in_one_mail_soonest_first(engine: Engine) -> None:
    three_reports(engine)
    owe_all(engine, at(minutes=-30))
    assert {notice.state for notice in notices(engine)} == {"owed"}
    assert bundle_all(engine, at(minutes=-1)) == 0
    assert bundle_all(engine, at()) == 3
    mail = mail_to_ann(engine)
    assert sorted(item.rung for item in carried(engine, mail)) == ["after-3", "before-1", "before-7"]
    assert {(item.state, item.message) for item in carried(engine, mail)} == {("queued", b"")}
    assert mail.subject == "Mon Nov 14, 2022: 2 due, the next on Tue Nov 15, 2022; 1 overdue"
    said = body(mail)
    assert said.index("Monthly Report") < said.index("Quarterly Report") < said.index("Late Report")
    assert bundle_all(engine, at(minutes=5)) == 0


def test_what_it_carries_shares_the_fate_of_the_mail(engine: Engine) -> None:
    three_reports(engine)
    owe_all(engine, at())
    bundle_all(engine, at())
    with mail_server() as server:
        assert drained(engine, server, now=at()).sent == 3
        assert drained(engine, server, now=at(hours=1)).sent == 0
    mail = mail_to_ann(engine)
    assert len(server.mails) == 3
    assert {(n.state, n.sent_at, n.reply) for n in notices(engine)} == {("sent", at(), "250 2.0.0 taken")}
    with reading(engine) as session:
        tries = session.exec(select(NoticeTry).where(NoticeTry.notice_id == mail.id)).all()
    assert [(one.outcome, one.reply) for one in tries] == [("sent", "250 2.0.0 taken")]


def test_a_mail_that_is_refused_fails_with_all_it_carries_and_is_sent_again_as_one(engine: Engine) -> None:
    three_reports(engine)
    owe_all(engine, at())
    bundle_all(engine, at())
    with mail_server(Script(recipients={"ann@whatcom.example": "550 5.1.1 no"})) as server:
        assert drained(engine, server, now=at()).failed == 1
    mail = mail_to_ann(engine)
    items = carried(engine, mail)
    assert {item.state for item in items} == {"failed"}
    with writing(engine) as session:
        session.execute(text("UPDATE person SET email = 'bell@whatcom.example' WHERE name = 'Ann Bell'"))
    with writing(engine) as session:
        assert items[0].id is not None
        requeue(session, items[0].id, now=at(minutes=5), actor="liaison", base_url=BASE_URL, sender=SENDER)
    with mail_server() as server:
        assert drained(engine, server, now=at(minutes=5)).sent == 1
    assert server.recipients == ["bell@whatcom.example"]
    assert mail.message_id.encode() in server.mails[0].content
    assert {item.state for item in carried(engine, mail)} == {"sent"}


def test_what_was_submitted_between_bundling_and_claiming_is_not_in_the_mail(engine: Engine) -> None:
    monthly, _, _ = three_reports(engine)
    owe_all(engine, at())
    bundle_all(engine, at())
    # The control: without another look, the mail would speak of it.
    assert "Monthly Report" in body(mail_to_ann(engine))
    change(engine, monthly, submitted_at=at(minutes=1))
    with mail_server() as server:
        drained(engine, server, now=at(minutes=2))
    (mail,) = [m for m in server.mails if m.recipient == "ann@whatcom.example"]
    assert b"Monthly Report" not in mail.content
    assert b"Quarterly Report" in mail.content
    assert {i.rung: str(i.state) for i in carried(engine, mail_to_ann(engine))} == {
        "before-1": "superseded",
        "before-7": "sent",
        "after-3": "sent",
    }


def test_a_due_date_that_moved_between_bundling_and_claiming_is_not_told_wrongly(engine: Engine) -> None:
    monthly, _, _ = three_reports(engine)
    owe_all(engine, at())
    bundle_all(engine, at())
    change(engine, monthly, due_on=date(2022, 11, 22), due_at=monthly.due_at + timedelta(days=7))
    with mail_server() as server:
        drained(engine, server, now=at(minutes=2))
    (mail,) = [m for m in server.mails if m.recipient == "ann@whatcom.example"]
    assert b"Nov 15" not in mail.content.replace(b"=\r\n", b"")
    # The new date is told with the next day's mail, of which there is one.
    owe_all(engine, at(minutes=5))
    assert bundle_all(engine, at(hours=8)) == 0
    owe_all(engine, at(days=1))
    assert bundle_all(engine, at(days=1)) == 1


def test_a_mail_of_which_nothing_is_left_is_not_sent_and_the_day_stays_free(engine: Engine) -> None:
    rows = three_reports(engine)
    owe_all(engine, at())
    bundle_all(engine, at())
    for row in rows:
        change(engine, row, withdrawn_at=at(minutes=1))
    with mail_server() as server:
        assert drained(engine, server, now=at(minutes=2)).superseded == 3
    assert server.mails == []
    for row in rows:
        change(engine, row, withdrawn_at=None)
    owe_all(engine, at(minutes=5))
    assert bundle_all(engine, at(minutes=5)) == 3
    with mail_server() as server:
        assert drained(engine, server, now=at(minutes=5)).sent == 3


def test_what_is_no_longer_owed_makes_no_mail_at_all(engine: Engine) -> None:
    rows = three_reports(engine)
    owe_all(engine, at(hours=-1))
    for row in rows:
        change(engine, row, submitted_at=at(minutes=-30))
    assert bundle_all(engine, at()) == 0
    assert {notice.state for notice in notices(engine)} == {"superseded"}


def race_of_bundlers(engine: Engine, *, guarded: bool) -> int:
    """Let four schedulers find the same daily mails, and then write them; return the number of mails to Ann."""
    together = threading.Barrier(4)

    def write(session: Session, bundles: Sequence[Bundle]) -> None:
        if guarded:
            store(session, bundles)
        else:
            session.execute(plain_insert(Notice), [one.carrier for one in bundles])

    def scheduler() -> None:
        with reading(engine) as session:
            bundles, _ = ready(session, now=at(), base_url=BASE_URL, sender=SENDER, secret=b"")
        together.wait()
        with writing(engine) as session:
            write(session, bundles)

    threads = [threading.Thread(target=scheduler) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(notice.to_address == "ann@whatcom.example" for notice in mails(engine))


def test_four_schedulers_at_once_write_one_mail(engine: Engine) -> None:
    three_reports(engine)
    owe_all(engine, at())
    assert race_of_bundlers(engine, guarded=True) == 1
    assert len(carried(engine, mail_to_ann(engine))) == 3


def test_without_the_unique_key_four_schedulers_write_four(engine: Engine) -> None:
    with writing(engine) as session:
        drop_unique_key(session)
    three_reports(engine)
    with writing(engine) as session:
        person = add_person(session)
        session.add(
            Notice(
                key="x",
                person_id=person.id or 0,
                rung="before-1",
                owed_at=at(),
                queued_at=at(),
                message_id="",
                to_address=person.email,
                subject="",
                message=b"",
                next_try_at=at(),
                state="owed",
                deliver_at=at(),
                said={"zone": "America/Los_Angeles", "section": "due", "title": "T", "label": "L", "says": "S"}
                | {"channel": "", "subject": "", "link": "", "contract": "", "contractor": "", "contract_link": ""}
                | {"because": "", "on": "2022-11-15", "order": ""},
            )
        )
        session.execute(text("UPDATE person SET email = 'was@example.org' WHERE email = 'ann@whatcom.example'"))
        session.execute(text("UPDATE person SET email = 'ann@whatcom.example' WHERE id = :id"), {"id": person.id})
    assert race_of_bundlers(engine, guarded=False) == 4


def test_an_item_that_comes_up_after_the_mail_waits_for_the_next_business_day(engine: Engine) -> None:
    friday = datetime(2022, 11, 18, 15, tzinfo=UTC)
    with writing(engine) as session:
        contract = add_contract(session)
        add_person_with_role(session, contract)
        add_deliverable(session, contract, due_on=date(2022, 11, 25))
    owe_all(engine, friday)
    assert bundle_all(engine, friday) == 1
    with writing(engine) as session:
        add_deliverable(session, session.merge(contract), due_on=date(2022, 11, 30))
    owe_all(engine, friday + timedelta(hours=2))
    for hours in range(2, 72):
        assert bundle_all(engine, friday + timedelta(hours=hours)) == 0
    assert bundle_all(engine, friday + timedelta(hours=72)) == 1


def test_a_closed_day_has_no_mail_unless_it_would_be_too_late(engine: Engine) -> None:
    with writing(engine) as session:
        contract = add_contract(session, notice_terms='{"calendar": "US-WA"}')
        add_person_with_role(session, contract)
        add_deliverable(session, contract, due_on=date(2022, 11, 28))
        session.add(
            AnnouncedClosure(
                calendar="US-WA",
                on=date(2022, 11, 14),
                name="Snow",
                source="mail",
                announced_by="x",
                announced_at=at(days=-1),
            )
        )
    owe_all(engine, at())
    (notice,) = notices(engine)
    assert notice.deliver_at == at(days=1)
    with writing(engine) as session:
        add_deliverable(session, session.merge(contract), due_on=date(2022, 11, 15), title="Tomorrow")
    owe_all(engine, at(minutes=1))
    # The whole of the 15th counts, and its mail comes in its morning; but one before 5:00 AM would come too late.
    assert {notice.deliver_at for notice in notices(engine)} == {at(days=1)}
    with writing(engine) as session:
        add_deliverable(
            session, session.merge(contract), due_at=datetime(2022, 11, 15, 13, tzinfo=UTC), whole_day=False
        )
    owe_all(engine, at(minutes=2))
    assert notices(engine)[-1].deliver_at == at()


@pytest.mark.parametrize(("hour", "zone", "minutes"), [(16, "", 9 * 60), (7, "America/New_York", -180)])
def test_the_mail_comes_at_the_hour_and_in_the_zone_that_the_person_chose(
    engine: Engine, hour: int, zone: str, minutes: int
) -> None:
    with writing(engine) as session:
        contract = add_contract(session)
        person = add_person_with_role(session, contract)
        session.add(Preference(person_id=person.id or 0, mail_hour=hour, zone=zone, changed_at=at()))
        add_deliverable(session, contract, due_on=date(2022, 11, 28))
    owe_all(engine, at(hours=-1))
    owe_all(engine, at(hours=-5))
    (notice,) = notices(engine)
    assert notice.deliver_at == at(minutes=minutes)


def test_after_a_downtime_each_person_gets_one_mail(engine: Engine) -> None:
    with writing(engine) as session:
        contract = ready_contract(session, managers=2)
        for day in range(1, 15):
            add_deliverable(session, contract, due_on=date(2022, 11, day))
    after = datetime(2022, 12, 5, 18, tzinfo=UTC)
    owe_all(engine, after)
    bundle_all(engine, after)
    with mail_server() as server:
        drained(engine, server, now=after)
    assert len(server.mails) == len(set(server.recipients)) == 4


@pytest.mark.parametrize("contracts", [2, 20])
def test_bundling_takes_a_fixed_number_of_statements(engine: Engine, contracts: int) -> None:
    secret_in(engine)
    with writing(engine) as session:
        for number in range(contracts):
            contract = ready_contract(session, id=f"c{number}", managers=2)
            for _ in range(3):
                add_deliverable(session, contract)
    owe_all(engine, at())
    with statements(engine) as seen:
        assert bundle_all(engine, at()) == 2 * contracts
    assert len(seen) == 9


def test_what_goes_with_a_mail_is_never_claimed_by_itself(engine: Engine) -> None:
    three_reports(engine)
    owe_all(engine, at())
    bundle_all(engine, at())
    with writing(engine) as session:
        batch = claim(session, now=at(), limit=100, lease=timedelta(minutes=15))
    assert {notice.rung for notice in batch.notices} == {"daily"}
    assert len(batch.notices) == 3


def test_a_return_goes_at_once_with_the_comment_and_the_day(engine: Engine) -> None:
    monthly, _, _ = three_reports(engine)
    change(
        engine,
        monthly,
        submitted_at=at(hours=-2),
        returned_at=at(minutes=-1),
        again_by=datetime(2022, 12, 2, 8, tzinfo=UTC),
    )
    with writing(engine) as session:
        session.add(
            LifecycleEntry(
                deliverable_id=monthly.id or 0,
                act="return",
                start="in",
                to="returned",
                happened_at=at(minutes=-1),
                recorded_at=at(minutes=-1),
                actor="lena",
                reason="The totals differ.",
            )
        )
    owe_all(engine, at(hours=12))
    (mail,) = [notice for notice in notices(engine) if notice.state == "queued"]
    assert mail.rung == "returned"
    assert mail.subject == "Returned, correct it by Thu Dec 1, 2022: Monthly Report, October 2022"
    assert "The totals differ." in body(mail)
    assert "It was returned on Mon Nov 14, 2022. The correction is due by the end of Thu Dec 1, 2022" in body(mail)
