"""How are the deliverables of many contracts shown in windows: counted by the database, and read a page at a time?

No function here reads more rows than are shown, however many there are. Rows that were changed after the instant that
is asked for are the exception, since what was known then has to be worked out one by one: there are none at present,
and a past day is shown in a demonstration alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from duecourse.models import ContractRow, Deliverable
from duecourse.tracking.boards import Item, items_from
from duecourse.tracking.conditions import Condition, Key, limit_column

Place = tuple[datetime, int]
"""Where a window ends: the moment by which it is sorted, and the row's number."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The deliverables of some contracts at an instant; `changed` are those that changed after it, as known then."""

    session: Session
    now: datetime
    contract_ids: Collection[str]
    changed: tuple[Item, ...]


@dataclass(slots=True)
class Window:
    """Some deliverables in their order, and how many there are in all."""

    items: list[Item] = field(default_factory=list)
    count: int = 0


@dataclass(frozen=True, slots=True)
class PageOf:
    """One page of deliverables; `rest` is the place after which the next one begins, None on the last."""

    items: list[Item]
    rest: Place | None


def scope(session: Session, *, now: datetime, contract_ids: Collection[str]) -> Scope:
    """Return what may be asked about these contracts at `now`; one statement."""
    query = _rows().where(col(Deliverable.contract_id).in_(contract_ids), col(Deliverable.changed_at) > now)
    rows = session.exec(query.order_by(col(Deliverable.due_at), col(Deliverable.id))).all()
    return Scope(session, now, contract_ids, tuple(items_from(session, rows, now=now)))


def counts(within: Scope, condition: Condition, *keys: Key) -> Counter[tuple[Any, ...]]:
    """Return how many deliverables fulfil a condition, by these keys; one statement."""
    named = [key.sql.label(f"key_{place}") for place, key in enumerate(keys)]
    # Worked out within, so that what is grouped by is a name: PostgreSQL does not know two parameters for the same.
    found = _numbers(within, condition, col(Deliverable.id), *named).subquery()
    columns = [found.c[f"key_{place}"] for place in range(len(keys))]
    grouped = sa.select(*columns, sa.func.count()).select_from(found).group_by(*columns)
    rows = within.session.execute(grouped).all()
    counted: Counter[tuple[Any, ...]] = Counter({tuple(row[:-1]): row[-1] for row in rows})
    counted.update(tuple(key.of(item) for key in keys) for item in within.changed if condition.holds(item))
    return counted


def page_of(
    within: Scope, condition: Condition, *, most: int, after: Place | None = None, by_limit: bool = False
) -> PageOf:
    """Return up to `most` deliverables that fulfil a condition, by due moment, the first ones `after` a place.

    With `by_limit` they come by the end of the window for a correction, where one is open. Three statements.
    """
    moment = limit_column() if by_limit else col(Deliverable.due_at)
    number = col(Deliverable.id)
    query = _rows().where(*_unchanged(within, condition))
    if after is not None:
        query = query.where(sa.or_(moment > after[0], sa.and_(moment == after[0], number > after[1])))
    rows = within.session.exec(query.order_by(moment, number).limit(most + 1)).all()
    found = items_from(within.session, rows, now=within.now)

    def place(item: Item) -> Place:
        return item.facts.limit if by_limit else item.deliverable.due_at, item.deliverable.id or 0

    found += [one for one in within.changed if condition.holds(one) and (after is None or place(one) > after)]
    found.sort(key=place)
    shown = found[:most]
    return PageOf(shown, place(shown[-1]) if len(found) > most else None)


def windows(within: Scope, condition: Condition, key: Key, *, most: int) -> dict[Any, Window]:
    """Return for each value of a key how many deliverables have it, and the first of them; None is no value.

    Three statements.
    """
    number = col(Deliverable.id).label("number")
    moment = col(Deliverable.due_at).label("moment")
    named = _numbers(within, condition, number, moment, key.sql.label("key")).subquery()
    order = sa.func.row_number().over(partition_by=named.c.key, order_by=(named.c.moment, named.c.number))
    size = sa.func.count().over(partition_by=named.c.key)
    placed = sa.select(named.c.number, named.c.key, order.label("place"), size.label("size"))
    placed_rows = placed.where(named.c.key.is_not(None)).subquery()
    query = (
        sa.select(Deliverable, ContractRow, placed_rows.c.key, placed_rows.c.size)
        .join(placed_rows, placed_rows.c.number == Deliverable.id)
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .where(placed_rows.c.place <= most)
        .options(_without_definition())
        .order_by(col(Deliverable.due_at), col(Deliverable.id))
    )
    rows = within.session.execute(query).all()
    found: dict[Any, Window] = {}
    made = items_from(within.session, [(row[0], row[1]) for row in rows], now=within.now)
    for item, (_, _, value, count) in zip(made, rows, strict=True):
        window = found.setdefault(value, Window())
        window.items.append(item)
        window.count = count
    for item in within.changed:
        value = key.of(item) if condition.holds(item) else None
        if value is not None:
            window = found.setdefault(value, Window())
            window.items.append(item)
            window.count += 1
    for window in found.values():
        window.items.sort(key=lambda item: (item.deliverable.due_at, item.deliverable.id))
        del window.items[most:]
    return found


def contracts_by_id(session: Session, contract_ids: Collection[str]) -> dict[str, ContractRow]:
    """Return these contracts without their definitions, which are large."""
    query = select(ContractRow).where(col(ContractRow.id).in_(contract_ids)).options(_without_definition())
    return {row.id: row for row in session.exec(query)}


def _rows() -> Any:
    joined = select(Deliverable, ContractRow).join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
    return joined.options(_without_definition())


def _numbers(within: Scope, condition: Condition, *columns: sa.ColumnElement[Any]) -> Any:
    joined = sa.select(*columns).select_from(Deliverable)
    joined = joined.join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
    return joined.where(*_unchanged(within, condition))


def _unchanged(within: Scope, condition: Condition) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(Deliverable.contract_id).in_(within.contract_ids),
        col(Deliverable.changed_at) <= within.now,
        condition.sql,
    )


def _without_definition() -> Any:
    return defer(ContractRow.definition)  # type: ignore[arg-type]
