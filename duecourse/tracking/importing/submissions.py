"""How do past submissions come in from a spreadsheet: what, when, by whom, and when was it accepted?

They are entered as what they are, things of the past that somebody records now. Who may enter which side's act is the
lifecycle's to say: the contractor's people enter what they sent, the funder's what they accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from duecourse.calendar import words
from duecourse.calendar.due import instant_at
from duecourse.calendar.lifecycle import Act, Phase
from duecourse.calendar.words import ZONES
from duecourse.errors import Conflict
from duecourse.language.said import say
from duecourse.models import ContractRow, Deliverable, Submission
from duecourse.sheets.lines import Line, read_lines
from duecourse.tracking.acting import By, latest
from duecourse.tracking.deciding import decide
from duecourse.tracking.importing.carrying_out import Report, carry_out
from duecourse.tracking.importing.choosing import chosen_contract, chosen_deliverable
from duecourse.tracking.submitting import Sent, submit

COLUMNS = (
    "contract",
    "report",
    "period",
    "submitted on",
    "time",
    "zone",
    "submitted by",
    "channel",
    "reference",
    "accepted on",
    "note",
)
_NOON = time(12)
_ZONES = {name: zone for zone, names in ZONES.items() for name in (zone, *names)}

ByFor = Callable[[Act, Deliverable], By]
"""Returns who acts, and for which side. Raises NotAllowed unless whoever imports may do this with the deliverable."""


def submission_lines(
    session: Session, content: bytes, *, contracts: Mapping[str, ContractRow], by_for: ByFor, now: datetime
) -> Report:
    """Enter the submissions of a spreadsheet, and when they were accepted; return the report.

    What is there already, the same deliverable sent at the same instant, is not entered again. Raises BadInput for a
    file that cannot be read as a table under `COLUMNS`.
    """
    known = _deliverables(session, contracts)

    def enter(line: Line) -> str:
        contract = chosen_contract(line, contracts)
        named = chosen_deliverable(line, known.get(contract.id, [])) if contract is not None else None
        sent = _sent(line, contract)
        accepted_on = line.day("accepted on")
        if named is None or sent is None or line.troubles:
            return ""
        # Looked up again: what a line that was wrong had changed is forgotten.
        row = session.exec(select(Deliverable).where(Deliverable.uid == named.uid)).one()
        says = [_submitted(session, row, sent, by_for, now)]
        if accepted_on is not None:
            says.append(_accepted(session, row, sent, accepted_on, by_for, now))
        return words.following(*says)

    return carry_out(session, content, read_lines(content, COLUMNS), [enter], _about, contracts=contracts)


def _submitted(session: Session, row: Deliverable, sent: Sent, by_for: ByFor, now: datetime) -> str:
    when = words.instant(sent.submitted_at, row.zone)
    query = select(Submission).where(
        Submission.deliverable_id == row.id, col(Submission.submitted_at) == sent.submitted_at
    )
    earlier = session.exec(query.order_by(col(Submission.version).desc())).first()
    if earlier is not None:
        back = row.facts.submitted_at != earlier.submitted_at
        if back:
            return say("Is there already, sent %(when)s, and was taken back or replaced since.", when=when)
        return say("Is there already, sent %(when)s.", when=when)
    key = str(uuid5(NAMESPACE_OID, f"{row.uid}|{sent.submitted_at.isoformat()}"))
    made = submit(session, row.uid, sent, form_key=key, now=now, by=by_for(Act.SUBMIT, row))
    if made.submitted_at >= made.due_at and not row.excused:
        return say("Submitted %(when)s; it came in late.", when=when)
    return say("Submitted %(when)s.", when=when)


def _accepted(session: Session, row: Deliverable, sent: Sent, on: date, by_for: ByFor, now: datetime) -> str:
    session.refresh(row)
    said = words.day(on)
    if row.facts.phase is Phase.ACCEPTED:
        held = latest(session, row, Act.ACCEPT).happened_at.astimezone(ZoneInfo(row.zone)).date()
        if held == on:
            return say("Is accepted already, on %(day)s.", day=words.day(held))
        return say("Is accepted already, on %(day)s; the file says %(said)s.", day=words.day(held), said=said)
    if row.facts.submitted_at != sent.submitted_at:
        raise Conflict(say("Another version came in since, or this one was taken back. Decide on its page."))
    # A day without a time is taken as its noon; of the day on which it came in, and of today, as far as that goes.
    noon = instant_at(on, _NOON, row.zone)
    if on == sent.submitted_at.astimezone(ZoneInfo(row.zone)).date():
        noon = max(noon, sent.submitted_at)
    if on == now.astimezone(ZoneInfo(row.zone)).date():
        noon = min(noon, now)
    decide(session, row.uid, Act.ACCEPT, by=by_for(Act.ACCEPT, row), now=now, happened_at=noon)
    return say("Accepted %(said)s.", said=said)


def _sent(line: Line, contract: ContractRow | None) -> Sent | None:
    on, at = line.day("submitted on", required=True), line.time("time", required=True)
    zone = _zone(line, contract)
    by = line.text("submitted by", at_most=200, required=True)
    channel = line.text("channel", at_most=200, required=True)
    reference, note = line.text("reference", at_most=200), line.text("note", at_most=4000)
    if on is None or at is None or not zone or line.troubles:
        return None
    return Sent(instant_at(on, at, zone), by, channel, reference, note)


def _zone(line: Line, contract: ContractRow | None) -> str:
    said = line.text("zone", at_most=60)
    if not said:
        return contract.zone if contract is not None else ""
    if said not in _ZONES:
        names = ", ".join(name for name, _ in ZONES.values())
        line.refuse(
            "zone",
            say("“%(said)s” is no zone.", said=said),
            say("Write one of these, or nothing for the contract’s own: %(names)s.", names=names),
        )
    return _ZONES.get(said, "")


def _about(line: Line) -> str:
    shown = Line(line.row, line.cells)
    period = line.cells.get("period")
    said = period.isoformat()[:10] if isinstance(period, date) else shown.text("period", at_most=300)
    return ", ".join(part for part in (shown.text("report", at_most=300), said) if part) or say(
        "A line without a report"
    )


def _deliverables(session: Session, contracts: Mapping[str, ContractRow]) -> dict[str, list[Deliverable]]:
    query = select(Deliverable).where(col(Deliverable.contract_id).in_(list(contracts)))
    found: dict[str, list[Deliverable]] = {}
    for row in session.exec(query.order_by(col(Deliverable.due_at), col(Deliverable.id))):
        found.setdefault(row.contract_id, []).append(row)
    return found
