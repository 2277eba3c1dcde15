"""Which operations has the API, to which act of the pages does each belong, who may use it, and what does it take?"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import packets
from sqlmodel import col, select
from visits import LIAISON, MANAGER, WA, World
from workbooks import csv_file

from duecourse.calendar.standing import Standing
from duecourse.definitions.reading import find_contract
from duecourse.models import PlanEntry
from duecourse.tracking.importing import people, submissions

ANYBODY, DONE, MADE, NOT_YOURS, MISSING, NO_TOKEN, WRONG, TAKEN = 200, 200, 201, 403, 404, 401, 422, 409
Body = dict[str, Any] | Callable[[World], dict[str, Any]] | None


class Operation(NamedTuple):
    """An operation: the page's route with the same act, and the status for what is 22-1174's.

    For its manager, its liaison, the manager of another contract, an auditor and an admin of both, and without a token.
    `body` is what it takes.
    """

    page: str
    manager: int
    liaison: int
    stranger: int
    auditor: int
    admin: int
    body: Body = None
    nobody: int = NO_TOKEN


class Form(dict[str, Any]):
    """What is sent as a form with a file."""

    def __init__(self, said: dict[str, Any], *, file: bytes = b"42") -> None:
        super().__init__(said)
        self.file = file


def reads(page: str, *, own: bool = False) -> Operation:
    """Return an operation by which everybody with a part reads; what is a person's `own` everybody does."""
    return Operation(page, ANYBODY, ANYBODY, ANYBODY if own else MISSING, ANYBODY, ANYBODY)


def funders(page: str, body: Body, done: int = DONE) -> Operation:
    """Return an operation of the liaisons alone."""
    return Operation(page, NOT_YOURS, done, MISSING, NOT_YOURS, NOT_YOURS, body)


def liaisons(page: str, body: Body) -> Operation:
    """Return an operation that liaisons alone have, whichever the contract; another contract's things are missing."""
    return Operation(page, NOT_YOURS, DONE, NOT_YOURS, NOT_YOURS, NOT_YOURS, body)


def contractors(page: str, body: Body, done: int = DONE) -> Operation:
    """Return an operation of the contractor's people alone."""
    return Operation(page, done, NOT_YOURS, MISSING, NOT_YOURS, NOT_YOURS, body)


def setting_up(page: str, body: Body, done: int = DONE) -> Operation:
    """Return an operation of liaisons and admins."""
    return Operation(page, NOT_YOURS, done, MISSING, NOT_YOURS, done, body)


def adding(page: str, body: Body, done: int = DONE) -> Operation:
    """Return an operation of whoever may add contracts: the liaisons and admins of any."""
    return Operation(page, NOT_YOURS, done, NOT_YOURS, NOT_YOURS, done, body)


def own(page: str, body: Body, done: int = DONE) -> Operation:
    """Return an operation on what is the person's own."""
    return Operation(page, done, done, done, done, done, body)


def managers(page: str, body: Body, done: int = DONE) -> Operation:
    """Return an operation on what is the manager's own, or which its people's manager and the liaisons share."""
    return Operation(page, done, MISSING, MISSING, MISSING, MISSING, body)


def of_people(page: str, body: Body, done: int = DONE) -> Operation:
    """Return an operation of those who look after a contract's people."""
    return Operation(page, done, done, MISSING, NOT_YOURS, done, body)


def leads(page: str, body: Body = None) -> Operation:
    """Return an operation on a subcontractor's part, which belongs to the contract of the stranger."""
    return Operation(page, MISSING, MISSING, DONE, MISSING, MISSING, body)


def submitted(world: World) -> dict[str, Any]:
    return {"submitted_at": "2022-11-29T16:30:00-08:00", "submitted_by": "Ana Ruiz", "channel": "PSRS"}


def confirmed(world: World) -> dict[str, Any]:
    uid = world.find(WA, Standing.OVERDUE).uid
    return {"deliverable_uid": uid, "submitted_at": "2022-11-29T16:30:00-08:00", "submitted_by": "Ana Ruiz"}


