"""Is every open item found for which nobody can be reached, with the reason, and are the liaisons told once?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notices import BASE_URL, SENDER, change, notices, owe_all, ready_contract, ready_report
from notices import EVE as NOW
from rows import add_contract, add_deliverable, add_person, add_person_with_role, add_role
from sqlalchemy import Engine
from sqlmodel import Session, select
from test_outbox_owing import statements

from duecourse.calendar.lifecycle import Party
from duecourse.models import Absence, AuditEntry, ContractRow, Notice, NoticeState, Person, Role, RoleName
from duecourse.models.database import connect, reading, writing
from duecourse.notifications.claiming import claim
from duecourse.notifications.reachability import FOUND, LOST, Checked, check_reachability
from duecourse.tracking.staff.absences import record_absence
from duecourse.tracking.staff.reaching import Unreached, unreached

MANAGER, LIAISON = RoleName.PROGRAM_MANAGER, RoleName.PROGRAM_LIAISON
TODAY = date(2022, 11, 14)


def later(**values: float) -> datetime:
    return NOW + timedelta(**values)


def found(engine: Engine, now: datetime = NOW, contract_ids: list[str] | None = None) -> list[Unreached]:
    with reading(engine) as session:
        return unreached(session, now=now, contract_ids=contract_ids)


def check(engine: Engine, now: datetime = NOW) -> Checked:
    with writing(engine) as session:
        return check_reachability(session, now=now, base_url=BASE_URL, sender=SENDER)


def mail_to(session: Session, person: Person, **values: Any) -> Notice:
    assert person.id is not None
    notice = Notice(
        **{
            "key": f"mail-{len(session.exec(select(Notice.id)).all())}",
            "person_id": person.id,
            "rung": "before-1",
            "owed_at": NOW,
            "queued_at": NOW,
            "message_id": "<x>",
            "to_address": person.email,
            "subject": "",
            "message": b"",
            "next_try_at": NOW,
            **values,
        }
    )
    session.add(notice)
    session.flush()
    return notice


def refuse(session: Session, person: Person, at: datetime = NOW) -> None:
    mail_to(session, person, state=NoticeState.FAILED, reply="550 5.1.1 no such user", next_try_at=at)


def manager(session: Session) -> Person:
    query = select(Person).join(Role, Role.person_id == Person.id).where(Role.name == MANAGER)  # type: ignore[arg-type]
    return session.exec(query).one()


def test_where_somebody_is_there_with_an_address_that_takes_mail_nothing_is_found(engine: Engine) -> None:
    ready_report(engine)
    assert found(engine) == []
    assert str(check(engine)) == "somebody can be reached for every open item"
    assert notices(engine) == []


def test_a_side_for_which_nobody_is_named_is_found_with_what_it_owes(engine: Engine) -> None:
    with writing(engine) as session:
        contract = add_contract(session)
        add_person_with_role(session, contract, LIAISON)
        add_person_with_role(session, contract, RoleName.ADMIN)
        add_person_with_role(session, contract, RoleName.AUDITOR)
        late = add_deliverable(session, contract, due_on=date(2022, 12, 1))
        soon = add_deliverable(session, contract)
        add_deliverable(session, contract, party=Party.FUNDER)
        ids = (soon.id, late.id)
    (one,) = found(engine)
    assert (one.party, one.side, one.why) == (Party.CONTRACTOR, "Whatcom County", "Nobody is named for Whatcom County.")
    assert tuple(row.id for row in one.deliverables) == ids
    assert one.cures == ["Name somebody who works for this side."]


def test_the_funders_own_duties_need_a_liaison(engine: Engine) -> None:
    with writing(engine) as session:
        contract = add_contract(session)
        add_person_with_role(session, contract, MANAGER)
        add_person_with_role(session, contract, RoleName.ADMIN)
        add_deliverable(session, contract)
        add_deliverable(session, contract, party=Party.FUNDER)
    assert [one.party for one in found(engine)] == [Party.FUNDER]


def test_somebody_who_left_or_is_away_or_whose_address_is_none_cannot_be_reached(engine: Engine) -> None:
    ready_report(engine)
    with writing(engine) as session:
        contract = session.get_one(ContractRow, "wa-22-1174")
        one = manager(session)
        record_absence(session, one, starts_on=TODAY, ends_on=date(2022, 11, 18), now=NOW, actor="test")
        record_absence(session, one, starts_on=date(2022, 11, 19), ends_on=date(2022, 11, 20), now=NOW, actor="test")
        name = one.name
        add_person_with_role(session, contract, RoleName.FISCAL_STAFF, name="Sam", email="two@x.org, three@x.org")
        add_person_with_role(session, contract, RoleName.LEADERSHIP, disabled_at=NOW)
    (side,) = found(engine)
    assert side.why == (
        f"{name} is away until Sun Nov 20, 2022 and “two@x.org, three@x.org” of Sam is no email address."
        if side.people[0].name == name
        else f"“two@x.org, three@x.org” of Sam is no email address and {name} is away until Sun Nov 20, 2022."
    )
    assert found(engine, later(days=7)) == []


@pytest.mark.parametrize(
    ("now", "is_away"),
    [
        ("2022-11-14T07:59", False),
        ("2022-11-14T08:00", True),
        ("2022-11-16T07:59", True),
        ("2022-11-16T08:00", False),
    ],
)
def test_the_day_is_the_local_day_of_the_contract(engine: Engine, now: str, is_away: bool) -> None:
    ready_report(engine)
    with writing(engine) as session:
        record_absence(session, manager(session), starts_on=TODAY, ends_on=date(2022, 11, 15), now=NOW, actor="test")
    assert bool(found(engine, datetime.fromisoformat(now).replace(tzinfo=UTC))) is is_away


@pytest.mark.parametrize(
    ("case", "refused_at", "arrived_at", "reached"),
    [
        ("refused", NOW, None, False),
        ("arrived before it was refused", NOW, later(hours=-1), False),
        ("arrived after it was refused", NOW, later(hours=1), True),
    ],
)
def test_an_address_counts_as_refused_until_a_mail_arrives_there_again(
    engine: Engine, case: str, refused_at: datetime, arrived_at: datetime | None, reached: bool
) -> None:
    ready_report(engine)
    with writing(engine) as session:
        refuse(session, manager(session), refused_at)
        if arrived_at is not None:
            mail_to(session, manager(session), state=NoticeState.SENT, sent_at=arrived_at)
    assert (not found(engine)) is reached, case


@pytest.mark.parametrize("reply", ["451 try later", "Every try ended without an answer of the mail server.", ""])
def test_what_only_ran_out_of_tries_makes_nobody_unreachable(engine: Engine, reply: str) -> None:
    ready_report(engine)
    with writing(engine) as session:
        mail_to(session, manager(session), state=NoticeState.FAILED, reply=reply)
    assert found(engine) == []


def test_a_refusal_of_an_earlier_address_no_longer_counts(engine: Engine) -> None:
    ready_report(engine)
    with writing(engine) as session:
        one = manager(session)
        refuse(session, one)
        one.email = "another@example.org"
    assert found(engine) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"submitted_at": NOW},
        {"submitted_at": NOW, "accepted_at": NOW},
        {"withdrawn_at": NOW},
        {"set_aside": "waived", "set_aside_at": NOW},
    ],
)
def test_only_what_is_open_needs_somebody(engine: Engine, facts: dict[str, Any]) -> None:
    with writing(engine) as session:
        report = add_deliverable(session, add_contract(session))
        session.expunge(report)
    assert len(found(engine)) == 1
    change(engine, report, **facts)
    assert found(engine) == []
    change(engine, report, **{name: None for name in facts if name != "set_aside"}, set_aside="")
    change(engine, report, submitted_at=later(hours=-2), returned_at=later(hours=-1))
    assert len(found(engine)) == 1


def test_long_after_a_contract_nobody_is_needed_but_for_what_is_still_to_come(engine: Engine) -> None:
    with writing(engine) as session:
        contract = add_contract(session, end_on=date(2022, 6, 30))
        add_deliverable(session, contract, due_on=date(2022, 7, 15))
        to_come = add_deliverable(session, contract, due_on=date(2023, 6, 30)).id
    (one,) = found(engine)
    assert [row.id for row in one.deliverables] == [to_come]


@pytest.mark.parametrize("contracts", [3, 40])
def test_it_takes_a_fixed_number_of_statements(engine: Engine, contracts: int) -> None:
    with writing(engine) as session:
        for number in range(contracts):
            contract = ready_contract(session, id=f"well-{number}")
            add_deliverable(session, contract)
            add_deliverable(session, add_contract(session, id=f"ill-{number}"))
    with statements(engine) as seen:
        assert len(found(engine)) == contracts
    assert len(seen) == 4
    with statements(engine) as seen:
        assert found(engine, contract_ids=["well-0"]) == []
    assert len(seen) == 3


def test_the_liaisons_and_admins_are_told_once_over_all_their_contracts(engine: Engine) -> None:
    with writing(engine) as session:
        lee = add_person(session, "Lee Chen", email="lee@dcyf.example")
        for id in ("a", "b"):
            contract = add_contract(session, id)
            add_role(session, lee, contract, LIAISON)
            for _ in range(12):
                add_deliverable(session, contract)
        add_person_with_role(session, contract, RoleName.ADMIN, email="admin@dcyf.example")
        add_person_with_role(session, contract, RoleName.AUDITOR)
    assert check(engine) == Checked(items=24, new=24, again=0, told=2)
    assert check(engine, later(days=1)) == Checked(items=24, new=0, again=0, told=0)
    sent = {notice.to_address: notice for notice in notices(engine)}
    assert sent.keys() == {"lee@dcyf.example", "admin@dcyf.example"}
    mail = message_from_bytes(sent["lee@dcyf.example"].message, policy=policy.default)
    text = " ".join(str(mail.get_body(("plain",)).get_content()).split())  # type: ignore[union-attr]
    assert mail["Subject"] == "Nobody can be reached for 24 open items"
    assert text.count("Nobody is named for Whatcom County.") == 2
    assert text.count("And 2 more.") == 2 and f"{BASE_URL}/unreachable" in text
    with writing(engine) as session:
        assert len(claim(session, now=later(days=1), limit=10, lease=timedelta(minutes=15)).notices) == 2


def actions(engine: Engine) -> list[str]:
    with reading(engine) as session:
        query = select(AuditEntry).where(AuditEntry.action.in_([LOST, FOUND])).order_by(AuditEntry.sequence)  # type: ignore[attr-defined, arg-type]
        return [entry.action for entry in session.exec(query)]


def test_each_change_is_recorded_once_and_only_what_is_new_is_told(engine: Engine) -> None:
    report = ready_report(engine)
    with writing(engine) as session:
        refuse(session, manager(session))
    assert check(engine).new == 1
    assert check(engine, later(hours=1)).new == 0
    assert actions(engine) == [LOST]
    with writing(engine) as session:
        add_deliverable(session, session.get_one(ContractRow, "wa-22-1174"), due_on=date(2022, 12, 15))
    second = check(engine, later(days=1))
    assert (second.items, second.new, second.told) == (2, 1, 2)
    assert actions(engine) == [LOST, LOST]
    with writing(engine) as session:
        mail_to(session, manager(session), state=NoticeState.SENT, sent_at=later(days=1))
    third = check(engine, later(days=2))
    assert (third.items, third.again, third.told) == (0, 1, 0)
    assert check(engine, later(days=3)).again == 0
    assert actions(engine) == [LOST, LOST, FOUND]
    with writing(engine) as session:
        refuse(session, manager(session), later(days=4))
    assert check(engine, later(days=5)).new == 2
    change(engine, report, submitted_at=later(days=5))
    assert check(engine, later(days=6)).new == 0


def test_another_reason_is_told_too(engine: Engine) -> None:
    ready_report(engine)
    with writing(engine) as session:
        one = manager(session)
        record_absence(session, one, starts_on=TODAY, ends_on=date(2022, 11, 30), now=NOW, actor="test")
    assert check(engine).told == 2
    with writing(engine) as session:
        refuse(session, manager(session))
    assert check(engine, later(days=1)).told == 2


@dataclass(frozen=True)
class Someone:
    role: RoleName
    is_gone: bool
    has_address: bool
    away: tuple[int, int] | None
    mails: tuple[tuple[bool, int], ...]
    """Whether each mail arrived, and at which hour it was tried last."""


@dataclass(frozen=True)
class Case:
    party: Party
    people: tuple[Someone, ...]


SOMEONE = st.builds(
    Someone,
    st.sampled_from(list(RoleName)),
    st.booleans(),
    st.booleans() | st.just(True),
    st.none() | st.tuples(st.integers(-2, 1), st.integers(-1, 2)).filter(lambda days: days[0] <= days[1]),
    st.lists(st.tuples(st.booleans(), st.integers(1, 5)), max_size=3, unique_by=lambda mail: mail[1]).map(tuple),
)
CASES = st.lists(st.builds(Case, st.sampled_from(Party), st.lists(SOMEONE, max_size=4).map(tuple)), max_size=4)


def can_be_reached(one: Someone) -> bool:
    """Say it again, one person at a time and from nothing but the words of the rule."""
    away = one.away is not None and one.away[0] <= 0 <= one.away[1]
    last = max(one.mails, key=lambda mail: mail[1], default=(True, 0))
    return not one.is_gone and one.has_address and not away and last[0]


def store(session: Session, number: int, case: Case) -> None:
    contract = add_contract(session, id=f"c{number}")
    add_deliverable(session, contract, party=case.party)
    for one in case.people:
        email = {} if one.has_address else {"email": f"none {number} {len(session.exec(select(Person.id)).all())}"}
        person = add_person_with_role(session, contract, one.role, disabled_at=NOW if one.is_gone else None, **email)
        assert person.id is not None
        if one.away is not None:
            start, end = (TODAY + timedelta(days=days) for days in one.away)
            session.add(Absence(person_id=person.id, starts_on=start, ends_on=end, entered_by="test", entered_at=NOW))
        for arrived, hour in one.mails:
            at = later(hours=hour)
            if arrived:
                mail_to(session, person, state=NoticeState.SENT, sent_at=at)
            else:
                refuse(session, person, at)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Any) -> Engine:
    """One database for all the cases, of which none is kept."""
    path = tmp_path_factory.mktemp("cases") / "cases.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    return connect(f"sqlite:///{path}")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(cases=CASES)
def test_exactly_what_nobody_can_be_reached_for_is_found(empty: Engine, cases: list[Case]) -> None:
    with Session(empty) as session:
        for number, case in enumerate(cases):
            store(session, number, case)
        got = {one.contract.id for one in unreached(session, now=NOW)}
        session.rollback()
    expected = {
        f"c{number}"
        for number, case in enumerate(cases)
        if not any(can_be_reached(one) for one in case.people if one.role.side is case.party)
    }
    assert got == expected


def test_the_nightly_check_and_the_reminders_agree_on_who_is_there(engine: Engine) -> None:
    ready_report(engine)
    with writing(engine) as session:
        record_absence(session, manager(session), starts_on=TODAY, ends_on=TODAY, now=NOW, actor="test")
        liaisons = {person.email for person in session.exec(select(Person)) if person.id != manager(session).id}
    assert check(engine).new == 1
    owe_all(engine, NOW)
    reminders = {notice.to_address for notice in notices(engine) if notice.deliverable_id is not None}
    assert reminders == liaisons
