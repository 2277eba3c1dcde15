"""Is every report known by its subject, however it was typed, forwarded or wrapped, and never taken for another one?"""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duecourse.calendar.mailing import mailto, subject_line
from duecourse.calendar.occurrences import occurrences
from duecourse.calendar.subject_words import Days, spans
from duecourse.calendar.subjects import Expected, Fit, Match, named_contracts, recognise
from duecourse.definitions.reading import find_contract, read_contract

NUMBER = "21OECHVS01ABC"
STATUS = ("Quarterly Program Status Report", "Program Status Report")
RATE_CARD = ("Rate Card Report and Billing", "Rate Card Reports")
BENCHMARK = ("Benchmark & Demographic Reports",)


def expected(uid: str, names: tuple[str, ...], start: date, end: date, number: str = NUMBER) -> Expected:
    return Expected(uid, number, names, "", Days(start, end))


Q1, Q1_NEXT = (date(2021, 7, 1), date(2021, 9, 30)), (date(2022, 7, 1), date(2022, 9, 30))
KNOWN = [
    expected("status", STATUS, *Q1),
    expected("status-next", STATUS, *Q1_NEXT),
    expected("rate", RATE_CARD, *Q1),
    expected("rate-next", RATE_CARD, *Q1_NEXT),
    expected("rate-2018", RATE_CARD, date(2018, 7, 1), date(2018, 12, 31)),
    expected("benchmark", BENCHMARK, date(2021, 10, 1), date(2022, 3, 31)),
]


@cache
def of_the_contracts() -> tuple[tuple[Expected, str], ...]:
    """Return every dated deliverable of the contracts that ship, with its own subject."""
    found = []
    for name in ("ct-21oechvs01abc", "wa-22-1174"):
        contract, _ = read_contract(find_contract(name), today=date(2026, 11, 22))
        for each in occurrences(contract):
            duty, days = each.obligation, Days(*each.window) if each.window else None
            names = tuple(filter(None, (duty.report_type, duty.title, *duty.mail.subject_also)))
            uid = f"{name}/{duty.id}/{each.key}"
            subject = subject_line(
                each.subject,
                contractor=contract.contractor,
                number=contract.number,
                title=duty.title,
                label=each.label or each.key,
            )
            found.append((Expected(uid, contract.number, names, each.label or each.key, days), subject))
    return tuple(found)


@pytest.mark.parametrize(
    ("printed", "uid", "fit"),
    [
        ("[ABC Inc., 21OECHVS01ABC, Quarterly Program Status Report, 7/1/21-9/30/22]", "status", Fit.NEARLY),
        ("[ABC Inc., 21OECHVS01ABC, Rate Card Reports, 7/1/21-9/30/22]", "rate", Fit.NEARLY),
        ("[ABC Inc., 21OECHVS01ABC, Benchmark & Demographic Reports, 10/1/21 - 3/31/22]", "benchmark", Fit.EXACT),
        ("[ABC, Inc., 21OECHVS01ABC, Rate Card Report and Billing, 10/1/18-12/31/2018]", "rate-2018", Fit.NEARLY),
    ],
)
def test_the_printed_examples_are_recognised_with_their_mistakes(printed: str, uid: str, fit: Fit) -> None:
    sent_on = date(2019, 1, 20) if uid == "rate-2018" else date(2021, 10, 20)
    sent_on = date(2022, 4, 20) if uid == "benchmark" else sent_on
    assert recognise(printed, KNOWN, sent_on=sent_on) == [Match(uid, fit)]


def test_a_wrong_year_that_fits_two_periods_says_so() -> None:
    subject = "ABC Inc., 21OECHVS01ABC, Quarterly Program Status Report, 7/1/21-9/30/22"
    assert recognise(subject, KNOWN) == [Match("status", Fit.NEARLY), Match("status-next", Fit.NEARLY)]


@pytest.mark.parametrize(
    "prefix",
    [
        "Re: ",
        "RE: Re: Fwd: ",
        "FW: ",
        "Automatic reply: ",
        "AW: WG: ",
        "TR : ",
        "RV: ",
        "Antw: ",
        "SV: VS: ",
        "回复：",
        "Respuesta automática: ",
        "[EXTERNAL] ",
        "Undeliverable: ",
        "(Case 2021-10-04/17) ",
    ],
)
@pytest.mark.parametrize(
    "said",
    [
        "ABC Inc., 21OECHVS01ABC, Quarterly Program Status Report, 7/1/21-9/30/21",
        "ABC, Inc. ,21oechvs01abc,QUARTERLY  PROGRAM STATUS REPORTS , 07/01/2021 – 09/30/2021",
        "[ABC Inc. 21OECHVS01ABC] Program Status Report (7/1/21—9/30/2021)",
        "Program Status Report 2021-07-01 to 2021-09-30 / 21OECHVS01ABC",
        "ABC Inc., 21OECHVS01ABC, Quarterly Program Status Report, 7.1.21-9.30.21",
    ],
)
def test_prefixes_case_blanks_brackets_dashes_and_years_make_no_difference(prefix: str, said: str) -> None:
    assert recognise(prefix + said, KNOWN) == [Match("status", Fit.EXACT)]