def newest_entry(world: World) -> dict[str, Any]:
    entry = world.rows(select(PlanEntry.id).order_by(col(PlanEntry.id).desc()).limit(1))
    return {"entry_id": entry[0] if entry else 1, "reason": "the wrong contract"}


def accepted(world: World) -> dict[str, Any]:
    row = world.find(WA, Standing.SUBMITTED)
    return {"act": "accept", "items": [{"uid": row.uid, "version": 1}]}


def late(world: World) -> dict[str, Any]:
    return {"uids": [world.find(WA, Standing.OVERDUE).uid]}


def definition(world: World) -> dict[str, Any]:
    return {"definition": find_contract(WA).read_text(encoding="utf-8")}


def another_contract(world: World) -> dict[str, Any]:
    return {"definition": definition(world)["definition"].replace(f"id: {WA}\n", "id: wa-23-0001\n", 1)}


WHEN = {"happened_at": "2022-11-29T09:00:00-08:00", "text": "agreed by mail"}
WISH = {"asked_at": "2021-07-02T09:00:00-07:00", "asked_by": "Ana Ruiz", "reason": "The data system was down."}
DAYS = {"starts_on": "2022-12-05", "ends_on": "2022-12-09"}
MOVE = {"on": "2022-12-15", "source": "a letter"}
CLOSURE = {"calendar": "US-WA", "day": "2022-01-03", "name": "Storm closure", "source": "a letter"}
STEP = {"title": "Call every referral source", "who": "program manager", "due_on": "2022-12-20"}
HANDED = {"part": packets.RATE_CARD, "happened_at": "2022-11-29T09:00:00-05:00"}
REASON = {"reason": "agreed by mail"}
PEOPLE = csv_file(people.COLUMNS, ("Bo Day", "bo@county.example", "leadership", WA, ""))
_LINE = (WA, "Monthly Enrollment Report", "September 2022", "2022-10-20", "16:30", "", "Ana Ruiz", "PSRS", "", "", "")
SUBMISSIONS = csv_file(submissions.COLUMNS, _LINE)
_IMPORTS = "/contracts/{contract_id}/imports"
_IMPORT_PEOPLE = "POST /contracts/{contract_id}/import/people"
_IMPORT_SUBMISSIONS = "POST /contracts/{contract_id}/import/submissions"
_PLAN = "/contracts/{contract_id}/plans/{plan_uid}"

