"""How is a plan of action opened, led on and looked at from a terminal?"""

from __future__ import annotations

import argparse
from datetime import datetime
from uuid import uuid4

from sqlmodel import Session, select

from duecourse.calendar import words
from duecourse.cli.given import add_as_of, day, instant, present
from duecourse.cli.opening import add_data, open_database, settings_of
from duecourse.errors import BadInput, NotFound
from duecourse.models import ActionPlan, ContractRow
from duecourse.models.database import reading, writing
from duecourse.notifications.change_notices import owe_change_notices
from duecourse.notifications.messages import sender_of
from duecourse.notifications.plan_notices import owe_missed_step
from duecourse.settings import Settings
from duecourse.tracking.acting import By
from duecourse.tracking.action_plans.plan_opening import open_plan
from duecourse.tracking.action_plans.plan_steps import approve, drop_step, open_amendment, write_step
from duecourse.tracking.action_plans.plan_story import stories
from duecourse.tracking.action_plans.plan_undo import undo_last
from duecourse.tracking.action_plans.plans import complete, note_progress, reach_stage, record_missed_step
from duecourse.tracking.own_words import approval_undone_because, version_approved
from duecourse.tracking.rehearsing import Rehearsal

DOES = ("show", "open", "stage", "step", "leave-out", "approve", "missed", "note", "amend", "complete", "undo")


def add_plan(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("does", choices=DOES, metavar="WHAT", help=f"one of: {', '.join(DOES)}")
    parser.add_argument("contract", metavar="CONTRACT", help="the contract's id")
    parser.add_argument("plan", nargs="?", default="", metavar="PLAN", help="the plan, such as plan-1")
    parser.add_argument("--at", metavar="INSTANT", help="when it happened; now otherwise")
    parser.add_argument("--process", default="", metavar="ID", help="for “open”: the process of the contract file")
    parser.add_argument("--stage", default="", metavar="NAME", help="for “stage”: which one was reached")
    parser.add_argument("--number", type=int, metavar="N", help="which step; a new one otherwise")
    parser.add_argument("--title", default="", metavar="TEXT", help="for “step”: what is to be done")
    parser.add_argument("--who", default="", metavar="TEXT", help="for “step”: who does it, as a role")
    parser.add_argument("--due", default="", metavar="DATE", help="for “step”: by the end of which day")
    parser.add_argument("--text", default="", metavar="TEXT", help="the reason, the note, or the ground")
    parser.add_argument("--as", dest="actor", default="command line", metavar="EMAIL", help="who does this")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_plan)


def _plan(given: argparse.Namespace) -> int:
    now, settings = present(given), settings_of(given)
    if given.does == "show":
        return _show(given, settings, now)
    with writing(open_database(settings)) as session:
        if given.does == "open":
            made = open_plan(
                session,
                given.contract,
                given.process,
                notice_at=_at(given, now),
                reason=given.text,
                reference=given.plan,
                form_key=str(uuid4()),
                now=now,
                by=By(given.actor),
            )
            print(f"Opened {made.reference}.")
            return 0
        _do(session, given, settings, now)
    print("Recorded.")
    return 0


def _do(session: Session, given: argparse.Namespace, settings: Settings, now: datetime) -> None:
    uid, at, text = _uid(session, given.contract, given.plan), _at(given, now), given.text
    key, by = str(uuid4()), By(given.actor)
    match given.does:
        case "stage":
            reach_stage(session, uid, given.stage, happened_at=at, text=text, form_key=key, now=now, by=by)
        case "step":
            due_on, number = day(given.due, "--due"), given.number
            write_step(
                session,
                uid,
                title=given.title,
                who=given.who,
                due_on=due_on,
                number=number,
                form_key=key,
                now=now,
                by=by,
            )
        case "leave-out":
            drop_step(session, uid, _number(given), reason=text, form_key=key, now=now, by=by)
        case "approve":
            entry, changed = approve(session, uid, happened_at=at, text=text, form_key=key, now=now, by=by)
            _tell(session, changed, settings, now, version_approved(given.plan, entry.version))
        case "missed":
            number = _number(given)
            entry = record_missed_step(session, uid, number, happened_at=at, text=text, form_key=key, now=now, by=by)
            sender = sender_of(settings)
            told = owe_missed_step(session, entry, now=now, base_url=settings.address, sender=sender)
            print(f"{words.count(told, 'person is', 'people are')} told.")
        case "note":
            note_progress(session, uid, text=text, happened_at=at, form_key=key, now=now, by=by)
        case "amend":
            open_amendment(session, uid, reason=text, form_key=key, now=now, by=by)
        case "complete":
            complete(session, uid, happened_at=at, text=text, form_key=key, now=now, by=by)
        case "undo":
            entry, changed = undo_last(session, uid, seen=None, reason=text, form_key=key, now=now, by=by)
            _tell(session, changed, settings, now, approval_undone_because(given.plan, entry.text))


def _show(given: argparse.Namespace, settings: Settings, now: datetime) -> int:
    with reading(open_database(settings)) as session:
        if session.get(ContractRow, given.contract) is None:
            raise NotFound(f"There is no contract {given.contract}.")
        found = [each for each in stories(session, given.contract, now=now) if given.plan in ("", each.plan.reference)]
        if given.plan and not found:
            raise NotFound(f"There is no plan {given.plan} under {given.contract}.")
        for each in found:
            opened = words.instant(each.plan.opened_at, each.contract.zone)
            print(f"{each.plan.reference}  {each.process.title}, {each.phase}, notice {opened}: {each.plan.reason}")
            for stage in each.stages:
                item = stage.item
                due = f"{item.standing}, due {item.phrase}" if item else ("reached" if stage.reached_at else "")
                print(f"  {stage.stage.name:<16} {stage.stage.title}{': ' if due else ''}{due}")
            for step in each.steps:
                stands = f"{step.item.standing}, due {step.item.phrase}" if step.item else f"due {step.step.due_on}"
                print(f"  step {step.step.number:<11} {step.step.title} ({step.step.who}): {stands}")
    return 0


def _uid(session: Session, contract_id: str, reference: str) -> str:
    query = select(ActionPlan.uid).where(ActionPlan.contract_id == contract_id, ActionPlan.reference == reference)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no plan “{reference}” under {contract_id}. See them with “show”.")
    return found


def _at(given: argparse.Namespace, now: datetime) -> datetime:
    return instant(given.at, "--at") if given.at else now


def _number(given: argparse.Namespace) -> int:
    if given.number is None:
        raise BadInput("--number: say which step.")
    return int(given.number)


def _tell(session: Session, changed: Rehearsal, settings: Settings, now: datetime, cause: str) -> None:
    sender = sender_of(settings)
    owe_change_notices(session, [changed], cause=cause, now=now, base_url=settings.address, sender=sender)