def test_and_is_the_same_as_its_sign() -> None:
    for joined in ("&", "and", " AND ", "&amp;"[:1]):
        subject = f"21OECHVS01ABC Benchmark {joined} Demographic Report 10/1/21-3/31/22"
        assert recognise(subject, KNOWN) == [Match("benchmark", Fit.EXACT)]


def test_without_the_contracts_number_nothing_is_recognised() -> None:
    assert recognise("ABC Inc., Quarterly Program Status Report, 7/1/21-9/30/21", KNOWN) == []
    assert recognise("121OECHVS01ABCD, Quarterly Program Status Report, 7/1/21-9/30/21", KNOWN) == []
    assert recognise("", KNOWN) == []


def test_a_number_inside_of_a_longer_one_is_not_taken_for_it() -> None:
    assert named_contracts("22-1174-A, Monthly report", ["22-1174", "22-1174-A"]) == ["22-1174-A"]
    assert named_contracts("22 – 1174: both of 22-1174-A", ["22-1174", "22-1174-A"]) == ["22-1174", "22-1174-A"]


def test_a_report_without_its_period_and_a_period_without_its_report_say_what_is_known() -> None:
    fits = {match.fit for match in recognise("21OECHVS01ABC rate card report", KNOWN)}
    assert fits == {Fit.REPORT}
    assert recognise("21OECHVS01ABC, something new, 10/1/21-3/31/22", KNOWN) == [Match("benchmark", Fit.PERIOD)]


def test_a_shorter_name_inside_of_a_longer_one_does_not_count() -> None:
    short = expected("short", ("Status Report",), *Q1)
    assert recognise(f"{NUMBER}, Program Status Report, 7/1/21-9/30/21", [*KNOWN, short]) == [
        Match("status", Fit.EXACT)
    ]
    assert recognise(f"{NUMBER}, Status Report, 7/1/21-9/30/21", [*KNOWN, short]) == [Match("short", Fit.EXACT)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("7/1/21-9/30/21", [Q1]),
        ("from 7/1/2021 through 9/30/2021.", [Q1]),
        ("13/1/21-9/30/21 and 2/30/21-3/1/21", []),
        ("9/30/21-7/1/21", []),
        ("17/1/211-9/30/21", []),
        ("2021-07-01-2021-09-30", [Q1]),
    ],
)
def test_days_are_read_as_the_united_states_write_them(text: str, found: list[tuple[date, date]]) -> None:
    assert spans(text) == found


blanks = st.sampled_from([" ", "  ", "\t", "\u00a0", "\r\n "])
dashes = st.sampled_from(["-", " - ", "–", " — ", "‐", "−", " – "])
prefixes = st.lists(
    st.sampled_from(["Re: ", "Fwd: ", "FW: ", "AW: ", "WG: ", "Automatic reply: ", "RÉF : ", "[EXT] "]), max_size=4
)
spellings = st.sampled_from([str, str.upper, str.lower, lambda text: f"[{text}]", lambda text: f"“{text}”."])


@given(st.integers(0, 10**9), prefixes, blanks, dashes, spellings, st.booleans(), st.sampled_from([date.max, None]))
def test_every_deliverables_own_subject_leads_back_to_it_alone(
    pick: int, before: list[str], blank: str, dash: str, spelling: object, commas: bool, sent_on: date | None
) -> None:
    known = of_the_contracts()
    one, subject = known[pick % len(known)]
    assert callable(spelling)
    typed = spelling(subject.replace("-", dash) if one.days and "/" in subject else subject)
    typed = (typed if commas else typed.replace(",", "")).replace(" ", blank)
    matches = recognise("".join(before) + typed, [each for each, _ in known], sent_on=sent_on)
    assert matches == [Match(one.uid, Fit.EXACT)]


@given(st.text(max_size=200))
def test_no_text_whatever_breaks_the_recognition_or_names_two_reports_exactly(text: str) -> None:
    everything = [each for each, _ in of_the_contracts()]
    for subject in (text, f"{NUMBER} {text}"):
        assert len({match.fit for match in recognise(subject, everything)}) <= 1


def test_a_link_for_mail_programs_keeps_every_character() -> None:
    link = mailto(["o'neil+x@a.gov", "b@b.gov"], cc=["c@c.gov"], subject="A & B, 7/1/21-9/30/21?", body="Hi\nthere\n")
    assert link == (
        "mailto:o%27neil%2Bx@a.gov,b@b.gov?cc=c@c.gov&subject=A%20%26%20B%2C%207%2F1%2F21-9%2F30%2F21%3F"
        "&body=Hi%0D%0Athere%0D%0A"
    )
