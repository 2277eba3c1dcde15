"""From which phase may which side do what, and does the documentation say so?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from county import track
from sqlalchemy import Engine
from sqlmodel import Session, select

from duecourse.calendar.lifecycle import LIFECYCLE, Act, Party, Phase, acts
from duecourse.errors import Conflict, NotAllowed
from duecourse.models import Deliverable
from duecourse.models.database import writing
from duecourse.tracking.acting import By
from duecourse.tracking.deciding import decide, set_aside, undo
from duecourse.tracking.submitting import Sent, submit

NOW = datetime(2022, 11, 30, 17, tzinfo=UTC)
OPEN = {Act.SUBMIT, Act.REPORT_NOTHING, Act.WAIVE, Act.MARK_NOT_APPLICABLE, Act.CANCEL}

# What is possible at all from each phase, and where it leads; written down apart from the program's own table.
LEADS: dict[Phase, dict[Act, Phase]] = {
    Phase.TO_DO: {
        Act.SUBMIT: Phase.IN,
        Act.REPORT_NOTHING: Phase.IN,
        Act.WAIVE: Phase.WAIVED,
        Act.MARK_NOT_APPLICABLE: Phase.NOT_APPLICABLE,
        Act.CANCEL: Phase.CANCELLED,
    },
    Phase.IN: {Act.ACCEPT: Phase.ACCEPTED, Act.RETURN: Phase.RETURNED, Act.UNDO_SUBMISSION: Phase.TO_DO},
    Phase.RETURNED: {
        Act.SUBMIT: Phase.IN,
        Act.REPORT_NOTHING: Phase.IN,
        Act.WAIVE: Phase.WAIVED,
        Act.MARK_NOT_APPLICABLE: Phase.NOT_APPLICABLE,
        Act.CANCEL: Phase.CANCELLED,
        Act.UNDO_RETURN: Phase.IN,
    },
    Phase.ACCEPTED: {Act.UNDO_ACCEPTANCE: Phase.IN},
    Phase.WAIVED: {Act.ASK_AGAIN: Phase.TO_DO},
    Phase.NOT_APPLICABLE: {Act.ASK_AGAIN: Phase.TO_DO},
    Phase.CANCELLED: {Act.ASK_AGAIN: Phase.TO_DO},
    Phase.WITHDRAWN: {},
}
STEPS: dict[Phase, list[Act]] = {
    Phase.TO_DO: [],
    Phase.IN: [Act.SUBMIT],
    Phase.RETURNED: [Act.SUBMIT, Act.RETURN],
    Phase.ACCEPTED: [Act.SUBMIT, Act.ACCEPT],
    Phase.WAIVED: [Act.WAIVE],
    Phase.NOT_APPLICABLE: [Act.MARK_NOT_APPLICABLE],
    Phase.CANCELLED: [Act.CANCEL],
    Phase.WITHDRAWN: [],
}


def take(session: Session, uid: str, act: Act, *, by: By, key: str) -> None:
    """Do one thing with a deliverable."""
    given = {"form_key": key, "now": NOW, "by": by}
    if act in (Act.SUBMIT, Act.REPORT_NOTHING):
        nil = act is Act.REPORT_NOTHING
        submit(session, uid, Sent(NOW, "Jo", "PSRS", note="None left.", is_nil=nil), **given)
    elif act in (Act.ACCEPT, Act.RETURN):
        decide(session, uid, act, comment="Page 2.", again_on=date(2022, 12, 9), **given)
    else:
        verb: Callable[..., object] = set_aside if act in OPEN else undo
        verb(session, uid, act, reason="Agreed.", **given)


def in_phase(session: Session, number: str, phase: Phase) -> Deliverable:
    """Return the county's report of this line, after it has come as far as `phase`."""
    row = session.exec(select(Deliverable).where(Deliverable.number == number)).one()
    for step, act in enumerate(STEPS[phase]):
        take(session, row.uid, act, by=By("operator"), key=f"{row.uid} {step}")
    if phase is Phase.WITHDRAWN:
        row.withdrawn_at = NOW
    assert row.facts.phase is phase
    return row


class _Undone(Exception):
    pass


@pytest.fixture
def county(engine: Engine) -> Engine:
    track(engine, NOW - timedelta(days=400))
    return engine


def test_from_each_phase_exactly_the_acts_of_the_table_are_possible_and_lead_where_it_says(county: Engine) -> None:
    contractors = {Act.SUBMIT, Act.REPORT_NOTHING, Act.UNDO_SUBMISSION}
    for number, phase in enumerate(Phase, start=1):
        with writing(county) as session:
            row = in_phase(session, f"2.0{number}", phase)
            uid, row_id = row.uid, row.id
        led = {}
        for act, side in product(Act, Party):
            with suppress(NotAllowed, Conflict, _Undone), writing(county) as session:
                take(session, uid, act, by=By("somebody", side), key="one more")
                led[act, side] = session.get_one(Deliverable, row_id).facts.phase
                raise _Undone
        assert led == {
            (act, Party.CONTRACTOR if act in contractors else Party.FUNDER): to for act, to in LEADS[phase].items()
        }


def test_what_the_pages_offer_is_what_is_possible() -> None:
    for phase, leads in LEADS.items():
        offered = {act for side in Party for act in acts(phase, owing=Party.CONTRACTOR, by=side)}
        assert offered == set(leads)


def test_each_act_is_one_row_of_the_table_and_has_a_name_of_its_own_in_the_record() -> None:
    assert [row.act for row in LIFECYCLE] == list(Act)
    assert len({row.records for row in LIFECYCLE}) == len(LIFECYCLE)


def test_a_form_that_waited_for_the_lock_is_recorded_after_what_it_waited_for(county: Engine) -> None:
    with writing(county) as session:
        row = in_phase(session, "2.01", Phase.IN)
        decide(session, row.uid, Act.ACCEPT, by=By("liaison"), now=NOW + timedelta(seconds=2))
        entry = undo(session, row.uid, Act.UNDO_ACCEPTANCE, reason="A slip.", by=By("liaison"), now=NOW)
        assert entry.recorded_at == entry.happened_at == NOW + timedelta(seconds=2)


def test_the_documentation_holds_the_table_word_for_word() -> None:
    said = (Path(__file__).parents[1] / "docs" / "lifecycle.md").read_text(encoding="utf-8")
    rows = [
        [
            row.act.value,
            row.actor.value,
            ", ".join(phase.value for phase in Phase if phase in row.start),
            row.to.value if row.to else "where it was before",
            row.records,
            "yes" if row.reason else "",
        ]
        for row in LIFECYCLE
    ]
    heads = ["what", "who", "from", "to", "recorded as", "reason needed"]
    table = [heads, ["---"] * len(heads), *rows]
    assert "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in table) in said
