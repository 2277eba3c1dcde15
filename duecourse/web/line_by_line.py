"""How is one act done to several deliverables: each as if alone, with what came of it line by line?

Each has a key that follows from the form's, so that the same form again does nothing twice, and one that is refused
keeps none of the others from it. On the pages each has a transaction of its own; for a program all are in that of its
call, with which the answer is kept. What was done to one since it was chosen is said on its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from duecourse.errors import BadInput, Conflict, NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models import ContractRow, Deliverable, LifecycleEntry
from duecourse.models.database import writing
from duecourse.tracking.boards import Item, items_from
from duecourse.tracking.windows import without_definition
from duecourse.web.forms import Posted
from duecourse.web.visitor import Visitor

MOST = 50
"""So many can be chosen at once: as many as a page shows."""
_CHOSEN = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.([0-9]{1,9}))?")


@dataclass(frozen=True, slots=True)
class Chosen:
    """One deliverable that was chosen, and how many acts on it the person had seen."""

    item: Item
    seen: int


@dataclass(frozen=True, slots=True)
class Line:
    """What came of it for one deliverable: `problem` says why nothing was done, `said` what was."""

    item: Item
    seen: int
    problem: str = ""
    said: str = ""


OneAct = Callable[[Session, Chosen, str], str]
"""Does the act to one, in a session and with a key of its own, and returns in words what was done."""


def chosen(session: Session, visitor: Visitor, named: Sequence[str]) -> list[Chosen]:
    """Return the deliverables that a form names, in its order, each once; three statements.

    A name may say how many acts the person saw; else those that are recorded by now count. Raises BadInput when none is
    named, or too many; NotFound when one is none that the person may see.
    """
    matches = [_CHOSEN.fullmatch(name) for name in named]
    if not named:
        raise BadInput(say("Choose at least one report."))
    if len(named) > MOST:
        raise BadInput(say("At most %(most)s reports can be chosen at once.", most=MOST))
    wanted = {match[1]: match[2] for match in matches if match is not None}
    if len(wanted) != len(named):
        raise NotFound(say("One of these is no such deliverable, or is named twice."))
    query = (
        select(Deliverable, ContractRow)
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .where(col(Deliverable.uid).in_(wanted), col(Deliverable.contract_id).in_(visitor.contract_ids))
        .options(without_definition())
    )
    found = {item.deliverable.uid: item for item in items_from(session, session.exec(query).all(), now=visitor.now)}
    if len(found) != len(wanted):
        raise NotFound(say("One of these is no such deliverable."))
    ids = [item.deliverable.id for item in found.values()]
    counted = select(LifecycleEntry.deliverable_id, func.count()).where(col(LifecycleEntry.deliverable_id).in_(ids))
    acts = dict(session.exec(counted.group_by(col(LifecycleEntry.deliverable_id))).all())
    return [
        Chosen(found[uid], int(seen) if seen is not None else acts.get(found[uid].deliverable.id or 0, 0))
        for uid, seen in wanted.items()
    ]


def one_by_one(engine: Engine, asked: Sequence[Chosen], form: Posted, act: OneAct) -> list[Line]:
    """Do `act` to each, with a transaction of its own.

    Raises BadInput when the form has no key.
    """
    key = form.key()
    return [_line(one, key, act, lambda: writing(engine)) for one in asked]


def in_one_call(session: Session, asked: Sequence[Chosen], key: str, act: OneAct) -> list[Line]:
    """Do `act` to each, in the transaction of a call; what one that is refused had changed is undone."""
    return [_line(one, key, act, lambda: _kept_apart(session)) for one in asked]


def _line(one: Chosen, key: str, act: OneAct, begin: Callable[[], AbstractContextManager[Session]]) -> Line:
    try:
        with begin() as session:
            said = act(session, one, str(uuid5(UUID(key), one.item.deliverable.uid)))
    except (BadInput, Conflict, NotAllowed, NotFound) as problem:
        return Line(one.item, one.seen, problem=str(problem))
    return Line(one.item, one.seen, said=said)


@contextmanager
def _kept_apart(session: Session) -> Iterator[Session]:
    with session.begin_nested():
        yield session
