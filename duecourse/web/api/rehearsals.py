"""How does a program see line by line what a change would do, and make exactly that?"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pydantic import Field

from duecourse.errors import Conflict
from duecourse.tracking.comparing import CHOOSABLE, ChangeKind
from duecourse.tracking.rehearsing import Rehearsal
from duecourse.web.api.fields import Shown
from duecourse.web.rehearsal import STALE, seal_of


class ChangeShown(Shown):
    """What becomes of one deliverable."""

    name: str = Field(description="The name under which the line is accepted: obligation and occurrence.")
    kind: ChangeKind
    title: str
    label: str
    was: str = Field(description="The due phrase before.")
    becomes: str = Field(description="The due phrase after.")
    late_at_once: bool
    is_chosen: bool = Field(description="Whether an amendment may leave this line out.")


class ContractChanges(Shown):
    """What a change does to one contract."""

    contract_id: str
    changes: list[ChangeShown]


class RehearsalShown(Shown):
    """What a change would do, or did. Send `seal` back to make exactly this."""

    seal: str
    contracts: list[ContractChanges]
    elsewhere: int = Field(default=0, description="How many contracts of others change besides.")


def rehearsal_shown(
    rehearsals: Sequence[Rehearsal], *, contract_ids: Collection[str], seal: str = ""
) -> RehearsalShown:
    """Return rehearsals as programs get them: the lines of these contracts, and how many others change."""
    changing = [each for each in rehearsals if each.changes]
    return RehearsalShown(
        seal=seal or seal_of(rehearsals),
        contracts=[_changes(each) for each in changing if each.contract_id in contract_ids],
        elsewhere=sum(each.contract_id not in contract_ids for each in changing),
    )


def check_seal(rehearsals: Sequence[Rehearsal], seal: str) -> None:
    """Raise Conflict unless what would be made is exactly what was seen."""
    if seal_of(rehearsals) != seal:
        raise Conflict(STALE)


def _changes(rehearsal: Rehearsal) -> ContractChanges:
    lines = [
        ChangeShown(
            name=change.name,
            kind=change.kind,
            title=change.title,
            label=change.label,
            was=change.was,
            becomes=change.becomes,
            late_at_once=change.late_at_once,
            is_chosen=change.kind in CHOOSABLE,
        )
        for change in rehearsal.changes
    ]
    return ContractChanges(contract_id=rehearsal.contract_id, changes=lines)