OPERATIONS: dict[str, Operation] = {
    "GET /me": reads("GET /me", own=True),
    "GET /me/absences": reads("GET /me", own=True),
    "POST /me/absences": own("POST /me/absences", DAYS, MADE),
    "POST /me/absences/{absence_id}/end": managers("POST /me/absences/{absence_id}/end", {}),
    "GET /me/preferences": reads("GET /me", own=True),
    "POST /me/preferences": own("POST /me/preferences", {}),
    "POST /me/daily": own("POST /me/daily", None),
    "GET /me/channels": reads("GET /me/channels", own=True),
    "POST /me/channels": own("POST /me/channels", {"url": "json://127.0.0.1/y"}, MADE),
    "POST /me/channels/{channel_id}/remove": managers("POST /me/channels/{channel_id}/remove", None),
    "GET /me/mails/{mail_name}": Operation("GET /me/mails/{mail_name}", DONE, *[MISSING] * 4),
    "POST /me/mails/{mail_name}/seen": Operation("POST /me/mails/{mail_name}/seen", DONE, *[MISSING] * 4),
    "GET /contracts": reads("GET /contracts", own=True),
    "GET /contracts/{contract_id}": reads("GET /contracts/{contract_id}"),
    "GET /contracts/{contract_id}/events": reads("GET /contracts/{contract_id}"),
    "POST /contracts/{contract_id}/events": Operation(
        "POST /contracts/{contract_id}/events",
        MADE,
        MADE,
        MISSING,
        NOT_YOURS,
        MADE,
        {"name": "policy-renewal", "happened_at": "2022-11-01T09:00:00-07:00"},
    ),
    "GET /contracts/{contract_id}/audit.zip": reads("GET /contracts/{contract_id}/audit.zip"),
    "GET /deliverables": reads("GET /", own=True),
    "GET /deliverables/{uid}": reads("GET /deliverables/{uid}"),
    "GET /deliverables/{uid}/history": reads("GET /deliverables/{uid}"),
    "GET /deliverables/{uid}/notices": reads("GET /deliverables/{uid}/notices.{ending}"),
    "POST /deliverables/{uid}/submissions": contractors("POST /deliverables/{uid}/submit", submitted, MADE),
    "POST /deliverables/{uid}/submissions/with-files": contractors(
        "POST /deliverables/{uid}/submit", lambda world: Form(submitted(world)), MADE
    ),
    # The county’s reports go into portals, so that there is no mail to send.
    "POST /deliverables/{uid}/mails": contractors("POST /deliverables/{uid}/mail", Form({"message": "Here."}), WRONG),
    "POST /deliverables/{uid}/mails/again": contractors("POST /deliverables/{uid}/mail/again", None, TAKEN),
    "POST /deliverables/{uid}/decisions": funders("POST /deliverables/{uid}/decide", {"act": "accept"}),
    "POST /decisions": liaisons("POST /accept", accepted),
    "POST /reminders/preview": liaisons("POST /remind", late),
    "POST /reminders": liaisons("POST /remind", late),
    "POST /deliverables/{uid}/set-aside": funders("POST /deliverables/{uid}/set-aside", {"act": "waive"} | REASON),
    "POST /deliverables/{uid}/undo": contractors(
        "POST /deliverables/{uid}/undo", {"act": "undo the submission"} | REASON
    ),
    "POST /deliverables/{uid}/seen": Operation("POST /deliverables/{uid}/seen", DONE, TAKEN, MISSING, NOT_YOURS, TAKEN),
    "GET /deliverables/{uid}/extensions": reads("GET /deliverables/{uid}"),
    "POST /deliverables/{uid}/extensions": contractors("POST /deliverables/{uid}/extension", WISH, MADE),
    "POST /deliverables/{uid}/extensions/granted": funders(
        "POST /deliverables/{uid}/extension/record",
        WISH | {"granted_on": "2023-01-31", "decided_at": "2021-07-03T09:00:00-07:00", "decided_by": "Lee Chen"},
        MADE,
    ),
    "POST /extensions/{extension_uid}/grant": funders(
        "POST /extensions/{extension_uid}/decide", {"granted_on": "2023-01-31"}
    ),
    "POST /extensions/{extension_uid}/refuse": funders("POST /extensions/{extension_uid}/decide", {"comment": "No."}),
    "POST /extensions/{extension_uid}/take-back": Operation(
        "POST /extensions/{extension_uid}/take-back", DONE, DONE, MISSING, NOT_YOURS, NOT_YOURS, REASON
    ),
    # Nothing was decided.
    "POST /extensions/{extension_uid}/undo-decision": funders(
        "POST /extensions/{extension_uid}/take-back", REASON, TAKEN
    ),
    "POST /deliverables/{uid}/move/preview": setting_up("POST /deliverables/{uid}/move", MOVE),
    # Nothing has this seal.
    "POST /deliverables/{uid}/move": setting_up("POST /deliverables/{uid}/move", MOVE | {"seal": "0"}, TAKEN),
    "GET /closures": Operation("GET /closures", NOT_YOURS, ANYBODY, NOT_YOURS, NOT_YOURS, ANYBODY),
    "POST /closures/preview": Operation("POST /closures", NOT_YOURS, DONE, NOT_YOURS, NOT_YOURS, DONE, CLOSURE),
    "POST /closures": Operation(
        "POST /closures", NOT_YOURS, TAKEN, NOT_YOURS, NOT_YOURS, TAKEN, CLOSURE | {"seal": "0"}
    ),
    "POST /contracts": adding("POST /contracts/new/add", another_contract, MADE),
    # What is sent as a file holds no table.
    "POST /drafts": adding("POST /contracts/new", Form({}), WRONG),
    "POST /definitions/check": adding("POST /definitions/check", definition),
    "POST /definitions/rehearse": adding("POST /contracts/new/rehearse", definition),
    "POST /contracts/{contract_id}/amendments/preview": setting_up("POST /contracts/{contract_id}/amend", definition),
    "POST /contracts/{contract_id}/amendments": setting_up(
        "POST /contracts/{contract_id}/amend",
        lambda world: definition(world) | {"source": "a letter", "seal": "0"},
        TAKEN,
    ),
    "GET /contracts/{contract_id}/enrollment": reads("GET /contracts/{contract_id}/enrollment"),
    "POST /contracts/{contract_id}/enrollment": contractors(
        "POST /contracts/{contract_id}/enrollment",
        {"month": "2022-10", "figures": [{"source": "i502", "served": 44, "active": 43}]},
    ),
    "POST /contracts/{contract_id}/home-visitors": contractors(
        "POST /contracts/{contract_id}/home-visitors",
        {"reference": "HV-1042", "fte": "0.80", "hired_on": "2022-05-02"},
        MADE,
    ),
    "GET /contracts/{contract_id}/plans": reads("GET /contracts/{contract_id}/plans"),
    "POST /contracts/{contract_id}/plans": funders(
        "POST /contracts/{contract_id}/plans",
        {"process": "implementation-improvement", "notice_at": WHEN["happened_at"], "reason": "Two low quarters."},
        MADE,
    ),
    f"GET {_PLAN}": reads(f"GET {_PLAN}"),
    f"POST {_PLAN}/stages": funders(f"POST {_PLAN}/stage", WHEN | {"stage": "assistance"}),
    f"POST {_PLAN}/steps": Operation(f"POST {_PLAN}/steps", DONE, DONE, MISSING, NOT_YOURS, NOT_YOURS, STEP),
    # There is no such step.
    f"POST {_PLAN}/steps/leave-out": Operation(
        f"POST {_PLAN}/steps", WRONG, WRONG, MISSING, NOT_YOURS, NOT_YOURS, {"number": 77} | REASON
    ),
    f"POST {_PLAN}/approve": funders(f"POST {_PLAN}/approve", WHEN),
    f"POST {_PLAN}/amend": funders(f"POST {_PLAN}/amend", REASON),
    f"POST {_PLAN}/missed": funders(f"POST {_PLAN}/missed", WHEN | {"number": 1}),
    f"POST {_PLAN}/progress": Operation(f"POST {_PLAN}/progress", DONE, DONE, MISSING, NOT_YOURS, NOT_YOURS, WHEN),
    f"POST {_PLAN}/complete": funders(f"POST {_PLAN}/complete", WHEN),
    # The funder opened the plan, and so undoes that.
    f"POST {_PLAN}/undo": funders(f"POST {_PLAN}/undo", newest_entry),
    "GET /parts": reads("GET /parts", own=True),
    "GET /parts/{uid}/{program}": leads("GET /parts/{uid}/{program}"),
    "POST /parts/{uid}/{program}/hand-in": leads("POST /parts/{uid}/{program}/hand-in", Form(HANDED)),
    "POST /parts/{uid}/{program}/decisions": leads(
        "POST /parts/{uid}/{program}/decide", {"part": packets.RATE_CARD, "act": "accept"}
    ),
    "POST /parts/{uid}/{program}/take-back": leads(
        "POST /parts/{uid}/{program}/take-back", {"part": packets.RATE_CARD, "note": "the wrong file"}
    ),
    "GET /part-files/{entry_uid}": leads("GET /part-files/{entry_uid}"),
    "GET /contracts/{contract_id}/people": reads("GET /contracts/{contract_id}/people"),
    "POST /contracts/{contract_id}/people": of_people(
        "POST /contracts/{contract_id}/people",
        {"name": "Noa Levi", "email": "noa@county.example", "role": "program manager"},
        MADE,
    ),
    "POST /contracts/{contract_id}/people/backups": of_people(
        "POST /contracts/{contract_id}/people/backup", {"person": MANAGER, "role": "program manager"}
    ),
    "POST /contracts/{contract_id}/people/absences": of_people(
        "POST /contracts/{contract_id}/people/absences", DAYS | {"person": MANAGER}, MADE
    ),
    "POST /contracts/{contract_id}/people/absences/{absence_id}/end": of_people(
        "POST /contracts/{contract_id}/people/absences/{absence_id}/end", {}
    ),
    "POST /contracts/{contract_id}/people/hand-over": of_people(
        "POST /contracts/{contract_id}/people/hand-over",
        {"person": MANAGER, "scope": "contract", "since": "2022-11-30", "reason": "a new task", "successor": LIAISON},
    ),
    f"POST {_IMPORTS}/people/preview": of_people(_IMPORT_PEOPLE, Form({}, file=PEOPLE)),
    # Nothing has this seal.
    f"POST {_IMPORTS}/people": of_people(_IMPORT_PEOPLE, Form({"seal": "0"}, file=PEOPLE), TAKEN),
    # What was sent in is the contractor's to enter: of the funder, the line is to be corrected.
    f"POST {_IMPORTS}/submissions/preview": Operation(
        _IMPORT_SUBMISSIONS, DONE, DONE, MISSING, NOT_YOURS, NOT_YOURS, Form({}, file=SUBMISSIONS)
    ),
    f"POST {_IMPORTS}/submissions": Operation(
        _IMPORT_SUBMISSIONS, TAKEN, WRONG, MISSING, NOT_YOURS, NOT_YOURS, Form({"seal": "0"}, file=SUBMISSIONS)
    ),
    "GET /overdue": reads("GET /overdue", own=True),
    "GET /owed": Operation("GET /owed", NOT_YOURS, ANYBODY, NOT_YOURS, ANYBODY, NOT_YOURS),
    "GET /unreachable": Operation("GET /unreachable", NOT_YOURS, ANYBODY, NOT_YOURS, ANYBODY, ANYBODY),
    "GET /notices/failed": Operation("GET /notices", NOT_YOURS, ANYBODY, NOT_YOURS, ANYBODY, ANYBODY),
    # The reminder that failed is no longer owed, which the liaison is told.
    "POST /notices/{notice_id}/requeue": setting_up("POST /notices/{notice_id}/requeue", None, TAKEN),
    "GET /feeds": reads("GET /subscribe", own=True),
    "POST /feeds": Operation("POST /subscribe", MADE, MADE, MISSING, MADE, MADE, {"contract_id": WA}),
    "POST /feeds/{feed_id}/rotate": managers("POST /subscribe/{feed_id}/rotate", None),
    "POST /feeds/{feed_id}/revoke": managers("POST /subscribe/{feed_id}/revoke", None),
    "GET /webhooks": reads("GET /me/webhooks", own=True),
    "POST /webhooks": own("POST /me/webhooks", {"name": "flow", "address": "https://cases.agency.gov/hook"}, MADE),
    "GET /webhooks/{webhook_id}": managers("GET /me/webhooks/{webhook_id}", None),
    "GET /webhooks/{webhook_id}/messages": managers("GET /me/webhooks/{webhook_id}", None),
    "POST /webhooks/{webhook_id}": managers("POST /me/webhooks/{webhook_id}", {"name": "another"}),
    "POST /webhooks/{webhook_id}/ping": managers("POST /me/webhooks/{webhook_id}/ping", None, MADE),
    "POST /webhooks/{webhook_id}/rotate": managers("POST /me/webhooks/{webhook_id}/rotate", None),
    "POST /webhooks/{webhook_id}/pause": managers("POST /me/webhooks/{webhook_id}/pause", None),
    "POST /webhooks/{webhook_id}/resume": managers("POST /me/webhooks/{webhook_id}/resume", None),
    "POST /webhooks/{webhook_id}/remove": managers("POST /me/webhooks/{webhook_id}/remove", None),
    "GET /receipts/{receipt_uid}": reads("GET /receipts/{receipt_uid}.json"),
    "GET /receipts/{receipt_uid}/pdf": reads("GET /receipts/{receipt_uid}.pdf"),
    "GET /receipts/{receipt_uid}/verify/{sha256}": reads("GET /verify/{receipt_uid}/{sha256}", own=True),
    # Nothing is sent that could be a receipt.
    "POST /receipts/verify": own("POST /verify", {"receipt": "none"}, WRONG),
    "GET /evidence/{file_uid}": reads("GET /evidence/{file_uid}"),
    "GET /received": reads("GET /received", own=True),
    "GET /received/{mail_uid}/mail": reads("GET /received/{mail_uid}/mail"),
    "POST /received/{mail_uid}/confirm": contractors("POST /received/{mail_uid}/confirm", confirmed, MADE),
    "POST /received/{mail_uid}/not-ours": Operation(
        "POST /received/{mail_uid}/not-ours", DONE, DONE, MISSING, NOT_YOURS, DONE, REASON
    ),
    "GET /operations": Operation("GET /operations", NOT_YOURS, ANYBODY, NOT_YOURS, NOT_YOURS, NOT_YOURS),
    # Nobody doubts the clock.
    "POST /operations/clock": Operation("POST /operations/clock", NOT_YOURS, TAKEN, NOT_YOURS, NOT_YOURS, NOT_YOURS),
    "POST /operations/mails/{mail_id}": Operation(
        "POST /operations/mails/{mail_id}", NOT_YOURS, DONE, NOT_YOURS, NOT_YOURS, NOT_YOURS
    ),
    "GET /problems/{kind}": Operation("GET /verify", *[MISSING] * 5, nobody=MISSING),
}

