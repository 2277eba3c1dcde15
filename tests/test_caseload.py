"""Do quarter means, low months, runs, awards and slots come out as a person finds them by hand?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from duecourse.calendar.caseload import Figure, Result, last_day, low_since, months, results, runs
from duecourse.calendar.corrections import corrections
from duecourse.calendar.enrollment import Award, Enrollment, HomeVisiting
from duecourse.calendar.figure_words import award_in_words, dollars, exact, in_words, mixed
from duecourse.calendar.slots import HomeVisitorFacts, slots_on
from duecourse.definitions.reading import find_contract, read_contract

CONTRACT = read_contract(find_contract("wa-22-1174"), today=date(2026, 11, 22))[0]
assert CONTRACT.enrollment is not None
TERMS: Enrollment = CONTRACT.enrollment
SLOTS = read_contract(find_contract("ct-21oechvs01abc"), today=date(2026, 11, 22))[0].enrollment
NOON = datetime(2023, 1, 2, 12, tzinfo=UTC)


def figures(first: str, *numbers: tuple[int, int]) -> list[Figure]:
    """Return the figures of months in a row, each as (served, active), all of them under i502."""
    month, found = date.fromisoformat(f"{first}-01"), []
    for at, (served, active) in enumerate(numbers):
        on = NOON + timedelta(minutes=at)
        found.append(Figure(month, "", "i502", served, active, on))
        found.append(Figure(month, "", "general state", 0, 0, on))
        month = last_day(month) + timedelta(days=1)
    return found


def outcomes(entered: list[Figure]) -> list[Result]:
    return results(TERMS, months(TERMS, entered), fiscal_year_starts=7)


def outcome(test: str, quarter: str, entered: list[Figure]) -> Result:
    (found,) = [r for r in outcomes(entered) if r.test.id == test and r.quarter.label.startswith(quarter)]
    return found


@pytest.mark.parametrize(
    ("served", "says"),
    [
        ((44, 44, 44), "44 of 52: below 85 percent (44.2)"),
        ((44, 44, 45), "44 1/3 of 52: meets 85 percent (44.2)"),
        ((43, 44, 45), "44 of 52: below 85 percent (44.2)"),
        ((52, 52, 28), "44 of 52: below 85 percent (44.2)"),
        ((45, 45, 43), "44 1/3 of 52: meets 85 percent (44.2)"),
        ((0, 0, 0), "0 of 52: below 85 percent (44.2)"),
    ],
)
def test_the_mean_of_families_served_is_compared_without_rounding(served: tuple[int, int, int], says: str) -> None:
    entered = figures("2022-07", *((number, 0) for number in served))
    assert in_words(outcome("wa-caseload-85", "Quarter 1 of FY23", entered)) == says


@pytest.mark.parametrize(
    ("active", "says", "award"),
    [
        ((46, 47, 47), "46 2/3 of 52: below 90 percent (46.8)", "none"),
        ((47, 47, 47), "47 of 52: meets 90 percent (46.8)", "about $506.30 (an estimate)"),
        ((52, 52, 36), "46 2/3 of 52: below 90 percent (46.8)", "none"),
    ],
)
def test_the_award_rests_on_the_last_days_of_the_three_months(
    active: tuple[int, int, int], says: str, award: str
) -> None:
    found = outcome("wa-award-enrollment-90", "Quarter 2 of FY23", figures("2022-10", *((0, n) for n in active)))
    assert (in_words(found), award_in_words(found)) == (says, award)


def test_the_award_is_the_larger_of_the_two_amounts_in_cents_rounded_half_up() -> None:
    ends = date(2022, 7, 1), date(2023, 6, 30)
    share = Fraction("0.125") / 100
    assert Award(25_000, share, 40_503_759, *ends).cents == 50_630, "$405,037.59 gives $506.2969875"
    assert Award(25_000, share, 41_422_459 - 918_700, *ends).cents == 50_630, "all of the budget less the awards"
    assert Award(25_000, share, 10_000_000, *ends).cents == 25_000, "$125.00 is less than $250"
    assert Award(0, share, 20_400, *ends).cents == 26, "25.5 cents"


def test_no_award_is_offered_for_a_quarter_of_the_year_before() -> None:
    found = outcome("wa-award-enrollment-90", "Quarter 4 of FY22", figures("2022-04", (50, 50), (50, 50), (50, 50)))
    assert found.award is None and award_in_words(found) == "no award is offered for this quarter"


def test_a_quarter_is_not_known_until_every_source_of_every_month_is() -> None:
    whole = figures("2022-07", (50, 50), (50, 50), (50, 50))
    for missing in whole:
        rest = [figure for figure in whole if figure is not missing]
        assert outcome("wa-caseload-85", "Quarter 1 of FY23", rest).mean is None
    assert in_words(outcome("wa-caseload-85", "Quarter 1 of FY23", [])).startswith("not yet known")


def test_figures_are_summed_over_the_sources_and_the_newest_holds() -> None:
    entered = figures("2022-07", (40, 40))
    entered += [Figure(date(2022, 7, 1), "", "general state", 4, 5, NOON + timedelta(hours=1))]
    month = months(TERMS, entered)[date(2022, 7, 1)]
    assert [month.of(measure) for measure in TERMS.measures] == [44, 45]


LOW, HIGH = ((44, 50),) * 3, ((45, 50),) * 3


@pytest.mark.parametrize(
    ("first", "quarters", "complete"),
    [
        ("2022-07", (LOW,), []),
        ("2022-07", (LOW, LOW), ["Quarter 2 of FY23"]),
        ("2022-07", (LOW, HIGH, LOW), []),
        ("2022-07", (LOW, LOW, LOW), ["Quarter 2 of FY23"]),
        ("2021-07", (LOW, LOW, HIGH, LOW, LOW), ["Quarter 2 of FY22", "Quarter 1 of FY23"]),
        ("2022-04", (LOW, LOW), ["Quarter 1 of FY23"]),
    ],
)
def test_a_run_of_two_low_quarters_is_complete_once_also_across_the_fiscal_year(
    first: str, quarters: tuple[tuple[tuple[int, int], ...], ...], complete: list[str]
) -> None:
    found = runs(outcomes(figures(first, *(month for quarter in quarters for month in quarter))))
    theirs = [run for run in found if run.test.event == "two-low-quarters"]
    assert [run.complete.quarter.label.split(" (")[0] for run in theirs] == complete


def test_a_quarter_that_is_not_known_is_no_part_of_a_run() -> None:
    entered = figures("2022-07", *LOW) + figures("2023-01", *LOW)
    assert [run for run in runs(outcomes(entered)) if run.test.event] == []


def test_a_corrected_month_is_low_since_its_correction() -> None:
    month, first = date(2022, 7, 1), figures("2022-07", (46, 45))
    assert low_since(TERMS, month, first) is None, "45 is above 44.2"
    later = [
        Figure(month, "", "i502", 46, active, NOON + timedelta(days=days))
        for active, days in ((44, 1), (43, 2), (46, 3), (44, 4), (40, 5))
    ]
    since = [low_since(TERMS, month, first + later[:end]) for end in range(1, 6)]
    one, four = NOON + timedelta(days=1), NOON + timedelta(days=4)
    assert since == [one, one, None, four, four]


def test_a_correction_says_which_means_came_out_otherwise() -> None:
    entered = figures("2022-07", *LOW)
    entered.append(Figure(date(2022, 9, 1), "", "i502", 45, 50, NOON + timedelta(days=9)))
    (found,) = corrections(TERMS, entered, fiscal_year_starts=7)
    assert (found.was.served, found.now.served) == (44, 45)
    changed = {was.test.id: (in_words(was), in_words(becomes)) for was, becomes in found.changed}
    assert set(changed) == {"wa-caseload-85", "wa-caseload-two-quarters"}, "active stayed as it was"
    assert changed["wa-caseload-85"] == (
        "44 of 52: below 85 percent (44.2)",
        "44 1/3 of 52: meets 85 percent (44.2)",
    )


HFA, NFP = "Healthy Families America (HFA)", "Nurse-Family Partnership (NFP)"


@pytest.mark.parametrize(
    ("model", "fte", "full"),
    [
        (HFA, "1", "12"),
        (HFA, "0.8", "9.6"),
        (NFP, "1", "25"),
        (NFP, "0.85", "21.25"),
        ("Child First team (CF)", "2", "24"),
    ],
)
def test_slots_follow_the_model_and_the_fte_and_are_never_rounded(model: str, fte: str, full: str) -> None:
    assert SLOTS is not None and SLOTS.visiting is not None
    who = HomeVisitorFacts("HV-1", model, Fraction(fte), date(2022, 1, 10))
    (found,) = slots_on(SLOTS.visiting, [who], date(2023, 1, 1))
    assert found.full is not None and exact(found.full) == full and found.owed == found.full


@pytest.mark.parametrize(
    ("hired", "last_day_of_grace", "full_from"),
    [
        (date(2022, 1, 10), date(2022, 7, 10), date(2022, 7, 11)),
        (date(2022, 8, 31), date(2023, 2, 28), date(2023, 3, 1)),
        (date(2023, 8, 31), date(2024, 2, 29), date(2024, 3, 1)),
        (date(2022, 2, 28), date(2022, 8, 28), date(2022, 8, 29)),
    ],
)
def test_a_new_hire_owes_all_slots_from_the_day_after_six_months(
    hired: date, last_day_of_grace: date, full_from: date
) -> None:
    rules = HomeVisiting(slots={HFA: 12}, grace_months=6)
    who = HomeVisitorFacts("HV-1", HFA, Fraction(1), hired)
    (before,), (after,) = (slots_on(rules, [who], on) for on in (last_day_of_grace, full_from))
    assert (before.owed, after.owed, before.full_from) == (0, 12, full_from)


def test_a_home_visitor_counts_from_the_first_to_the_last_day_of_employment() -> None:
    rules = HomeVisiting(slots={HFA: 12})
    who = HomeVisitorFacts("HV-1", HFA, Fraction(1), date(2022, 1, 10), date(2022, 3, 31))
    days = (date(2022, 1, 9), date(2022, 1, 10), date(2022, 3, 31), date(2022, 4, 1))
    assert [len(slots_on(rules, [who], on)) for on in days] == [0, 1, 1, 0]


def test_numbers_are_said_exactly() -> None:
    assert [mixed(Fraction(n, 3)) for n in (132, 133, 2, 0)] == ["44", "44 1/3", "2/3", "0"]
    assert [exact(Fraction(n)) for n in ("44.2", "46.8", "21.25", "44", "0.0625")] == [
        "44.2",
        "46.8",
        "21.25",
        "44",
        "0.0625",
    ]
    assert exact(Fraction(133, 3)) == "44 1/3"
    assert [dollars(cents) for cents in (0, 5, 50_630, 156_000)] == ["$0.00", "$0.05", "$506.30", "$1,560.00"]
