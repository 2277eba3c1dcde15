"""Does Washington’s ladder go from assistance to closure, over a fiscal year’s end, by the dates of its own plan?"""

from __future__ import annotations

import pytest
from plan_scene import ABC, LADDER, WA, Plan, local, track
from sqlalchemy import Engine

from duecourse.calendar.plan_process import PlanPhase
from duecourse.errors import BadInput, Conflict


@pytest.fixture
def ladder(engine: Engine) -> Plan:
    """A process that was opened on May 10, 2022, in the fiscal year that ends with June."""
    track(engine, WA, now=local("2021-07-01 08:00", WA))
    return Plan(engine, WA, LADDER, "2022-05-10 09:00", reason="Two quarters in a row below 85 percent.")


def test_the_ladder_stays_open_over_the_end_of_the_fiscal_year_until_the_funder_closes_it(ladder: Plan) -> None:
    ladder.reach("assistance", "2022-05-10 10:00")
    ladder.write("Call every referral source", "2022-06-20", "2022-05-11 09:00")
    ladder.write("Enroll six families", "2022-09-05", "2022-05-11 09:05")
    ladder.approve("2022-05-13 09:00")
    # September 5 is Labor Day: the plan's own day stands.
    assert ladder.due("wa-improvement-step", "") == ["2022-06-20", "2022-09-05"]
    first, second = (state.item for state in ladder.story("2022-05-14 09:00").steps)
    assert first is not None and second is not None
    assert (first.deliverable.excused, second.deliverable.excused) == ("", "")
    ladder.do(first.deliverable.uid, "2022-06-17 09:00")
    ladder.reach("improvement", "2022-07-15 09:00", text="Assistance was not enough.")
    assert ladder.story("2022-07-15 10:00").phase is PlanPhase.IN_FORCE, "the new fiscal year changes nothing"
    assert ladder.miss(2, "2022-09-06 09:00") == 2
    ladder.write("Enroll six families", "2022-10-07", "2022-09-08 09:00", number=2)
    ladder.approve("2022-09-09 09:00")
    assert ladder.due("wa-improvement-step", "") == ["2022-06-20", "2022-10-07"]
    with pytest.raises(Conflict, match="step 2 is not done"):
        ladder.complete("2022-10-03 09:00")
    ladder.do(second.deliverable.uid, "2022-10-06 16:00")
    ladder.note("Enrollment has held for a month.", "2022-10-07 09:00", by=ABC)
    ladder.complete("2022-10-14 09:00", text="DCYF approves the closure.")
    found = ladder.story("2022-10-15 09:00")
    assert found.phase is PlanPhase.COMPLETE
    reached = {state.stage.name: state.reached_at is not None for state in found.stages}
    assert reached == {"assistance": True, "improvement": True, "non-compliance": False}


def test_a_rung_may_be_passed_over_and_none_is_gone_back_to(ladder: Plan) -> None:
    names = ["assistance", "improvement", "non-compliance"]
    assert [state.stage.name for state in ladder.story("2022-05-11 09:00").next_stages] == names
    ladder.reach("improvement", "2022-05-12 09:00")
    assert [state.stage.name for state in ladder.story("2022-05-13 09:00").next_stages] == ["non-compliance"]
    with pytest.raises(Conflict, match="is not next"):
        ladder.reach("assistance", "2022-05-14 09:00")


def test_a_ladder_may_close_without_a_step_where_assistance_was_enough(ladder: Plan) -> None:
    ladder.reach("assistance", "2022-05-10 10:00")
    with pytest.raises(BadInput, match="on what ground"):
        ladder.complete("2022-06-01 09:00", text=" ")
    ladder.complete("2022-06-01 09:00")
    assert ladder.story("2022-06-02 09:00").phase is PlanPhase.COMPLETE
    ladder.undo("2022-06-03 09:00")
    assert ladder.story("2022-06-04 09:00").phase is PlanPhase.DRAFTED, "it is open again"
