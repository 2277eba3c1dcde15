"""Who gets in with a sign-in link, once, and who does not?"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import urlencode

import pytest
import visits
from sign_in_mails import ask, code_in, link_in, mails
from sqlalchemy import event
from sqlmodel import select
from visits import FROM_OUR_PAGE, LIAISON, MANAGER, NOW, WA, World

from duecourse.clock import Clock
from duecourse.models import AuditEntry, Person, SignInLink, SignInSession
from duecourse.models.database import reading, writing
from duecourse.tracking.sign_in.mailed import LinkState, make_mailed, redeem_code, state_of
from duecourse.tracking.signing_in import (
    MAILED_LINK_LIFETIME,
    Browser,
    Way,
    redeem_link,
    sha256,
    start_session,
)
from duecourse.tracking.staff.people import person_by_email

filled, make_world, world, either_world = visits.filled, visits.make_world, visits.world, visits.either_world

EMAIL_OF_NOBODY = "nobody@county.example"
SECOND = timedelta(seconds=1)


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


def test_of_a_hundred_who_use_one_link_at_the_same_moment_one_gets_in(either_world: World) -> None:
    world = either_world
    token = world.link_for(MANAGER).rpartition("/")[2]

    def press(_: int) -> bool:
        with writing(world.engine) as session:
            return redeem_link(session, token, now=world.clock.now()) is not None

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(press, range(100))) == 1
    assert len(world.rows(select(SignInSession))) == 1


def test_without_the_guarded_update_several_would_get_in(either_world: World) -> None:
    world, together = either_world, Barrier(4)
    token = world.link_for(MANAGER).rpartition("/")[2]
    (person_id,) = world.rows(select(Person.id).where(Person.email == MANAGER))

    def look_and_then_press(_: int) -> bool:
        with reading(world.engine) as session:
            is_ready = state_of(session, token, secret="", now=NOW) is LinkState.READY
        together.wait(timeout=60)
        with writing(world.engine) as session:
            return is_ready and bool(start_session(session, person_id, way=Way.PRINTED_LINK, now=NOW))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(look_and_then_press, range(4))) == 4


def test_mail_scanners_that_open_a_link_and_run_its_scripts_leave_it_usable(world: World) -> None:
    visit, scanner = world.visitor(), world.visitor()
    link = link_in(ask(world, visit, MANAGER))
    for _ in range(3):
        assert scanner.client.head(link).status_code == 403
        assert "This is another browser" in scanner.get(link).text
    assert scanner.client.post(link).status_code == 403
    assert scanner.client.post(link, headers={"origin": "null", "sec-fetch-site": "cross-site"}).status_code == 403
    # Even one that presses the button as a browser does: it is not the browser that asked.
    pressed = scanner.post(link)
    assert pressed.status_code == 403 and "type the code of the same mail there" in pressed.text
    assert world.rows(select(SignInSession)) == []
    assert visit.sign_in(link).status_code == 303


def test_a_link_that_was_mailed_works_in_the_browser_that_asked_and_in_no_other(world: World) -> None:
    visit, other = world.visitor(), world.visitor()
    link = link_in(ask(world, visit, MANAGER))
    # Neither one that asked for somebody else, nor one that asked for the same person.
    ask(world, other, LIAISON)
    assert other.post(link).status_code == 403
    newer = link_in(ask(world, other, MANAGER))
    assert other.post(link).status_code == visit.post(newer).status_code == 403
    assert visit.post(link).status_code == other.post(newer).status_code == 303


def test_of_two_mails_to_one_browser_the_newest_works_alone(world: World) -> None:
    visit = world.visitor()
    first, second = ask(world, visit, MANAGER), ask(world, visit, MANAGER)
    assert visit.post(link_in(first)).status_code == 404
    assert visit.post("/sign-in/code", {"code": code_in(first)}).status_code == 422
    assert visit.post(link_in(second)).status_code == 303


def test_whoever_asks_for_somebody_elses_mails_ends_no_link_of_that_person(world: World) -> None:
    visit, stranger = world.visitor(), world.visitor()
    printed, mailed = world.link_for(MANAGER), link_in(ask(world, visit, MANAGER))
    ask(world, stranger, MANAGER)
    assert visit.get(printed).status_code == visit.get(mailed).status_code == 200
    assert world.visitor().post(printed).status_code == 303
    assert visit.post(mailed).status_code == 303


def test_the_link_that_the_terminal_printed_works_in_any_browser_once(world: World) -> None:
    link = world.link_for(MANAGER)
    assert world.visitor().post(link).status_code == 303
    assert world.visitor().post(link).status_code == 404
    (browser,) = world.rows(select(SignInSession))
    assert browser.way == Way.PRINTED_LINK


def test_links_that_do_not_work_give_one_answer_whatever_the_reason(world: World) -> None:
    used, replaced, good = world.link_for(MANAGER), world.link_for(MANAGER), world.link_for(MANAGER)
    world.visitor().sign_in(good)
    expired = world.link_for(MANAGER, lifetime=-timedelta(seconds=1))
    visit = world.visitor()
    links = (used, replaced, good, expired, f"{expired[:-1]}x", "/sign-in/guess")
    answers = [visit.post(link) for link in links]
    # The switch of the language leads back to the address that was asked for.
    said = {(answer.status_code, answer.text.replace(link, "")) for answer, link in zip(answers, links, strict=True)}
    assert said == {(404, answers[0].text.replace(used, ""))}
    assert "This link does not work" in answers[0].text
    assert len(world.rows(select(SignInSession))) == 1


def test_a_link_and_a_code_that_were_mailed_work_for_ten_minutes(world: World) -> None:
    assert timedelta(minutes=10) == MAILED_LINK_LIFETIME
    browser, late, early = Browser(secret="s"), NOW + MAILED_LINK_LIFETIME, NOW + MAILED_LINK_LIFETIME - SECOND
    with writing(world.engine) as session:
        person = person_by_email(session, MANAGER)
        assert person is not None and person.id is not None
        token, code = make_mailed(session, person.id, secret="s", now=NOW)
        assert redeem_link(session, token, now=late, browser=browser) is None
        assert redeem_code(session, code, now=late, browser=browser) is None
        assert redeem_code(session, code, now=early, browser=browser) is not None
        token, _ = make_mailed(session, person.id, secret="s", now=NOW)
        assert redeem_link(session, token, now=early, browser=browser) is not None


def test_secrets_are_stored_as_hashes_only(world: World) -> None:
    link, visit = world.link_for(MANAGER), world.visitor()
    visit.sign_in(link)
    cookie = visit.client.cookies["duecourse"]
    other = world.visitor()
    mail = ask(world, other, MANAGER)
    secrets = [link.rpartition("/")[2], cookie, visit.client.cookies["duecourse-browser"]]
    secrets += [other.client.cookies["duecourse-browser"], link_in(mail).rpartition("/")[2]]
    assert all(len(secret) == 43 for secret in secrets) and len(set(secrets)) == 5
    stored = str([row.model_dump() for row in world.rows(select(SignInLink)) + world.rows(select(SignInSession))])
    code = code_in(mail)
    assert not [secret for secret in (*secrets, code, code.replace("-", "")) if secret in stored]
    # Forty bits could be tried out: the hash of a code alone is not stored either.
    assert sha256(code.replace("-", "")) not in stored


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


def test_known_and_unknown_addresses_take_the_same_steps_before_the_answer(make_world: Callable[..., World]) -> None:
    world = make_world()
    statements: list[str] = []
    event.listen(world.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))

    async def steps(email: str) -> list[str]:
        begun, before = len(statements), list[str]()
        body = urlencode({"email": email}).encode()
        headers = {**FROM_OUR_PAGE, "content-type": "application/x-www-form-urlencoded", "host": "deadlines.example"}

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, object]) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body") and not before:
                before.extend(statements[begun:])

        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http"}
        scope |= {"path": "/sign-in", "raw_path": b"/sign-in", "query_string": b"", "client": ("192.0.2.1", 4711)}
        scope |= {"headers": [(name.encode(), said.encode()) for name, said in headers.items()]}
        await world.app(scope, receive, send)  # type: ignore[arg-type]
        return before

    known, unknown = asyncio.run(steps(MANAGER)), asyncio.run(steps(EMAIL_OF_NOBODY))
    assert known == unknown and any("sign_in_rate" in one for one in known)
    assert not any("person" in one for one in known)
    assert [mail.to_address for mail in mails(world, at_least=1)] == [MANAGER]


def test_what_is_no_address_is_said_beside_the_field(world: World) -> None:
    answer = world.visitor().post("/sign-in", {"email": 'ana"><b>'})
    assert answer.status_code == 422 and "This is not an email address" in answer.text
    assert "<b>" not in answer.text


def test_the_cookie_is_kept_from_scripts_and_other_sites(make_world: Callable[..., World]) -> None:
    world = make_world(base_url="https://deadlines.example")
    answer = world.visitor().post(world.link_for(MANAGER))
    cookies = [value for name, value in answer.headers.multi_items() if name == "set-cookie"]
    ages = {"__Host-duecourse": 43_200, "__Host-duecourse-browser": 31_536_000}
    assert {cookie.partition("=")[0] for cookie in cookies} == set(ages)
    for cookie in cookies:
        for part in ("HttpOnly", f"Max-Age={ages[cookie.partition('=')[0]]}", "Path=/", "SameSite=lax", "Secure"):
            assert part in cookie
        assert "domain" not in cookie.lower()
    assert "max-age" in answer.headers["strict-transport-security"]


def test_signing_in_again_renews_both_cookies_and_ends_the_session_that_the_browser_had(world: World) -> None:
    visit = world.visitor(MANAGER)
    before, known_by = visit.client.cookies["duecourse"], visit.client.cookies["duecourse-browser"]
    visit.sign_in(link_in(ask(world, visit, MANAGER)))
    assert visit.client.cookies["duecourse"] != before
    assert visit.client.cookies["duecourse-browser"] != known_by
    visit.client.cookies.set("duecourse", before)
    assert visit.get("/").status_code == 303


@pytest.mark.parametrize("cookie", ["", "x" * 7000, "tok%C3%A9n", '"; duecourse="', "a; duecourse=b"])
def test_a_cookie_that_is_nobodys_leads_to_the_sign_in_page(world: World, cookie: str) -> None:
    visit = world.visitor()
    said = {"cookie": f"duecourse={cookie}; duecourse-browser={cookie}"}
    assert visit.client.get("/", headers=said).status_code == 303
    assert visit.client.post("/sign-in", data={"email": "x@y.example"}, headers=said | FROM_OUR_PAGE).status_code == 200
    assert visit.client.post("/sign-in/code", data={"code": "A"}, headers=said | FROM_OUR_PAGE).status_code == 422


def test_a_session_outlives_a_restart_of_the_server(world: World) -> None:
    visit = world.visitor(MANAGER)
    again = visits.world_on(world.engine, world.settings, world.open, clock=Clock.showing(NOW))
    other = again.visitor()
    other.client.cookies.update(visit.client.cookies)
    assert other.get("/").status_code == 200
