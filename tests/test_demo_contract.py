"""Does the demonstration contract have a past, a present and a future whatever today's date is?"""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.periods import fiscal_year_of
from duecourse.calendar.schedule import Contract
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.definitions.resolved import contract_from_json


def demo(today: date) -> Contract:
    return read_contract(find_contract("demo-county"), today=today)[0]


@given(st.dates(date(2015, 1, 1), date(2060, 12, 31)))
def test_it_runs_in_the_fiscal_year_of_any_day(today: date) -> None:
    contract = demo(today)
    due = [item.moment.due_on for item in occurrences(contract)]
    assert contract.start <= today <= contract.end
    assert min(due) < today < max(due)
    assert max(fiscal_year_of(line.exhibit.services_to, 7) for line in contract.obligations[0].lines) == fiscal_year_of(
        today, 7
    )


def test_it_has_the_obligations_and_numbers_of_the_county_it_follows() -> None:
    county, _ = read_contract(find_contract("wa-22-1174"), today=date(2026, 11, 22))
    asked = [(item.obligation.id, item.number) for item in occurrences(county)]
    assert sorted((item.obligation.id, item.number) for item in occurrences(demo(date(2026, 11, 22)))) == sorted(asked)
    assert {o.title for o in demo(date(2026, 11, 22)).obligations} == {o.title for o in county.obligations}


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_its_stored_definition_gives_the_same_contract_again(today: date) -> None:
    contract, definition = read_contract(find_contract("demo-county"), today=today)
    assert contract_from_json(definition) == contract
