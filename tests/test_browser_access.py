"""Can everybody read every page: on a phone, in the dark, without seeing colours, by keyboard or screen reader?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta

import oidc_provider
import pytest
import shared_world
import test_pages_drafting as drafting
import test_pages_importing as importing
import visits
from barriers import NARROWEST, barriers
from browser import DESK, PHONE, a_browser, a_window, sign_in
from playwright.sync_api import Browser, Page, expect
from shared_world import NOBODY, Shared
from sqlmodel import select
from test_agency_sign_in import CLOCK, settings_for
from test_pages_bulk import submit_some
from test_pages_permissions import MISSING, RULES, TO_SIGN_IN, concrete, filled_in
from test_stopping import link as stop_link
from visits import LIAISON, MANAGER, NOW, STRANGER, WA, World, submission_form
from workbooks import xlsx

from duecourse.calendar.standing import Standing
from duecourse.models import Receipt
from duecourse.models.database import writing
from duecourse.tracking.sign_in.limits import ASKS_BY_NETWORK
from duecourse.tracking.signing_in import add_link
from duecourse.tracking.staff.people import add_person, person_by_email

filled, make_world, world, shared = visits.filled, visits.make_world, visits.world, shared_world.shared

pytestmark = pytest.mark.browser

NOT_PAGES = (
    "/healthz",
    "/readyz",
    "/static/",
    "/evidence/",
    "/html",
    ".zip",
    ".json",
    ".pdf",
    ".{ending}",
    "/verify/key",
    "/part-files",
    "/{mail_uid}/mail",
    " /mails/{",
    "/options",
    "POST /definitions/check",
    "POST /contracts/new/check",
    "POST /showing",
)
OF_TWO_SIDES = (
    "GET /",
    "GET /deliverables/{uid}",
    "GET /subscribe",
    "GET /me",
    "GET /received",
    "GET /contracts/{contract_id}",
    "GET /contracts/{contract_id}/enrollment",
    "GET /contracts/{contract_id}/people",
    "GET /contracts/{contract_id}/import",
    "GET /contracts/{contract_id}/plans/{plan_uid}",
)
"""Pages that look otherwise to a manager than to a liaison."""
SIDES = {LIAISON: "liaison", MANAGER: "manager", STRANGER: "stranger", NOBODY: "nobody"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with a_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def windows(browser: Browser, shared: Shared) -> Iterator[dict[str, Page]]:
    """A window for each person who looks, signed in already."""
    with ExitStack() as stack:
        opened = {}
        for email in (MANAGER, LIAISON, STRANGER, NOBODY):
            opened[email] = stack.enter_context(a_window(browser, width=DESK))
            if email:
                sign_in(opened[email], shared.world, email)
        shared.keep("beginning")
        yield opened


def test_what_is_faint_or_has_no_name_or_no_room_is_found(browser: Browser) -> None:
    with a_window(browser, width=DESK) as page:
        page.set_content(
            "<title>x</title><style>a:focus { outline: none }</style><main><h1>Due</h1><h3 id=a>Late</h3>"
            "<p style='color: #888' id=a>pale</p><input><a href='/'></a><table aria-labelledby=b><tr><td>1</table>"
            "<div style='width: 2000px'>wide</div></main>"
        )
        found = [what.partition(": <")[0].partition(" <")[0] for what in barriers(page)]
    assert set(found) >= {
        "a table without a caption",
        "nothing has the id b",
        "twice the id a",
        f"{2000 + 8 - PHONE} pixels wider than a window of {PHONE}",
        "label",
        "link-name",
        "color-contrast",
        "on a phone: color-contrast",
        "heading-order",
        "html-has-lang",
        "no focus on",
    }


def looks(rule: str) -> list[str]:
    """Return who looks at what a rule answers: of those who get a page, a liaison first; for some pages two."""
    says = RULES[rule]
    pages = [email for email, side in SIDES.items() if getattr(says, side) not in (MISSING, TO_SIGN_IN, 403)]
    if says.nobody not in (MISSING, TO_SIGN_IN):
        return [NOBODY]
    return pages[: 2 if rule in OF_TWO_SIDES else 1]


ASKED = [(rule, email) for rule in RULES if not any(part in rule for part in NOT_PAGES) for email in looks(rule)]


@pytest.mark.parametrize(("rule", "email"), ASKED)
def test_nothing_on_a_page_is_in_anybodys_way(shared: Shared, windows: dict[str, Page], rule: str, email: str) -> None:
    shared.go_back("beginning")
    method, path = concrete(shared.world, rule, contract_id=WA)
    page = windows[email]
    if method == "GET":
        page.goto(shared.world.address + path)
    else:
        assert send(page, shared.world.address + path, filled_in(path)) == getattr(RULES[rule], SIDES[email])
    assert barriers(page) == []


def send(page: Page, address: str, fields: Mapping[str, str], file: tuple[str, bytes] | None = None) -> int:
    """Send a form from a page of ours, with the token that its forms carry, and return the status that came back."""
    page.goto("/".join(address.split("/")[:3]) + "/me/channels")
    content = [file[0], list(file[1])] if file else None
    with page.expect_navigation() as came:
        page.evaluate(_SEND, [address, dict(fields), content])
    return came.value.status


_SEND = """([address, fields, file]) => {
  const form = document.createElement("form"), token = document.querySelector("[name=form_token]");
  form.method = "post"; form.action = address; form.enctype = "multipart/form-data"; form.hidden = true;
  const add = (name, value) => {
    const field = document.createElement("textarea"); field.name = name; field.value = value; form.append(field); };
  if (token) add("form_token", token.value);
  for (const [name, value] of Object.entries(fields)) add(name, value);
  if (file) {
    const chosen = new DataTransfer(), field = document.createElement("input");
    chosen.items.add(new File([new Uint8Array(file[1])], file[0]));
    field.type = "file"; field.name = "file"; field.files = chosen.files; form.append(field); }
  document.body.append(form); form.submit();
}"""


Doing = Callable[[Shared, Page], object]


def goes_to(path: str, *, in_spanish: bool = False) -> Doing:
    def do(shared: Shared, page: Page) -> None:
        if in_spanish:
            send(page, f"{shared.world.address}/me/language", {"language": "es", "back": "/"})
        page.goto(shared.world.address + path)

    return do


def asks_too_often(shared: Shared, page: Page) -> None:
    asked = [
        shared.visits[NOBODY].post("/sign-in", {"email": f"{number}@x.example"}).status_code
        for number in range(ASKS_BY_NETWORK.most + 1)
    ]
    assert asked[-1] == 429
    send(page, f"{shared.world.address}/sign-in", {"email": "last@x.example"})


def opens_a_link(shared: Shared, page: Page) -> None:
    page.goto(shared.world.address + shared.world.link_for(MANAGER))


def opens_a_link_from_elsewhere(shared: Shared, page: Page) -> None:
    world = shared.world
    with writing(world.engine) as session:
        person = person_by_email(session, MANAGER)
        assert person is not None and person.id is not None
        token = add_link(session, person.id, asked="0" * 64, code="", now=NOW, until=NOW + timedelta(days=1))
    page.goto(f"{world.address}/sign-in/{token}")


def has_no_part(shared: Shared, page: Page) -> None:
    with writing(shared.world.engine) as session:
        add_person(session, name="New Here", email="new@county.example", now=NOW, actor="test")
    sign_in(page, shared.world, "new@county.example")


def sends_what_is_refused(shared: Shared, page: Page) -> None:
    report = shared.world.find(WA, Standing.OVERDUE)
    send(page, f"{shared.world.address}/deliverables/{report.uid}/submit", submission_form(submitted_on="2031-01-01"))


def sends_a_report(shared: Shared, page: Page) -> None:
    report = shared.world.find(WA, Standing.OVERDUE)
    send(page, f"{shared.world.address}/deliverables/{report.uid}/submit", submission_form())


def asks_for_time(shared: Shared, page: Page) -> None:
    report = shared.world.find(WA, Standing.DUE_SOON)
    path = f"{shared.world.address}/deliverables/{report.uid}/extension"
    send(page, path, filled_in(path))


def presses_and_waits(page: Page, name: str) -> None:
    # Of a click alone, the page that is asked next may still be the one before.
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def chooses_two(path: str, *presses: str) -> Doing:
    def do(shared: Shared, page: Page) -> None:
        submit_some(shared.world, 2)
        page.goto(shared.world.address + path)
        for box in page.get_by_role("checkbox").all()[:2]:
            box.check()
        for press in presses:
            presses_and_waits(page, press)

    return do


def brings_people(*lines: tuple[object, ...]) -> Doing:
    sheet = ("list.xlsx", xlsx(importing.PEOPLE, *lines))
    return lambda shared, page: send(page, f"{shared.world.address}/contracts/{WA}/import/people", {}, sheet)


def brings_an_exhibit(shared: Shared, page: Page) -> None:
    said = drafting.EXHIBIT.replace("1/20/2023", "1/23/2023")
    send(page, f"{shared.world.address}/contracts/new", drafting.FACTS | {"exhibit": said})


def sees_what_would_be_made(shared: Shared, page: Page) -> None:
    send(page, f"{shared.world.address}/contracts/new", drafting.FACTS | {"exhibit": drafting.EXHIBIT})
    presses_and_waits(page, "Show what would be made")


def checks_a_receipt(shared: Shared, page: Page) -> None:
    (uid,) = shared.world.rows(select(Receipt.uid))
    receipt = shared.visits[MANAGER].get(f"/receipts/{uid}.json").content
    send(page, f"{shared.world.address}/verify", {}, ("receipt.json", receipt))


STATES: dict[str, tuple[str, Doing]] = {
    "an address that leads nowhere": (LIAISON, goes_to("/contracts/none")),
    "an address that leads nowhere, for somebody who is not signed in": (NOBODY, goes_to("/nowhere/at/all")),
    "what is not yours": (MANAGER, goes_to("/notices")),
    "too many tries": (NOBODY, asks_too_often),
    "a link that signs in": (NOBODY, opens_a_link),
    "a link in another browser": (NOBODY, opens_a_link_from_elsewhere),
    "a link that is spent": (NOBODY, goes_to("/sign-in/a-token-that-nobody-was-given")),
    "a link that stops mails": (NOBODY, lambda shared, page: page.goto(shared.world.address + stop_link(shared.world))),
    "nothing to show": (NOBODY, has_no_part),
    "an earlier year": (LIAISON, goes_to(f"/contracts/{WA}?year=2022")),
    "a report that is refused": (MANAGER, sends_what_is_refused),
    "a report that was just sent": (MANAGER, sends_a_report),
    "a request for more time": (MANAGER, asks_for_time),
    "what would be accepted": (LIAISON, chooses_two("/accept", "Look at the choice")),
    "what was accepted": (LIAISON, chooses_two("/accept", "Look at the choice", "Accept 2 reports")),
    "whom a reminder would reach": (LIAISON, chooses_two("/remind", "See who would be told")),
    "whom a reminder goes to": (LIAISON, chooses_two("/remind", "See who would be told", "Send 2 reminders")),
    "people from a spreadsheet": (MANAGER, brings_people(importing.BO)),
    "a spreadsheet with mistakes": (MANAGER, brings_people(importing.BO, ("<b>", "nobody", "liaison", "22-1175", ""))),
    "a definition beside its checks": (LIAISON, brings_an_exhibit),
    "what a new contract would make": (LIAISON, sees_what_would_be_made),
    "a receipt that is right": (NOBODY, checks_a_receipt),
    "my work in Spanish": (MANAGER, goes_to("/", in_spanish=True)),
    "the overdue board in Spanish": (LIAISON, goes_to("/overdue", in_spanish=True)),
    "the portfolio in Spanish": (LIAISON, goes_to("/portfolio", in_spanish=True)),
    "a contract in Spanish": (LIAISON, goes_to(f"/contracts/{WA}", in_spanish=True)),
    "the people in Spanish": (MANAGER, goes_to(f"/contracts/{WA}/people", in_spanish=True)),
    "operations in Spanish": (LIAISON, goes_to("/operations", in_spanish=True)),
    "about me in Spanish": (LIAISON, goes_to("/me", in_spanish=True)),
}


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_in_anybodys_way_after(shared: Shared, windows: dict[str, Page], state: str) -> None:
    shared.go_back("beginning")
    email, do = STATES[state]
    page = windows[email]
    if email == NOBODY:
        page.context.clear_cookies()
    do(shared, page)
    assert barriers(page) == []


def test_nothing_is_in_anybodys_way_at_an_agencys_door(make_world: Callable[..., World], browser: Browser) -> None:
    with oidc_provider.serving(CLOCK.now) as provider:
        world = make_world(**settings_for(provider), clock=CLOCK)
        with a_window(browser, width=DESK) as page:
            page.goto(world.address + "/sign-in")
            found = barriers(page)
            # The page on the way would be gone at once.
            page.route(f"{provider.issuer}/**", lambda route: route.fulfill(status=204))
            page.get_by_role("button", name="your DCYF account").click()
            expect(page.get_by_role("heading", name="On the way to your agency")).to_be_visible()
            found += barriers(page)
            page.unroute_all()
            page.goto(world.address + "/sign-in/agency/back?error=access_denied&state=x")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            found += barriers(page)
    assert found == []


def test_the_menu_of_more_pages_fits_a_phone_and_opens_by_keyboard(shared: Shared, windows: dict[str, Page]) -> None:
    shared.go_back("beginning")
    page = windows[LIAISON]
    page.goto(shared.world.address + "/me/tokens")
    page.set_viewport_size({"width": NARROWEST, "height": 800})
    page.get_by_text("More", exact=True).focus()
    page.keyboard.press("Enter")
    menu = page.locator("nav .more ul")
    box = menu.bounding_box()
    page.set_viewport_size({"width": DESK, "height": 800})
    assert menu.is_visible() and box is not None
    assert box["x"] >= 0 and box["x"] + box["width"] <= NARROWEST
    assert menu.get_by_role("link").count() >= 8


def test_a_grid_on_a_phone_is_still_a_table_for_a_screen_reader(shared: Shared, windows: dict[str, Page]) -> None:
    shared.go_back("beginning")
    page = windows[LIAISON]
    page.goto(f"{shared.world.address}/contracts/{WA}")
    page.set_viewport_size({"width": PHONE, "height": 800})
    table = page.get_by_role("table", name="Due dates in FY23, by report and month")
    row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Monthly Enrollment Report"))
    assert row.get_by_role("cell").count() >= 12
    assert row.get_by_role("link").first.get_attribute("aria-label")
    page.set_viewport_size({"width": DESK, "height": 800})


def test_on_paper_the_forms_are_gone_and_what_was_folded_is_there(shared: Shared, windows: dict[str, Page]) -> None:
    shared.go_back("beginning")
    page = windows[MANAGER]
    page.goto(shared.world.address + "/")
    page.emulate_media(media="print")
    assert not page.get_by_role("link", name="Mark as submitted").first.is_visible()
    assert not page.get_by_role("navigation", name="Pages").is_visible()
    assert page.locator("details .task").last.is_visible()
    page.emulate_media(media="screen")
