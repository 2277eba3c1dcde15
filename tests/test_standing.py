"""Does a deliverable's standing follow from the facts and the instant, and from nothing else?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duecourse.calendar.standing import Facts, Standing, standing

DUE = datetime(2022, 2, 22, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANTS = st.integers(-2000, 2000).map(lambda hours: DUE + hours * HOUR)


@pytest.mark.parametrize(
    ("facts", "now", "expected"),
    [
        (Facts(DUE), DUE - timedelta(days=15), Standing.EXPECTED),
        (Facts(DUE), DUE - timedelta(days=14), Standing.DUE_SOON),
        (Facts(DUE), DUE - timedelta(seconds=1), Standing.DUE_SOON),
        (Facts(DUE), DUE, Standing.OVERDUE),
        (Facts(DUE, submitted_at=DUE - HOUR), DUE, Standing.SUBMITTED),
        (Facts(DUE, submitted_at=DUE), DUE, Standing.SUBMITTED_LATE),
        (Facts(DUE, submitted_at=DUE - HOUR, returned_at=DUE), DUE + HOUR, Standing.RETURNED),
        (Facts(DUE, submitted_at=DUE - HOUR, accepted_at=DUE), DUE + HOUR, Standing.ACCEPTED),
        (Facts(DUE, withdrawn_at=DUE - HOUR), DUE, Standing.WITHDRAWN),
        (Facts(DUE, ends_when_in=True), DUE, Standing.OVERDUE),
        (Facts(DUE, submitted_at=DUE - HOUR, ends_when_in=True), DUE, Standing.DONE),
        (Facts(DUE, submitted_at=DUE, ends_when_in=True), DUE, Standing.DONE_LATE),
        (Facts(DUE, submitted_at=DUE - HOUR, returned_at=DUE, ends_when_in=True), DUE, Standing.RETURNED),
    ],
)
def test_the_standing_is_the_one_that_the_facts_say(facts: Facts, now: datetime, expected: Standing) -> None:
    assert standing(facts, now) is expected


@given(INSTANTS, INSTANTS)
def test_what_lies_after_now_has_not_happened(now: datetime, later: datetime) -> None:
    later = max(later, now + HOUR)
    known = Facts(DUE, submitted_at=later, accepted_at=later, returned_at=later, withdrawn_at=later)
    assert standing(known, now) is standing(Facts(DUE), now)


@given(INSTANTS, INSTANTS)
def test_overdue_means_not_in_at_the_due_moment(now: datetime, submitted: datetime) -> None:
    overdue = standing(Facts(DUE, submitted_at=submitted), now) is Standing.OVERDUE
    assert overdue == (now >= DUE and submitted > now)
