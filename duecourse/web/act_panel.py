"""What may this person do with a deliverable now, and what did others do since the page was opened?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session

from duecourse.calendar.lifecycle import Act, Party, Phase
from duecourse.calendar.lifecycle_words import recorded_said
from duecourse.calendar.portals import reference_label
from duecourse.language.said import say
from duecourse.models import LifecycleEntry
from duecourse.tracking.acting import entries_of, in_effect
from duecourse.tracking.boards import Item, Version
from duecourse.tracking.deciding import correction_day
from duecourse.tracking.file_kinds import ALLOWED, ENDINGS
from duecourse.tracking.files import MAX_FILE_SIZE, MAX_FILES
from duecourse.web.forms import Posted
from duecourse.web.visitor import Visitor

SETTING_ASIDE = (Act.WAIVE, Act.MARK_NOT_APPLICABLE, Act.CANCEL)
UNDOING = tuple(act for act in Act if act.is_undo)
SLIP = timedelta(hours=1)
"""So long an act can be taken back by one button, without a reason of one's own."""
SEEN = "seen"
"""The field in which a form says how many acts its page showed."""


@dataclass(frozen=True, slots=True)
class ActPanel:
    """What the forms of a deliverable's page need.

    `seen` is how many acts the page shows, `meanwhile` those which a form's page had not shown yet. `waiting` is the
    version that waits for a decision, `returned` the return whose correction is asked for, `aside` why it is not asked
    for. `is_past` says that something was done after the day that is shown, so that nothing can be done on that day.
    """

    may_submit: bool
    may_decide: bool
    asides: list[Act]
    undoable: Act | None
    is_ours: bool
    is_past: bool
    seen: int
    meanwhile: list[tuple[str, LifecycleEntry]]
    waiting: Version | None
    returned: LifecycleEntry | None
    aside: LifecycleEntry | None
    again_on: date
    reference_label: str
    slip: Act | None = None
    """What takes back the person's own latest act, while it is so fresh that it may have been a slip."""
    accepts: str = ",".join(f".{ending}" for ending in ENDINGS)
    limits: str = say(
        "at most %(files)s files, %(size)s MB together: %(allowed)s",
        files=MAX_FILES,
        size=MAX_FILE_SIZE // 1024**2,
        allowed=ALLOWED,
    )


def act_panel(
    session: Session, visitor: Visitor, found: Item, versions: Sequence[Version], *, form: Posted | None = None
) -> ActPanel:
    """Return what may be done with a deliverable; `versions` came in, the newest first, `form` was sent."""
    row = found.deliverable
    entries = entries_of(session, row.id or 0)
    is_past = any(entry.recorded_at > visitor.now for entry in entries)

    def may(act: Act) -> bool:
        return not is_past and visitor.may(act, row)

    seen = form.number(SEEN) if form is not None else None
    shown = entries[seen:] if seen is not None else []
    holding = [version for version in versions if version.taken_back is None]
    returns = [entry for entry in in_effect(entries) if entry.act == Act.RETURN]
    undoable = next((act for act in UNDOING if may(act)), None)
    own = entries and entries[-1].actor == visitor.email and not Act(entries[-1].act).is_undo
    fresh = bool(own) and visitor.now - entries[-1].recorded_at < SLIP
    phase, last = row.facts.phase, in_effect(entries)[-1:]
    return ActPanel(
        may_submit=may(Act.SUBMIT),
        may_decide=may(Act.ACCEPT),
        asides=[act for act in SETTING_ASIDE if may(act)],
        undoable=undoable,
        is_ours=row.party == Party.FUNDER,
        is_past=is_past,
        seen=len(entries),
        meanwhile=[(recorded_said(Act(entry.act)), entry) for entry in shown],
        waiting=holding[0] if holding and phase is Phase.IN else None,
        returned=returns[-1] if returns and phase is Phase.RETURNED else None,
        aside=last[0] if last and not is_past and last[0].act in SETTING_ASIDE else None,
        again_on=correction_day(session, row, visitor.now),
        reference_label=reference_label(row.channel),
        slip=undoable if fresh else None,
    )
