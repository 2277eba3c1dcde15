"""How is a change shown line by line before it is made, and made only as it was seen?"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import Request
from sqlmodel import Session, col, select
from starlette.responses import Response

from duecourse.language.said import say, say_in
from duecourse.models import ContractRow
from duecourse.notifications.change_notices import owe_change_notices
from duecourse.notifications.messages import sender_of
from duecourse.tracking.audit import take_turn
from duecourse.tracking.comparing import CHOOSABLE, Change, ChangeKind
from duecourse.tracking.rehearsing import Rehearsal
from duecourse.web.render import page
from duecourse.web.site import Site
from duecourse.web.visitor import Visitor

STALE = say("Something changed since this was shown, so nothing was done. Look at the lines again, then confirm them.")

_KINDS = (
    (ChangeKind.MOVED, say_in("change", "Moved"), say("Their dates change.")),
    (ChangeKind.ADDED, say_in("change", "Added"), say("Asked for from now on.")),
    (ChangeKind.DROPPED, say_in("change", "Dropped"), say("No longer asked for.")),
    (
        ChangeKind.NO_LONGER_LATE,
        say_in("change", "No longer late"),
        say("They came in late, and this explains why. Their dates stay."),
    ),
    (
        ChangeKind.SUBMITTED,
        say_in("change", "Already submitted"),
        say("They are in: their dates stay as they were decided."),
    ),
)


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of one rehearsal that belong together. `style` names their colours, `is_chosen` offers each by itself."""

    name: str
    title: str
    says: str
    style: str
    changes: tuple[Change, ...]
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Part:
    """What a change does to one contract; `reworded` is the number of lines whose dates stay and whose words change."""

    contract: ContractRow
    groups: tuple[Group, ...]
    reworded: int


def parts(
    session: Session, rehearsals: Iterable[Rehearsal], *, contract_ids: Collection[str], by_line: bool = False
) -> list[Part]:
    """Return the rehearsals of these contracts that hold lines, grouped; `by_line` when each line is accepted alone."""
    query = select(ContractRow).where(col(ContractRow.id).in_(contract_ids))
    rows = {row.id: row for row in session.exec(query)}
    return [
        Part(rows[each.contract_id], tuple(_groups(each, by_line)), sum(keeps_date(one) for one in each.changes))
        for each in rehearsals
        if each.changes and each.contract_id in rows
    ]


def keeps_date(change: Change) -> bool:
    """Whether people see the same date as before, such as one set by hand whose rule now names another."""
    return change.kind is ChangeKind.REWORDED


def seal_of(rehearsals: Iterable[Rehearsal]) -> str:
    """Return a short name of exactly these lines over all contracts."""
    said = "\n".join(f"{each.contract_id}|{each.seal}" for each in rehearsals if each.changes)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def hold(session: Session, contract_ids: Collection[str] | None = None) -> None:
    """Keep others from changing these contracts, or all, until the transaction ends: what is seen is what is made."""
    take_turn(session)
    query = select(ContractRow.id).order_by(col(ContractRow.id)).with_for_update(key_share=True)
    if contract_ids is not None:
        query = query.where(col(ContractRow.id).in_(contract_ids))
    session.exec(query).all()


def tell(session: Session, site: Site, rehearsals: Iterable[Rehearsal], *, cause: str, now: datetime) -> int:
    """Owe one mail to each person whom the changes concern, in their transaction; return how many people are told."""
    seen = [replace(each, changes=tuple(one for one in each.changes if not keeps_date(one))) for each in rehearsals]
    settings = site.settings
    sender = sender_of(settings)
    return owe_change_notices(session, seen, cause=cause, now=now, base_url=settings.address, sender=sender)


def rehearsal_page(
    request: Request,
    visitor: Visitor,
    *,
    parts: list[Part],
    seal: str,
    title: str,
    back: tuple[str, str],
    action: str,
    button: str,
    carried: dict[str, str],
    problem: str = "",
    status: int = 200,
    **more: object,
) -> Response:
    """Return the page that shows what would change, with the form that confirms exactly that.

    `back` is the address and the name of the page before; `carried` are the fields that the form holds unseen.
    """
    values = {
        "source": "",
        "asks_source": False,
        "by_line": False,
        "unchosen": frozenset[str](),
        "elsewhere": 0,
        "always": False,
    }
    values |= more
    return page(
        request,
        "rehearsal.html",
        visitor=visitor,
        status=status,
        parts=parts,
        lines=sum(len(group.changes) for part in parts for group in part.groups),
        is_empty=not (parts or values["elsewhere"] or values["always"]),
        title=title,
        back=back,
        action=action,
        button=button,
        carried=carried | {"seal": seal},
        problem=problem,
        **values,
    )


def _groups(rehearsal: Rehearsal, by_line: bool) -> Iterable[Group]:
    late = tuple(change for change in rehearsal.late_at_once if not keeps_date(change))
    if late:
        says = say("They would be overdue in the moment in which this is confirmed.")
        yield Group("late", say_in("change", "Late at once"), says, "overdue", late, by_line)
    for kind, title, says in _KINDS:
        found = tuple(change for change in rehearsal.of(kind) if not change.late_at_once and not keeps_date(change))
        if found:
            yield Group(kind.replace(" ", "-"), title, says, "none", found, by_line and kind in CHOOSABLE)
