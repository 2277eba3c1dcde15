"""What does opening a page do, and what does it never do?"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import visits
from fastapi.routing import APIRoute
from rows import add_contract, add_deliverable, add_role
from statements import statements
from test_pages_permissions import RULES, concrete
from visits import ADDRESS, LIAISON, MANAGER, STRANGER, WA, World, submission_form

from duecourse.calendar.standing import Standing
from duecourse.models import RoleName
from duecourse.models.database import writing
from duecourse.tracking.staff.people import person_by_email
from duecourse.web.pages.health import LONGEST_WITHOUT_SCAN

filled, make_world, world = visits.filled, visits.make_world, visits.world

MAILS = ["GET /mails/{kind}"]
PAGES = [rule for rule in RULES if rule.startswith("GET ")]


def dump(world: World) -> list[str]:
    with closing(sqlite3.connect(world.settings.data / "duecourse.db")) as database:
        return list(database.iterdump())


@pytest.mark.parametrize("who", ["", MANAGER, LIAISON, STRANGER])
def test_opening_pages_changes_nothing_in_the_database(world: World, who: str) -> None:
    visit = world.visitor(who)
    addresses = [concrete(world, rule, contract_id=WA)[1] for rule in PAGES]
    before = dump(world)
    for address in addresses:
        visit.get(address)
        visit.client.head(address)
    assert dump(world) == before


def test_head_gets_the_status_and_headers_of_the_page_and_no_body(world: World) -> None:
    visit = world.visitor(MANAGER)
    for rule in PAGES:
        _, address = concrete(world, rule, contract_id=WA)
        page, head = visit.get(address), visit.client.head(address)
        assert (head.status_code, head.content) == (page.status_code, b"")
        # A workbook says within when it was written.
        if not address.endswith(".xlsx"):
            assert head.headers["content-length"] == page.headers["content-length"], address


def test_every_answer_forbids_what_a_page_of_ours_never_does(world: World) -> None:
    visit = world.visitor(LIAISON)
    for rule in PAGES:
        answer = visit.get(concrete(world, rule, contract_id=WA)[1])
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy or policy.startswith("sandbox")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == (
            "no-store" if "static" not in rule else answer.headers["cache-control"]
        )


def test_no_page_holds_a_script_or_a_style_of_its_own_or_asks_another_server(world: World) -> None:
    visit = world.visitor(LIAISON)
    mails = []
    for rule in PAGES:
        answer = visit.get(concrete(world, rule, contract_id=WA)[1])
        # Downloads are no pages; the one in an audit export has its style within, since it stands alone.
        text = answer.text if answer.headers.get("content-type", "").startswith("text/html") else ""
        # A mail is shown as it goes out, with the styles in it that mail programs need, in a frame where nothing runs.
        is_mail = answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'") and bool(text)
        mails += [rule] if is_mail else []
        of_its_own = "<script" if is_mail else r"<style|style=|<script(?! src=\"/static/)"
        elsewhere = rf"(?:src|href)=\"(?:https?:)?//(?!{re.escape(ADDRESS.partition('//')[2])})"
        assert not re.search(rf"{of_its_own}|\son[a-z]+=|{elsewhere}", text), rule
    assert mails == MAILS


def test_the_first_page_with_all_that_it_asks_for_is_small(world: World) -> None:
    visit = world.visitor(LIAISON)
    page = visit.get("/")
    parts = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
    assert len(parts) == 3
    assert len(page.content) + sum(len(visit.get(part).content) for part in parts) < 100_000


def test_a_static_file_is_kept_by_the_browser_and_renamed_when_it_changes(world: World) -> None:
    visit = world.visitor()
    address = re.findall(r'href="(/static/duecourse.css\?v=[0-9a-f]{12})"', visit.get("/sign-in").text)[0]
    assert "immutable" in visit.get(address).headers["cache-control"]


@pytest.mark.parametrize("path", ["/", "/overdue", "/me", "/contracts", "/subscribe", "/notices"])
def test_a_page_asks_the_database_equally_often_whatever_the_number_of_contracts(world: World, path: str) -> None:
    visit = world.visitor(LIAISON)
    with statements(world.engine) as few:
        assert visit.get(path).status_code == 200
    with writing(world.engine) as session:
        person = person_by_email(session, LIAISON)
        assert person is not None
        for number in range(12):
            contract = add_contract(session, f"more-{number}")
            add_role(session, person, contract, RoleName.PROGRAM_LIAISON)
            add_deliverable(session, contract)
    with statements(world.engine) as many:
        assert visit.get(path).status_code == 200
    # A fixed number, for what each page shows: on one's own page also passkeys and browsers that are signed in.
    assert 0 < len(few) == len(many) <= 10


@pytest.mark.parametrize(
    "path",
    ["/deliverables/%00", "/deliverables/x'--", "/contracts/%F0%9F", "/evidence/..%2F..%2Fetc%2Fpasswd", "/nowhere",
     "/subscribe/99999999999999999999/revoke", "/subscribe/nine/revoke", "/static/..%2Fapp.py", "/mailbox/..%2Fx.eml"],
)  # fmt: skip
def test_an_address_that_leads_nowhere_gets_the_page_that_says_so(world: World, path: str) -> None:
    visit = world.visitor(MANAGER)
    answer = visit.post(path) if path.endswith("revoke") else visit.get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_what_people_typed_is_shown_as_text(world: World) -> None:
    typed = "<script>alert(1)</script> {{7*7}} '><img src=x onerror=alert(1)>"
    address = f"/deliverables/{world.find(WA, Standing.OVERDUE).uid}"
    fields = submission_form(note=typed, reference=typed, submitted_by=typed, channel=typed)
    assert world.visitor(MANAGER).post(f"{address}/submit", fields).status_code == 303
    page = world.visitor(LIAISON).get(address).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}}" in page
    assert "<img" not in page and "<script>" not in page


def test_the_database_out_of_reach_is_said_in_words_and_a_time_to_come_back(world: World) -> None:
    visit = world.visitor(MANAGER)
    for part in world.settings.data.glob("duecourse.db*"):
        part.rename(part.with_name(f"gone-{part.name}"))
    world.engine.dispose()
    (world.settings.data / "duecourse.db").mkdir()
    answer = visit.get("/overdue")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "Traceback" not in answer.text and "sqlite" not in answer.text.lower()
    assert visit.get("/healthz").status_code == 200
    assert visit.get("/readyz").json() == {"ready": False, "problems": ["The database does not answer."]}


class Ticking:
    """A clock that wakes jobs; it says when it last did."""

    def __init__(self, last_tick_at: object) -> None:
        self.last_tick_at, self.is_running, self.trouble = last_tick_at, False, ""

    def start(self) -> None:
        self.is_running = True

    def stop(self) -> None:
        self.is_running = False

    def wake(self) -> None:
        pass


@pytest.mark.parametrize(("minutes_ago", "status"), [(1, 200), (6, 503)])
def test_a_server_whose_last_scan_is_too_old_is_not_ready(
    make_world: Callable[..., World], minutes_ago: int, status: int
) -> None:
    embedded = Ticking(visits.NOW - timedelta(minutes=minutes_ago))
    world = make_world(embedded=embedded)
    assert timedelta(minutes=1) < LONGEST_WITHOUT_SCAN < timedelta(minutes=6)
    assert embedded.is_running
    assert world.visitor().get("/readyz").status_code == status
    world.open.close()
    assert not embedded.is_running


def test_the_log_names_the_route_and_never_a_secret(world: World, caplog: pytest.LogCaptureFixture) -> None:
    link = world.link_for(MANAGER)
    with caplog.at_level("INFO"):
        world.visitor().sign_in(link)
        world.open.close()
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("duecourse.")]
    assert any(said.startswith("POST /sign-in/{token} 303") for said in ours)
    assert not [said for said in ours if link.rpartition("/")[2] in said]


def test_a_page_shows_reminders_that_were_sent_and_those_that_were_not(world: World) -> None:
    visit = world.visitor(LIAISON)
    assert "Ana Ruiz" in visit.get("/overdue").text
    failed = visit.get("/notices").text
    assert "550 5.1.1 no such user" in failed and "3 days after" in failed


def test_folders_of_pages_hold_one_file_for_each_page(world: World) -> None:
    folder = Path(visits.__file__).parent.parent / "duecourse" / "web" / "pages"
    modules = {route.endpoint.__module__ for route in world.app.pages.routes if isinstance(route, APIRoute)}
    assert {name.rpartition(".")[2] for name in modules} == {path.stem for path in folder.glob("[a-z]*.py")}
