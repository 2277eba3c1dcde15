"""Can liaisons, admins and program managers look after a contract's people, and everybody after their own absences?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import visits
from barriers import barriers
from browser import DESK, PHONE, a_browser, a_window, sign_in
from playwright.sync_api import Browser, Page, expect
from sqlmodel import col, select
from visits import CT, LIAISON, MANAGER, NOW, STRANGER, WA, Visit, World

from duecourse.models import Absence, AuditEntry, Notice, NoticeState, Person, Role, RoleName
from duecourse.models.database import writing
from duecourse.tracking.staff.people import add_person, give_role, person_by_email

filled, make_world, world = visits.filled, visits.make_world, visits.world
either_world = visits.either_world

PEOPLE = f"/contracts/{WA}/people"
SAM = "sam@county.example"


def add(visit: Visit, email: str, role: str, name: str = "Sam Ortiz") -> int:
    return visit.post(PEOPLE, {"new_name": name, "new_email": email, "role": role}).status_code


def hand_over(visit: Visit, *, person: str = MANAGER, successor: str = SAM, scope: str = "here") -> tuple[int, str]:
    fields = {"person": person, "successor": successor, "scope": scope, "since": "2022-11-30", "reason": "left"}
    answer = visit.post(f"{PEOPLE}/hand-over", fields)
    return answer.status_code, answer.text


def roles(world: World, email: str) -> set[tuple[str, str]]:
    query = select(Role.contract_id, Role.name).join(Person, col(Person.id) == Role.person_id)
    return set(world.rows(query.where(Person.email == email)))


def test_a_liaison_adds_a_person_names_a_backup_and_enters_an_absence(either_world: World) -> None:
    world = either_world
    visit = world.visitor(LIAISON)
    assert add(visit, SAM, "fiscal staff") == 303
    backup = {"person": MANAGER, "role": "program manager", "backup": SAM}
    assert visit.post(f"{PEOPLE}/backup", backup).status_code == 303
    days = {"person": MANAGER, "starts_on": "2022-11-29", "ends_on": "2022-12-02", "note": "training"}
    assert visit.post(f"{PEOPLE}/absences", days).status_code == 303
    assert visit.post(f"{PEOPLE}/absences", days).status_code == 303
    assert len(world.rows(select(Absence.id))) == 1
    page = visit.get(PEOPLE).text
    assert "Away until Fri Dec 2, 2022" in page and "since Tue Nov 29, 2022: training" in page
    # Today is the 30th: of the eight weeks, three days are left.
    assert '<rect class="bar-value is-away" x="0" width="3" height="10"/>' in page
    assert "Sam Ortiz" in page
    log = select(AuditEntry.action).where(AuditEntry.actor == LIAISON, AuditEntry.contract_id == WA)
    said = world.rows(log.order_by(col(AuditEntry.sequence)))
    assert said == ["gave a person a part", "named a backup", "entered an absence"]


def test_an_absence_is_ended_today_or_cancelled(world: World) -> None:
    visit = world.visitor(LIAISON)
    for start, end in (("2022-11-29", "2022-12-02"), ("2022-12-20", "2022-12-30")):
        visit.post(f"{PEOPLE}/absences", {"person": MANAGER, "starts_on": start, "ends_on": end})
    running, later = world.rows(select(Absence.id).order_by(col(Absence.id)))
    assert visit.post(f"{PEOPLE}/absences/{running}/end", {"last_day": "2022-11-30"}).status_code == 303
    assert visit.post(f"{PEOPLE}/absences/{later}/end").status_code == 303
    assert world.rows(select(Absence.ends_on).where(col(Absence.cancelled_at).is_(None))) == [date(2022, 11, 30)]
    assert "was cancelled before" in visit.post(f"{PEOPLE}/absences/{later}/end").text


@pytest.mark.parametrize("role", ["program liaison", "fiscal/contract support liaison", "admin", "auditor"])
def test_a_program_manager_looks_after_the_contractors_own_people_only(world: World, role: str) -> None:
    visit = world.visitor(MANAGER)
    assert add(visit, SAM, "fiscal staff") == 303
    assert add(visit, "kim@dcyf.example", role) == 403
    liaison = {"person": LIAISON, "starts_on": "2022-12-01", "ends_on": "2022-12-02"}
    assert visit.post(f"{PEOPLE}/absences", liaison).status_code == 403
    assert hand_over(visit, person=LIAISON, successor=SAM)[0] == 403
    page = visit.get(PEOPLE).text
    assert f'value="{SAM}"' in page and f'<option value="{LIAISON}"' not in page


def test_other_staff_of_the_contractor_look_after_nobody_but_themselves(world: World) -> None:
    add(world.visitor(LIAISON), SAM, "fiscal staff")
    visit = world.visitor(SAM)
    assert add(visit, "new@county.example", "fiscal staff") == 403
    assert hand_over(visit, person=SAM, successor=MANAGER)[0] == 403
    own = {"person": SAM, "starts_on": "2022-12-01", "ends_on": "2022-12-02"}
    assert visit.post(f"{PEOPLE}/absences", own).status_code == 303
    assert visit.post(f"{PEOPLE}/absences", own | {"person": MANAGER}).status_code == 403
    assert 'name="new_email"' not in visit.get(PEOPLE).text


@pytest.mark.parametrize("email", [LIAISON, LIAISON.upper()])
def test_nobody_gives_themselves_a_part(world: World, email: str) -> None:
    assert add(world.visitor(LIAISON), email, "program manager") == 403
    assert roles(world, LIAISON) == {(WA, "program liaison")}


def test_a_handover_moves_the_parts_and_tells_the_successor(either_world: World) -> None:
    visit = either_world.visitor(LIAISON)
    add(visit, SAM, "fiscal staff")
    assert hand_over(visit)[0] == 303
    assert roles(either_world, SAM) == {(WA, "fiscal staff"), (WA, "program manager")}
    assert either_world.visitor(MANAGER).get(f"/contracts/{WA}").status_code == 404
    letters = either_world.rows(select(Notice).where(Notice.rung == "handed-over"))
    assert [letter.to_address for letter in letters] == [SAM]
    status, text = hand_over(visit)
    assert status == 422 and "Nobody with a part in this contract" in text


def test_one_who_also_works_elsewhere_is_not_let_go_by_a_liaison_of_this_contract_alone(world: World) -> None:
    with writing(world.engine) as session:
        person = person_by_email(session, MANAGER)
        assert person is not None
        give_role(session, person, CT, RoleName.FISCAL_STAFF, now=NOW, actor="test")
    visit = world.visitor(LIAISON)
    add(visit, SAM, "fiscal staff")
    for scope in ("all", "leave"):
        status, text = hand_over(visit, scope=scope)
        assert (status, "parts that you do not look after" in text, CT in text) == (403, True, False)
    assert hand_over(visit)[0] == 303
    assert roles(world, MANAGER) == {(CT, "fiscal staff")}


def test_who_leaves_cannot_come_in_any_more(world: World) -> None:
    leaving, visit = world.visitor(MANAGER), world.visitor(LIAISON)
    add(visit, SAM, "fiscal staff")
    assert "Name a successor" in hand_over(visit, successor="", scope="leave")[1]
    assert hand_over(visit, scope="leave")[0] == 303
    assert leaving.get("/").status_code == 303
    assert "Ana Ruiz" not in visit.get(PEOPLE).text


def test_somebody_of_another_contract_is_as_unknown_as_nobody(world: World) -> None:
    visit = world.visitor(LIAISON)
    known, unknown = (hand_over(visit, person=email)[1] for email in (STRANGER, "no@where.example"))
    assert known.count(STRANGER) == unknown.count("no@where.example") > 0
    assert "Nobody with a part in this contract has the address" in known


def test_everybody_enters_the_own_absence_and_ends_nobody_elses(world: World) -> None:
    ana, lee = world.visitor(MANAGER), world.visitor(LIAISON)
    assert ana.post("/me/absences", {"starts_on": "2022-12-01", "ends_on": "2022-12-09"}).status_code == 303
    assert "Thu Dec 1, 2022 to Fri Dec 9, 2022" in ana.get("/me").text
    (absence,) = world.rows(select(Absence.id))
    assert lee.post(f"/me/absences/{absence}/end").status_code == 404
    wrong = ana.post("/me/absences", {"starts_on": "2022-12-09", "ends_on": "2022-12-01"})
    assert wrong.status_code == 422 and "lies before the first" in wrong.text
    past = ana.post("/me/absences", {"starts_on": "2022-11-01", "ends_on": "2022-11-02"})
    assert "These days are past" in past.text
    assert ana.post(f"/me/absences/{absence}/end").status_code == 303
    assert "No absence is entered" in ana.get("/me").text


def test_the_liaison_sees_where_nobody_can_be_reached_until_it_is_put_right(world: World) -> None:
    # A reminder to Ana, the only one at the county, was refused.
    visit = world.visitor(LIAISON)
    page = visit.get("/unreachable").text
    assert "mail to Ana Ruiz at ana@county.example was refused for good" in page
    assert "Ask for another address" in page and PEOPLE in page
    assert "Nobody can be reached at Whatcom County" in visit.get(f"/contracts/{WA}").text
    assert add(visit, SAM, "fiscal staff") == 303
    assert "Somebody can be reached for every open item" in visit.get("/unreachable").text
    assert "Nobody can be reached" not in visit.get(f"/contracts/{WA}").text
    days = {"person": SAM, "starts_on": "2022-11-30", "ends_on": "2022-12-02"}
    visit.post(f"{PEOPLE}/absences", days)
    assert "Sam Ortiz is away until Fri Dec 2, 2022" in visit.get("/unreachable").text


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with a_browser() as browser:
        yield browser


@pytest.fixture
def peopled(world: World) -> World:
    """A contract with a part of every kind, long names, and somebody who is away now and later."""
    with writing(world.engine) as session:
        for role in RoleName:
            name = f"Maximiliane Featherstonehaugh-{role.name.title()}"
            email = f"{role.name.lower()}.with.a.long.mailbox@children-youth-and-families.example"
            person = add_person(session, name=name, email=email, now=NOW, actor="test")
            give_role(session, person, WA, role, now=NOW, actor="test")
            assert person.id is not None
            for start, end in ((date(2022, 11, 25), date(2022, 12, 4)), (date(2022, 12, 20), date(2023, 1, 5))):
                session.add(
                    Absence(
                        person_id=person.id, starts_on=start, ends_on=end, note="away", entered_by="x", entered_at=NOW
                    )
                )
    return world


@pytest.mark.browser
def test_nothing_on_the_pages_is_in_anybodys_way(peopled: World, browser: Browser) -> None:
    with a_window(browser, width=DESK) as page:
        sign_in(page, peopled, LIAISON)
        for path in (PEOPLE, f"{PEOPLE}?done=handed", "/unreachable", "/me", f"/contracts/{WA}"):
            page.goto(peopled.address + path)
            assert (path, barriers(page)) == (path, [])


def hand_over_in(page: Page, world: World) -> None:
    sign_in(page, world, LIAISON)
    page.goto(world.address + "/unreachable")
    page.get_by_role("link", name="Open the people of the contract").first.click()
    page.get_by_label("Name", exact=True).fill("Sam Ortiz")
    page.get_by_label("Email address").fill(SAM)
    page.get_by_label("Part", exact=True).select_option("fiscal staff")
    page.get_by_role("button", name="Give the part").click()
    expect(page.get_by_role("status")).to_contain_text("The part is given")
    page.get_by_label("Backup of Ana Ruiz, program manager").select_option(label="Sam Ortiz")
    page.get_by_role("button", name="Set the backup of Ana Ruiz, program manager").click()
    expect(page.get_by_role("status")).to_contain_text("Reminders go to the backup")
    page.get_by_label("Who", exact=True).select_option(MANAGER)
    page.get_by_label("Last day away").fill("2022-12-09")
    page.get_by_role("button", name="Enter the absence").click()
    expect(page.get_by_role("row").filter(has_text="ana@county.example")).to_contain_text("Away until Fri Dec 9, 2022")
    page.get_by_label("Who hands over").select_option(MANAGER)
    page.get_by_label("To whom").select_option(SAM)
    page.get_by_label("What", exact=True).select_option("leave")
    page.get_by_label("Reason").fill("moved to another agency")
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_role("status")).to_contain_text("cannot come in any more")


@pytest.mark.browser
@pytest.mark.parametrize("width", [DESK, PHONE])
def test_a_liaison_finds_the_trouble_and_hands_over_without_scripts(world: World, browser: Browser, width: int) -> None:
    with a_window(browser, width=width, java_script_enabled=False) as page:
        hand_over_in(page, world)
    assert roles(world, SAM) == {(WA, "fiscal staff"), (WA, "program manager")}
    assert world.rows(select(Notice.state).where(Notice.rung == "handed-over")) == [NoticeState.QUEUED]
