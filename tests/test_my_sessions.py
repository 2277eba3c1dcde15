"""Where is a person signed in, how does that end, and what does the log say of who came and went?"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import visits
from sign_in_mails import ask, code_in, link_in
from sqlalchemy import Engine, update
from sqlmodel import col, select
from test_auditors_and_admins import contents
from visits import FROM_OUR_PAGE, LIAISON, MANAGER, NOW, WA, Visit, World

from duecourse.models import AuditEntry, SignInSession
from duecourse.models.database import reading, writing
from duecourse.tracking.sign_in.sessions import NOTED_EVERY, end_sessions, is_to_be_noted, note_use, sessions_of
from duecourse.tracking.signing_in import IDLE_LIFETIME, SESSION_LIFETIME, Stay, Way, signed_in, start_session
from duecourse.tracking.staff.people import add_person
from duecourse.web.door_log import LOGGER, log_in_utc, short

filled, make_world, world, either_world = visits.filled, visits.make_world, visits.world, visits.either_world

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1"


def visitor_with(world: World, email: str, user_agent: str) -> Visit:
    """Return a browser of this kind in which somebody has signed in by link."""
    visit = world.visitor()
    visit.client.headers["user-agent"] = user_agent
    visit.sign_in(world.link_for(email))
    return visit


def test_a_person_sees_every_browser_with_when_and_from_where_and_nobody_elses(world: World) -> None:
    desk, phone = visitor_with(world, MANAGER, FIREFOX), visitor_with(world, MANAGER, PHONE)
    visitor_with(world, LIAISON, "Mozilla/5.0 (Windows NT 10.0) Edg/140.0")
    page = desk.get("/me").text
    assert "<strong>Firefox on Linux</strong> (this one)" in page and "<strong>Safari on an iPhone</strong>" in page
    assert "from 127.0.0.*, since" in page and "by link from the terminal" in page and "Edge" not in page
    assert page.count("Sign out there") == 1
    assert phone.get("/me").status_code == 200


def test_one_browser_ends_another_and_then_all_others(world: World) -> None:
    desk, phone, third, liaison = (world.visitor(email) for email in (MANAGER, MANAGER, MANAGER, LIAISON))
    ids = world.rows(select(SignInSession.id).order_by(col(SignInSession.id)))
    assert liaison.post(f"/me/sessions/{ids[1]}/end").status_code == 404
    assert desk.post(f"/me/sessions/{ids[1]}/end").headers["location"] == "/me?done=sessions"
    assert [visit.get("/me").status_code for visit in (desk, phone, third, liaison)] == [200, 303, 200, 200]
    assert desk.post(f"/me/sessions/{ids[1]}/end").status_code == 404
    another = world.visitor(MANAGER)
    desk.post("/me/sessions/end-others")
    assert [visit.get("/me").status_code for visit in (desk, another, third, liaison)] == [200, 303, 303, 200]
    entries = world.rows(select(AuditEntry).where(AuditEntry.action == "ended sessions"))
    assert [(entry.actor, entry.detail["ended"]) for entry in entries] == [(MANAGER, 1), (MANAGER, 2)]


def test_whoever_leaves_is_signed_out_everywhere(world: World) -> None:
    visit, phone = world.visitor(MANAGER), world.visitor(MANAGER)
    liaison = world.visitor(LIAISON)
    liaison.post(
        f"/contracts/{WA}/people", {"new_name": "Noa", "new_email": "noa@county.example", "role": "program manager"}
    )
    gone = {
        "person": MANAGER,
        "successor": "noa@county.example",
        "scope": "leave",
        "since": "2022-11-30",
        "reason": "left",
    }
    assert liaison.post(f"/contracts/{WA}/people/hand-over", gone).status_code == 303
    assert visit.get("/me").headers["location"] == phone.get("/me").headers["location"] == "/sign-in?next=/me"
    assert all(row.ended_at for row in world.rows(select(SignInSession)) if row.person_id == 1)


def test_a_session_ends_after_two_hours_without_use_and_after_twelve_in_any_case(engine: Engine) -> None:
    assert (timedelta(hours=2), timedelta(hours=12)) == (IDLE_LIFETIME, SESSION_LIFETIME)
    idle, late, second = IDLE_LIFETIME, NOW + SESSION_LIFETIME, timedelta(seconds=1)
    with writing(engine) as session:
        person = add_person(session, name="Ana", email=MANAGER, now=NOW, actor="test")
        assert person.id is not None
        token = start_session(session, person.id, way=Way.CODE, now=NOW)
        assert signed_in(session, token, now=NOW + idle - second) is not None
        assert signed_in(session, token, now=NOW + idle) is None
        at = NOW
        while at < late - timedelta(hours=1):
            at += timedelta(hours=1)
            found = signed_in(session, token, now=at)
            assert found is not None and found[0].id is not None and is_to_be_noted(found[0], now=at)
            note_use(session, found[0].id, idle=idle, now=at)
            session.expire_all()
        assert not is_to_be_noted(found[0], now=at + NOTED_EVERY - second)
        assert signed_in(session, token, now=late - second) is not None
        assert signed_in(session, token, now=late) is None
        # Nothing brings one back that has ended.
        note_use(session, found[0].id, idle=idle, now=late)
        assert sessions_of(session, person.id, now=late) == []
        assert end_sessions(session, person, now=late, actor="test") == 0
        short_one = start_session(session, person.id, way=Way.CODE, now=NOW, stay=Stay(timedelta(hours=1)))
        assert signed_in(session, short_one, now=NOW + timedelta(hours=1)) is None


def test_a_page_notes_its_use_once_in_five_minutes(world: World) -> None:
    visit = world.visitor(MANAGER)

    def seen() -> object:
        return world.rows(select(SignInSession.last_seen_at))[0]

    first = seen()
    visit.get("/")
    assert seen() == first
    with writing(world.engine) as session:
        before = world.clock.now() - NOTED_EVERY
        session.execute(update(SignInSession).values(last_seen_at=before, idle_until=before + timedelta(hours=1)))
    visit.get("/")
    assert seen() > first  # type: ignore[operator]
    with reading(world.engine) as session:
        (row,) = session.exec(select(SignInSession)).all()
        assert row.idle_until == row.last_seen_at + IDLE_LIFETIME


def test_the_settings_say_how_long_people_stay(make_world: Callable[..., World]) -> None:
    world = make_world(session_hours=1, session_idle_minutes=10)
    cookie = world.visitor().sign_in(world.link_for(MANAGER)).headers["set-cookie"]
    assert "Max-Age=3600" in cookie
    (row,) = world.rows(select(SignInSession))
    assert row.expires_at - row.created_at == timedelta(hours=1)
    assert row.idle_until - row.created_at == timedelta(minutes=10)


def test_the_log_names_who_came_in_and_who_did_not_without_any_secret(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger=LOGGER)
    visit, other = world.visitor(), world.visitor()
    mail = ask(world, visit, MANAGER)
    evil = "x@y.example\r\nduecourse.door: signed in by magic: person 1"
    other.client.post("/sign-in", data={"email": evil}, headers=FROM_OUR_PAGE)
    other.post(link_in(mail))
    other.post("/sign-in/code", {"code": "evil code"})
    other.post("/sign-in/guess")
    visit.post("/sign-in/code", {"code": code_in(mail)})
    token = visit.client.cookies["duecourse"]
    visit.get(f"/contracts/{WA}/amend")
    visit.post("/sign-out")
    said = [record.getMessage() for record in caplog.records if record.name == LOGGER]
    # What happens after an answer may come after the next one's line.
    assert sorted(said) == sorted(
        [
            f"link mailed: person 1, from 127.0.0.1, {short(link_in(mail).rpartition('/')[2])}",
            f"a link for an address that nobody here has: from 127.0.0.1, {short(' '.join(evil.split()).lower())}",
            f"a link in another browser: from 127.0.0.1, {short(link_in(mail).rpartition('/')[2])}",
            "a code that does not work: from 127.0.0.1",
            f"a link that does not work: from 127.0.0.1, {short('guess')}",
            f"signed in by code from a mail: person 1, from 127.0.0.1, {short(token)}",
            "denied: person 1, GET /contracts/{contract_id}/amend, 403",
            f"signed out: person 1, from 127.0.0.1, {short(token)}",
        ]
    )
    assert re.fullmatch("[0-9a-f]{8}", short(token))
    (row,) = world.rows(select(SignInSession))
    assert row.token_sha256.startswith(short(token))


def test_the_log_is_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, root = io.StringIO(), logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    log_in_utc()
    logging.getLogger(LOGGER).info("signed in")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO duecourse\.door: signed in\n", stream.getvalue())


def test_looking_at_the_pages_of_signing_in_changes_nothing(world: World) -> None:
    visit, other = world.visitor(MANAGER), world.visitor()
    mailed, printed = link_in(ask(world, other, LIAISON)), world.link_for(LIAISON)
    before = contents(world), world.rows(select(SignInSession))
    for path in (
        "/sign-in",
        "/sign-in/code",
        "/sign-in/passkey",
        "/sign-in/agency/back?state=x&code=y",
        mailed,
        printed,
        "/me",
    ):
        for browser in (visit, other):
            browser.get(path)
            browser.client.head(path)
    assert (contents(world), world.rows(select(SignInSession))) == before
