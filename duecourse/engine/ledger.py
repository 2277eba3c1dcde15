"""Which job was done for which slot, and who may do it now?

The ledger is the one record of what was done; no scheduler's own record is trusted. A claim holds for a lease. Whoever
dies leaves a lease that runs out, and the slot is taken over; whoever is merely slow finds at the end that it is no
longer the owner.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Engine, and_, false, func, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from duecourse.models import JobSlot
from duecourse.models.database import reading, writing


class SlotState(StrEnum):
    """What became of a slot."""

    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"


def claim(
    engine: Engine,
    job: str,
    slot: datetime,
    *,
    owner: str,
    lease: timedelta,
    now: datetime,
    engine_name: str,
    flow_run: str = "",
) -> bool:
    """Claim `job` for `slot` and return True for exactly one caller, until the slot fails or the lease runs out.

    A slot that is done is never claimed again. `owner` must be new for each call, `lease` longer than the job takes.
    """
    values = {
        "state": SlotState.CLAIMED,
        "owner": owner,
        "engine": engine_name,
        "flow_run": flow_run,
        "claimed_at": now,
        "lease_until": now + lease,
    }
    fresh = {"job": job, "slot": slot, "attempts": 1, "summary": "", **values}
    taken_over = {"attempts": col(JobSlot.attempts) + 1, **values}
    key, returned, free = ["job", "slot"], col(JobSlot.job), may_be_taken(now)
    with writing(engine) as session:
        if engine.dialect.name == "sqlite":
            lite = sqlite.insert(JobSlot).values(**fresh)
            lite = lite.on_conflict_do_update(index_elements=key, set_=taken_over, where=free)
            return session.execute(lite.returning(returned)).first() is not None
        full = postgresql.insert(JobSlot).values(**fresh)
        full = full.on_conflict_do_update(index_elements=key, set_=taken_over, where=free)
        return session.execute(full.returning(returned)).first() is not None


def may_be_taken(now: datetime) -> ColumnElement[bool]:
    """Return the condition under which a slot that somebody claimed before is free again."""
    abandoned = and_(col(JobSlot.state) == SlotState.CLAIMED, col(JobSlot.lease_until) < now)
    return or_(col(JobSlot.state) == SlotState.FAILED, abandoned)


def finish(engine: Engine, job: str, slot: datetime, *, owner: str, now: datetime, summary: str) -> bool:
    """Record that `owner` has done the slot; False, and nothing is changed, when the slot is no longer its own."""
    return _close(engine, job, slot, SlotState.DONE, owner=owner, now=now, summary=summary)


def fail(engine: Engine, job: str, slot: datetime, *, owner: str, now: datetime, summary: str) -> bool:
    """Record that `owner` failed, so that the slot may be claimed at once; False when the slot is no longer its own."""
    return _close(engine, job, slot, SlotState.FAILED, owner=owner, now=now, summary=summary)


def entries(engine: Engine, slots: Iterable[tuple[str, datetime]]) -> dict[tuple[str, datetime], JobSlot]:
    """Return the ledger's entries for these pairs of job and slot; what nobody has claimed is not among them."""
    wanted = [and_(col(JobSlot.job) == job, col(JobSlot.slot) == slot) for job, slot in slots]
    with reading(engine) as session:
        return {(row.job, row.slot): row for row in session.exec(select(JobSlot).where(or_(false(), *wanted)))}


def newest(engine: Engine) -> list[JobSlot]:
    """Return each job's entry for its newest slot, and each shard's, by name."""
    last = select(JobSlot.job, func.max(col(JobSlot.slot)).label("slot")).group_by(col(JobSlot.job)).subquery()
    query = select(JobSlot).join(last, (col(JobSlot.job) == last.c.job) & (col(JobSlot.slot) == last.c.slot))
    with reading(engine) as session:
        return list(session.exec(query.order_by(col(JobSlot.job))))


def under_way(engine: Engine, *, now: datetime) -> list[JobSlot]:
    """Return the slots that somebody is doing."""
    held = and_(col(JobSlot.state) == SlotState.CLAIMED, col(JobSlot.lease_until) >= now)
    with reading(engine) as session:
        return list(session.exec(select(JobSlot).where(held)))


def unshown(engine: Engine, *, since: datetime) -> list[JobSlot]:
    """Return the slots that were done since an instant without a flow run that shows them, the oldest first."""
    query = select(JobSlot).where(
        JobSlot.state == SlotState.DONE, JobSlot.flow_run == "", col(JobSlot.finished_at) >= since
    )
    with reading(engine) as session:
        return list(session.exec(query.order_by(col(JobSlot.slot))))


def show(engine: Engine, job: str, slot: datetime, *, flow_run: str) -> None:
    """Name the flow run that shows what was done for a slot without one."""
    shown = and_(col(JobSlot.job) == job, col(JobSlot.slot) == slot, col(JobSlot.flow_run) == "")
    with writing(engine) as session:
        session.execute(update(JobSlot).where(shown).values(flow_run=flow_run))


def _close(
    engine: Engine, job: str, slot: datetime, state: SlotState, *, owner: str, now: datetime, summary: str
) -> bool:
    own = and_(
        col(JobSlot.job) == job,
        col(JobSlot.slot) == slot,
        col(JobSlot.owner) == owner,
        col(JobSlot.state) == SlotState.CLAIMED,
    )
    change = update(JobSlot).where(own).values(state=state, finished_at=now, summary=summary)
    with writing(engine) as session:
        return session.execute(change.returning(col(JobSlot.job))).first() is not None
