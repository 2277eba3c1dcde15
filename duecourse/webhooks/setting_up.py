"""How does a person add a webhook, change what it is told, replace its secret, try it, pause it, and remove it?

A webhook is its person's own, as a token is: it tells what that person sees, and nothing once that person sees nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from duecourse.errors import BadInput, Conflict, NotFound
from duecourse.language.said import say
from duecourse.models import AuditHead, DeliveryState, Person, Webhook, WebhookDelivery
from duecourse.tracking.audit import record, take_turn, token_of
from duecourse.tracking.staff.people import roles_of
from duecourse.webhooks.addresses import checked_address, shown_address
from duecourse.webhooks.bodies import event_id, of_ping
from duecourse.webhooks.egress import Egress
from duecourse.webhooks.happenings import NAMES, OVERDUE, PING
from duecourse.webhooks.signing import new_secret
from duecourse.webhooks.switching_off import Reason

MOST_WEBHOOKS = 10
"""How many webhooks one person may have."""
BOTH_SIGN_FOR = timedelta(hours=24)
"""How long a secret that was replaced still signs beside the new one, so that its receiver can be changed in peace."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook is to be: its name, its address, the events it is told, and of which contracts; none means all."""

    name: str
    address: str
    events: Collection[str]
    contract_ids: Collection[str] = ()


def webhooks_of(session: Session, person_id: int) -> list[Webhook]:
    """Return the webhooks of a person that were not removed, the oldest first."""
    query = select(Webhook).where(Webhook.person_id == person_id, col(Webhook.removed_at).is_(None))
    return list(session.exec(query.order_by(col(Webhook.id))))


def webhook_of(session: Session, person_id: int, webhook_id: int) -> Webhook:
    """Return one webhook of a person. Raises NotFound for another's, a removed and a missing one alike."""
    query = select(Webhook).where(
        Webhook.id == webhook_id, Webhook.person_id == person_id, col(Webhook.removed_at).is_(None)
    )
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound(say("There is no such webhook."))
    return found


def add_webhook(
    session: Session, person: Person, told: Told, *, egress: Egress, now: datetime, actor: str
) -> tuple[Webhook, str]:
    """Add a webhook, which is told what happens from now on; return it with its secret, which is shown this once.

    Raises BadInput for what cannot be, and Conflict when there are `MOST_WEBHOOKS` already.
    """
    assert person.id is not None
    take_turn(session)
    checked = _checked(session, person.id, told, egress)
    if len(webhooks_of(session, person.id)) >= MOST_WEBHOOKS:
        raise Conflict(
            say("There are %(num)s webhooks already. Remove one that is not used any more.", num=MOST_WEBHOOKS)
        )
    made = Webhook(
        person_id=person.id,
        token_id=token_of(session),
        name=checked.name,
        address=checked.address,
        secret=new_secret(),
        contract_ids=list(checked.contract_ids),
        events=list(checked.events),
        after_sequence=session.exec(select(AuditHead.sequence)).one(),
        overdue_since=now,
        created_at=now,
    )
    session.add(made)
    session.flush()
    _record(session, "added a webhook", made, now, actor, whole=True)
    return made, made.secret


def change_webhook(
    session: Session, person_id: int, webhook_id: int, told: Told, *, egress: Egress, now: datetime, actor: str
) -> Webhook:
    """Change what a webhook is told and where; without an address it keeps its own. Raises as `add_webhook` does.

    What waits goes to the new address.
    """
    hook = _held(session, person_id, webhook_id)
    checked = _checked(session, person_id, replace(told, address=told.address or hook.address), egress)
    if OVERDUE in checked.events and OVERDUE not in hook.events:
        hook.overdue_since = now
    if checked.address != hook.address:
        hook.token_id = token_of(session)
    hook.name, hook.address = checked.name, checked.address
    hook.contract_ids, hook.events = list(checked.contract_ids), list(checked.events)
    _record(session, "changed a webhook", hook, now, actor, whole=True)
    return hook


def rotate_secret(
    session: Session, person_id: int, webhook_id: int, *, now: datetime, actor: str
) -> tuple[Webhook, str]:
    """Give a webhook a new secret, and return it; the one before signs beside it for `BOTH_SIGN_FOR`."""
    hook = _held(session, person_id, webhook_id)
    hook.former_secret, hook.former_until = hook.secret, now + BOTH_SIGN_FOR
    hook.secret = new_secret()
    _record(session, "replaced the secret of a webhook", hook, now, actor)
    return hook, hook.secret


