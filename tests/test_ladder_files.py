"""Does a contract file's ladder say who is told when, and is a wrong one refused with its cure?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from notices import items, notices, owe_all
from rows import add_contract, add_deliverable, add_person_with_role
from sqlalchemy import Engine

from duecourse.calendar.ladders import LIAISONS, OWNER, SENIORS, USUAL, Audience, Ladder, NoticeTerms, Step, terms_from
from duecourse.definitions.reading import read_contract, shipped_contracts
from duecourse.errors import BadInput
from duecourse.models import RoleName
from duecourse.models.database import writing
from duecourse.tracking.loading import load_contract

TODAY = date(2022, 7, 1)
_LADDER = """
  ladder:
    rungs:
      - {days: 10, counted: business, prepare: data pulled}
      - {days: 3, counted: business}
      - {days: 0}
      - {days: 2, when: after, to: [owner, supervisor, leadership]}
      - {days: 4, when: after, to: [program liaison]}
    weekly: no
"""


def with_ladder(tmp_path: Path, ladder: str = _LADDER) -> Path:
    (path,) = [path for path in shipped_contracts() if path.stem == "wa-22-1174"]
    text = path.read_text(encoding="utf-8")
    assert "\n  time_zone:" in text
    copy = tmp_path / path.name
    copy.write_text(text.replace("\n  time_zone:", ladder.rstrip() + "\n  time_zone:", 1), encoding="utf-8")
    return copy


def test_a_file_without_a_ladder_has_the_usual_one() -> None:
    for path in shipped_contracts():
        contract, _ = read_contract(path, today=TODAY)
        assert contract.notices == NoticeTerms(contract.calendar)
        assert contract.notices.ladder == USUAL
        assert contract.notices.furthest_before == 14


def test_the_usual_ladder_is_fourteen_seven_and_one_days_before_and_weekly_from_three_days_after() -> None:
    assert [(step.offset, step.to) for step in USUAL.steps] == [
        (-14, OWNER),
        (-7, OWNER),
        (-1, OWNER),
        (0, OWNER),
        (1, OWNER),
        (3, OWNER | LIAISONS),
    ]
    assert USUAL.weekly and USUAL.last_after == 3


def test_a_ladder_is_read_stored_and_read_again(tmp_path: Path) -> None:
    contract, _ = read_contract(with_ladder(tmp_path), today=TODAY)
    assert contract.notices.ladder == Ladder(
        (
            Step(-10, True, prepare="data pulled"),
            Step(-3, True),
            Step(0),
            Step(2, to=OWNER | SENIORS),
            Step(4, to=frozenset({Audience.PROGRAM_LIAISON})),
        ),
        weekly=False,
    )
    assert terms_from(contract.notices.text()) == contract.notices
    assert terms_from("") == NoticeTerms()
    own = NoticeTerms("US-WA", USUAL, {"monthly-enrollment-report": contract.notices.ladder})
    assert terms_from(own.text()) == own
    assert own.of("another") == USUAL


def test_a_contract_with_a_ladder_tells_whom_it_names_and_when(engine: Engine, tmp_path: Path) -> None:
    contract, definition = read_contract(with_ladder(tmp_path), today=TODAY)
    with writing(engine) as session:
        row = load_contract(
            session,
            contract,
            definition=definition,
            now=datetime(2022, 7, 1, tzinfo=UTC),
            actor="test",
        )
        for role in (RoleName.PROGRAM_MANAGER, RoleName.CLINICAL_SUPERVISOR, RoleName.LEADERSHIP):
            add_person_with_role(session, row, role)
        add_person_with_role(session, row, RoleName.PROGRAM_LIAISON)
        add_deliverable(session, row)
    told = []
    for day in range(26, 32):
        owe_all(engine, datetime(2022, 10, day, 18, tzinfo=UTC))
    for day in range(1, 30):
        owe_all(engine, datetime(2022, 11, day, 18, tzinfo=UTC))
    for notice in notices(engine):
        told.append((notice.rung, notice.is_copy))
    assert sorted(told) == sorted(
        [
            ("before-10b-data-pulled", False),
            ("before-3b", False),
            ("on-day", False),
            ("overdue", True),
            ("after-2", False),
            ("after-2", True),
            ("after-2", True),
            ("after-4", True),
        ]
    )
    # The first day of the work is 10 business days before, Veterans Day not counted.
    assert items(engine)[0].owed_at.date() == date(2022, 10, 31)
    # The seniors hear of it at once, each with a mail of their own.
    assert [n.state for n in notices(engine) if n.rung == "after-2" and n.is_copy] == ["queued", "queued"]


def test_a_scan_looks_as_far_ahead_as_the_longest_ladder(engine: Engine) -> None:
    terms = NoticeTerms("US-WA", Ladder((Step(-60), Step(0))))
    with writing(engine) as session:
        row = add_contract(session, notice_terms=terms.text(), furthest_before=terms.furthest_before)
        add_person_with_role(session, row)
        add_deliverable(session, row, due_on=date(2022, 11, 30))
    assert owe_all(engine, datetime(2022, 9, 30, 18, tzinfo=UTC)) == 0
    assert owe_all(engine, datetime(2022, 10, 1, 18, tzinfo=UTC)) == 1
    assert owe_all(engine, datetime(2022, 10, 20, 18, tzinfo=UTC)) == 0


@pytest.mark.parametrize(
    ("rungs", "says"),
    [
        ("[{days: 3}, {days: 3, to: [supervisor]}]", "this step already"),
        ("[{days: 1, when: after, prepare: review}]", "prepared before"),
        ("[{days: 91}]", "90"),
        ("[{days: 3, to: [everybody]}]", "owner"),
        ("[]", "nothing here"),
    ],
)
def test_a_wrong_ladder_is_refused_with_its_cure(tmp_path: Path, rungs: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_contract(with_ladder(tmp_path, f"\n  ladder:\n    rungs: {rungs}"), today=TODAY)
    assert says in str(refused.value)
