"""Who is told in place of somebody who is away, for how long, and why?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notices import EVE as NOW
from notices import notices, owe_all, ready_contract
from rows import add_contract, add_deliverable, add_person, add_person_with_role, add_role
from sqlalchemy import Engine
from sqlmodel import Session, select

from duecourse.calendar.ladders import LIAISONS, OWNER
from duecourse.calendar.lifecycle import Party
from duecourse.calendar.reaching import Days, Holder, away_until
from duecourse.models import ContractRow, Notice, Person, Role, RoleName
from duecourse.models.database import writing
from duecourse.notifications.claiming import claim
from duecourse.notifications.ladder import Rung
from duecourse.notifications.readers import Reader, Why, readers
from duecourse.tracking.staff.absences import end_absence, record_absence, set_backup

MANAGER, SUPERVISOR, FISCAL = RoleName.PROGRAM_MANAGER, RoleName.CLINICAL_SUPERVISOR, RoleName.FISCAL_STAFF
LIAISON, SUPPORT = RoleName.PROGRAM_LIAISON, RoleName.FISCAL_LIAISON
UNTIL = date(2022, 11, 18)
RUNG = Rung(-1, date(2022, 11, 14), datetime(2022, 11, 14, 14, tzinfo=UTC))
LATE = Rung(3, date(2022, 11, 18), datetime(2022, 11, 18, 14, tzinfo=UTC), to=OWNER | LIAISONS)
DANA = Holder(1, MANAGER, "Dana", 2)


def told(parts: list[Holder], *away: int, rung: Rung = RUNG, party: Party = Party.CONTRACTOR) -> list[Reader]:
    return readers(parts, rung, party=party, away=dict.fromkeys(away, UNTIL))


def test_another_holder_of_the_part_who_is_there_is_told_and_no_backup() -> None:
    parts = [DANA, Holder(2, FISCAL, "Sam"), Holder(3, MANAGER, "Ana")]
    assert told(parts, 1) == [Reader(3, Why.MANAGER)]


def test_else_the_backup_is_told_and_why() -> None:
    said = "You get this because Dana is away until Fri Nov 18, and you are the backup."
    assert told([DANA, Holder(2, FISCAL, "Sam")], 1) == [Reader(2, Why.IN_PLACE, said)]


def test_a_backup_of_two_is_told_once_for_both() -> None:
    parts = [DANA, Holder(2, FISCAL, "Sam"), Holder(3, MANAGER, "Ana", 2)]
    (reader,) = told(parts, 1, 3)
    assert reader.person_id == 2
    assert "Dana is away until Fri Nov 18 and Ana is away until Fri Nov 18, and you are" in reader.because


def test_else_the_supervisor_and_leadership_then_other_staff_then_the_liaisons_are_told() -> None:
    staff = [Holder(1, MANAGER, "Dana"), Holder(2, FISCAL), Holder(3, SUPERVISOR), Holder(4, RoleName.LEADERSHIP)]
    parts = [*staff, Holder(5, LIAISON)]
    assert {(one.person_id, one.why) for one in told(parts, 1)} == {(3, Why.IN_PLACE), (4, Why.IN_PLACE)}
    assert {(one.person_id, one.why) for one in told(parts, 1, 3, 4)} == {(2, Why.IN_PLACE)}
    (liaison,) = told(parts, 1, 2, 3, 4)
    assert (liaison.person_id, liaison.why) == (5, Why.ALL_AWAY)
    assert liaison.because == (
        "You get this because Dana is away until Fri Nov 18, and nobody else at the contractor is there."
    )


def test_where_nobody_at_all_is_there_those_who_are_away_are_told_all_the_same() -> None:
    (reader,) = told([Holder(1, MANAGER, "Dana"), Holder(5, LIAISON)], 1, 5)
    assert (reader.person_id, reader.why) == (1, Why.MANAGER)
    assert "although you are away" in reader.because


@pytest.mark.parametrize("backup", [9, 5, 6, 7], ids=["a stranger", "a liaison", "an admin", "an auditor"])
def test_a_backup_without_a_part_on_the_same_side_is_not_told(backup: int) -> None:
    others = [Holder(5, LIAISON), Holder(6, RoleName.ADMIN), Holder(7, RoleName.AUDITOR)]
    (reader,) = told([Holder(1, MANAGER, "Dana", backup), *others], 1)
    assert (reader.person_id, reader.why) == (5, Why.ALL_AWAY)


def test_a_copy_and_a_duty_of_the_funder_go_to_the_backup_of_the_liaison_who_is_away() -> None:
    parts = [Holder(1, MANAGER), Holder(5, LIAISON, "Lee", 6), Holder(6, SUPPORT, "Kim")]
    assert [one.person_id for one in told(parts, 5, rung=LATE)] == [1, 6]
    (reader,) = told(parts, 5, party=Party.FUNDER)
    assert (reader.person_id, reader.why) == (6, Why.LIAISON)
    assert "Lee is away until Fri Nov 18" in reader.because


def test_each_kind_of_liaison_has_its_own_backup() -> None:
    parts = [Holder(1, MANAGER), Holder(5, LIAISON, "Lee", 7), Holder(6, SUPPORT, "Kim"), Holder(7, SUPPORT, "Robin")]
    assert {one.person_id for one in told(parts, 5, 6, rung=LATE)} == {1, 7}


def test_admins_and_auditors_are_never_told_as_the_contractors_staff() -> None:
    only = [Holder(6, RoleName.ADMIN), Holder(7, RoleName.AUDITOR)]
    assert [one.person_id for one in told([*only, Holder(5, LIAISON)], rung=LATE)] == [5]
    assert [(one.person_id, one.why) for one in told(only)] == [(6, Why.ADMIN)]
    assert told(only[1:]) == []


HOLDERS = st.lists(
    st.builds(Holder, st.integers(1, 6), st.sampled_from(list(RoleName)), st.just("X"), st.none() | st.integers(1, 7)),
    max_size=8,
)


@given(parts=HOLDERS, away=st.sets(st.integers(1, 6)), party=st.sampled_from(Party), rung=st.sampled_from([RUNG, LATE]))
def test_somebody_is_told_wherever_there_is_anybody_and_those_who_are_away_only_when_all_are(
    parts: list[Holder], away: set[int], party: Party, rung: Rung
) -> None:
    found = told(parts, *away, rung=rung, party=party)
    usable = [one for one in parts if one.role is not RoleName.AUDITOR]
    side = [one for one in usable if party is Party.CONTRACTOR or one.role.side is not Party.CONTRACTOR]
    assert bool(found) == bool(side)
    assert len({one.person_id for one in found}) == len(found)
    addressed = [one for one in found if not one.is_copy]
    if any(one.person_id in away for one in addressed) and addressed[0].why is not Why.ADMIN:
        asked = [one for one in side if one.role.side is not None]
        assert all(one.person_id in away for one in asked)
    assert not any(one.because and one.why is Why.MANAGER for one in found if one.person_id not in away)


@given(parts=HOLDERS, rung=st.sampled_from([RUNG, LATE]), party=st.sampled_from(Party))
def test_where_nobody_is_away_backups_change_nothing(parts: list[Holder], rung: Rung, party: Party) -> None:
    bare = [(one.person_id, one.role) for one in parts]
    assert told(parts, rung=rung, party=party) == readers(bare, rung, party=party)


DAYS = st.dates(date(2022, 11, 1), date(2022, 11, 20))


@given(periods=st.lists(st.tuples(DAYS, st.integers(0, 6)), max_size=5), on=DAYS)
def test_a_person_is_away_until_the_last_day_of_absences_without_a_gap(
    periods: list[tuple[date, int]], on: date
) -> None:
    absences = [Days(start, start + timedelta(days=length)) for start, length in periods]
    gone = {start + timedelta(days=n) for start, length in periods for n in range(length + 1)}
    until = away_until({1: absences}, on).get(1)
    if on not in gone:
        assert until is None
        return
    last = on
    while last + timedelta(days=1) in gone:
        last += timedelta(days=1)
    assert until == last


def a_county(session: Session, *, zone: str = "America/Los_Angeles") -> tuple[ContractRow, Person, Person]:
    contract = add_contract(session, zone=zone)
    dana = add_person_with_role(session, contract, MANAGER, name="Dana Reyes", email="dana@county.example")
    sam = add_person_with_role(session, contract, FISCAL, name="Sam Ortiz", email="sam@county.example")
    add_person_with_role(session, contract, LIAISON, name="Lee Chen", email="lee@dcyf.example")
    set_backup(session, contract.id, dana, MANAGER, backup=sam, now=NOW, actor="test")
    add_deliverable(session, contract, due_on=NOW.date())
    return contract, dana, sam


def away(session: Session, person: Person, start: date, end: date) -> None:
    record_absence(session, person, starts_on=start, ends_on=end, now=NOW, actor="test")


def addresses(engine: Engine) -> list[str]:
    return [notice.to_address for notice in notices(engine) if notice.rung != "overdue"]


def test_the_mail_goes_to_the_backup_and_names_who_is_away(engine: Engine) -> None:
    with writing(engine) as session:
        _, dana, _ = a_county(session)
        away(session, dana, date(2022, 11, 10), date(2022, 11, 15))
    assert owe_all(engine, NOW) == 1
    (notice,) = notices(engine)
    mail = message_from_bytes(notice.message, policy=policy.default)
    text = " ".join(str(mail.get_body(("plain",)).get_content()).split())  # type: ignore[union-attr]
    assert notice.to_address == "sam@county.example"
    assert "You get this because Dana Reyes is away until Tue Nov 15, and you are the backup." in text
    assert "dana@county.example" not in mail.as_string()


# The rung before-1 is reached on Nov 14 at 6:00 AM local time, which is 14:00 UTC in the west and 16:00 UTC in Hawaii.
@pytest.mark.parametrize(
    ("zone", "now", "start", "end", "reader"),
    [
        ("America/Los_Angeles", "2022-11-14T15:00", date(2022, 11, 14), date(2022, 11, 14), "sam"),
        ("America/Los_Angeles", "2022-11-14T15:00", date(2022, 11, 10), date(2022, 11, 13), "dana"),
        ("America/Los_Angeles", "2022-11-14T15:00", date(2022, 11, 15), date(2022, 11, 20), "dana"),
        # Still the 14th in the west, though the 15th in UTC.
        ("America/Los_Angeles", "2022-11-15T07:59", date(2022, 11, 14), date(2022, 11, 14), "sam"),
        ("America/Los_Angeles", "2022-11-15T08:00", date(2022, 11, 14), date(2022, 11, 14), "dana"),
        ("Pacific/Honolulu", "2022-11-15T09:59", date(2022, 11, 14), date(2022, 11, 14), "sam"),
        # Guam is ahead: the 15th there begins while it is the 14th in UTC.
        ("Pacific/Guam", "2022-11-14T13:59", date(2022, 11, 15), date(2022, 11, 15), "dana"),
        ("Pacific/Guam", "2022-11-14T14:00", date(2022, 11, 15), date(2022, 11, 15), "sam"),
    ],
)
def test_an_absence_begins_and_ends_with_the_local_day_of_the_contract(
    engine: Engine, zone: str, now: str, start: date, end: date, reader: str
) -> None:
    with writing(engine) as session:
        _, dana, _ = a_county(session, zone=zone)
        away(session, dana, start, end)
    owe_all(engine, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert addresses(engine) == [f"{reader}@county.example"]


def test_one_that_goes_away_before_the_mail_is_sent_is_replaced_at_the_claim(engine: Engine) -> None:
    with writing(engine) as session:
        _, dana, _ = a_county(session)
        dana_id = dana.id
    owe_all(engine, NOW)
    assert addresses(engine) == ["dana@county.example"]
    with writing(engine) as session:
        away(session, session.get_one(Person, dana_id), date(2022, 11, 14), date(2022, 11, 14))
        batch = claim(session, now=NOW, limit=10, lease=timedelta(minutes=15))
    assert (batch.notices, batch.superseded) == ((), 1)
    owe_all(engine, NOW)
    with writing(engine) as session:
        batch = claim(session, now=NOW, limit=10, lease=timedelta(minutes=15))
    assert [one.to_address for one in batch.notices] == ["sam@county.example"]


def test_an_absence_that_ends_early_or_is_cancelled_brings_the_person_back(engine: Engine) -> None:
    with writing(engine) as session:
        _, dana, _ = a_county(session)
        first = record_absence(
            session, dana, starts_on=date(2022, 11, 10), ends_on=date(2022, 11, 18), now=NOW, actor="test"
        )
        second = record_absence(
            session, dana, starts_on=date(2022, 11, 14), ends_on=date(2022, 11, 16), now=NOW, actor="test"
        )
        assert first.id and second.id
        end_absence(session, first.id, last_day=date(2022, 11, 13), now=NOW, actor="test")
        end_absence(session, second.id, last_day=None, now=NOW, actor="test")
    owe_all(engine, NOW)
    assert addresses(engine) == ["dana@county.example"]


def test_two_absences_of_one_person_do_not_double_the_mails(engine: Engine) -> None:
    with writing(engine) as session:
        contract = ready_contract(session, managers=2)
        add_deliverable(session, contract, due_on=NOW.date())
        manager = session.exec(select(Person).join(Role, Role.person_id == Person.id)).first()  # type: ignore[arg-type]
        assert manager is not None
        for day in (20, 25):
            away(session, manager, date(2022, 11, day), date(2022, 11, day + 1))
        add_role(session, manager, contract, FISCAL)
    assert owe_all(engine, NOW) == 2
    with writing(engine) as session:
        assert len(session.exec(select(Notice)).all()) == 2
        add_person(session)