def pause_webhook(session: Session, person_id: int, webhook_id: int, *, now: datetime, actor: str) -> Webhook:
    """Tell a webhook nothing for now; again, it changes nothing."""
    hook = _held(session, person_id, webhook_id)
    if hook.paused_at is None:
        hook.paused_at = now
        _record(session, "paused a webhook", hook, now, actor)
    return hook


def resume_webhook(session: Session, person_id: int, webhook_id: int, *, now: datetime, actor: str) -> Webhook:
    """Tell a webhook again, beginning with what happened meanwhile; what waits is tried at once."""
    hook = _held(session, person_id, webhook_id)
    if hook.paused_at is not None:
        if hook.switched_off == Reason.TOKEN:
            # Whoever resumes it answers for its address.
            hook.token_id = token_of(session)
        hook.paused_at, hook.switched_off, hook.failures, hook.failing_since = None, "", 0, None
        session.execute(_waiting(hook).values(next_try_at=now))
        _record(session, "resumed a webhook", hook, now, actor)
    return hook


def remove_webhook(session: Session, person_id: int, webhook_id: int, *, now: datetime, actor: str) -> None:
    """Remove a webhook and forget its secrets; what waits is not sent any more."""
    hook = _held(session, person_id, webhook_id)
    _record(session, "removed a webhook", hook, now, actor)
    hook.removed_at, hook.secret, hook.former_secret, hook.former_until = now, "", "", None
    session.execute(_waiting(hook).values(state=DeliveryState.UNSEEN, next_try_at=None, ended_at=now))
    session.flush()


def ping(session: Session, person_id: int, webhook_id: int, *, key: str, now: datetime) -> WebhookDelivery:
    """Owe a webhook a test message, which is tried once, also while it is paused; the same `key` again owes one.

    Raises Conflict while a test message is on its way.
    """
    hook = _held(session, person_id, webhook_id)
    identity = event_id(PING, hook.id, key)
    of_hook = select(WebhookDelivery).where(WebhookDelivery.webhook_id == hook.id)
    earlier = session.exec(of_hook.where(WebhookDelivery.event_id == identity)).one_or_none()
    if earlier is not None:
        return earlier
    is_waiting = (WebhookDelivery.event == PING, WebhookDelivery.state == DeliveryState.WAITING)
    if session.exec(of_hook.where(*is_waiting)).first() is not None:
        raise Conflict(say("A test message is on its way already. Wait until it is seen what became of it."))
    made = WebhookDelivery(
        webhook_id=webhook_id,
        event_id=identity,
        event=PING,
        happened_at=now,
        body=of_ping(now),
        owed_at=now,
        next_try_at=now,
    )
    session.add(made)
    session.flush()
    return made


def _held(session: Session, person_id: int, webhook_id: int) -> Webhook:
    take_turn(session)
    hook = webhook_of(session, person_id, webhook_id)
    session.refresh(hook, with_for_update=True)
    return hook


def _checked(session: Session, person_id: int, told: Told, egress: Egress) -> Told:
    name = told.name.strip()
    if not name or len(name) > 100:
        raise BadInput(say("Say in at most 100 characters which program is told."))
    events = tuple(each for each in NAMES if each in told.events)
    if not events or set(told.events) - set(NAMES):
        raise BadInput(say("Choose at least one event of those that are listed."))
    seen = roles_of(session, person_id)
    if not seen:
        raise BadInput(say("You have no part in a contract, so there is nothing that a program could be told."))
    if set(told.contract_ids) - set(seen):
        raise NotFound(say("There is no such contract."))
    return Told(name, checked_address(told.address, egress), events, tuple(sorted(set(told.contract_ids))))


def _waiting(hook: Webhook) -> sa.Update:
    where = sa.and_(col(WebhookDelivery.webhook_id) == hook.id, col(WebhookDelivery.state) == DeliveryState.WAITING)
    return sa.update(WebhookDelivery).where(where).execution_options(synchronize_session=False)


def _record(session: Session, action: str, hook: Webhook, now: datetime, actor: str, *, whole: bool = False) -> None:
    detail: dict[str, object] = {"webhook": hook.id, "name": hook.name}
    if whole:
        detail |= {"address": shown_address(hook.address), "events": hook.events, "contracts": hook.contract_ids}
    record(session, action, actor=actor, now=now, detail=detail)
