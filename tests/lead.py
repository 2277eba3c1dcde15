"""The lead contractor's contract in Connecticut, tracked in a fresh database, for tests of what both sides owe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import count
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import select

from duecourse.calendar.lifecycle import Act, Party
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.models import Deliverable, Extension
from duecourse.models.database import reading, writing
from duecourse.tracking.acting import By
from duecourse.tracking.boards import Item, item, items
from duecourse.tracking.deciding import decide
from duecourse.tracking.extensions.extending import Request, ask
from duecourse.tracking.extensions.granting import Granted, Granting, grant
from duecourse.tracking.loading import load_contract
from duecourse.tracking.planning import plan
from duecourse.tracking.submitting import Sent, submit

LEAD = "ct-21oechvs01abc"
OEC, ABC = By("robin@oec.example", Party.FUNDER), By("alex@abc.example", Party.CONTRACTOR)
NOW = datetime(2022, 10, 20, 14, tzinfo=UTC)
"""A Thursday; the reports of July to September are due by the end of Sunday, October 30, 2022, Eastern time."""
DUE_AT = datetime(2022, 10, 31, 4, tzinfo=UTC)
STATUS, BENCHMARK, FISCAL = "ct-status-report", "ct-benchmark-report", "ct-fiscal-report"
ANSWER, DECISION = "ct-house-answer", "ct-house-extension"
_keys = count(1)


def key() -> str:
    """Return a form key that was never used, as a form of our pages has one."""
    return str(UUID(int=next(_keys)))


def track(engine: Engine, now: datetime = NOW) -> None:
    """Track the contract from `now` on."""
    contract, definition = read_contract(find_contract(LEAD), today=date(2026, 11, 22))
    with writing(engine) as session:
        load_contract(session, contract, definition=definition, now=now, actor="test")
        plan(session, now=now, actor="test")


def uid(engine: Engine, obligation: str, quarter: str = "2022-07-01") -> str:
    """Return the deliverable of an obligation for the quarter that starts on this day."""
    query = select(Deliverable.uid).where(Deliverable.obligation_id == obligation, Deliverable.occurrence == quarter)
    with reading(engine) as session:
        return session.exec(query).one()


def found(engine: Engine, deliverable: str, now: datetime) -> Item:
    """Return a deliverable as it stands at `now`."""
    with reading(engine) as session:
        return item(session, deliverable, now=now, contract_ids=[LEAD])


def duties(engine: Engine, obligation: str, now: datetime) -> list[Item]:
    """Return what the funder owes under an obligation, as it stands at `now`."""
    with reading(engine) as session:
        everything = items(session, now=now, contract_ids=[LEAD])
    return [each for each in everything if each.deliverable.obligation_id == obligation]


def asked(
    engine: Engine,
    deliverable: str,
    *,
    at: datetime = NOW,
    now: datetime | None = None,
    by: By = ABC,
    form_key: str = "",
) -> str:
    """Ask for more time, and return the request's uid."""
    request = Request(at, "Alex Grant", "The data system was down for a week.")
    with writing(engine) as session:
        return ask(session, deliverable, request, form_key=form_key or key(), now=now or at, by=by).uid


def granted(
    engine: Engine,
    request: str,
    *,
    on: date = date(2022, 11, 15),
    now: datetime = NOW,
    by: By = OEC,
    form_key: str = "",
    override: str = "",
) -> Granted:
    """Grant a request."""
    with writing(engine) as session:
        granting = Granting(on, override_reason=override)
        made = grant(session, request, granting, form_key=form_key or key(), now=now, by=by)
        session.expunge(made.extension)
        return made


def hand_in(engine: Engine, deliverable: str, *, at: datetime, now: datetime | None = None, by: By = ABC) -> None:
    """Submit a deliverable."""
    with writing(engine) as session:
        submit(session, deliverable, Sent(at, "Alex Grant", "email"), form_key=key(), now=now or at, by=by)


def decided(
    engine: Engine, deliverable: str, act: Act, *, now: datetime, comment: str = "", again_on: date | None = None
) -> None:
    """Accept a deliverable, or return it."""
    with writing(engine) as session:
        decide(session, deliverable, act, comment=comment, again_on=again_on, form_key=key(), now=now, by=OEC)


def extension(engine: Engine, request: str) -> Extension:
    """Return a request as it is stored."""
    with reading(engine) as session:
        found = session.exec(select(Extension).where(Extension.uid == request)).one()
        session.expunge(found)
        return found


def within(engine: Engine, act: Callable[..., object], *given: object, **named: object) -> None:
    """Do something in a transaction of its own."""
    with writing(engine) as session:
        act(session, *given, **named)
