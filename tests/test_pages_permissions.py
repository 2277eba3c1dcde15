"""Who may open and change what? Every route of the pages, for everybody."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple
from uuid import uuid4

import httpx
import packets
import plan_pages
import pytest
import shared_world
import visits
from fastapi.routing import APIRoute
from shared_world import FOREIGN_LIAISON, NOBODY, ROLES, Shared
from sqlalchemy import delete, update
from sqlmodel import col, select
from visits import ADDRESS, LIAISON, MANAGER, STRANGER, WA, Visit, World, submission_form

from duecourse.calendar.standing import Standing
from duecourse.definitions.reading import find_contract
from duecourse.models import (
    Notice,
    NoticeState,
    Passkey,
    Person,
    Receipt,
    Role,
    RoleName,
    SignInSession,
    SubmissionFile,
)
from duecourse.models.database import writing
from duecourse.notifications.second_channel import add_channel
from duecourse.notifications.setting_aside import Place, put_aside, set_aside
from duecourse.tracking.acting import By
from duecourse.tracking.api_tokens import Scope, make_token
from duecourse.tracking.calendars.feeds import create_feed
from duecourse.tracking.extensions.extending import Request
from duecourse.tracking.extensions.extending import ask as ask_for_time
from duecourse.tracking.mail.receiving import receive
from duecourse.tracking.signing_in import Way, signed_in, start_session
from duecourse.tracking.staff.absences import record_absence
from duecourse.tracking.staff.people import person_by_email
from duecourse.webhooks.egress import Egress
from duecourse.webhooks.setting_up import Told, add_webhook

filled, make_world, world = visits.filled, visits.make_world, visits.world
shared = shared_world.shared

TO_SIGN_IN = 303


class Rule(NamedTuple):
    """The status for what belongs to 22-1174: for its manager, its liaison, another contract's manager, and nobody."""

    manager: int
    liaison: int
    stranger: int
    nobody: int = TO_SIGN_IN


EVERYBODY, MISSING, NOT_YOURS, DONE = 200, 404, 403, 303

