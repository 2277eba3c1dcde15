"""How are the deliverables of many contracts shown in windows: counted by the database, and read a page at a time?

But for `all_of`, no function here reads more rows than are shown, however many there are. Rows that were changed after
the instant that is asked for are the exception, since what was known then has to be worked out one by one: there are
none at present, and a past day is shown in a demonstration alone.
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
from duecourse.tracking.conditions import BY_DUE, Condition, Key

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
    rest: Place | None = None
    """The place after which the next ones begin, of the one that is opened; None when these are the last."""


@dataclass(frozen=True, slots=True)
class PageOf:
    """One page of deliverables; `rest` is the place after which the next one begins, None on the last."""

    items: list[Item]
    rest: Place | None


def scope(session: Session, *, now: datetime, contract_ids: Collection[str]) -> Scope:
    """Return what may be asked about these contracts at `now`; one statement, and more on a past day alone."""
    if not contract_ids or (session.exec(select(sa.func.max(col(Deliverable.changed_at)))).one() or now) <= now:
        return Scope(session, now, contract_ids, ())
    query = _rows().where(col(Deliverable.contract_id).in_(contract_ids), col(Deliverable.changed_at) > now)
    rows = session.exec(query.order_by(col(Deliverable.due_at), col(Deliverable.id))).all()
    return Scope(session, now, contract_ids, tuple(items_from(session, rows, now=now)))


def counts(within: Scope, condition: Condition, *keys: Key) -> Counter[tuple[Any, ...]]:
    """Return how many deliverables fulfil a condition, by these keys; one statement."""
    rows = within.session.execute(_grouped(within, condition, *keys)).all()
    counted: Counter[tuple[Any, ...]] = Counter({tuple(row[:-1]): row[-1] for row in rows})
    counted.update(tuple(key.of(item) for key in keys) for item in within.changed if condition.holds(item))
    return counted


def page_of(
    within: Scope, condition: Condition, *, most: int, after: Place | None = None, order: Key = BY_DUE
) -> PageOf:
    """Return up to `most` deliverables that fulfil a condition, by due moment, the first ones `after` a place.

    Another `order` is a key that gives an instant. Two statements.
    """
    moment = order.sql
    number = col(Deliverable.id)
    query = _rows().where(*_unchanged(within, condition))
    if after is not None:
        query = query.where(sa.or_(moment > after[0], sa.and_(moment == after[0], number > after[1])))
    rows = within.session.exec(query.order_by(moment, number).limit(most + 1)).all()
    found = items_from(within.session, rows, now=within.now)
    found += [
        one for one in within.changed if condition.holds(one) and (after is None or place_of(one, order=order) > after)
    ]
    found.sort(key=lambda item: place_of(item, order=order))
    shown = found[:most]
    return PageOf(shown, place_of(shown[-1], order=order) if len(found) > most else None)


def all_of(within: Scope, condition: Condition) -> list[Item]:
    """Return every deliverable that fulfils a condition, by due moment: for what is few by its nature.

    Two statements.
    """
    rows = within.session.exec(_rows().where(*_unchanged(within, condition))).all()
    found = items_from(within.session, rows, now=within.now)
    return sorted([*found, *(one for one in within.changed if condition.holds(one))], key=place_of)


def ranking(within: Scope, condition: Condition, *keys: Key, most: int) -> list[tuple[tuple[Any, ...], int]]:
    """Return the `most` frequent values of these keys with their numbers, and one more if there are; one statement."""
    if within.changed:
        return counts(within, condition, *keys).most_common(most + 1)
    grouped = _grouped(within, condition, *keys).order_by(sa.desc("number"), *(f"key_{n}" for n in range(len(keys))))
    return [(tuple(row[:-1]), row[-1]) for row in within.session.execute(grouped.limit(most + 1))]


def windows(
    within: Scope,
    condition: Condition,
    key: Key,
    *,
    most: int,
    opened: Any = None,
    opened_most: int = 0,
    after: Place | None = None,
    order: Key = BY_DUE,
) -> dict[Any, Window]:
    """Return for each value of a key how many deliverables have it, and the first of them; None is no value.

    Of the value that is `opened`, up to `opened_most` are shown, the first ones `after` a place. Two statements.
    """
    moment = order.sql
    named = _numbers(
        within,
        condition,
        col(Deliverable.id).label("number"),
        moment.label("moment"),
        key.sql.label("key"),
    ).subquery()
    size = sa.func.count().over(partition_by=named.c.key).label("size")
    sized = sa.select(named.c.number, named.c.moment, named.c.key, size).where(named.c.key.is_not(None)).subquery()
    numbered = sa.func.row_number().over(partition_by=sized.c.key, order_by=(sized.c.moment, sized.c.number))
    follows: sa.ColumnElement[bool] = sa.true()
    if after is not None:
        behind = sa.or_(sized.c.moment > after[0], sa.and_(sized.c.moment == after[0], sized.c.number > after[1]))
        follows = sa.or_(sized.c.key != opened, behind)
    placed = sa.select(sized.c.number, sized.c.moment, sized.c.key, sized.c.size, numbered.label("place"))
    placed_rows = placed.where(follows).subquery()
    # One row more than is shown tells that there is another page.
    shown = sa.case((placed_rows.c.key == opened, opened_most + 1), else_=most) if opened is not None else most
    query = (
        sa.select(Deliverable, ContractRow, placed_rows.c.key, placed_rows.c.size)
        .join(placed_rows, placed_rows.c.number == Deliverable.id)
        .join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
        .where(placed_rows.c.place <= shown)
        .options(without_definition())
        .order_by(placed_rows.c.moment, placed_rows.c.number)
    )
    rows = within.session.execute(query).all()
    found: dict[Any, Window] = {}
    made = items_from(within.session, [(row[0], row[1]) for row in rows], now=within.now)
    for item, (_, _, value, count) in zip(made, rows, strict=True):
        window = found.setdefault(value, Window())
        window.items.append(item)
        window.count = count
    _add_changed(found, within, condition, key, opened=opened, after=after, order=order)
    for value, window in found.items():
        window.items.sort(key=lambda item: place_of(item, order=order))
        enough = opened_most if value == opened else most
        if value == opened and len(window.items) > enough:
            window.rest = place_of(window.items[enough - 1], order=order)
        del window.items[enough:]
    return found


def place_of(item: Item, *, order: Key = BY_DUE) -> Place:
    """Return the place of a deliverable in the order of a window."""
    return order.of(item), item.deliverable.id or 0


def _add_changed(
    found: dict[Any, Window],
    within: Scope,
    condition: Condition,
    key: Key,
    *,
    opened: Any,
    after: Place | None,
    order: Key,
) -> None:
    for item in within.changed:
        value = key.of(item) if condition.holds(item) else None
        if value is None:
            continue
        window = found.setdefault(value, Window())
        window.count += 1
        if value != opened or after is None or place_of(item, order=order) > after:
            window.items.append(item)


def _rows() -> Any:
    joined = select(Deliverable, ContractRow).join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
    return joined.options(without_definition())


def _grouped(within: Scope, condition: Condition, *keys: Key) -> Any:
    named = [key.sql.label(f"key_{place}") for place, key in enumerate(keys)]
    # Worked out within, so that what is grouped by is a name: PostgreSQL does not know two parameters for the same.
    found = _numbers(within, condition, col(Deliverable.id), *named).subquery()
    columns = [found.c[f"key_{place}"] for place in range(len(keys))]
    return sa.select(*columns, sa.func.count().label("number")).select_from(found).group_by(*columns)


def _numbers(within: Scope, condition: Condition, *columns: Any) -> Any:
    joined = sa.select(*columns).select_from(Deliverable)
    joined = joined.join(ContractRow, col(ContractRow.id) == Deliverable.contract_id)
    return joined.where(*_unchanged(within, condition))


def _unchanged(within: Scope, condition: Condition) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(Deliverable.contract_id).in_(within.contract_ids),
        col(Deliverable.changed_at) <= within.now,
        condition.sql,
    )


def without_definition() -> Any:
    """Return the option to read contracts without their definitions, which are large."""
    return defer(ContractRow.definition)  # type: ignore[arg-type]
