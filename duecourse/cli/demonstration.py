"""What does a demonstration show: which contracts, which people, and which invented past?

The people and the history are made up. The county's real contract is shown without a history: nobody here knows what
it submitted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from duecourse.calendar.lifecycle import Act, Party
from duecourse.cli.demonstration_enrollment import enter_invented_enrollment
from duecourse.definitions.reading import read_contract, shipped_contracts
from duecourse.models import ContractRow, Deliverable, Person, RoleName
from duecourse.tracking.acting import By
from duecourse.tracking.deciding import decide
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import plan
from duecourse.tracking.staff.people import add_person, give_role
from duecourse.tracking.submitting import Sent, submit

ACTOR = "demonstration"

# Who signs in first: somebody who submits, and somebody who decides.
MANAGER = "dana.reyes@demo-county.example"
LIAISON = "lee.chen@dcyf.example"

_PEOPLE = (
    ("Dana Reyes", MANAGER, "demo-county", RoleName.PROGRAM_MANAGER),
    ("Sam Ortiz", "sam.ortiz@demo-county.example", "demo-county", RoleName.FISCAL_STAFF),
    ("Lee Chen", LIAISON, "demo-county", RoleName.PROGRAM_LIAISON),
    ("Kim Park", "kim.park@dcyf.example", "demo-county", RoleName.FISCAL_LIAISON),
    ("Jo Whitfield", "jo.whitfield@whatcom.example", "wa-22-1174", RoleName.PROGRAM_MANAGER),
    ("Lee Chen", LIAISON, "wa-22-1174", RoleName.PROGRAM_LIAISON),
    ("Kim Park", "kim.park@dcyf.example", "wa-22-1174", RoleName.FISCAL_LIAISON),
    ("Alex Grant", "alex.grant@abc.example", "ct-21oechvs01abc", RoleName.PROGRAM_MANAGER),
    ("Robin Diaz", "robin.diaz@oec.example", "ct-21oechvs01abc", RoleName.PROGRAM_LIAISON),
    ("Lee Chen", LIAISON, "ct-21oechvs01abc", RoleName.FISCAL_LIAISON),
)

_WITHOUT_HISTORY = "wa-22-1174"
_RECENT = timedelta(days=60)

Step = tuple[datetime, Callable[[Session], None]]


def load_demonstration(session: Session, *, now: datetime) -> int:
    """Load the contracts that ship, their people and an invented past; return how many deliverables were added.

    Doing it again brings the definitions up to date and leaves everything that was entered as it is.
    """
    fresh: list[str] = []
    for path in shipped_contracts():
        contract, definition = read_contract(path, today=now.date())
        invented = contract.id != _WITHOUT_HISTORY
        if session.get(ContractRow, contract.id) is None and invented:
            fresh.append(contract.id)
        load_contract(
            session,
            contract,
            definition=definition,
            now=now,
            actor=ACTOR,
            is_sample=invented,
            notices_from=now - _RECENT if invented else now,
        )
    for name, email, contract_id, role in _PEOPLE:
        person: Person = add_person(session, name=name, email=email, now=now, actor=ACTOR)
        give_role(session, person, contract_id, role, now=now, actor=ACTOR)
    added = plan(session, now=now, actor=ACTOR).added
    managers = {contract_id: email for _, email, contract_id, role in _PEOPLE if role is RoleName.PROGRAM_MANAGER}
    for contract_id in fresh:
        enter_invented_enrollment(session, contract_id, manager=managers[contract_id], now=now)
    steps = sorted(
        (step for contract_id in fresh for step in _past(session, contract_id, now)), key=lambda step: step[0]
    )
    # Held here, a contract is not read anew, with its whole definition, for each of them.
    held = session.exec(select(ContractRow)).all()
    for _at, take in steps:
        take(session)
    del held
    return added


def _past(session: Session, contract_id: str, now: datetime) -> Iterator[Step]:
    """Yield what is said to have happened: nearly all on time and accepted, a few late, the newest still open."""
    query = (
        select(Deliverable)
        .where(Deliverable.contract_id == contract_id, col(Deliverable.due_at) <= now)
        .order_by(col(Deliverable.due_at).desc(), col(Deliverable.obligation_id))
    )
    by_address = {contract: email for _, email, contract, role in _PEOPLE if role is RoleName.PROGRAM_MANAGER}
    liaisons = {contract: email for _, email, contract, role in _PEOPLE if role is RoleName.PROGRAM_LIAISON}
    people = {
        Party.CONTRACTOR: By(by_address[contract_id], Party.CONTRACTOR),
        Party.FUNDER: By(liaisons[contract_id], Party.FUNDER),
    }
    for age, row in enumerate(session.exec(query)):
        if age in (0, 4):
            continue
        late = age % 11 == 7
        sent_at = row.due_at + (timedelta(days=2) if late else -timedelta(days=1 + age % 4, hours=8))
        if sent_at > now:
            continue
        owing = Party(row.party)
        yield sent_at, _submission(row, sent_at, people[owing])
        decided_at = sent_at + timedelta(days=3)
        if owing is Party.CONTRACTOR and age not in (1, 3) and decided_at <= now:
            yield decided_at, _decision(row.uid, decided_at, people[Party.FUNDER], returned=age == 2)


def _submission(row: Deliverable, at: datetime, by: By) -> Callable[[Session], None]:
    sent = Sent(at, _name_of(by.actor), row.channel, reference=f"{at:%y%m%d}-{row.uid[:4].upper()}")

    def take(session: Session) -> None:
        submit(session, row.uid, sent, form_key=f"{ACTOR}:{row.uid}", now=at, by=by)

    return take


def _decision(uid: str, at: datetime, by: By, *, returned: bool) -> Callable[[Session], None]:
    act = Act.RETURN if returned else Act.ACCEPT
    comment = "The totals on page 2 do not add up to the summary. Please correct and send it again." if returned else ""

    def take(session: Session) -> None:
        decide(session, uid, act, comment=comment, now=at, by=by)

    return take


def _name_of(email: str) -> str:
    return next(name for name, address, _, _ in _PEOPLE if address == email)
