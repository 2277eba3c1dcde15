"""Does every row of an exhibit come out, whatever file it is in, and does each printed date agree with its rule?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import exhibits
import pytest
import test_printed_dates as printed
from pseudo import LANGUAGE, pseudo_language

from duecourse.calendar.anchored_rules import PrintedDates
from duecourse.calendar.business_days import Roll
from duecourse.calendar.event_rules import FromEvent
from duecourse.calendar.periods import Every
from duecourse.calendar.rules import DayOfMonth, NthBusinessDay, ShortMonth
from duecourse.definitions.reading import contract_in
from duecourse.drafting.draft import Draft, draft
from duecourse.drafting.facts import Facts
from duecourse.drafting.kinds import read_exhibit
from duecourse.drafting.written import written
from duecourse.errors import BadDefinition

COUNTY = exhibits.county()
ROWS = sum(len(year.lines) for year in COUNTY)
FACTS = Facts(
    id="wa-drafted",
    number="22-1174",
    title="Nurse-Family Partnership",
    funder="DCYF",
    contractor="Whatcom County",
    starts=date(2021, 7, 1),
    ends=date(2023, 7, 31),
    zone="America/Los_Angeles",
    calendar="US-WA",
)
FILES: dict[str, Callable[[], bytes]] = {
    "text": lambda: exhibits.as_text(COUNTY),
    "text with weekdays": lambda: exhibits.as_text(COUNTY, exhibits.with_weekday),
    "columns of spaces": lambda: exhibits.as_columns(COUNTY),
    "csv": lambda: exhibits.as_csv(COUNTY),
    "csv with commas and CR only": lambda: exhibits.as_csv(COUNTY, separator=",", end="\r"),
    "csv of a German Excel, in its tabs": lambda: exhibits.as_csv(COUNTY, separator="\t"),
    "workbook": lambda: exhibits.as_workbook(COUNTY),
    "workbook of 1904": lambda: exhibits.as_workbook(COUNTY, from_1904=True),
    "workbook of numbers": lambda: exhibits.as_workbook(COUNTY, plain_numbers=True),
    "workbook of numbers from 1904": lambda: exhibits.as_workbook(COUNTY, plain_numbers=True, from_1904=True),
    "document": lambda: exhibits.as_document(COUNTY),
    "pdf": lambda: exhibits.as_pdf(COUNTY),
}


@pytest.fixture(scope="module")
def drafts() -> dict[str, Draft]:
    """The county's exhibit drafted from each kind of file."""
    return {name: draft(read_exhibit(make(), name=name), FACTS) for name, make in FILES.items()}


@pytest.mark.parametrize("name", FILES)
def test_every_row_comes_out_with_its_date_and_agrees_with_the_rule(drafts: dict[str, Draft], name: str) -> None:
    made = drafts[name]
    assert made.rows == ROWS
    dated = {(each.exhibit, each.number, each.on) for each in made.printed}
    asked = [("FY22", number, on) for _, number, on, _ in printed.FY22] + [("FY22", "4.12", "2022-07-30")]
    asked += [("FY23", number, on) for _, number, on, _ in printed.FY23]
    assert dated == {(exhibit, number, date.fromisoformat(on)) for exhibit, number, on in asked}
    assert made.off == 0 and made.undated == {}


@pytest.mark.parametrize("name", FILES)
def test_the_repeating_rows_have_become_the_rules_of_the_contract(drafts: dict[str, Draft], name: str) -> None:
    duties = drafts[name].duties
    assert list(duties) == [
        "updated-statement-of-confidentiality",
        "monthly-enrollment-report",
        "self-reflection-tool",
        "monthly-invoice",
        "quarterly-progress-report",
        "annual-pre-contract-questionnaire",
        "updated-insurance-certificate",
        "data-disposition",
        "consent-list",
    ]
    rules = {name: (duty.every, duty.rule) for name, duty in duties.items()}
    assert rules["monthly-enrollment-report"] == (Every.MONTH, DayOfMonth(20))
    # Only with the last business day where there is no 30th do the words and the twelve dates agree.
    assert rules["monthly-invoice"] == (Every.MONTH, DayOfMonth(30, 1, ShortMonth.LAST_BUSINESS_DAY))
    assert rules["quarterly-progress-report"] == (Every.QUARTER, DayOfMonth(20))
    assert rules["consent-list"] == (Every.MONTH, NthBusinessDay(6))
    assert isinstance(rules["updated-insurance-certificate"][1], FromEvent)
    assert isinstance(rules["self-reflection-tool"][1], PrintedDates)
    assert duties["monthly-enrollment-report"].lines == {"FY22": "2.01 to 2.12", "FY23": "2.00"}


