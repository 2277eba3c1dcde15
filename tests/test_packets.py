"""Until when is a subcontractor due to its lead, what does the packet lack, and when is the lead's report at risk?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import packets
import pytest
from packets import AS_LEAD, AS_RIVERBEND, BILLING, LEAD_CONTRACT, RATE_CARD, RIVERBEND, act, packet, report
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from duecourse.calendar.business_days import business_calendar
from duecourse.calendar.collecting import Collected, Program, Programs, internal_date, missing, needs
from duecourse.calendar.lifecycle import Act
from duecourse.calendar.offsets import Direction, Offset, Unit
from duecourse.calendar.part_lifecycle import PartAct, PartFacts, PartPhase
from duecourse.definitions.reading import contract_in, find_contract
from duecourse.errors import BadDefinition, BadInput, Conflict, NotAllowed, NotFound
from duecourse.models import AuditEntry, Deliverable, PartEntry
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.audit import verify
from duecourse.tracking.boards import items
from duecourse.tracking.deciding import decide
from duecourse.tracking.staff.people import add_person
from duecourse.tracking.subcontractors import parts
from duecourse.tracking.subcontractors.members import add_member
from duecourse.tracking.subcontractors.packets import awaited
from duecourse.tracking.subcontractors.part_entries import PartKey
from duecourse.tracking.subcontractors.parts import HandedIn, hand_in
from duecourse.tracking.submitting import Sent, submit

NOW = datetime(2022, 11, 30, 17, tzinfo=UTC)
ZONE = "America/New_York"
FIVE = Offset(5, Unit.BUSINESS_DAYS, Direction.BEFORE)
SEVEN = Offset(7, Unit.CALENDAR_DAYS, Direction.BEFORE)
# Monday, January 23, 2023 ends at midnight in New York.
AFTER_INTERNAL = datetime(2023, 1, 24, 5, tzinfo=UTC)


@pytest.fixture
def lead(engine: Engine) -> Engine:
    packets.track_lead(engine, NOW)
    return engine


def rate_card(engine: Engine) -> Deliverable:
    return report(engine, "ct-rate-card-report", date(2023, 1, 30))


def complete(engine: Engine, row: Deliverable, now: datetime) -> None:
    for program in (*packets.PROGRAMS, "combined"):
        for part in (RATE_CARD, BILLING):
            act(engine, row, PartAct.HAND_IN, now=now, program=program, part=part)
            if program in ("riverbend", "northside"):
                act(engine, row, PartAct.ACCEPT, now=now, program=program, part=part)


@pytest.mark.parametrize(
    ("due_on", "review", "period_end", "on", "days_left"),
    [
        # Mon Jan 30, 2023: back over 27, 26, 25, 24 to Mon 23.
        (date(2023, 1, 30), FIVE, date(2022, 12, 31), date(2023, 1, 23), None),
        # Sun Jan 30, 2022, where the lead's date stands: 28, 27, 26, 25, Mon 24.
        (date(2022, 1, 30), FIVE, date(2021, 12, 31), date(2022, 1, 24), None),
        # Tue Nov 15, 2022: 14, 10 (11 is Veterans Day), 9, 8, Mon 7. Seven days after October: no word of a short week.
        (date(2022, 11, 15), FIVE, date(2022, 10, 31), date(2022, 11, 7), None),
        # Sun Nov 15, 2026: 13, 12, 10 (11 is Veterans Day), 9, Fri 6: six days after October.
        (date(2026, 11, 15), FIVE, date(2026, 10, 31), date(2026, 11, 6), 6),
        # Calendar days: Mon Jan 30 less 7 is Mon Jan 23; Sun Jan 30, 2022 less 7 is Sun 23, so Fri 21.
        (date(2023, 1, 30), SEVEN, date(2022, 12, 31), date(2023, 1, 23), None),
        (date(2022, 1, 30), SEVEN, date(2021, 12, 31), date(2022, 1, 21), None),
        # The review would begin before the period has ended: the day after its end, and a word about it.
        (date(2022, 11, 4), FIVE, date(2022, 10, 31), date(2022, 11, 1), 1),
        # The lead's own date lies in the period, so the report does not wait for its end.
        (date(2022, 11, 30), FIVE, date(2022, 11, 30), date(2022, 11, 22), None),
    ],
)
def test_the_internal_date_lies_the_leads_review_before_its_own(
    due_on: date, review: Offset, period_end: date, on: date, days_left: int | None
) -> None:
    found = internal_date(
        due_on, business_calendar("US-CT", 2021, 2026), review=review, zone=ZONE, period_end=period_end
    )
    assert (found.on, found.days_left) == (on, days_left)
    assert any("less than a week" in step for step in found.steps) is (days_left is not None)


def test_an_internal_date_says_why() -> None:
    days = business_calendar("US-CT", 2022, 2022)
    found = internal_date(date(2022, 11, 15), days, review=FIVE, zone=ZONE, period_end=date(2022, 10, 31))
    assert found.steps == (
        "The lead’s own date is Tue Nov 15, 2022.",
        "The lead reviews for 5 business days before it, so it asks for the parts by Mon Nov 7, 2022.",
        "Not counted: Fri Nov 11, 2022 (Veterans Day).",
        "All of Mon Nov 7, 2022 counts.",
    )
    assert found.at == datetime(2022, 11, 8, 5, tzinfo=UTC)


@pytest.mark.parametrize("subcontractors", [0, 1, 2, 7])
def test_a_rate_card_packet_has_two_reports_of_each_program_and_two_combined_ones(subcontractors: int) -> None:
    subs = tuple(Program(f"sub-{n}", f"Sub {n}") for n in range(subcontractors))
    found = needs(Programs(Program("own", "Own"), subs, FIVE), Collected((RATE_CARD, BILLING), combined=True))
    assert len(found) == 2 * (1 + subcontractors + 1)
    assert len({(need.program, need.part) for need in found}) == len(found)
    assert sum(need.from_subcontractor for need in found) == 2 * subcontractors


def test_what_a_packet_lacks_is_said_of_each_part(lead: Engine) -> None:
    row = rate_card(lead)
    assert len(packet(lead, row, NOW).missing) == 8
    act(lead, row, PartAct.HAND_IN, now=NOW, hand=AS_RIVERBEND)
    act(lead, row, PartAct.HAND_IN, now=NOW, program="abc")
    act(lead, row, PartAct.HAND_IN, now=NOW, program="northside")
    act(lead, row, PartAct.SEND_BACK, now=NOW, program="northside", note="Page 2 is missing.")
    assert packet(lead, row, NOW).missing == [
        "Rate Card Billing of ABC Inc.: not received.",
        "Rate Card of Riverbend Family Center: received, not accepted yet.",
        "Rate Card Billing of Riverbend Family Center: not received.",
        "Rate Card of Northside Health: sent back, and not received again.",
        "Rate Card Billing of Northside Health: not received.",
        "Combined Rate Card: not received.",
        "Combined Rate Card Billing: not received.",
    ]


def test_a_packet_is_complete_when_the_last_of_its_eight_parts_is_in_and_accepted(lead: Engine) -> None:
    row = rate_card(lead)
    complete(lead, row, NOW)
    assert packet(lead, row, NOW).missing == []
    act(lead, row, PartAct.TAKE_BACK, now=NOW, note="The wrong quarter.")
    assert packet(lead, row, NOW).missing == ["Rate Card of Riverbend Family Center: received, not accepted yet."]


def test_a_lead_alone_may_confirm_that_the_combined_report_is_its_own(engine: Engine) -> None:
    packets.track_lead(engine, NOW, packets.alone(NOW))
    row = rate_card(engine)
    assert len(packet(engine, row, NOW).states) == 4
    same = HandedIn(NOW, is_same=True)
    for part in (RATE_CARD, BILLING):
        act(engine, row, PartAct.HAND_IN, now=NOW, program="abc", part=part)
        with writing(engine) as session:
            hand_in(session, PartKey(row.uid, "combined", part), same, hand=AS_LEAD, form_key=None, now=NOW)
    assert packet(engine, row, NOW).missing == []


def test_with_a_subcontractor_the_combined_report_is_never_the_leads_own(lead: Engine) -> None:
    row = rate_card(lead)
    with writing(lead) as session, pytest.raises(BadInput, match="one program alone"):
        key = PartKey(row.uid, "combined", RATE_CARD)
        hand_in(session, key, HandedIn(NOW, is_same=True), hand=AS_LEAD, form_key=None, now=NOW)


def test_a_late_subcontractor_is_a_risk_to_the_leads_report_until_its_part_is_accepted(lead: Engine) -> None:
    row, before = rate_card(lead), AFTER_INTERNAL - timedelta(seconds=1)
    for program in ("riverbend", "northside"):
        act(lead, row, PartAct.HAND_IN, now=before, program=program, part=BILLING)
        act(lead, row, PartAct.ACCEPT, now=before, program=program, part=BILLING)
    act(lead, row, PartAct.HAND_IN, now=before, program="northside")
    act(lead, row, PartAct.ACCEPT, now=before, program="northside")
    assert packet(lead, row, before).risks == []
    assert packet(lead, row, AFTER_INTERNAL).risks == [
        "Riverbend Family Center is 1 day late with its Rate Card, due to the lead by Mon Jan 23, 2023."
    ]
    came = AFTER_INTERNAL + timedelta(hours=20)
    act(lead, row, PartAct.HAND_IN, now=came, hand=AS_RIVERBEND)
    assert packet(lead, row, came).risks == [
        "The Rate Card of Riverbend Family Center came in late and is not accepted yet."
    ]
    act(lead, row, PartAct.SEND_BACK, now=came, note="Page 2 is missing.")
    (said,) = packet(lead, row, came).risks
    assert "was sent back and has not come in again" in said
    act(lead, row, PartAct.HAND_IN, now=came, hand=AS_RIVERBEND)
    act(lead, row, PartAct.ACCEPT, now=came)
    assert packet(lead, row, came).risks == []


def test_the_risk_stands_on_the_board_of_the_lead_and_leaves_when_the_report_is_sent(lead: Engine) -> None:
    row = rate_card(lead)

    def on_board(now: datetime) -> list[str] | None:
        with reading(lead) as session:
            found = items(session, now=now, contract_ids=[LEAD_CONTRACT])
            return awaited(session, found, now=now).get(row.id or 0)

    assert on_board(AFTER_INTERNAL - timedelta(seconds=1)) is None
    assert on_board(AFTER_INTERNAL) == ["Riverbend Family Center", "Northside Health"]
    with writing(lead) as session:
        sent = Sent(AFTER_INTERNAL, "Olu Bako", "email", note="Northside sends its own later.")
        submit(session, row.uid, sent, form_key="sent", now=AFTER_INTERNAL, by=By("olu@abc.example"))
    assert on_board(AFTER_INTERNAL) is None
    assert packet(lead, row, AFTER_INTERNAL).item.facts.submitted_at == AFTER_INTERNAL


def test_what_fell_due_before_the_contract_was_kept_here_is_no_risk_on_a_board(lead: Engine) -> None:
    with reading(lead) as session:
        found = items(session, now=NOW, contract_ids=[LEAD_CONTRACT])
        late = {each.deliverable.id for each in found if each.standing == "overdue"}
        assert late
        assert not late & awaited(session, found, now=NOW).keys()


def test_the_internal_date_follows_the_leads_date_when_a_correction_is_asked_for(lead: Engine) -> None:
    row, by = rate_card(lead), By("test")
    with writing(lead) as session:
        submit(session, row.uid, Sent(NOW, "Olu Bako", "email"), form_key="one", now=NOW, by=by)
        decide(session, row.uid, Act.RETURN, comment="Northside is missing.", by=by, now=NOW, again_on=date(2023, 3, 1))
    # Wed Mar 1, 2023: back over Feb 28, 27, 24, 23 to Wed 22.
    assert packet(lead, row, NOW).internal.on == date(2023, 2, 22)


def test_a_past_day_is_shown_as_it_was_for_parts(lead: Engine) -> None:
    row = rate_card(lead)
    act(lead, row, PartAct.HAND_IN, now=NOW, hand=AS_RIVERBEND)
    act(lead, row, PartAct.ACCEPT, now=NOW + timedelta(days=2))
    phases = [packet(lead, row, NOW + timedelta(days=days)).of("riverbend")[0].facts.phase for days in (-1, 1, 3)]
    assert phases == [PartPhase.MISSING, PartPhase.RECEIVED, PartPhase.ACCEPTED]


def test_received_accepted_and_sent_to_the_state_are_three_facts(lead: Engine) -> None:
    row = rate_card(lead)
    received, accepted, sent = (NOW + timedelta(hours=n) for n in (0, 1, 2))
    act(lead, row, PartAct.HAND_IN, now=received, hand=AS_RIVERBEND)
    act(lead, row, PartAct.ACCEPT, now=accepted)
    with writing(lead) as session:
        submit(session, row.uid, Sent(sent, "Olu Bako", "email"), form_key="sent", now=sent, by=By("test"))
    found = packet(lead, row, sent)
    state = found.of("riverbend")[0]
    facts = (state.facts.received_at, state.facts.accepted_at, found.item.facts.submitted_at)
    assert facts == (received, accepted, sent)


def test_what_the_lead_records_on_a_subcontractors_behalf_is_told_apart(lead: Engine) -> None:
    row = rate_card(lead)
    assert act(lead, row, PartAct.HAND_IN, now=NOW, part=BILLING).by_lead is True
    assert act(lead, row, PartAct.HAND_IN, now=NOW, hand=AS_RIVERBEND).by_lead is False


@pytest.mark.parametrize("what", [PartAct.ACCEPT, PartAct.SEND_BACK])
def test_a_subcontractor_decides_nothing(lead: Engine, what: PartAct) -> None:
    row = rate_card(lead)
    act(lead, row, PartAct.HAND_IN, now=NOW, hand=AS_RIVERBEND)
    with pytest.raises(NotAllowed):
        act(lead, row, what, now=NOW, hand=AS_RIVERBEND, note="why")


def test_a_subcontractor_takes_back_what_it_handed_in_and_nothing_of_the_leads(lead: Engine) -> None:
    row = rate_card(lead)
    act(lead, row, PartAct.HAND_IN, now=NOW, hand=AS_RIVERBEND)
    act(lead, row, PartAct.TAKE_BACK, now=NOW, hand=AS_RIVERBEND, note="The wrong file.")
    assert packet(lead, row, NOW).of("riverbend")[0].facts == PartFacts()
    act(lead, row, PartAct.HAND_IN, now=NOW)
    with pytest.raises(NotAllowed):
        act(lead, row, PartAct.TAKE_BACK, now=NOW, hand=AS_RIVERBEND, note="why")
    act(lead, row, PartAct.ACCEPT, now=NOW)
    with pytest.raises(NotAllowed):
        act(lead, row, PartAct.TAKE_BACK, now=NOW, hand=AS_RIVERBEND, note="why")


@pytest.mark.parametrize(
    ("program", "part"), [("northside", RATE_CARD), ("combined", RATE_CARD), ("abc", RATE_CARD), ("riverbend", "Lunch")]
)
def test_another_programs_part_and_one_that_does_not_exist_look_alike(lead: Engine, program: str, part: str) -> None:
    with pytest.raises(NotFound, match="There is no such part"):
        act(lead, rate_card(lead), PartAct.HAND_IN, now=NOW, program=program, part=part, hand=AS_RIVERBEND)


@pytest.mark.parametrize(
    ("what", "says"), [(PartAct.ACCEPT, "not come in"), (PartAct.SEND_BACK, "not come in"), (PartAct.TAKE_BACK, "not")]
)
def test_nothing_is_done_with_a_part_before_it_came_in(lead: Engine, what: PartAct, says: str) -> None:
    with pytest.raises(Conflict, match=says):
        act(lead, rate_card(lead), what, now=NOW, note="why")


@pytest.mark.parametrize("what", [PartAct.SEND_BACK, PartAct.TAKE_BACK])
def test_sending_and_taking_back_need_a_word_why(lead: Engine, what: PartAct) -> None:
    row = rate_card(lead)
    act(lead, row, PartAct.HAND_IN, now=NOW)
    with pytest.raises(BadInput):
        act(lead, row, what, now=NOW, note="  ")


def test_nothing_comes_in_from_the_future_or_for_what_is_not_asked_for(lead: Engine) -> None:
    row = rate_card(lead)
    with pytest.raises(BadInput, match="future"):
        act(lead, row, PartAct.HAND_IN, now=NOW, at=NOW + timedelta(minutes=1))
    with writing(lead) as session:
        session.execute(text("UPDATE deliverable SET set_aside = 'waived', set_aside_at = changed_at"))
    with pytest.raises(Conflict, match="not asked for"):
        act(lead, row, PartAct.HAND_IN, now=NOW)


def test_who_comes_second_is_told_what_the_first_one_did(lead: Engine) -> None:
    row = rate_card(lead)
    act(lead, row, PartAct.HAND_IN, now=NOW, hand=AS_RIVERBEND)
    with pytest.raises(Conflict, match=f"“received” already .received a part, by {RIVERBEND}"):
        act(lead, row, PartAct.HAND_IN, now=NOW)


def test_the_same_form_twice_makes_one_entry_and_no_other_thing(lead: Engine) -> None:
    row = rate_card(lead)
    twice = [act(lead, row, PartAct.HAND_IN, now=NOW, key="same").id for _ in range(2)]
    assert twice[0] == twice[1]
    with pytest.raises(Conflict, match="something else"):
        act(lead, row, PartAct.HAND_IN, now=NOW, part=BILLING, key="same")
    with reading(lead) as session:
        assert len(session.exec(select(PartEntry)).all()) == 1
        assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "received a part")).all()) == 1
        assert verify(session)


def test_what_passes_between_lead_and_subcontractor_is_not_in_the_record_that_the_funder_reads(lead: Engine) -> None:
    row = rate_card(lead)
    act(lead, row, PartAct.HAND_IN, now=NOW)
    act(lead, row, PartAct.SEND_BACK, now=NOW, note="Page 2 is missing.")
    with reading(lead) as session:
        entries = session.exec(select(AuditEntry).where(col(AuditEntry.action).contains("part"))).all()
    assert [(e.contract_id, e.deliverable_id, e.detail["deliverable"]) for e in entries] == [
        (LEAD_CONTRACT, None, row.uid)
    ] * 2


def test_a_part_may_come_again_in_the_minute_in_which_it_was_sent_back_and_not_before(lead: Engine) -> None:
    row, back_at = rate_card(lead), NOW + timedelta(seconds=40)
    act(lead, row, PartAct.HAND_IN, now=NOW)
    act(lead, row, PartAct.SEND_BACK, now=back_at, note="Page 2 is missing.")
    with pytest.raises(BadInput, match="sent back later"):
        act(lead, row, PartAct.HAND_IN, now=back_at, at=NOW - timedelta(minutes=1))
    assert act(lead, row, PartAct.HAND_IN, now=back_at, at=NOW).happened_at == back_at


@pytest.mark.parametrize("change", ["UPDATE part_entry SET note = 'x'", "DELETE FROM part_entry"])
def test_the_database_keeps_what_was_done_with_a_part(lead: Engine, change: str) -> None:
    act(lead, rate_card(lead), PartAct.HAND_IN, now=NOW)
    with pytest.raises(DBAPIError), writing(lead) as session:
        session.execute(text(change))


def test_only_a_subcontractor_has_people_of_its_own(lead: Engine) -> None:
    with writing(lead) as session:
        person = add_person(session, name="Rio Diaz", email=RIVERBEND, now=NOW, actor="test")
        first = add_member(session, person, LEAD_CONTRACT, "riverbend", now=NOW, actor="test")
        assert add_member(session, person, LEAD_CONTRACT, "riverbend", now=NOW, actor="test").id == first.id
        for program in ("abc", "combined", "somebody"):
            with pytest.raises(BadInput, match="riverbend and northside"):
                add_member(session, person, LEAD_CONTRACT, program, now=NOW, actor="test")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("      - id: northside", "      - id: riverbend", "contract.programs.subcontractors[2].id"),
        ("      - id: northside", "      - id: combined", "contract.programs.subcontractors[2].id"),
        ("      id: abc", "      id: combined", "contract.programs.lead.id"),
        ("names: [Rate Card, Rate Card Billing]", "names: [Rate Card, Rate Card]", "obligations[2].parts.names"),
        ("      count: 5\n      unit: business-days\n\n", "      count: 0\n\n", "contract.programs.review.count"),
    ],
)
def test_a_contract_file_that_contradicts_itself_about_programs_is_refused(old: str, new: str, field: str) -> None:
    content = find_contract(LEAD_CONTRACT).read_text(encoding="utf-8")
    assert old in content
    with pytest.raises(BadDefinition) as refused:
        contract_in(content.replace(old, new, 1).encode(), file="x.yaml", contract_id=LEAD_CONTRACT)
    assert [flaw.field for flaw in refused.value.flaws] == [field]


def test_nothing_is_missing_of_the_leads_own_part_once_it_is_there() -> None:
    own, theirs = needs(Programs(Program("a", "A"), (Program("b", "B"),), FIVE), Collected(("Part",)))
    came = PartFacts(received_at=NOW)
    assert (missing(own, came), missing(theirs, came)) == ("", "Part of B: received, not accepted yet.")


def at_once(*verbs: Callable[[], object]) -> list[str]:
    """Do things at once, and return in alphabetical order how each ended."""
    ended: list[str] = []

    def run(verb: Callable[[], object]) -> None:
        try:
            verb()
            ended.append("done")
        except (Conflict, NotAllowed):
            ended.append("refused")

    threads = [threading.Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


def meeting(monkeypatch: pytest.MonkeyPatch, *, locked: bool) -> None:
    """Let two verbs wait for each other after they have read what was done with the part, if they can get there."""
    both, really = threading.Barrier(2), parts._enter

    def enter(session: Session, row: Deliverable, entry: PartEntry) -> PartEntry:
        with suppress(threading.BrokenBarrierError):
            # With the lock one is alone there; without it the other comes, however slowly.
            both.wait(timeout=0.5 if locked else 60)
        return really(session, row, entry)

    def without_lock(session: Session, uid: str) -> Deliverable:
        return session.exec(select(Deliverable).where(Deliverable.uid == uid)).one()

    monkeypatch.setattr(parts, "_enter", enter)
    if not locked:
        monkeypatch.setattr(parts, "locked", without_lock)


RACES = {
    "two receipts": (PartAct.HAND_IN, PartAct.HAND_IN),
    "take back and accept": (PartAct.TAKE_BACK, PartAct.ACCEPT),
}


def race(engine: Engine, monkeypatch: pytest.MonkeyPatch, name: str, *, locked: bool) -> list[str]:
    row, (first, second) = rate_card(engine), RACES[name]
    if first is PartAct.TAKE_BACK:
        act(engine, row, PartAct.HAND_IN, now=NOW, hand=AS_RIVERBEND)
    meeting(monkeypatch, locked=locked)
    return at_once(
        lambda: act(engine, row, first, now=NOW, hand=AS_RIVERBEND, note="The wrong file."),
        lambda: act(engine, row, second, now=NOW, hand=AS_LEAD),
    )


@pytest.mark.parametrize("name", RACES)
def test_of_two_people_at_once_one_is_told_of_the_other(
    lead: Engine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    ended = race(lead, monkeypatch, name, locked=True)
    monkeypatch.undo()
    assert ended == ["done", "refused"]
    phase = packet(lead, rate_card(lead), NOW).of("riverbend")[0].facts.phase
    assert phase in (PartPhase.RECEIVED, PartPhase.ACCEPTED, PartPhase.MISSING)


# SQLite lets one writer in at a time, whatever is locked.
@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("name", RACES)
def test_without_the_lock_both_would_have_been_recorded(
    lead: Engine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert race(lead, monkeypatch, name, locked=False) == ["done", "done"]
