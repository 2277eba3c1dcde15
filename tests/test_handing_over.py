"""Does everything that a person has go over to somebody, whatever happens at the same moment?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from county import COUNTY, track
from notices import BASE_URL, SENDER, notices, owe_all
from notices import EVE as NOW
from rows import add_contract, add_deliverable, add_person, add_person_with_role, add_role
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from duecourse.errors import BadInput, Conflict, DuecourseError
from duecourse.models import (
    AuditEntry,
    ContractRow,
    Deliverable,
    Feed,
    Notice,
    NoticeState,
    Person,
    Role,
    RoleName,
    Submission,
)
from duecourse.models.database import reading, writing
from duecourse.notifications.claiming import claim
from duecourse.notifications.messages import Letter
from duecourse.notifications.outbox import mark_sent
from duecourse.notifications.people_notices import notice_of, owe_handover_notices
from duecourse.tracking.acting import By
from duecourse.tracking.calendars.feeds import create_feed
from duecourse.tracking.signing_in import make_link, redeem_link, signed_in
from duecourse.tracking.staff import handing_over
from duecourse.tracking.staff.absences import set_backup
from duecourse.tracking.staff.handing_over import HandedOver, hand_over
from duecourse.tracking.staff.people import give_role, person_by_email
from duecourse.tracking.submitting import Sent, submit

MANAGER, FISCAL, LIAISON = RoleName.PROGRAM_MANAGER, RoleName.FISCAL_STAFF, RoleName.PROGRAM_LIAISON
DANA, SAM, LEE = "dana@county.example", "sam@county.example", "lee@dcyf.example"
LEASE = timedelta(minutes=15)


def county(engine: Engine, *ids: str) -> None:
    """Dana manages each contract alone, Sam is its fiscal staff, Lee its liaison; each has a report due tomorrow."""
    with writing(engine) as session:
        dana = add_person(session, "Dana Reyes", email=DANA)
        sam = add_person(session, "Sam Ortiz", email=SAM)
        lee = add_person(session, "Lee Chen", email=LEE)
        for id in ids or ("wa-22-1174",):
            contract = add_contract(session, id)
            for person, role in ((dana, MANAGER), (sam, FISCAL), (lee, LIAISON)):
                add_role(session, person, contract, role)
            add_deliverable(session, contract, due_on=NOW.date())


def person(session: Session, email: str) -> Person:
    found = person_by_email(session, email)
    assert found is not None and found.id is not None
    return found


def hand(engine: Engine, email: str = DANA, to: str | None = SAM, **given: Any) -> HandedOver:
    options = {"contract_ids": None, "on": NOW.date(), "reason": "left the agency", "leave": False} | given
    with writing(engine) as session:
        successor = person(session, to) if to else None
        handed = hand_over(session, person(session, email), successor, now=NOW, actor=LEE, **options)
        owe_handover_notices(session, handed, now=NOW, base_url=BASE_URL, sender=SENDER)
        session.flush()
        session.expunge_all()
    return handed


def parts(engine: Engine) -> set[tuple[str, str, str]]:
    query = select(Role.contract_id, Person.email, Role.name).join(Person, col(Person.id) == Role.person_id)
    with reading(engine) as session:
        return set(session.exec(query))


def about_reports(engine: Engine) -> list[tuple[str, str]]:
    return [(one.to_address, str(one.state)) for one in notices(engine) if one.deliverable_id is not None]


def test_the_parts_of_one_contract_or_of_all_go_over_and_the_successor_has_no_part_twice(engine: Engine) -> None:
    county(engine, "a", "b")
    with writing(engine) as session:
        add_role(session, person(session, DANA), session.get_one(ContractRow, "a"), FISCAL)
    hand(engine, contract_ids=["a"])
    assert parts(engine) == {
        ("a", SAM, MANAGER),
        ("a", SAM, FISCAL),
        ("a", LEE, LIAISON),
        ("b", DANA, MANAGER),
        ("b", SAM, FISCAL),
        ("b", LEE, LIAISON),
    }
    hand(engine)
    assert not {part for part in parts(engine) if part[1] == DANA}


def test_one_mail_says_what_goes_over_and_the_audit_log_says_who_did_it(engine: Engine) -> None:
    county(engine, "a", "b")
    hand(engine)
    (notice,) = notices(engine)
    mail = message_from_bytes(notice.message, policy=policy.default)
    text = " ".join(str(mail.get_body(("plain",)).get_content()).split())  # type: ignore[union-attr]
    assert (notice.to_address, notice.rung, mail["Subject"]) == (SAM, "handed-over", "You take over from Dana Reyes")
    assert "Yours since Mon Nov 14, 2022: program manager. left the agency" in text
    assert text.count("Monthly Enrollment Report, October 2022: due by the end of Mon Nov 14, 2022") == 2
    with reading(engine) as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "handed parts over")).all()
    assert [entry.contract_id for entry in entries] == ["a", "b"]
    said = {"from": DANA, "to": SAM, "roles": ["program manager"], "on": "2022-11-14", "reason": "left the agency"}
    assert entries[0].actor == LEE and entries[0].detail == said | {"leaves": False}


def test_a_reminder_that_waits_goes_to_the_successor_and_not_to_whoever_handed_over(engine: Engine) -> None:
    county(engine)
    owe_all(engine, NOW)
    assert about_reports(engine) == [(DANA, "queued")]
    hand(engine)
    with writing(engine) as session:
        batch = claim(session, now=NOW, limit=10, lease=LEASE)
    assert [one.to_address for one in batch.notices] == [SAM]
    assert batch.notices[0].rung == "handed-over"
    owe_all(engine, NOW)
    with writing(engine) as session:
        (reminder,) = claim(session, now=NOW, limit=10, lease=LEASE).notices
    assert (reminder.to_address, reminder.rung) == (SAM, "on-day")
    assert about_reports(engine) == [(DANA, "superseded"), (SAM, "claimed")]


def test_handed_back_the_reminder_is_owed_again(engine: Engine) -> None:
    county(engine)
    owe_all(engine, NOW)
    hand(engine)
    with writing(engine) as session:
        claim(session, now=NOW, limit=10, lease=LEASE)
    with writing(engine) as session:
        give_role(session, person(session, DANA), "wa-22-1174", FISCAL, now=NOW, actor=LEE)
    hand(engine, SAM, DANA)
    assert owe_all(engine, NOW) == 1
    assert about_reports(engine)[0] == (DANA, "queued")


def test_who_leaves_is_signed_out_and_gets_no_feed_and_no_link_any_more(engine: Engine) -> None:
    county(engine)
    with writing(engine) as session:
        dana = person(session, DANA)
        assert dana.id is not None
        browser = redeem_link(session, make_link(session, dana.id, now=NOW, lifetime=LEASE), now=NOW)
        link = make_link(session, dana.id, now=NOW, lifetime=LEASE)
        for contract_id in ("wa-22-1174", None):
            create_feed(session, person_id=dana.id, contract_id=contract_id, now=NOW)
    assert browser is not None
    hand(engine, leave=True)
    with writing(engine) as session:
        assert signed_in(session, browser, now=NOW) is None
        assert redeem_link(session, link, now=NOW) is None
        assert all(feed.revoked_at == NOW for feed in session.exec(select(Feed)))
        assert person(session, DANA).disabled_at == NOW


def test_who_hands_one_contract_over_keeps_the_feed_of_the_others(engine: Engine) -> None:
    county(engine, "a", "b")
    with writing(engine) as session:
        id = person(session, DANA).id
        assert id is not None
        feeds = {name: create_feed(session, person_id=id, contract_id=name, now=NOW)[0] for name in ("a", "b", None)}
        before = {name: feed.changes for name, feed in feeds.items()}
    hand(engine, contract_ids=["a"])
    with reading(engine) as session:
        after = {feed.contract_id: feed for feed in session.exec(select(Feed))}
    assert {name: feed.revoked_at for name, feed in after.items()} == {"a": NOW, "b": None, None: None}
    assert after[None].changes > before[None]


def test_what_was_submitted_keeps_the_name(engine: Engine) -> None:
    track(engine, NOW)
    with writing(engine) as session:
        contract = session.get_one(ContractRow, COUNTY)
        add_person_with_role(session, contract, MANAGER, name="Dana Reyes", email=DANA)
        add_person_with_role(session, contract, FISCAL, name="Sam Ortiz", email=SAM)
        report = session.exec(select(Deliverable.uid).where(Deliverable.number == "2.08")).one()
        submit(session, report, Sent(NOW, "Dana Reyes", "PSRS"), form_key="one", now=NOW, by=By(DANA))
    hand(engine, leave=True)
    with reading(engine) as session:
        submission = session.exec(select(Submission)).one()
    assert (submission.submitted_by, submission.entered_by) == ("Dana Reyes", DANA)


def test_backups_follow_and_nobody_becomes_the_backup_of_the_same_person(engine: Engine) -> None:
    county(engine)
    with writing(engine) as session:
        ana = add_person_with_role(
            session, session.get_one(ContractRow, "wa-22-1174"), MANAGER, email="ana@county.example"
        )
        dana, sam = person(session, DANA), person(session, SAM)
        for who, role, backup in ((dana, MANAGER, sam), (sam, FISCAL, dana), (ana, MANAGER, dana)):
            set_backup(session, "wa-22-1174", who, role, backup=backup, now=NOW, actor=LEE)
    hand(engine)
    with reading(engine) as session:
        rows = {(row.person_id, row.name): row.backup_id for row in session.exec(select(Role))}
        sam, ana = person(session, SAM), person(session, "ana@county.example")
    assert rows[sam.id, MANAGER] is None
    assert rows[sam.id, FISCAL] is None
    assert rows[ana.id, MANAGER] == sam.id


def test_nobody_leaves_a_part_that_nobody_else_holds(engine: Engine) -> None:
    county(engine)
    before = parts(engine)
    with pytest.raises(Conflict, match=r"Nobody else is program manager of WA-22-1174\. Name a successor"):
        hand(engine, to=None)
    assert parts(engine) == before
    with writing(engine) as session:
        gone = add_person_with_role(session, session.get_one(ContractRow, "wa-22-1174"), MANAGER, disabled_at=NOW)
        assert gone.id is not None
    with pytest.raises(Conflict, match="Nobody else is program manager"):
        hand(engine, to=None)
    with writing(engine) as session:
        give_role(session, person(session, SAM), "wa-22-1174", MANAGER, now=NOW, actor=LEE)
    hand(engine, to=None, leave=True)
    assert not {part for part in parts(engine) if part[1] == DANA}


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"to": DANA}, BadInput, "same person"),
        ({"reason": " "}, BadInput, "Give a reason"),
        ({"on": date(2022, 11, 16)}, BadInput, "when its day has come"),
        ({"contract_ids": ["a"], "leave": True}, BadInput, "still has a part in b"),
        ({"contract_ids": ["c"]}, Conflict, "no part there any more"),
    ],
)
def test_what_is_missing_or_contradicts_itself_changes_nothing(
    engine: Engine, given: dict[str, Any], error: type[DuecourseError], says: str
) -> None:
    county(engine, "a", "b")
    before = parts(engine)
    with pytest.raises(error, match=says):
        hand(engine, **given)
    assert parts(engine) == before and notices(engine) == []


def test_an_auditor_takes_no_other_part_over_and_nobody_else_takes_an_audit_over(engine: Engine) -> None:
    county(engine)
    with writing(engine) as session:
        contract = session.get_one(ContractRow, "wa-22-1174")
        add_person_with_role(session, contract, RoleName.AUDITOR, name="Noa", email="noa@audit.example")
    with pytest.raises(Conflict, match="an auditor changes nothing"):
        hand(engine, to="noa@audit.example")
    with pytest.raises(Conflict, match="an auditor changes nothing"):
        hand(engine, "noa@audit.example")


def waiting_mail(engine: Engine) -> None:
    """A mail about no single deliverable, such as one on changed dates, waits for Dana."""
    with writing(engine) as session:
        content = b"From: due@example.org\r\nTo: Dana <dana@county.example>\r\nSubject: Moved\r\n\r\nIt moved.\r\n"
        session.add(
            notice_of(
                person(session, DANA),
                Letter("Moved", content),
                key="moved",
                rung="dates-changed",
                now=NOW,
                sender=SENDER,
            )
        )


def test_a_mail_about_no_single_report_that_waited_for_who_left_is_passed_on(engine: Engine) -> None:
    county(engine)
    waiting_mail(engine)
    hand(engine, leave=True)
    with writing(engine) as session:
        batch = claim(session, now=NOW, limit=10, lease=LEASE)
    by_rung = {one.rung: one for one in batch.notices}
    assert by_rung.keys() == {"dates-changed", "handed-over"}
    mail = message_from_bytes(by_rung["dates-changed"].message, policy=policy.default)
    assert (mail["To"], mail["Subject"]) == ("Sam Ortiz <sam@county.example>", "Moved")
    assert mail.get_content().strip() == "It moved." and len(mail.get_all("Message-ID")) == 1


def leaves(engine: Engine) -> None:
    hand(engine, leave=True)


def race(engine: Engine, handover: Callable[[Engine], None]) -> list[str]:
    """Let a sender take and send what waits while Dana leaves; return to whom mail went, in the end."""
    county(engine)
    waiting_mail(engine)
    owe_all(engine, NOW)
    together = threading.Barrier(2)
    sent: list[str] = []

    def send() -> None:
        together.wait()
        for _ in range(3):
            with writing(engine) as session:
                batch = claim(session, now=NOW, limit=1, lease=LEASE)
            for one in batch.notices:
                sent.append(f"{one.to_address} {one.rung}")
                with writing(engine) as session:
                    mark_sent(session, one, now=NOW, reply="250 ok")

    def leave() -> None:
        together.wait()
        handover(engine)

    threads = [threading.Thread(target=send), threading.Thread(target=leave)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The next round of the jobs.
    owe_all(engine, NOW + timedelta(minutes=5))
    with writing(engine) as session:
        while batch := claim(session, now=NOW + timedelta(minutes=5), limit=10, lease=LEASE):
            for one in batch.notices:
                sent.append(f"{one.to_address} {one.rung}")
                mark_sent(session, one, now=NOW, reply="250 ok")
    return sent


@pytest.mark.parametrize("attempt", range(5))
def test_nothing_is_lost_when_a_notice_is_claimed_while_the_part_moves(engine: Engine, attempt: int) -> None:
    sent = race(engine, leaves)
    assert sent.count(f"{SAM} on-day") == 1
    assert sent.count(f"{SAM} handed-over") == 1
    # Before the handover it went to Dana; what had not arrived by then went to Sam.
    assert f"{SAM} dates-changed" in sent or f"{DANA} dates-changed" in sent
    with reading(engine) as session:
        states = {str(state) for state in session.exec(select(Notice.state))}
    assert states <= {NoticeState.SENT, NoticeState.SUPERSEDED}


def test_without_a_look_at_the_parts_when_claiming_the_person_who_left_is_still_written_to(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("duecourse.notifications.claiming._is_wanted", lambda *_: True)
    county(engine)
    owe_all(engine, NOW)
    hand(engine, leave=True)
    with writing(engine) as session:
        batch = claim(session, now=NOW, limit=10, lease=LEASE)
    assert f"{DANA} on-day" in {f"{one.to_address} {one.rung}" for one in batch.notices}


def test_without_passing_on_what_waited_is_lost_with_the_person(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("duecourse.notifications.people_notices._pass_on", lambda *_, **__: 0)
    county(engine)
    waiting_mail(engine)
    hand(engine, leave=True)
    with writing(engine) as session:
        batch = claim(session, now=NOW, limit=10, lease=LEASE)
    assert f"{SAM} dates-changed" not in {f"{one.to_address} {one.rung}" for one in batch.notices}


def both_leave(engine: Engine) -> list[str]:
    """Let the only two program managers leave at the same moment; return what became of each."""
    county(engine)
    with writing(engine) as session:
        add_person_with_role(session, session.get_one(ContractRow, "wa-22-1174"), MANAGER, email="ana@county.example")
    together, ended = threading.Barrier(2), list[str]()

    def leave(email: str) -> None:
        together.wait()
        try:
            hand(engine, email, None, leave=True)
            ended.append("left")
        except Conflict:
            ended.append("asked for a successor")

    threads = [threading.Thread(target=leave, args=[email]) for email in (DANA, "ana@county.example")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


def test_of_two_who_leave_the_same_part_at_once_the_second_is_asked_for_a_successor(engine: Engine) -> None:
    assert both_leave(engine) == ["asked for a successor", "left"]


# SQLite lets one writer in at a time, whatever is locked.
@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
def test_without_the_lock_on_the_contracts_both_leave_and_nobody_holds_the_part(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(2)
    guarded = handing_over._check_not_alone

    def without_lock(session: Session, held: Person, contract_ids: Any) -> dict[str, ContractRow]:
        return {row.id: row for row in session.exec(select(ContractRow))}

    def at_once(*given: Any) -> None:
        guarded(*given)
        together.wait()

    # Nor does either wait for its turn to write.
    monkeypatch.setattr(handing_over, "take_turn", lambda _session: None)
    monkeypatch.setattr(handing_over, "_held_contracts", without_lock)
    monkeypatch.setattr(handing_over, "_check_not_alone", at_once)
    assert both_leave(engine) == ["left", "left"]
    assert not {part for part in parts(engine) if part[2] == MANAGER}