def test_the_rules_derive_the_dates_that_the_second_exhibit_does_not_print(drafts: dict[str, Draft]) -> None:
    checked = {each.obligation_id: each for each in drafts["text"].checked}
    derived = [line.nominal_on for line in checked["consent-list"].lines]
    assert derived == [date.fromisoformat(on) for on in printed.FY23_CONSENT]
    second_year = [line.nominal_on for line in checked["monthly-enrollment-report"].lines if line.printed_on is None]
    assert second_year == [date.fromisoformat(on) for on, _ in printed.FY23_ENROLLMENT]


@pytest.mark.parametrize("name", FILES)
def test_the_draft_is_a_contract_file_that_passes_the_check(drafts: dict[str, Draft], name: str) -> None:
    contract, _ = contract_in(written(drafts[name]).encode(), file="draft.yaml")
    assert len(contract.obligations) == 9 and contract.number == "22-1174"


def test_what_only_a_person_can_say_is_marked_and_is_all_that_the_check_refuses() -> None:
    made = draft(read_exhibit(FILES["text"](), name="text"), Facts())
    text = written(made)
    with pytest.raises(BadDefinition) as refused:
        contract_in(text.encode(), file="draft.yaml")
    lines = text.splitlines()
    assert {flaw.field for flaw in refused.value.flaws} == {
        f"contract.{name}" for name in ("id", "number", "name", "funder", "contractor", "time_zone", "calendar")
    }
    assert all("fill in" in lines[flaw.line - 1] for flaw in refused.value.flaws)
    assert made.asked == ("id", "number", "title", "funder", "contractor", "zone", "calendar")


def test_a_date_that_disagrees_is_shown_beside_the_rules_date() -> None:
    dates = [date(2021, month, 20) for month in range(8, 13)] + [date(2022, month, 20) for month in range(1, 8)]
    dates[5] = date(2022, 1, 22)
    heading = exhibits.months_heading(date(2021, 7, 1), date(2022, 6, 30))
    made = draft(read_exhibit(exhibits.as_text(exhibits.of_dates("Monthly Report", dates, heading)), name="x"), FACTS)
    (checked,) = made.checked
    assert checked.off == made.off == 1
    assert "# printed: Sat Jan 22, 2022; by the rule: Thu Jan 20, 2022" in written(made)
    assert checked.lines[0].why.endswith("For December 2021: Thu Jan 20, 2022.")


def test_the_comments_of_a_draft_come_in_the_readers_language_and_the_definition_stays() -> None:
    dates = [date(2021, month, 20) for month in range(8, 13)] + [date(2022, month, 20) for month in range(1, 8)]
    dates[5] = date(2022, 1, 22)
    rows = [exhibits.months_heading(date(2021, 7, 1), date(2022, 6, 30)), "#\tDeliverable\tDue Date"]
    rows += [f"{n}\tMonthly Report\t{on:%B} {on.day}, {on.year}" for n, on in enumerate(dates, 1)]
    rows += ["13\tAnnual Plan\tMonday, July 30, 2021", "14\tClosing Letter\tas agreed"]
    rows += ["15\tData Report\tby the 20th of the following month", "16\tSite Visit Notes\t10 days after a site visit"]
    made = draft(read_exhibit("\n".join(rows).encode(), name="x"), Facts())
    english, spanish = written(made), written(made, language="es")
    assert _definition(spanish) == _definition(english)
    for said in (
        "# Redactado con 16 filas que se leyeron en x. Revíselo junto al contrato y úselo después.",
        "# complete: cómo lo llama la gente",
        "# Fechas impresas que coinciden con la regla: 11 de 12.",
        "# impresa: sáb, 22 de ene de 2022; según la regla: jue, 20 de ene de 2022 (línea 8)",
        "«Monday, July 30, 2021» no cae en lunes; se mantuvo la fecha.",
    ):
        assert said in spanish
    with pseudo_language():
        comments = [line.partition("#")[2] for line in written(made, language=LANGUAGE).split("\n")[1:] if "#" in line]
    begun = [each for each in comments if not each.startswith("   ") and "last_day" not in each]
    assert len(begun) > 20 and [each for each in begun if not each.startswith((" ⟦", " - ⟦"))] == []