# A route that is not in this table fails the test: write down here who may use it.
RULES = {
    "GET /healthz": Rule(EVERYBODY, EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /readyz": Rule(EVERYBODY, EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /static/{name}": Rule(EVERYBODY, EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /sign-in": Rule(EVERYBODY, EVERYBODY, EVERYBODY, EVERYBODY),
    "POST /sign-in": Rule(EVERYBODY, EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /sign-in/code": Rule(EVERYBODY, EVERYBODY, EVERYBODY, EVERYBODY),
    # The code is none that was mailed.
    "POST /sign-in/code": Rule(422, 422, 422, 422),
    # This server has no single sign-on.
    "POST /sign-in/agency": Rule(MISSING, MISSING, MISSING, MISSING),
    "GET /sign-in/agency/back": Rule(MISSING, MISSING, MISSING, MISSING),
    # In a demonstration no passkey is asked for, and at this address browsers allow none.
    "GET /sign-in/passkey": Rule(DONE, DONE, DONE),
    "POST /sign-in/passkey": Rule(409, 409, 409),
    "POST /sign-in/passkey/options": Rule(409, 409, 409),
    "POST /sign-in/recovery": Rule(409, 409, 409),
    "POST /me/recovery-codes": Rule(409, 409, 409),
    "POST /me/passkeys/options": Rule(409, 409, 409),
    "POST /me/passkeys": Rule(409, 409, 409),
    "POST /me/passkeys/{passkey_id}/remove": Rule(DONE, MISSING, MISSING),
    "POST /me/sessions/end-others": Rule(DONE, DONE, DONE),
    "POST /me/sessions/{session_id}/end": Rule(DONE, MISSING, MISSING),
    # An admin alone does this: tests/test_passkey_resets.py.
    "POST /contracts/{contract_id}/passkeys/reset": Rule(NOT_YOURS, NOT_YOURS, MISSING),
    "GET /sign-in/{token}": Rule(MISSING, MISSING, MISSING, MISSING),
    "POST /sign-in/{token}": Rule(MISSING, MISSING, MISSING, MISSING),
    "POST /sign-out": Rule(DONE, DONE, DONE),
    "GET /": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /overdue": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /portfolio": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /month": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /agenda": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /accept": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    # Nothing is chosen.
    "POST /accept": Rule(NOT_YOURS, 422, NOT_YOURS),
    "GET /remind": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    "POST /remind": Rule(NOT_YOURS, 422, NOT_YOURS),
    "GET /owed": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    "GET /contracts": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /contracts/new": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    # Nothing is sent that could be an exhibit, or a definition with the dates that it was drafted from.
    "POST /contracts/new": Rule(NOT_YOURS, 422, NOT_YOURS),
    "POST /contracts/new/check": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    "POST /contracts/new/rehearse": Rule(NOT_YOURS, 422, NOT_YOURS),
    "POST /contracts/new/add": Rule(NOT_YOURS, 422, NOT_YOURS),
    "POST /definitions/check": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    "GET /contracts/{contract_id}": Rule(EVERYBODY, EVERYBODY, MISSING),
    "GET /contracts/{contract_id}/enrollment": Rule(EVERYBODY, EVERYBODY, MISSING),
    "POST /contracts/{contract_id}/enrollment": Rule(DONE, NOT_YOURS, MISSING),
    "POST /contracts/{contract_id}/home-visitors": Rule(DONE, NOT_YOURS, MISSING),
    "POST /contracts/{contract_id}/events": Rule(DONE, DONE, MISSING),
    "GET /contracts/{contract_id}/amend": Rule(NOT_YOURS, EVERYBODY, MISSING),
    "POST /contracts/{contract_id}/amend": Rule(NOT_YOURS, EVERYBODY, MISSING),
    "GET /contracts/{contract_id}/plans": Rule(EVERYBODY, EVERYBODY, MISSING),
    "POST /contracts/{contract_id}/plans": Rule(NOT_YOURS, DONE, MISSING),
    "GET /contracts/{contract_id}/plans/{plan_uid}": Rule(EVERYBODY, EVERYBODY, MISSING),
    "POST /contracts/{contract_id}/plans/{plan_uid}/stage": Rule(NOT_YOURS, DONE, MISSING),
    "POST /contracts/{contract_id}/plans/{plan_uid}/steps": Rule(DONE, DONE, MISSING),
    "POST /contracts/{contract_id}/plans/{plan_uid}/approve": Rule(NOT_YOURS, DONE, MISSING),
    "POST /contracts/{contract_id}/plans/{plan_uid}/amend": Rule(NOT_YOURS, DONE, MISSING),
    "POST /contracts/{contract_id}/plans/{plan_uid}/missed": Rule(NOT_YOURS, DONE, MISSING),
    "POST /contracts/{contract_id}/plans/{plan_uid}/progress": Rule(DONE, DONE, MISSING),
    "POST /contracts/{contract_id}/plans/{plan_uid}/complete": Rule(NOT_YOURS, DONE, MISSING),
    # The funder opened the plan, and so undoes that.
    "POST /contracts/{contract_id}/plans/{plan_uid}/undo": Rule(NOT_YOURS, DONE, MISSING),
    "GET /tables/due.{ending}": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /tables/overdue.{ending}": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /tables/owed.{ending}": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    "GET /tables/not-sent.{ending}": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    "GET /contracts/{contract_id}/year.{ending}": Rule(EVERYBODY, EVERYBODY, MISSING),
    "GET /contracts/{contract_id}/people.{ending}": Rule(EVERYBODY, EVERYBODY, MISSING),
    "GET /contracts/{contract_id}/enrollment.{ending}": Rule(EVERYBODY, EVERYBODY, MISSING),
    "GET /contracts/{contract_id}/calendar.pdf": Rule(EVERYBODY, EVERYBODY, MISSING),
    "GET /contracts/{contract_id}/import": Rule(EVERYBODY, EVERYBODY, MISSING),
    "GET /contracts/{contract_id}/import/{table}.{ending}": Rule(EVERYBODY, EVERYBODY, MISSING),
    # No file is sent.
    "POST /contracts/{contract_id}/import/people": Rule(422, 422, MISSING),
    "POST /contracts/{contract_id}/import/submissions": Rule(422, 422, MISSING),
    "GET /contracts/{contract_id}/people": Rule(EVERYBODY, EVERYBODY, MISSING),
    "POST /contracts/{contract_id}/people": Rule(DONE, DONE, MISSING),
    "POST /contracts/{contract_id}/people/backup": Rule(DONE, DONE, MISSING),
    "POST /contracts/{contract_id}/people/absences": Rule(DONE, DONE, MISSING),
    "POST /contracts/{contract_id}/people/absences/{absence_id}/end": Rule(DONE, DONE, MISSING),
    "POST /contracts/{contract_id}/people/hand-over": Rule(DONE, DONE, MISSING),
    "GET /unreachable": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    "POST /language": Rule(422, 422, 422, 422),
    "POST /me/language": Rule(422, 422, 422),
    "GET /me": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "POST /me/absences": Rule(DONE, DONE, DONE),
    "POST /me/absences/{absence_id}/end": Rule(DONE, MISSING, MISSING),
    "GET /closures": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    "POST /closures": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    "GET /deliverables/{uid}": Rule(EVERYBODY, EVERYBODY, MISSING),
    "POST /deliverables/{uid}/submit": Rule(DONE, NOT_YOURS, MISSING),
    # The county’s reports go into portals, so that there is no mail to send.
    "POST /deliverables/{uid}/mail": Rule(422, NOT_YOURS, MISSING),
    "POST /deliverables/{uid}/mail/again": Rule(409, NOT_YOURS, MISSING),
    "POST /deliverables/{uid}/decide": Rule(NOT_YOURS, DONE, MISSING),
    "POST /deliverables/{uid}/extension": Rule(DONE, NOT_YOURS, MISSING),
    "POST /deliverables/{uid}/extension/record": Rule(NOT_YOURS, DONE, MISSING),
    "POST /extensions/{extension_uid}/decide": Rule(NOT_YOURS, DONE, MISSING),
    "POST /extensions/{extension_uid}/take-back": Rule(DONE, DONE, MISSING),
    "POST /deliverables/{uid}/move": Rule(NOT_YOURS, EVERYBODY, MISSING),
    "POST /deliverables/{uid}/set-aside": Rule(NOT_YOURS, DONE, MISSING),
    "POST /deliverables/{uid}/undo": Rule(DONE, NOT_YOURS, MISSING),
    "GET /evidence/{file_uid}": Rule(EVERYBODY, EVERYBODY, MISSING),
    "GET /contracts/{contract_id}/audit.zip": Rule(EVERYBODY, EVERYBODY, MISSING),
    "GET /receipts/{receipt_uid}.json": Rule(EVERYBODY, EVERYBODY, MISSING),
    "GET /receipts/{receipt_uid}.pdf": Rule(EVERYBODY, EVERYBODY, MISSING),
    "GET /receipts/{receipt_uid}": Rule(EVERYBODY, EVERYBODY, MISSING),
    "GET /verify": Rule(EVERYBODY, EVERYBODY, EVERYBODY, EVERYBODY),
    # Nothing is sent that could be a receipt.
    "POST /verify": Rule(422, 422, 422, 422),
    "GET /verify/key": Rule(EVERYBODY, EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /verify/{receipt_uid}/{sha256}": Rule(EVERYBODY, EVERYBODY, EVERYBODY, EVERYBODY),
    # The parts are of the contract whose manager is the stranger, and from a subcontractor of it.
    "GET /parts": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /parts/{uid}/{program}": Rule(MISSING, MISSING, EVERYBODY),
    "POST /parts/{uid}/{program}/hand-in": Rule(MISSING, MISSING, DONE),
    "POST /parts/{uid}/{program}/decide": Rule(MISSING, MISSING, DONE),
    "POST /parts/{uid}/{program}/take-back": Rule(MISSING, MISSING, DONE),
    "GET /part-files/{entry_uid}": Rule(MISSING, MISSING, EVERYBODY),
    "GET /subscribe": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "POST /subscribe": Rule(EVERYBODY, EVERYBODY, MISSING),
    "POST /subscribe/{feed_id}/rotate": Rule(EVERYBODY, MISSING, MISSING),
    "POST /subscribe/{feed_id}/revoke": Rule(DONE, MISSING, MISSING),
    "GET /received": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /received/{mail_uid}/mail": Rule(EVERYBODY, EVERYBODY, MISSING),
    "POST /received/{mail_uid}/confirm": Rule(DONE, NOT_YOURS, MISSING),
    "POST /received/{mail_uid}/not-ours": Rule(DONE, DONE, MISSING),
    "GET /notices": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    # The reminder that failed is no longer owed, which the liaison is told.
    "POST /me/preferences": Rule(DONE, DONE, DONE),
    "GET /me/mails/{mail_name}": Rule(EVERYBODY, MISSING, MISSING),
    "POST /me/mails/{mail_name}/seen": Rule(DONE, MISSING, MISSING),
    "POST /deliverables/{uid}/seen": Rule(DONE, 409, MISSING),
    "GET /deliverables/{uid}/notices.{ending}": Rule(EVERYBODY, EVERYBODY, MISSING),
    "POST /notices/{notice_id}/requeue": Rule(NOT_YOURS, 409, MISSING),
    "GET /operations": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    # Nobody doubts the clock.
    "POST /operations/clock": Rule(NOT_YOURS, 409, NOT_YOURS),
    "POST /operations/mails/{mail_id}": Rule(NOT_YOURS, 303, NOT_YOURS),
    "GET /mailbox": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /mailbox/{name}": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "GET /mailbox/{name}/html": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    # The token is the right, and this one is not signed.
    "GET /stop/{token}": Rule(MISSING, MISSING, MISSING, MISSING),
    "POST /stop/{token}": Rule(MISSING, MISSING, MISSING, MISSING),
    "GET /me/channels": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    # Nothing is sent that could be an address.
    "POST /me/channels": Rule(422, 422, 422),
    "POST /me/channels/{channel_id}/remove": Rule(DONE, MISSING, MISSING),
    "GET /me/tokens": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "POST /me/tokens": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    "POST /me/tokens/{token_id}/revoke": Rule(DONE, MISSING, MISSING),
    "GET /me/webhooks": Rule(EVERYBODY, EVERYBODY, EVERYBODY),
    # Nothing is sent that could be an address.
    "POST /me/webhooks": Rule(422, 422, 422),
    "GET /me/webhooks/{webhook_id}": Rule(EVERYBODY, MISSING, MISSING),
    "POST /me/webhooks/{webhook_id}": Rule(422, MISSING, MISSING),
    "POST /me/webhooks/{webhook_id}/ping": Rule(DONE, MISSING, MISSING),
    "POST /me/webhooks/{webhook_id}/rotate": Rule(EVERYBODY, MISSING, MISSING),
    "POST /me/webhooks/{webhook_id}/pause": Rule(DONE, MISSING, MISSING),
    "POST /me/webhooks/{webhook_id}/resume": Rule(DONE, MISSING, MISSING),
    "POST /me/webhooks/{webhook_id}/remove": Rule(DONE, MISSING, MISSING),
    "GET /mails": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    "GET /mails/{kind}": Rule(NOT_YOURS, EVERYBODY, NOT_YOURS),
    "POST /me/daily": Rule(DONE, DONE, DONE),
    "POST /showing": Rule(DONE, DONE, DONE),
}


def routes(world: World) -> set[str]:
    """Return every method and path that the pages answer."""
    found = [route for route in world.app.pages.routes if isinstance(route, APIRoute)]
    return {f"{method} {route.path}" for route in found for method in route.methods}


def test_every_route_is_in_the_table_and_nothing_else_answers(world: World) -> None:
    assert routes(world) == set(RULES)
    assert len(world.app.pages.routes) == len(RULES)


_OTHERS = (RoleName.CLINICAL_SUPERVISOR, RoleName.FISCAL_STAFF, RoleName.LEADERSHIP)
# Where people of one side get different answers: what only the manager may do, and what is one person's own.
OTHERWISE: dict[str, dict[str, int]] = {
    **{
        rule: {ROLES[role]: NOT_YOURS for role in _OTHERS}
        for rule in RULES
        if rule.startswith(("POST /contracts/{contract_id}/people", "POST /contracts/{contract_id}/import/people"))
    },
    **{
        rule: {ROLES[role]: MISSING for role in _OTHERS}
        for rule in RULES
        if rule.startswith(
            (
                "POST /me/absences/{",
                "POST /me/tokens/{",
                "POST /me/passkeys/{",
                "POST /me/sessions/{",
                "POST /subscribe/{",
                "POST /me/webhooks/{",
                "GET /me/webhooks/{",
                "GET /me/mails/{",
                "POST /me/mails/{",
            )
        )
    },
    # No reminder went to them, which they could have seen, and the channel is the manager's own.
    "POST /deliverables/{uid}/seen": {ROLES[role]: 409 for role in _OTHERS},
    "POST /me/channels/{channel_id}/remove": {ROLES[role]: MISSING for role in _OTHERS},
    # Those offices are not the ones of their contract.
    "POST /closures": {FOREIGN_LIAISON: 422},
}


def expected(rule: str) -> dict[str, int]:
    """Return what the table says for each person: by their part in 22-1174, in another contract, or in none."""
    says = RULES[rule]
    if says.manager == says.liaison == says.stranger == says.nobody:
        return {MANAGER: says.manager, NOBODY: says.nobody}
    # What is no contract's looks to a liaison of another contract as it does to one of this.
    foreign = MISSING if MISSING in (says.stranger, says.manager) else says.liaison
    usual = {email: says.liaison if role.is_liaison else says.manager for role, email in ROLES.items()}
    others = {STRANGER: says.stranger, FOREIGN_LIAISON: foreign, NOBODY: says.nobody}
    return usual | others | OTHERWISE.get(rule, {})


def test_every_part_that_people_can_have_is_tried() -> None:
    # tests/test_auditors_and_admins.py tries the two others on every route.
    assert set(ROLES) | {RoleName.ADMIN, RoleName.AUDITOR} == set(RoleName)


@pytest.mark.parametrize("rule", RULES)
def test_everybody_gets_what_the_table_says(shared: Shared, rule: str) -> None:
    says, got = expected(rule), {}
    shared.go_back("beginning")
    method, path = concrete(shared.world, rule, contract_id=WA)
    shared.keep("rule")
    for email in says:
        answer = ask(shared.visits[email], method, path)
        got[email] = answer.status_code
        if answer.status_code == TO_SIGN_IN and email == NOBODY:
            assert answer.headers["location"].startswith("/sign-in")
        if method == "POST":
            shared.go_back("rule")
    assert got == says


@pytest.mark.parametrize(
    "rule", [rule for rule, says in RULES.items() if says.stranger == MISSING != says.nobody and "{" in rule]
)
def test_what_is_somebody_elses_and_what_does_not_exist_look_the_same(shared: Shared, rule: str) -> None:
    visit = shared.visits[STRANGER]
    shared.go_back("beginning")
    method, theirs = concrete(shared.world, rule, contract_id=WA)
    _, missing = concrete(shared.world, rule, contract_id=None)
    one, other = ask(visit, method, theirs), ask(visit, method, missing)
    assert one.status_code == other.status_code == 404
    assert without_secrets(one.text, theirs) == without_secrets(other.text, missing)


@pytest.mark.parametrize("ending", ["disabled", "role taken", "expired", "signed out"])
def test_somebody_whose_part_has_ended_sees_nothing_any_more(world: World, ending: str) -> None:
    visit = world.visitor(MANAGER)
    assert visit.get(f"/contracts/{WA}").status_code == 200
    with writing(world.engine) as session:
        person = person_by_email(session, MANAGER)
        assert person is not None
        match ending:
            case "disabled":
                session.execute(update(Person).where(col(Person.id) == person.id).values(disabled_at=world.clock.now()))
            case "role taken":
                session.execute(delete(Role).where(col(Role.person_id) == person.id))
            case "expired":
                past = world.clock.now() - timedelta(seconds=1)
                session.execute(update(SignInSession).values(expires_at=past))
            case "signed out":
                session.execute(update(SignInSession).values(ended_at=world.clock.now()))
    expected = 404 if ending == "role taken" else TO_SIGN_IN
    assert visit.get(f"/contracts/{WA}").status_code == expected


def concrete(world: World, rule: str, *, contract_id: str | None) -> tuple[str, str]:
    """Return a method and an address of a rule: of what belongs to a contract, or of what does not exist."""
    method, path = rule.split(" ")
    names = re.findall(r"\{(\w+)\}", path)
    for name in names:
        path = path.replace(f"{{{name}}}", MISSING_IDS[name] if contract_id is None else existing(world, name, rule))
    return method, path


MISSING_IDS = {
    "contract_id": "wa-99-9999",
    "uid": "00000000-0000-4000-8000-000000000000",
    "file_uid": "00000000-0000-4000-8000-000000000000",
    "receipt_uid": "00000000-0000-4000-8000-000000000000",
    "sha256": "0" * 64,
    "feed_id": "4711",
    "absence_id": "4711",
    "passkey_id": "4711",
    "session_id": "4711",
    "program": "somebody",
    "entry_uid": "00000000-0000-4000-8000-000000000000",
    "extension_uid": "00000000-0000-4000-8000-000000000000",
    "notice_id": "4711",
    "plan_uid": "00000000-0000-4000-8000-000000000000",
    "mail_name": "00000000-0000-4000-8000-000000000000",
    "mail_id": "4711",
    "kind": "none",
    "channel_id": "4711",
    "token_id": "4711",
    "webhook_id": "4711",
    "mail_uid": "00000000-0000-4000-8000-000000000000",
    "table": "submissions",
    "ending": "xlsx",
}


def a_daily_mail(world: World) -> str:
    """Give the manager a daily mail about one report, and return its name."""
    name, now, report = str(uuid4()), world.clock.now(), world.find(WA, Standing.OVERDUE)
    with writing(world.engine) as session:
        person = person_by_email(session, MANAGER)
        assert person is not None and person.id is not None
        state = {"state": NoticeState.SENT, "sent_at": now, "owed_at": now, "queued_at": now, "next_try_at": now}
        shared = {"person_id": person.id, "to_address": person.email, "message": b"", **state}
        daily = {"rung": "daily", "subject": "1 overdue", "message_id": f"<notice-{name}@due.example.gov>"}
        carrier = Notice(key=f"daily|{name}", **daily, **shared)
        session.add(carrier)
        session.flush()
        said = {"title": report.title, "label": report.label, "says": "Overdue", "link": f"{ADDRESS}/deliverables/x"}
        about = {"rung": "after-3", "subject": "Overdue", "message_id": f"<carried-{name}@due.example.gov>"}
        session.add(Notice(key=f"carried|{name}", carrier_id=carrier.id, said=said, **about, **shared))
    return name


def existing(world: World, name: str, rule: str) -> str:
    """Return the id of something of 22-1174 that fits the rule."""
    match name:
        case "contract_id":
            return WA
        case "uid" if "{program}" in rule:
            return packets.waiting_part(world.engine, world.settings.evidence, rule, world.clock.now())[0]
        case "program":
            return "riverbend"
        case "entry_uid":
            return packets.waiting_part(world.engine, world.settings.evidence, rule, world.clock.now())[1]
        case "uid":
            wanted = Standing.SUBMITTED if rule.endswith(("decide", "undo")) else Standing.OVERDUE
            return world.find(WA, wanted).uid
        case "file_uid":
            return str(world.rows(select(SubmissionFile.uid))[0])
        case "receipt_uid":
            return str(world.rows(select(Receipt.uid))[0])
        case "sha256":
            return str(world.rows(select(Receipt.sha256))[0])
        case "extension_uid":
            report = world.find(WA, Standing.DUE_SOON)
            wish = Request(world.clock.now(), "Ana Ruiz", "The data system was down.")
            with writing(world.engine) as session:
                return ask_for_time(
                    session, report.uid, wish, form_key="asked", now=world.clock.now(), by=By(MANAGER)
                ).uid
        case "absence_id":
            with writing(world.engine) as session:
                person = person_by_email(session, MANAGER)
                assert person is not None
                days = {"starts_on": date(2022, 12, 5), "ends_on": date(2022, 12, 9)}
                return str(record_absence(session, person, **days, now=world.clock.now(), actor="test").id)
        case "passkey_id":
            with writing(world.engine) as session:
                person = person_by_email(session, MANAGER)
                assert person is not None and person.id is not None
                key = {"credential_id": str(uuid4()), "public_key": b"", "sign_count": 0, "name": "Phone"}
                passkey = Passkey(person_id=person.id, **key, created_at=world.clock.now())
                session.add(passkey)
                session.flush()
                return str(passkey.id)
        case "session_id":
            with writing(world.engine) as session:
                person = person_by_email(session, MANAGER)
                assert person is not None and person.id is not None
                token = start_session(session, person.id, way=Way.CODE, now=world.clock.now())
                found = signed_in(session, token, now=world.clock.now())
                assert found is not None
                return str(found[0].id)
        case "feed_id":
            with writing(world.engine) as session:
                person = person_by_email(session, MANAGER)
                assert person is not None and person.id is not None
                feed, _ = create_feed(session, person_id=person.id, contract_id=WA, now=world.clock.now())
                return str(feed.id)
        case "plan_uid":
            return plan_pages.ladder_for(world, rule)
        case "notice_id":
            return str(world.rows(select(Notice.id).where(Notice.state == NoticeState.FAILED))[0])
        case "mail_name":
            return a_daily_mail(world)
        case "mail_id":
            with writing(world.engine) as session:
                put_aside(session, Place("the mailbox", 1, 1), "It is empty.", now=world.clock.now())
                (mail,) = set_aside(session)
                return str(mail.id)
        case "mail_uid":
            with writing(world.engine) as session:
                said = b"Subject: 22-1174, Monthly Enrollment Report, October 2022\r\n\r\nsent\r\n"
                return receive(session, said, folder=world.settings.evidence, now=world.clock.now()).mail.uid
        case "channel_id":
            with writing(world.engine) as session:
                person = person_by_email(session, MANAGER)
                assert person is not None
                now = world.clock.now()
                url = "json://127.0.0.1/x"
                return str(add_channel(session, person, url, is_demonstration=True, now=now, actor="test").id)
        case "token_id":
            with writing(world.engine) as session:
                person = person_by_email(session, MANAGER)
                assert person is not None
                now, scopes = world.clock.now(), [Scope.READ]
                return str(make_token(session, person, name="a test", scopes=scopes, now=now, actor="test")[0].id)
        case "webhook_id":
            with writing(world.engine) as session:
                person = person_by_email(session, MANAGER)
                assert person is not None
                told = Told("case system", "https://cases.agency.gov/hook", ["deliverable.overdue"])
                now = world.clock.now()
                return str(add_webhook(session, person, told, egress=Egress(), now=now, actor="test")[0].id)
        case "kind":
            return "daily"
        case "table" | "ending":
            return MISSING_IDS[name]
        case "name" if rule.startswith("GET /static"):
            return "duecourse.css"
        case "name":
            assert world.settings.mails is not None
            world.settings.mails.mkdir(exist_ok=True)
            mail = b"Subject: A reminder\r\nTo: Ana <ana@county.example>\r\n\r\nIt is due.\r\n"
            (world.settings.mails / "one.eml").write_bytes(mail)
            return "one.eml"
        case _:
            return "a-token-that-nobody-was-given"


def ask(visit: Visit, method: str, path: str) -> httpx.Response:
    """Open a page, or send its form with every field that any form has."""
    if method == "GET":
        return visit.get(path)
    fields = filled_in(path)
    if path.endswith("/confirm"):
        overdue = re.search(r"/deliverables/([0-9a-f-]{36})", visit.get("/overdue").text)
        fields["deliverable"] = overdue[1] if overdue else ""
    return visit.post(path, fields)


def filled_in(path: str) -> dict[str, str]:
    """Return a form that has every field that any form has, as far as it does not depend on who sends it."""
    fields = submission_form() | {
        "form_key": str(uuid4()),
        "version": "1",
        "act": {"set-aside": "waive", "undo": "undo the submission"}.get(path.rsplit("/", 1)[-1], "accept"),
        "reason": "agreed by mail",
        "contract": WA if path == "/subscribe" else "",
        "email": MANAGER,
        "day": "2022-01-01",
        "back": "/",
        "event": "policy-renewal",
        "happened_on": "2022-11-01",
        "part": packets.RATE_CARD,
        "happened_at": "09:00",
        "on": "2022-12-15",
        "source": "a letter",
        "calendar": "US-WA",
        "name": "Storm closure",
        "month": "2022-10",
        "served-0": "44",
        "active-0": "43",
        "fte": "0.80",
        "hired_on": "2022-05-02",
        "scope": "read",
        "days": "30",
    }
    if "/plans" in path:
        fields |= plan_pages.LADDER_FIELDS | {"number": "1" if path.endswith("/missed") else ""}
    if "/extension" in path:
        fields |= {"act": "grant", "asked_on": "2021-07-02", "asked_time": "09:00", "asked_by": "Ana Ruiz"}
        fields |= {"granted_on": "2023-01-31", "decided_on": "2021-07-03", "decided_time": "09:00"}
        fields |= {"decided_by": "Lee Chen", "what": "request"}
    if path.endswith("/take-back"):
        fields["note"] = "the wrong file"
    if "/people" in path or path.startswith("/me/"):
        fields |= {"person": MANAGER, "role": "program manager", "starts_on": "2022-12-05", "ends_on": "2022-12-09"}
        fields |= {"new_name": "Noa Levi", "new_email": "noa@county.example"}
        fields |= {"successor": LIAISON, "since": "2022-11-30"}
    if path.endswith("/amend"):
        fields["definition"] = find_contract(WA).read_text(encoding="utf-8")
    return fields


def without_secrets(text: str, path: str) -> str:
    """Return a page without what differs from one visit to the next, such as the minute that the clock shows."""
    return re.sub(r'value="[\w-]{36,}"|\d+:\d\d [AP]M (?=Eastern|Pacific)', "", text).replace(path, "")
