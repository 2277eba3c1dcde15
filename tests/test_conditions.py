"""Does the database find exactly the deliverables that the one rule of standings, asked of each, finds?"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rows import add_contract, add_deliverable
from sqlalchemy import Engine
from sqlmodel import Session, col

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.standing import Standing
from duecourse.calendar.words import ZONES
from duecourse.models import Deliverable
from duecourse.models.database import reading, writing
from duecourse.tracking.boards import Item, items
from duecourse.tracking.conditions import (
    BY_CONTRACT,
    BY_DAY,
    BY_DUE,
    BY_LIMIT,
    BY_MONTH,
    BY_SUBMITTED,
    BY_TITLE,
    BY_YEAR,
    FUNDERS,
    REMINDED,
    Condition,
    Key,
    by_standing,
    due_between,
    due_by_sunday,
    ended,
    mentions,
    of_contracts,
    stands,
)
from duecourse.tracking.windows import counts, page_of, scope, windows
from duecourse.web.group_keys import by_decider_group, by_submitter_group
from duecourse.web.groups import decider_group, submitter_group

NOW = datetime(2022, 11, 30, 6, 30, tzinfo=UTC)
# Before, at and after what matters: the same instant, the edges of “soon”, of a week and of a day in several zones.
MOMENTS = [
    NOW + sign * timedelta(**gap)
    for sign in (-1, 1)
    for gap in ({}, {"microseconds": 1}, {"hours": 7}, {"days": 3}, {"days": 14}, {"days": 15}, {"days": 40})
]
ASIDE = (Standing.WAIVED, Standing.NOT_APPLICABLE, Standing.CANCELLED)


def fill(session: Session, *, seed: int, number: int) -> list[str]:
    """Add contracts in every zone, some of which ended about 60 days ago, and deliverables with any facts at all."""
    draw = random.Random(seed)
    contracts = [
        add_contract(
            session,
            f"c-{place}",
            zone=zone,
            contractor=draw.choice(["Whatcom County", "100% of_It", "Tri-County"]),
            end_on=NOW.date() - timedelta(days=draw.choice([59, 60, 61, 62, -200])),
        )
        for place, zone in enumerate([*ZONES, *ZONES])
    ]

    def maybe() -> datetime | None:
        return draw.choice(MOMENTS) if draw.random() < 0.4 else None

    for _ in range(number):
        facts: dict[str, Any] = {
            "submitted_at": maybe(),
            "accepted_at": maybe() if draw.random() < 0.3 else None,
            "returned_at": maybe(),
            "again_by": maybe(),
            "withdrawn_at": maybe() if draw.random() < 0.2 else None,
            "set_aside_at": maybe() if draw.random() < 0.3 else None,
        }
        facts["set_aside"] = draw.choice(ASIDE) if facts["set_aside_at"] else ""
        due_at = draw.choice(MOMENTS)
        add_deliverable(
            session,
            draw.choice(contracts),
            due_on=due_at.date(),
            **facts,
            due_at=due_at,
            party=draw.choice(list(Party)),
            remind=draw.random() < 0.7,
            excused="It was asked for later." if draw.random() < 0.2 else "",
            title=draw.choice(["Monthly Enrollment Report", "Invoice (A-19)", "Answer to a Submission"]),
            occurrence=f"{draw.choice(['submission-received@', '2022-'])}{draw.random()}",
            # Some were changed after the instant that is asked for.
            changed_at=draw.choice([NOW - timedelta(days=50), NOW, NOW + timedelta(hours=1)])
            if draw.random() < 0.1
            else NOW - timedelta(days=50),
        )
    return [contract.id for contract in contracts]


CONDITIONS: dict[str, Condition] = {
    **{f"stands {one}": stands(NOW, one) for one in Standing},
    "reminded": REMINDED,
    "of the funder": FUNDERS,
    "under an ended contract": ended(NOW),
    "due by Sunday": due_by_sunday(NOW),
    "due by the second Sunday after": due_by_sunday(NOW, weeks=2),
    "due between": due_between(date(2022, 11, 27), date(2022, 12, 14)),
    "of two contracts": of_contracts(["c-1", "c-3"]),
    "of none": of_contracts([]),
    "mentions a report": mentions("enrollment REPORT"),
    "mentions signs that a pattern would take for any": mentions("100% of_it"),
    "mentions nothing": mentions("100%of"),
    "not reminded, or due soon": ~REMINDED | (stands(NOW, Standing.DUE_SOON) & ~ended(NOW)),
}
KEYS: dict[str, Key] = {
    "standing": by_standing(NOW),
    "contract": BY_CONTRACT,
    "title": BY_TITLE,
    "day": BY_DAY,
    "year": BY_YEAR,
    "month": BY_MONTH,
    "group of who submits": by_submitter_group(NOW),
    "group of who decides": by_decider_group(NOW),
}


def test_every_condition_and_key_is_the_same_in_the_database_as_for_one_deliverable(engine: Engine) -> None:
    with writing(engine) as session:
        contract_ids = fill(session, seed=1, number=900)
    with reading(engine) as session:
        everything = items(session, now=NOW, contract_ids=contract_ids)
        within = scope(session, now=NOW, contract_ids=contract_ids)
        assert len({item.standing for item in everything}) == len(Standing)
        assert 10 < len(within.changed) < 150
        for name, condition in CONDITIONS.items():
            wanted = [item.deliverable.id for item in everything if condition.holds(item)]
            shown = page_of(within, condition, most=1000)
            assert [item.deliverable.id for item in shown.items] == wanted, name
            assert counts(within, condition)[()] == len(wanted), name
        for name, key in KEYS.items():
            found = counts(within, CONDITIONS["reminded"], key)
            wanted_counts: dict[tuple[Any, ...], int] = {}
            for item in everything:
                if item.deliverable.remind:
                    wanted_counts[key.of(item),] = wanted_counts.get((key.of(item),), 0) + 1
            assert found == wanted_counts, name
            shown_windows = windows(within, CONDITIONS["reminded"], key, most=3)
            assert {(name,): window.count for name, window in shown_windows.items()} == {
                value: count for value, count in wanted_counts.items() if value != (None,)
            }, name
            for value, window in shown_windows.items():
                firsts = [
                    item.deliverable.id for item in everything if item.deliverable.remind and key.of(item) == value
                ]
                assert [item.deliverable.id for item in window.items] == firsts[:3], name


def test_a_condition_that_forgets_corrections_would_be_found_out(engine: Engine) -> None:
    # The negative control: late by the first date alone, without the window that a return opened.
    with writing(engine) as session:
        contract_ids = fill(session, seed=1, number=300)
    rash = Condition(
        (col(Deliverable.due_at) <= NOW) & col(Deliverable.submitted_at).is_(None),
        lambda item: item.standing is Standing.OVERDUE,
    )
    with reading(engine) as session:
        within = scope(session, now=NOW, contract_ids=contract_ids)
        wanted = sum(rash.holds(item) for item in items(session, now=NOW, contract_ids=contract_ids))
        assert counts(within, rash)[()] != wanted


def test_pages_follow_each_other_without_a_gap_or_a_repeat(engine: Engine) -> None:
    with writing(engine) as session:
        contract_ids = fill(session, seed=2, number=200)
    late = stands(NOW, Standing.OVERDUE)
    with reading(engine) as session:
        within = scope(session, now=NOW, contract_ids=contract_ids)
        for order in (BY_DUE, BY_LIMIT, BY_SUBMITTED):
            seen: list[Item] = []
            page = page_of(within, late, most=7, order=order)
            while True:
                assert len(page.items) <= 7
                seen += page.items
                if page.rest is None:
                    break
                page = page_of(within, late, most=7, after=page.rest, order=order)
            numbers = [item.deliverable.id for item in seen]
            assert len(numbers) == len(set(numbers)) == counts(within, late)[()]
            moments = [order.of(item) for item in seen]
            assert moments == sorted(moments)


def test_groups_of_work_are_those_of_one_deliverable(engine: Engine) -> None:
    with writing(engine) as session:
        contract_ids = fill(session, seed=3, number=100)
    with reading(engine) as session:
        everything = items(session, now=NOW, contract_ids=contract_ids)
    groups = {submitter_group(item, NOW) for item in everything} | {decider_group(item, NOW) for item in everything}
    assert len(groups) >= 10
