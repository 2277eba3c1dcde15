"""Who gets in with a sign-in link, once, and who does not?"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
import visits
from sqlmodel import col, select
from visits import FROM_OUR_PAGE, MANAGER, NOW, WA, World

from duecourse.clock import Clock
from duecourse.models import AuditEntry, Notice, SignInLink, SignInSession
from duecourse.models.database import writing
from duecourse.notifications.outbox import SIGN_IN
from duecourse.tracking.signing_in import (
    MAILED_LINK_LIFETIME,
    SESSION_LIFETIME,
    make_link,
    redeem_link,
    sign_out,
    signed_in,
)
from duecourse.tracking.staff.people import person_by_email

filled, make_world, world, either_world = visits.filled, visits.make_world, visits.world, visits.either_world

EMAIL_OF_NOBODY = "nobody@county.example"


def mails(world: World, *, at_least: int = 0) -> list[Notice]:
    """The mails so far; they are written after the answer, so wait until there are so many."""
    until = time.monotonic() + 30
    while True:
        found = world.rows(select(Notice).where(Notice.rung == SIGN_IN).order_by(col(Notice.id)))
        if len(found) >= at_least or time.monotonic() > until:
            return found
        time.sleep(0.02)


def link_in(mail: Notice) -> str:
    text = mail.message.decode().replace("=\r\n", "").replace("=3D", "=")
    return re.findall(re.escape(visits.ADDRESS) + r"(/sign-in/[\w-]{43}[^\s\"<]*)", text)[0]


def test_a_link_asked_for_by_mail_signs_in_after_its_button_is_pressed(world: World) -> None:
    visit = world.visitor()
    assert visit.get("/").headers["location"] == "/sign-in"
    assert visit.post("/sign-in", {"email": f" {MANAGER.upper()} "}).status_code == 200
    (mail,) = mails(world, at_least=1)
    assert mail.to_address == MANAGER
    page = visit.get(link_in(mail))
    assert page.status_code == 200 and "<button>Sign in</button>" in page.text
    assert visit.get("/").status_code == 303
    assert visit.sign_in(link_in(mail)).headers["location"] == "/"
    assert "What is due from me" in visit.get("/").text
    (entry,) = world.rows(select(AuditEntry).where(AuditEntry.action == "signed in"))
    assert entry.actor == MANAGER


def test_the_page_that_was_asked_for_opens_after_signing_in(world: World) -> None:
    visit = world.visitor()
    asked = visit.get(f"/contracts/{WA}?year=2023").headers["location"]
    assert asked == f"/sign-in?next=/contracts/{WA}?year=2023"
    next_field = re.findall(r'name="next" value="([^"]+)"', visit.get(asked).text)[0]
    visit.post("/sign-in", {"email": MANAGER, "next": next_field})
    link = link_in(mails(world, at_least=1)[0])
    confirm = re.findall(r'name="next" value="([^"]+)"', visit.get(link).text)[0]
    answer = visit.post(link, {"next": confirm})
    assert answer.headers["location"] == f"/contracts/{WA}?year=2023"


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https:evil", "/\\evil.example", "https://evil.example/", "/%0d%0aX: y", "javascript:alert(1)",
     "/\n/evil.example", "/.//evil.example"],
)  # fmt: skip
def test_nobody_is_led_to_another_site_after_signing_in(world: World, elsewhere: str) -> None:
    visit = world.visitor()
    answer = visit.post(world.link_for(MANAGER), {"next": elsewhere})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert elsewhere not in visit.client.get("/sign-in", params={"next": elsewhere}).text


def test_of_twenty_who_use_one_link_at_the_same_moment_one_gets_in(either_world: World) -> None:
    world = either_world
    link = world.link_for(MANAGER)

    def press(_: int) -> int:
        with httpx.Client(base_url=world.address, timeout=60) as client:
            return client.post(link, headers=FROM_OUR_PAGE).status_code

    with ThreadPoolExecutor(20) as pool:
        answers = sorted(pool.map(press, range(20)))
    assert answers[0] == 303 and set(answers[1:]) <= {404, 429}
    assert len(world.rows(select(SignInSession))) == 1


def test_mail_scanners_that_open_a_link_leave_it_usable(world: World) -> None:
    link, scanner = world.link_for(MANAGER), world.visitor()
    for _ in range(3):
        assert scanner.client.head(link).status_code == 200
        assert scanner.get(link).status_code == 200
    # A scanner that runs scripts posts from nowhere.
    assert scanner.client.post(link).status_code == 403
    assert scanner.client.post(link, headers={"origin": "null", "sec-fetch-site": "cross-site"}).status_code == 403
    assert world.rows(select(SignInSession)) == []
    assert world.visitor().sign_in(link).status_code == 303


def test_links_that_do_not_work_give_one_answer_whatever_the_reason(world: World) -> None:
    used, replaced, good = world.link_for(MANAGER), world.link_for(MANAGER), world.link_for(MANAGER)
    world.visitor().sign_in(good)
    expired = world.link_for(MANAGER, lifetime=-timedelta(seconds=1))
    visit = world.visitor()
    answers = [visit.post(link) for link in (used, replaced, good, expired, f"{expired[:-1]}x", "/sign-in/guess")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert "This link does not work" in answers[0].text
    assert len(world.rows(select(SignInSession))) == 1


def test_a_mailed_link_works_for_ten_minutes_and_a_session_for_twelve_hours(world: World) -> None:
    assert (timedelta(minutes=10), timedelta(hours=12)) == (MAILED_LINK_LIFETIME, SESSION_LIFETIME)
    with writing(world.engine) as session:
        person = person_by_email(session, MANAGER)
        assert person is not None and person.id is not None
        early = make_link(session, person.id, now=NOW, lifetime=MAILED_LINK_LIFETIME)
        assert redeem_link(session, early, now=NOW + MAILED_LINK_LIFETIME) is None
        token = redeem_link(session, early, now=NOW + MAILED_LINK_LIFETIME - timedelta(seconds=1))
        assert token is not None
        signed_in_at = NOW + MAILED_LINK_LIFETIME - timedelta(seconds=1)
        assert signed_in(session, token, now=signed_in_at + SESSION_LIFETIME - timedelta(seconds=1)) is not None
        assert signed_in(session, token, now=signed_in_at + SESSION_LIFETIME) is None
        sign_out(session, token, now=signed_in_at)
        assert signed_in(session, token, now=signed_in_at) is None


def test_secrets_are_stored_as_hashes_only(world: World) -> None:
    link, visit = world.link_for(MANAGER), world.visitor()
    visit.sign_in(link)
    cookie = visit.client.cookies["duecourse"]
    stored = str([row.model_dump() for row in world.rows(select(SignInLink)) + world.rows(select(SignInSession))])
    assert link.rpartition("/")[2] not in stored and cookie not in stored
    assert len(cookie) == 43


def test_the_answer_is_the_same_whether_an_address_is_known_or_not(world: World) -> None:
    visit = world.visitor()
    known = visit.post("/sign-in", {"email": MANAGER})
    unknown = visit.post("/sign-in", {"email": EMAIL_OF_NOBODY})
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace(MANAGER, "") == unknown.text.replace(EMAIL_OF_NOBODY, "")
    assert [mail.to_address for mail in mails(world, at_least=1)] == [MANAGER]


def test_somebody_who_was_disabled_gets_no_mail_and_does_not_get_in(world: World) -> None:
    link, visit = world.link_for(MANAGER), world.visitor()
    with writing(world.engine) as session:
        person = person_by_email(session, MANAGER)
        assert person is not None
        person.disabled_at = NOW
    visit.post("/sign-in", {"email": MANAGER})
    assert mails(world) == []
    assert visit.post(link).status_code == 404


def test_one_mailbox_gets_three_mails_at_most_and_the_last_link_still_works(world: World) -> None:
    visit = world.visitor()
    pages = {visit.post("/sign-in", {"email": MANAGER}).text for _ in range(8)}
    assert len(pages) == 1
    assert len(mails(world, at_least=3)) == 3
    assert visit.post(link_in(mails(world)[0])).status_code == 404
    assert visit.post(link_in(mails(world)[2])).status_code == 303


def test_guessing_ends_after_ten_wrong_links_from_one_network(world: World) -> None:
    visit = world.visitor()
    answers = [visit.post(f"/sign-in/guess-{number}").status_code for number in range(12)]
    assert answers == [404] * 10 + [429] * 2
    assert "ten minutes" in visit.post("/sign-in/guess").text


def test_asking_for_many_mailboxes_ends_after_thirty(world: World) -> None:
    visit = world.visitor()
    answers = [visit.post("/sign-in", {"email": f"p{number}@county.example"}).status_code for number in range(31)]
    assert answers == [200] * 30 + [429]


def test_what_is_no_address_is_said_beside_the_field(world: World) -> None:
    answer = world.visitor().post("/sign-in", {"email": 'ana"><b>'})
    assert answer.status_code == 422 and "This is not an email address" in answer.text
    assert "<b>" not in answer.text


def test_the_cookie_is_kept_from_scripts_and_other_sites(make_world: Callable[..., World]) -> None:
    world = make_world(base_url="https://deadlines.example")
    answer = world.visitor().post(world.link_for(MANAGER))
    (cookie,) = [value for name, value in answer.headers.multi_items() if name == "set-cookie"]
    assert cookie.startswith("__Host-duecourse=")
    for part in ("HttpOnly", "Max-Age=43200", "Path=/", "SameSite=lax", "Secure"):
        assert part in cookie
    assert "domain" not in cookie.lower()
    assert "max-age" in answer.headers["strict-transport-security"]


def test_signing_in_again_ends_the_session_that_the_browser_had(world: World) -> None:
    visit = world.visitor(MANAGER)
    before = visit.client.cookies["duecourse"]
    visit.sign_in(world.link_for(MANAGER))
    assert visit.client.cookies["duecourse"] != before
    visit.client.cookies.set("duecourse", before)
    assert visit.get("/").status_code == 303


@pytest.mark.parametrize("cookie", ["", "x" * 7000, "tok%C3%A9n", '"; duecourse="'])
def test_a_cookie_that_is_nobodys_leads_to_the_sign_in_page(world: World, cookie: str) -> None:
    answer = world.visitor().client.get("/", headers={"cookie": f"duecourse={cookie}"})
    assert answer.status_code == 303


def test_a_session_outlives_a_restart_of_the_server(world: World) -> None:
    visit = world.visitor(MANAGER)
    again = visits.world_on(world.engine, world.settings, world.open, clock=Clock.showing(NOW))
    other = again.visitor()
    other.client.cookies.update(visit.client.cookies)
    assert other.get("/").status_code == 200
