"""Who is told that a step of a plan was missed, and in which mail?

One mail to everybody who works for the contractor, its leadership included, in the transaction that records it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sqlmodel import Session, select

from duecourse.calendar import words
from duecourse.calendar.lifecycle import Party
from duecourse.language.catalogue import known
from duecourse.language.said import in_language, say
from duecourse.models import ActionPlan, ContractRow, Notice, Person, PlanEntry
from duecourse.notifications.addressing import mailbox_of
from duecourse.notifications.messages import Sender, letter, message_id, plain
from duecourse.tracking.action_plans.plan_entries import Held, held_with
from duecourse.tracking.action_plans.plan_shape import reference_of, step_reference
from duecourse.tracking.staff.people import people_of

STEP_MISSED = "step-missed"
"""The rung of a mail that says which step was missed. It is no reminder, and stays wanted."""


def owe_missed_step(session: Session, entry: PlanEntry, *, now: datetime, base_url: str, sender: Sender) -> int:
    """Put one mail into the outbox for each of the contractor's people, and return how many are told.

    The same entry again adds nothing: each mail has a key of its own.
    """
    plan = session.get_one(ActionPlan, entry.plan_id)
    people = {
        person.id: person for person, role in people_of(session, plan.contract_id) if role.side is Party.CONTRACTOR
    }
    held = held_with(session, plan)
    for person_id, person in people.items():
        key = f"{STEP_MISSED}|{plan.uid}|{entry.id}|{person_id}"
        if session.exec(select(Notice.id).where(Notice.key == key)).first() is None:
            values = _values(session, held, entry, base_url, known(person.language))
            session.add(_notice(key, person, values, now=now, sender=sender))
    session.flush()
    return len(people)


def _values(session: Session, held: Held, entry: PlanEntry, base_url: str, language: str) -> dict[str, object]:
    contract = session.get_one(ContractRow, held.plan.contract_id)
    step, row = held.shape.held[entry.step or 0], held.step(entry.step or 0)
    named = step_reference(held.plan.reference, step.number)
    rows = (each for each in held.deliverables if each.obligation_id not in held.process.obligations)
    after = [each for each in rows if reference_of(each) == named and each.submitted_at is None]
    return {
        "plan": plain(in_language(held.name, language)),
        "step": plain(
            in_language(say("Step %(number)s: %(title)s", number=step.number, title=plain(step.title)), language)
        ),
        "number": step.number,
        "who": plain(step.who),
        "due": words.day(row.due_on if row else step.due_on),
        "found": words.instant(entry.happened_at, contract.zone),
        "text": plain(entry.text),
        "follows": " ".join(held.process.follows.split()),
        "after": [say("%(title)s: due %(day)s", title=plain(each.title), day=words.day(each.due_on)) for each in after],
        "link": f"{base_url.rstrip('/')}/contracts/{contract.id}/plans/{held.plan.uid}",
        "contract": plain(f"{contract.number}, {contract.name}"),
    }


def _notice(key: str, person: Person, values: dict[str, object], *, now: datetime, sender: Sender) -> Notice:
    assert person.id is not None
    identity = message_id(uuid5(NAMESPACE_URL, key), sender)
    to = [mailbox_of(person)]
    mail = letter("step_missed", values, to=to, cc=[], sender=sender, now=now)
    return Notice(
        key=key,
        person_id=person.id,
        rung=STEP_MISSED,
        owed_at=now,
        queued_at=now,
        message_id=identity,
        to_address=person.email,
        subject=mail.subject,
        message=mail.with_id(identity),
        next_try_at=now,
    )
