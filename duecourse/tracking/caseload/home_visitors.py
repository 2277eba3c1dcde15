"""How is a home visitor entered, changed, or said to have left?"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from duecourse.calendar.slots import HomeVisitorFacts
from duecourse.errors import BadInput, Conflict
from duecourse.language.said import say, say_in
from duecourse.models import HomeVisitor
from duecourse.tracking.acting import By
from duecourse.tracking.audit import record
from duecourse.tracking.caseload.enrollment import locked_contract
from duecourse.tracking.references import checked_reference

_MOST_FTE = 20


def enter_home_visitor(
    session: Session, contract_id: str, facts: HomeVisitorFacts, *, form_key: str, now: datetime, by: By
) -> HomeVisitor:
    """Enter what holds of one home visitor or team from now on; what was entered before under the id is kept.

    The same `form_key` again changes nothing. Raises BadInput when the id could say who somebody is, for a model or a
    program that the contract does not name, an FTE that cannot be, or days that contradict each other.
    """
    row, _, terms = locked_contract(session, contract_id, by=by)
    earlier = session.exec(select(HomeVisitor).where(HomeVisitor.form_key == form_key)).one_or_none()
    if earlier is not None:
        if earlier.contract_id != contract_id:
            raise Conflict(say("This form was sent before, for something else. What was recorded then stands."))
        return earlier
    rules = terms.visiting
    if rules is None:
        raise BadInput(say("The contract says nothing about home visitors."))
    reference = checked_reference(facts.reference, participant=True)
    if facts.model not in (rules.slots or {"": 0}):
        raise BadInput(
            say(
                "Choose a model that the contract names: %(known)s.",
                known=", ".join(rules.slots) or say_in("list", "none"),
            )
        )
    if facts.program not in (terms.programs or {"": ""}):
        raise BadInput(
            say(
                "Choose a program of the contract: %(known)s.",
                known=", ".join(terms.programs.values()) or say_in("list", "none"),
            )
        )
    hundredths = facts.fte * 100
    if hundredths.denominator != 1 or not 0 < facts.fte <= _MOST_FTE:
        raise BadInput(
            say(
                "Give the FTE with at most two decimals, more than 0 and at most %(most_fte)s, such as 0.80.",
                most_fte=_MOST_FTE,
            )
        )
    if facts.hired_on > now.astimezone(ZoneInfo(row.zone)).date():
        raise BadInput(say("The day of hire lies in the future. Enter it when it has come."))
    if facts.left_on is not None and facts.left_on < facts.hired_on:
        raise BadInput(say("The last day lies before the day of hire. Check both."))
    entered = HomeVisitor(
        contract_id=contract_id,
        reference=reference,
        model=facts.model,
        program=facts.program,
        fte_hundredths=int(hundredths),
        hired_on=facts.hired_on,
        left_on=facts.left_on,
        entered_at=now,
        entered_by=by.actor,
        form_key=form_key,
    )
    session.add(entered)
    session.flush()
    detail = {
        "id": reference,
        "model": facts.model,
        "program": facts.program,
        "fte": f"{float(facts.fte):.2f}",
        "hired_on": facts.hired_on.isoformat(),
        "left_on": facts.left_on.isoformat() if facts.left_on else "",
    }
    record(session, "entered a home visitor", actor=by.actor, now=now, contract_id=contract_id, detail=detail)
    return entered


def fte_of(said: str) -> Fraction:
    """Read an FTE such as ``0.8``. Raises BadInput for anything else."""
    whole, _, part = said.strip().partition(".")
    if not (whole + part).isascii() or not (whole + part).isdigit() or len(whole) > 2 or len(part) > 2 or not whole:
        raise BadInput(say("“%(said)s” is not an FTE. Write it with at most two decimals, such as 0.80.", said=said))
    return Fraction(f"{whole}.{part or 0}")
