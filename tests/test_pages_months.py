"""Do the squares of the portfolio, the sheet of a month and the agenda show exactly what falls due, as asked for?"""

from __future__ import annotations

import html
import re
from collections import Counter
from datetime import date

import pytest
import visits
from visits import LIAISON, MANAGER, WA, World

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.standing import Standing
from duecourse.models.database import reading
from duecourse.tracking.boards import Item, items
from duecourse.web.filters import STATES, Filters, day_from, month_from, place_from, place_said

filled, make_world, world, either_world = visits.filled, visits.make_world, visits.world, visits.either_world


def everything(world: World) -> list[Item]:
    with reading(world.engine) as session:
        return items(session, now=world.clock.now(), contract_ids=[WA])


def state_of(item: Item) -> str:
    return next(state for state, (_, standings) in STATES.items() if item.standing in standings)


def test_every_standing_is_in_one_state_that_can_be_asked_for() -> None:
    named = Counter(standing for _, standings in STATES.values() for standing in standings)
    assert named == dict.fromkeys(Standing, 1)


@pytest.mark.parametrize("by", ["", "report"])
def test_the_squares_count_every_report_of_the_year_once(either_world: World, by: str) -> None:
    world = either_world
    page = world.visitor(LIAISON).get(f"/portfolio?since=2022-07&by={by}").text
    words = {"overdue": "overdue", "in": "waiting for a decision", "open": "still to do", "done": "accepted or done"}
    shown: Counter[tuple[str, str]] = Counter()
    for said in re.findall(r'class="mark is-[\w-]+ depth-\d" href="[^"]+" aria-label="([^"]+)"', page):
        _, _, rest = html.unescape(said).rpartition(": ")
        month = re.search(r"(\w+ 20\d\d): ", html.unescape(said))
        assert month is not None
        for part in rest.split(", "):
            number, _, state = part.partition(" ")
            shown[month[1], state] += int(number)
    wanted: Counter[tuple[str, str]] = Counter()
    for item in everything(world):
        if date(2022, 7, 1) <= item.deliverable.due_on <= date(2023, 6, 30):
            wanted[f"{item.deliverable.due_on:%B %Y}", words.get(state_of(item), "not needed")] += 1
    assert sum(wanted.values()) > 100
    # Of reports only the most frequent have rows; what is shown is right.
    assert shown == wanted if not by else all(shown[key] <= wanted[key] for key in shown) and shown.total() > 100


def test_a_square_that_cannot_be_seen_in_colour_still_says_its_number_and_its_sign(world: World) -> None:
    page = world.visitor(LIAISON).get("/portfolio?since=2022-07").text
    squares = re.findall(r'class="mark is-([\w-]+) depth-\d"[^>]*>(\d+) (.)</a>', page)
    signs = {style: sign for style, _, sign in squares}
    assert len(squares) == 12 and len(set(signs.values())) == len(signs) >= 2
    legend = re.findall(r'<span class="mark is-([\w-]+)">(.)</span> \w', page)
    assert set(signs.items()) <= {(style, sign) for style, sign in legend}


def test_a_month_counts_every_day_and_names_the_first_reports(world: World) -> None:
    page = world.visitor(MANAGER).get("/month?month=2022-12").text
    due = [
        item
        for item in everything(world)
        if (item.deliverable.due_on.year, item.deliverable.due_on.month) == (2022, 12)
    ]
    wanted = Counter(item.deliverable.due_on.day for item in due)
    shown = {int(day): int(n) for n, day in re.findall(r': (\d+) reports? due">(\d+)</a>', page)}
    assert shown == wanted and max(wanted.values()) > 3
    assert page.count("nothing due") == 31 - len(wanted)
    for day, number in wanted.items():
        cell = page.partition(f'due">{day}</a>')[2].partition("</td>")[0]
        assert cell.count('class="mark') == min(number, 3)
        assert (f"and {number - 3} more" in cell) == (number > 3)
    assert 'href="/month?month=2022-11"' in page and 'href="/month?month=2023-01"' in page


def test_the_agenda_lists_every_report_from_a_day_on_by_day(world: World) -> None:
    visit, address, seen, headings = world.visitor(MANAGER), "/agenda?day=2022-12-01", list[str](), list[str]()
    while address:
        page = visit.get(address).text
        seen += re.findall(r'<li><a href="/deliverables/([^"]+)"', page)
        headings += re.findall(r'<h2 id="d-([0-9-]+)"', page)
        following = re.findall(r'href="([^"]+)" rel="next"', page)
        address = html.unescape(following[0]) if following else ""
    wanted = [item for item in everything(world) if item.deliverable.due_on >= date(2022, 12, 1)]
    assert seen == [item.deliverable.uid for item in wanted]
    assert headings == sorted(headings)


@pytest.mark.parametrize("path", ["/portfolio", "/month", "/agenda", "/overdue", "/remind", "/accept"])
def test_an_address_that_was_cut_or_made_up_still_shows_a_page(world: World, path: str) -> None:
    visit = world.visitor(LIAISON)
    for odd in (
        "?month=2022-13&day=2022-02-30&since=20&after=x&by=no&state=late&side=both",
        "?q=%00%ff%F0%9F&contract=..%2F..&day=%D9%A2%D9%A0%D9%A2%D9%A2-01-01",
        "?after=99999999T999999999999-1&since=2099-12&month=2099-12",
        "?after=20221130T000000000000-99999999999&q=" + "%25_" * 60,
    ):
        assert visit.get(path + odd).status_code == 200, odd


def test_what_an_address_asks_for_narrows_the_agenda(world: World) -> None:
    visit = world.visitor(LIAISON)
    for query, holds in (
        ("state=overdue", lambda item: item.standing is Standing.OVERDUE),
        ("side=funder", lambda item: item.deliverable.party == Party.FUNDER),
        ("q=monthly+enrollment", lambda item: "Monthly Enrollment" in item.deliverable.title),
        ("q=whatcom&state=in", lambda item: state_of(item) == "in"),
    ):
        wanted = [item.deliverable.uid for item in everything(world) if holds(item)][:50]
        page = visit.get(f"/agenda?day=2020-01-01&{query}").text
        assert re.findall(r'<li><a href="/deliverables/([^"]+)"', page) == wanted, query
    assert "that you asked for" in visit.get("/agenda?q=no+such+thing").text


def test_an_address_says_what_it_was_read_from() -> None:
    asked = Filters(words="a & b", contract=WA, side="funder", state="in")
    address = asked.address("/agenda", day="2022-12-01", after="")
    assert address == f"/agenda?q=a+%26+b&contract={WA}&side=funder&state=in&day=2022-12-01"
    assert not Filters() and asked and Filters().address("/agenda") == "/agenda"
    assert day_from("2022-02-30", usual=date(2022, 1, 1)) == date(2022, 1, 1)
    assert month_from("2022-12", usual=date(2022, 1, 9)) == date(2022, 12, 1)
    place = place_from("20221130T170000000001-17")
    assert place is not None and place_said(place) == "20221130T170000000001-17"
