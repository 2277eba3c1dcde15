"""What is overdue over all contracts, what does the funder owe, who cannot be reached, and which mail failed?"""

from __future__ import annotations

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.standing import Standing
from duecourse.errors import NotAllowed, NotFound
from duecourse.models import NoticeState
from duecourse.models.database import reading
from duecourse.notifications.failures import requeue
from duecourse.notifications.messages import sender_of
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.boards import Item, items
from duecourse.tracking.desks.owed import ALL, Owed, owed_by_funder
from duecourse.tracking.staff.reaching import unreached
from duecourse.web.api.caller import Caller, Calling
from duecourse.web.api.fields import Number, Shown
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.api.shapes import At, DeliverableShown, all_shown
from duecourse.web.groups import has_ended
from duecourse.web.told import Told, failed_in, is_failure_of, last_told

router = api_router(tags=["boards"])
_READ = for_scope(Scope.READ)


class Late(Shown):
    """One deliverable that is overdue, and who was told of it last."""

    deliverable: DeliverableShown
    days_late: int = Field(description="Any begun day counts; days on which a request waited do not.")
    has_ended: bool = Field(description="Whether the contract has ended.")
    told_at: At | None
    told: list[str]


class Overdue(Shown):
    """Everything that is overdue, the latest first."""

    items: list[Late]


class AnswerOwed(Shown):
    """A submission that waits for an answer."""

    deliverable: DeliverableShown
    since: At
    days: int
    business_days: int


class DecisionOwed(Shown):
    """A request for more time that waits for a decision."""

    extension_uid: str
    deliverable_uid: str
    contract_id: str
    asked_at: At
    asked_by: str
    reason: str
    left: int | None = Field(description="How many extensions are left for the type of report; null without a limit.")


class OwedShown(Shown):
    """What the funder owes, each list with the longest waiting, or the first due, in front."""

    answers: list[AnswerOwed]
    decisions: list[DecisionOwed]
    duties: list[DeliverableShown]


class OutOfReach(Shown):
    """One side of a contract on which nobody can be reached."""

    contract_id: str
    party: Party
    why: str
    cures: list[str]
    open_deliverables: int


class Unreachable(Shown):
    """The sides on which nobody can be reached."""

    items: list[OutOfReach]


class FailedNotice(Shown):
    """A message that did not arrive."""

    id: int
    state: NoticeState
    person: str
    to_address: str
    subject: str
    reply: str
    deliverable_uid: str | None
    contract_id: str | None


class FailedNotices(Shown):
    """The messages that did not arrive, the newest first."""

    items: list[FailedNotice]


class Requeued(Shown):
    """A message that is sent again."""

    id: int


@router.get("/overdue", openapi_extra=_READ, response_model=Overdue)
def list_overdue(caller: Calling) -> Response:
    """List what each side has not done in time."""
    visitor = caller.visitor
    now, mine = visitor.now, visitor.contract_ids
    with reading(caller.site.engine) as session:
        late = [
            item
            for item in items(session, now=now, contract_ids=mine, open_only=True)
            if item.standing is Standing.OVERDUE
        ]
        told = last_told(session, deliverable_ids=[item.deliverable.id or 0 for item in late], now=now)
        shown = [
            _late(item, each, caller, told.get(item.deliverable.id or 0))
            for item, each in zip(late, all_shown(session, late, visitor), strict=True)
        ]
    return caller.answer(Overdue(items=shown))


@router.get("/owed", openapi_extra=_READ, response_model=OwedShown)
def list_owed(caller: Calling) -> Response:
    """List what the funder owes; for liaisons and auditors."""
    contract_ids = [*caller.visitor.liaison_for, *caller.visitor.audits]
    if not contract_ids:
        raise NotAllowed("This is the list of what liaisons owe.")
    with reading(caller.site.engine) as session:
        found = owed_by_funder(session, now=caller.visitor.now, contract_ids=contract_ids, most=ALL, few=ALL)
        return caller.answer(_owed(session, caller, found))


@router.get("/unreachable", openapi_extra=_READ, response_model=Unreachable)
def list_unreachable(caller: Calling) -> Response:
    """List the sides of contracts on which nobody can be reached; for liaisons, admins and auditors."""
    shown = [*caller.visitor.sets_up_in, *caller.visitor.audits]
    if not shown:
        raise NotAllowed("Only a liaison, an admin or an auditor sees who cannot be reached.")
    with reading(caller.site.engine) as session:
        found = [
            OutOfReach(
                contract_id=each.contract.id,
                party=each.party,
                why=each.why,
                cures=each.cures,
                open_deliverables=len(each.deliverables),
            )
            for each in unreached(session, now=caller.visitor.now, contract_ids=shown)
        ]
    return caller.answer(Unreachable(items=found))


@router.get("/notices/failed", openapi_extra=_READ, response_model=FailedNotices)
def list_failed_notices(caller: Calling) -> Response:
    """List the messages about a liaison’s contracts that did not arrive."""
    shown = [*caller.visitor.sets_up_in, *caller.visitor.audits]
    if not shown:
        raise NotAllowed("Only a liaison, an admin or an auditor sees which reminders could not be sent.")
    with reading(caller.site.engine) as session:
        found = [
            FailedNotice.model_validate(
                each.notice.model_dump(exclude={"message"})
                | {
                    "person": each.person.name,
                    "deliverable_uid": each.deliverable.uid if each.deliverable else None,
                    "contract_id": each.contract.id if each.contract else None,
                }
            )
            for each in failed_in(session, shown)
        ]
    return caller.answer(FailedNotices(items=found))


@router.post("/notices/{notice_id}/requeue", openapi_extra=for_scope(Scope.SET_UP), response_model=Requeued)
def requeue_notice(caller: Calling, notice_id: Number) -> Response:
    """Put a message that could not be sent into the queue again."""
    visitor, settings = caller.visitor, caller.site.settings

    def act(session: Session) -> Requeued:
        if not is_failure_of(session, notice_id, list(visitor.parts)):
            raise NotFound("There is no such notice.")
        if not is_failure_of(session, notice_id, visitor.sets_up_in):
            raise NotAllowed("Only a liaison or an admin can have a reminder sent again.")
        now, sender = caller.site.clock.now(), sender_of(settings)
        requeue(session, notice_id, now=now, actor=visitor.email, base_url=settings.address, sender=sender)
        return Requeued(id=notice_id)

    return caller.change(None, act)


def _late(item: Item, shown: DeliverableShown, caller: Caller, told: Told | None) -> Late:
    now = caller.visitor.now
    return Late(
        deliverable=shown,
        days_late=item.days_late(now),
        has_ended=has_ended(item.contract, now),
        told_at=told.at if told else None,
        told=list(told.names) if told else [],
    )


def _owed(session: Session, caller: Caller, found: Owed) -> OwedShown:
    visitor = caller.visitor
    waiting = all_shown(session, [answer.item for answer in found.answers], visitor)
    return OwedShown(
        answers=[
            AnswerOwed(deliverable=shown, since=each.since, days=each.days, business_days=each.business_days)
            for each, shown in zip(found.answers, waiting, strict=True)
        ],
        decisions=[
            DecisionOwed(
                extension_uid=each.extension.uid,
                deliverable_uid=each.deliverable.uid,
                contract_id=each.contract.id,
                asked_at=each.extension.asked_at,
                asked_by=each.extension.asked_by,
                reason=each.extension.reason,
                left=each.line.left,
            )
            for each in found.decisions
        ],
        duties=all_shown(session, [item for window in found.duties.values() for item in window.items], visitor),
    )