def _definition(text: str) -> list[str]:
    return [line for each in text.split("\n") if (line := each.partition("   #")[0]).strip()[:1] not in ("", "#")]


def test_a_row_that_is_missing_is_shown_as_not_printed() -> None:
    dates = [date(2021, month, 20) for month in (8, 9, 11, 12)] + [date(2022, month, 20) for month in range(1, 8)]
    heading = exhibits.months_heading(date(2021, 7, 1), date(2022, 6, 30))
    made = draft(read_exhibit(exhibits.as_text(exhibits.of_dates("Monthly Report", dates, heading)), name="x"), FACTS)
    assert "# printed: nothing; by the rule: Wed Oct 20, 2021" in written(made)
    contract_in(written(made).encode(), file="draft.yaml")


def test_dates_that_follow_no_rule_stand_as_they_are_printed() -> None:
    dates = [date(2021, 9, 3), date(2021, 11, 19), date(2022, 2, 28), date(2022, 3, 1), date(2022, 6, 14)]
    heading = exhibits.months_heading(date(2021, 7, 1), date(2022, 6, 30))
    made = draft(read_exhibit(exhibits.as_text(exhibits.of_dates("Site Report", dates, heading)), name="x"), FACTS)
    assert [each.on for each in made.printed] == dates and made.off == 0
    assert [duty.title for duty in made.duties.values()] == [f"Site Report, {n} of 5" for n in range(1, 6)]
    assert "No rule fits its 5 dates" in written(made)


def test_dates_that_are_printed_already_moved_give_the_convention() -> None:
    nominal = [date(2021, month, 20) for month in range(8, 13)] + [date(2022, month, 20) for month in range(1, 8)]
    moved = {date(2021, 11, 20): date(2021, 11, 22), date(2022, 2, 20): date(2022, 2, 22)}
    moved |= {date(2022, 3, 20): date(2022, 3, 21), date(2022, 6, 20): date(2022, 6, 21)}
    dates = [moved.get(on, on) for on in nominal]
    heading = exhibits.months_heading(date(2021, 7, 1), date(2022, 6, 30))
    made = draft(read_exhibit(exhibits.as_text(exhibits.of_dates("Monthly Report", dates, heading)), name="x"), FACTS)
    (duty,) = made.duties.values()
    assert (duty.rule, duty.roll, made.off) == (DayOfMonth(20), Roll.FOLLOWING, 0)


def test_two_rules_that_fit_alike_are_both_named() -> None:
    # Every quarter ends with a month after which the 20th is 20 days away.
    dates = [date(2021, 10, 20), date(2022, 1, 20), date(2022, 4, 20), date(2022, 7, 20)]
    heading = exhibits.months_heading(date(2021, 7, 1), date(2022, 6, 30))
    made = draft(read_exhibit(exhibits.as_text(exhibits.of_dates("Progress Report", dates, heading)), name="x"), FACTS)
    said = " ".join(written(made).replace("\n  #  ", "").split())
    assert "Fits the printed dates as well: within 20 calendar days after the last day of the quarter" in said


def test_a_weekday_that_is_not_the_dates_own_is_doubted() -> None:
    content = b"#\tDeliverable\tDue Date\n1\tAnnual Plan\tMonday, July 30, 2021\n"
    made = draft(read_exhibit(content, name="x"), FACTS)
    assert "is no Monday" in written(made)


def test_periods_that_reach_back_are_recognised() -> None:
    rows = ["Report\tReporting Period\tDue Date", "Status Report\t7/1/21-9/30/21\t10/30/2021"]
    rows += ["Status Report\t7/1/21-12/31/21\t1/30/2022", "Status Report\t1/1/22-3/31/22\t4/30/2022"]
    rows += ["Status Report\t1/1/22-6/30/22\t7/30/2022"]
    made = draft(read_exhibit("\n".join(["FY22", *rows]).encode(), name="x"), FACTS)
    assert "covers: half-year-to-date" in written(made) and made.off == 0
