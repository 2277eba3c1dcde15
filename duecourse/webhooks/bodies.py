"""What does a message say: which event, about what, and where more can be read?

It names things and says nothing about people: no names, no comments, no files. Its receiver reads those with a token,
which may be taken away.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from duecourse.calendar.lifecycle import Party
from duecourse.calendar.standing import Facts, Standing, standing
from duecourse.models import AuditEntry, Deliverable, DueChange
from duecourse.webhooks.happenings import MOVED, OVERDUE, PING


def event_id(*named: object) -> str:
    """Return the id of an event: the same whenever it is told."""
    return f"msg_{uuid5(NAMESPACE_URL, 'duecourse|' + '|'.join(map(str, named))).hex}"


def of_entry(event: str, entry: AuditEntry, row: Deliverable, *, base_url: str) -> str:
    """Return the message that tells of an entry of the audit log."""
    detail = entry.detail
    more: dict[str, Any] = {"sequence": entry.sequence}
    more |= {name: detail[name] for name in ("from", "to", "version") if name in detail}
    more |= {"is_late": _was_late(detail, row)} if "submitted_at" in detail else {}
    more |= {"extension": detail["extension"]} if "extension" in detail else {}
    return _body(event, entry.at, row, more, base_url)


def of_move(change: DueChange, sequence: int, row: Deliverable, *, base_url: str) -> str:
    """Return the message that tells that a date moved; it names the date before, and the one that holds now."""
    return _body(MOVED, change.changed_at, row, {"sequence": sequence, "due_at_before": _at(change.due_at)}, base_url)


def of_overdue(row: Deliverable, *, base_url: str) -> str:
    """Return the message that tells that a deliverable became overdue."""
    return _body(OVERDUE, row.facts.limit, row, {"sequence": None}, base_url)


def of_ping(now: datetime) -> str:
    """Return a test message."""
    return _written({"type": PING, "timestamp": _at(now), "data": {}})


def _body(event: str, at: datetime, row: Deliverable, more: Mapping[str, Any], base_url: str) -> str:
    data = {
        "contract_id": row.contract_id,
        "deliverable": {
            "uid": row.uid,
            "obligation_id": row.obligation_id,
            "title": row.title,
            "label": row.label,
            "due_at": _at(row.asked_for[1]),
        },
        **more,
        "page": f"{base_url}/deliverables/{row.uid}",
        "resource": f"{base_url}/api/v1/deliverables/{row.uid}",
    }
    return _written({"type": event, "timestamp": _at(at), "data": data})


def _was_late(detail: Mapping[str, Any], row: Deliverable) -> bool:
    # The one rule, with the due moment that was in force when the version came in.
    submitted_at = datetime.fromisoformat(detail["submitted_at"])
    facts = Facts(
        datetime.fromisoformat(detail["due_at"]),
        submitted_at=submitted_at,
        excused=bool(row.excused),
        ends_when_in=row.party == Party.FUNDER,
    )
    return standing(facts, submitted_at) in (Standing.SUBMITTED_LATE, Standing.DONE_LATE)


def _at(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _written(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
