"""Does every word on a plan's timeline have room, at its place in time?"""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from duecourse.web.plan_drawing import drawing_of
from duecourse.web.plan_marks import PlanMark

DAYS = st.lists(st.integers(0, 2500), min_size=1, max_size=60).map(sorted)


def marks(days: list[int]) -> list[PlanMark]:
    return [PlanMark(date(2022, 2, 1) + timedelta(days=n), "step", f"Step {n}", f"Step {n}") for n in days]


@given(DAYS, st.integers(-100, 3000))
def test_words_never_overlap_and_stay_in_order_and_inside(days: list[int], today: int) -> None:
    drawing = drawing_of(marks(days), today=date(2022, 2, 1) + timedelta(days=today))
    ys = [drawn.y for drawn in drawing.marks]
    assert all(after - before >= 23.8 for before, after in itertools.pairwise(ys))
    assert min(ys) >= 10 and max(ys) <= drawing.height - 10
    places = [drawn.at for drawn in drawing.marks]
    assert places == sorted(places) and max(places) <= drawing.end
    assert (drawing.today is not None) == (days[0] <= today <= days[-1])


@given(DAYS)
def test_the_months_have_room_beside_the_line(days: list[int]) -> None:
    ticks = drawing_of(marks(days), today=date(2022, 2, 1)).ticks
    assert all(b.at - a.at >= 14 for a, b in itertools.pairwise(ticks))


def test_a_plan_of_one_day_is_drawn() -> None:
    drawing = drawing_of(marks([0, 0, 0]), today=date(2022, 2, 1))
    assert [drawn.day for drawn in drawing.marks] == ["Feb 1"] * 3
    assert drawing.height > 60
