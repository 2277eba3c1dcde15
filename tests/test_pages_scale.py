"""Do the pages that people open every morning stay small and quick, however many contracts a liaison has?"""

from __future__ import annotations

import random
import re
from datetime import date, timedelta

import pytest
import visits
from rows import add_contract, add_deliverable, add_role
from statements import rows_read, statements
from visits import LIAISON, MANAGER, NOW, WA, World

from duecourse.models import ContractRow, RoleName
from duecourse.models.database import writing
from duecourse.tracking.staff.people import person_by_email

filled, make_world, world = visits.filled, visits.make_world, visits.world

PAGES = [
    "/",
    "/?show=to_decide",
    "/overdue",
    "/overdue?show=ended",
    "/contracts",
    "/portfolio",
    "/portfolio?by=report",
    "/month",
    "/agenda?day=2022-11-01",
]
FOR_LIAISONS = ["/owed", "/accept", "/remind", "/remind?holds_up=payment"]
_PER_CONTRACT = 12


def add_contracts(world: World, numbers: range, *, email: str, role: RoleName) -> None:
    """Add contracts, each with reports in every state, late ones and ones of the funder among them."""
    draw = random.Random(7)
    with writing(world.engine) as session:
        person = person_by_email(session, email)
        assert person is not None
        definition = session.get_one(ContractRow, WA).definition
        for number in numbers:
            ends = date(2020, 1, 1) if number % 3 == 0 else date(2023, 6, 30)
            contract = add_contract(session, f"more-{number:04}", end_on=ends, definition=definition)
            add_role(session, person, contract, role)
            for place in range(_PER_CONTRACT):
                due_on = NOW.date() + timedelta(days=draw.randrange(-40, 40))
                sent = NOW - timedelta(days=draw.randrange(50)) if place % 3 == 0 else None
                add_deliverable(
                    session,
                    contract,
                    due_on=due_on,
                    submitted_at=sent,
                    returned_at=NOW - timedelta(hours=1) if place % 6 == 0 else None,
                    party="funder" if place % 4 == 1 else "contractor",
                    remind=place % 5 != 4,
                    excused="Asked for later." if place == 11 else "",
                    flow="invoices" if place % 4 == 2 else "monthly-enrollment",
                )


@pytest.mark.parametrize(("email", "role"), [(LIAISON, RoleName.PROGRAM_LIAISON), (MANAGER, RoleName.PROGRAM_MANAGER)])
def test_a_page_reads_no_more_rows_for_more_contracts(world: World, email: str, role: RoleName) -> None:
    visit = world.visitor(email)
    add_contracts(world, range(110), email=email, role=role)
    few, pages = {}, PAGES + (FOR_LIAISONS if email == LIAISON else [])
    for path in pages:
        with rows_read(world.engine) as read, statements(world.engine) as sent:
            assert visit.get(path).status_code == 200
        few[path] = without_parts(read), len(sent)
    add_contracts(world, range(110, 230), email=email, role=role)
    for path in pages:
        with rows_read(world.engine) as read, statements(world.engine) as sent:
            assert visit.get(path).status_code == 200
        # What a person has a part in is read for every page; beside that, what is shown.
        many, asked = without_parts(read), len(sent)
        assert many <= few[path][0] + 10, (path, few[path], many, read)
        assert asked == few[path][1], path


def without_parts(read: dict[str, int]) -> int:
    """Return how many rows were read besides the person's own parts."""
    return sum(number for statement, number in read.items() if "WHERE role.person_id = ?" not in statement)


@pytest.mark.parametrize(("email", "role"), [(LIAISON, RoleName.PROGRAM_LIAISON), (MANAGER, RoleName.PROGRAM_MANAGER)])
def test_the_first_page_stays_small_when_there_is_a_great_deal_to_do(world: World, email: str, role: RoleName) -> None:
    add_contracts(world, range(60), email=email, role=role)
    visit = world.visitor(email)
    page = visit.get("/")
    parts = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    assert page.text.count('class="task ') > 8
    assert len(page.content) + sum(len(visit.get(part).content) for part in parts) < 100_000


def test_every_report_of_a_group_is_on_one_of_its_pages(world: World) -> None:
    add_contracts(world, range(60), email=LIAISON, role=RoleName.PROGRAM_LIAISON)
    visit = world.visitor(LIAISON)
    first = visit.get("/").text
    total = int(re.findall(r'id="decide">Waiting for your decision <span class="number">(\d+)', first)[0])
    seen: list[str] = []
    address = "/?show=to_decide"
    while address:
        text = visit.get(address).text
        seen += re.findall(r'<h3><a href="/deliverables/([^"]+)"', text)
        following = re.findall(r'href="([^"]+)" rel="next"', text)
        address = following[0].replace("&amp;", "&") if following else ""
    assert total > 40 and len(seen) == len(set(seen)) == total


def test_the_board_narrows_to_what_its_address_asks_for(world: World) -> None:
    add_contracts(world, range(4), email=LIAISON, role=RoleName.PROGRAM_LIAISON)
    visit = world.visitor(LIAISON)
    for address in ("/overdue?q=more-0001", "/overdue?contract=more-0001"):
        numbers = set(re.findall(r'<a href="/contracts/([^"?]+)">', visit.get(address).text))
        assert numbers == {"more-0001"}, address
    paid = visit.get("/overdue?holds_up=payment").text
    rows = re.findall(r'<tr role="row">\s*<td.*?</tr>', paid, re.DOTALL)
    assert rows and all("Payment waits for it" in row for row in rows)
    assert "Nothing that you asked for is overdue" in visit.get("/overdue?q=no+such+report").text
    for odd in ("/overdue?after=x", "/overdue?show=%00&side=no&q=%25", "/contracts?after=2022-99-99_x&q=%", "/?show=x"):
        assert visit.get(odd).status_code == 200
