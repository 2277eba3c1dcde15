"""Which contracts are there, what does each ask for, how does it stand, and what happened under it?"""

from __future__ import annotations

from collections import Counter
from datetime import date

from pydantic import Field
from sqlmodel import Session, col, select
from starlette.responses import Response

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.own_events import OWN_EVENTS
from duecourse.calendar.standing import Standing
from duecourse.errors import NotFound
from duecourse.models import ContractRow, EventRow
from duecourse.models.database import reading
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.boards import items
from duecourse.tracking.events import record_event
from duecourse.tracking.extensions.extension_ledger import ledger
from duecourse.tracking.references import checked_reference
from duecourse.tracking.stored_definitions import contract_of
from duecourse.web.api import paging
from duecourse.web.api.caller import Calling
from duecourse.web.api.fields import ContractId, Instant, Line, Name, Sent, Shown
from duecourse.web.api.paging import Cursor, Limit, Page
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.api.shapes import At
from duecourse.web.audit_file import audit_file
from duecourse.web.receipt_file import signing_key

router = api_router(tags=["contracts"])
_READ = for_scope(Scope.READ)
_ZIP = {"200": {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}


class ContractShown(Shown):
    """One contract in which the person has a part."""

    id: str
    number: str
    name: str
    funder: str
    contractor: str
    zone: str
    start_on: date
    end_on: date
    is_sample: bool


class ObligationShown(Shown):
    """One duty that the contract states, from which deliverables follow."""

    id: str
    title: str
    clause: str
    owed_by: str
    owed_to: str
    party: Party
    channel: str
    note: str


class AmendmentShown(Shown):
    """One amendment that the contract file names."""

    name: str
    effective_on: date | None
    executed_on: date | None = Field(description="When the last party signed it.")
    ends: date | None = Field(description="The contract’s new end, if it has one.")


class LedgerShown(Shown):
    """How many extensions are allowed and granted for one type of report."""

    report_type: str
    allowed: int | None
    granted: int
    left: int | None


class ContractWhole(ContractShown):
    """A contract with what it asks for and how that stands."""

    obligations: list[ObligationShown]
    amendments: list[AmendmentShown]
    events: list[str] = Field(description="The names of the events that can be recorded.")
    extensions: list[LedgerShown]
    standings: dict[Standing, int] = Field(description="How many deliverables have which standing now.")
    definition_sha256: str = Field(description="Of the definition in force.")


class EventShown(Shown):
    """Something that happened and starts windows."""

    id: int
    name: str
    happened_at: At
    reference: str
    recorded_at: At
    recorded_by: str


class EventSent(Sent):
    """What happened, when, and for whom under an opaque reference."""

    name: Name
    happened_at: Instant
    reference: Line = Field(default="", description="Never a name: nothing that could say who a family is.")


@router.get("/contracts", openapi_extra=_READ, response_model=Page[ContractShown])
def list_contracts(caller: Calling, limit: Limit = paging.USUAL, cursor: Cursor = "") -> Response:
    """List the person’s contracts by id, a page at a time."""
    asked: list[object] = ["contracts"]
    place = paging.place_of(cursor, asked=asked, kinds=(str,))
    query = select(ContractRow).where(col(ContractRow.id).in_(caller.visitor.contract_ids))
    if place:
        query = query.where(col(ContractRow.id) > str(place[0]))
    with reading(caller.site.engine) as session:
        rows = session.exec(query.order_by(col(ContractRow.id)).limit(limit + 1)).all()
        shown = [ContractShown.model_validate(row) for row in rows[:limit]]
    following = paging.cursor_after([shown[-1].id], asked=asked) if len(rows) > limit else None
    return caller.answer(Page[ContractShown](items=shown, next=following))


@router.get("/contracts/{contract_id}", openapi_extra=_READ, response_model=ContractWhole)
def read_contract(caller: Calling, contract_id: ContractId) -> Response:
    """Return one contract with its obligations, its amendments, and how it stands."""
    caller.visitor.check_sees(contract_id)
    with reading(caller.site.engine) as session:
        row = _row(session, contract_id)
        found = items(session, now=caller.visitor.now, contract_ids=[contract_id])
        lines = ledger(session, contract_id)
    stated = contract_of(row)
    more = {
        "obligations": [ObligationShown.model_validate(each) for each in stated.obligations],
        "amendments": [AmendmentShown.model_validate(each) for each in stated.amendments],
        "events": [name for name in stated.events() if name not in OWN_EVENTS],
        "extensions": [LedgerShown.model_validate(line) for line in lines],
        "standings": Counter(item.standing for item in found),
    }
    return caller.answer(ContractWhole.model_validate(row.model_dump() | more))


@router.get("/contracts/{contract_id}/events", openapi_extra=_READ, response_model=Page[EventShown])
def list_events(caller: Calling, contract_id: ContractId, limit: Limit = paging.USUAL, cursor: Cursor = "") -> Response:
    """List what was recorded as having happened, in the order in which it was recorded."""
    caller.visitor.check_sees(contract_id)
    asked: list[object] = ["events", contract_id]
    place = paging.place_of(cursor, asked=asked, kinds=(int,))
    query = select(EventRow).where(EventRow.contract_id == contract_id, col(EventRow.name).not_in(OWN_EVENTS))
    query = query.where(col(EventRow.recorded_at) <= caller.visitor.now, col(EventRow.id) > (place[0] if place else 0))
    with reading(caller.site.engine) as session:
        rows = session.exec(query.order_by(col(EventRow.id)).limit(limit + 1)).all()
        shown = [EventShown.model_validate(row) for row in rows[:limit]]
    following = paging.cursor_after([shown[-1].id], asked=asked) if len(rows) > limit else None
    return caller.answer(Page[EventShown](items=shown, next=following))


@router.post(
    "/contracts/{contract_id}/events", openapi_extra=for_scope(Scope.SUBMIT), response_model=EventShown, status_code=201
)
def add_event(caller: Calling, contract_id: ContractId, sent: EventSent) -> Response:
    """Record an event and plan its windows; anybody with a part in the contract may."""
    visitor = caller.visitor
    visitor.check_sees(contract_id)

    def act(session: Session) -> EventShown:
        stated = contract_of(_row(session, contract_id))
        reference = checked_reference(sent.reference, participant=stated.concerns_participants(sent.name))
        record_event(
            session,
            contract_id,
            sent.name,
            happened_at=sent.happened_at,
            reference=reference,
            now=visitor.now,
            actor=visitor.email,
        )
        query = select(EventRow).where(
            EventRow.contract_id == contract_id,
            EventRow.name == sent.name,
            EventRow.happened_at == sent.happened_at,
            EventRow.reference == reference,
        )
        return EventShown.model_validate(session.exec(query).one())

    return caller.change(sent, act, status=201)


@router.get("/contracts/{contract_id}/audit.zip", openapi_extra=_READ, responses=_ZIP, response_class=Response)  # type: ignore[arg-type]
def export_audit(caller: Calling, contract_id: ContractId) -> Response:
    """Return the audit export of a contract, signed, as one file."""
    caller.visitor.check_sees(contract_id)
    site, now = caller.site, caller.site.clock.now()
    content = audit_file(
        site.engine,
        contract_id,
        now=now,
        by=caller.visitor.email,
        key=signing_key(site),
        address=site.settings.address,
    )
    return Response(content, media_type="application/zip")


def _row(session: Session, contract_id: str) -> ContractRow:
    row = session.get(ContractRow, contract_id)
    if row is None:
        raise NotFound("There is no such contract.")
    return row