WITHOUT_TWIN = {
    "POST /sign-in": "a program comes in with a token",
    "POST /sign-in/{token}": "a program comes in with a token",
    "POST /sign-in/code": "a program comes in with a token",
    "POST /sign-in/agency": "a program comes in with a token",
    "POST /sign-in/passkey": "a program comes in with a token",
    "POST /sign-in/passkey/options": "a program comes in with a token",
    "POST /sign-in/recovery": "a program comes in with a token",
    "POST /me/recovery-codes": "a token that leaked is not to weaken the sign-in",
    "POST /me/passkeys": "a passkey is a person’s, and made in that person’s browser",
    "POST /me/passkeys/options": "a passkey is a person’s, and made in that person’s browser",
    "POST /me/passkeys/{passkey_id}/remove": "a token that leaked is not to weaken the sign-in",
    "POST /contracts/{contract_id}/passkeys/reset": "a token that leaked is not to weaken the sign-in",
    "POST /me/sessions/{session_id}/end": "a token that leaked is not to shut others out",
    "POST /me/sessions/end-others": "a token that leaked is not to shut others out",
    "POST /language": "a program reads English",
    "POST /me/language": "a program reads English",
    "POST /contracts/new/check": "for browsers without scripts, the same as POST /definitions/check",
    "POST /sign-out": "a token is revoked by its person, on a page or in a terminal",
    "POST /me/tokens": "a token makes no token, which could have more scopes or live longer",
    "POST /me/tokens/{token_id}/revoke": "a token that leaked is not to shut others out",
    "POST /showing": "a program names the instants that it asks for; another day is shown to people in demonstrations",
    "POST /stop/{token}": "the link in a mail is the right to it",
}
"""What is done on a page alone, and why."""


def sent(body: Body, world: World) -> dict[str, Any]:
    """Return how a body is sent, as httpx takes it."""
    said = body(world) if callable(body) else body
    if isinstance(said, Form):
        return {"files": [("details", (None, json.dumps(said), "application/json")), ("file", ("a.txt", said.file))]}
    return {} if said is None else {"json": said}
