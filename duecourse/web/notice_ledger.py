"""The proof of notice of one deliverable, as a table that spreadsheets open: who was told, when, and what came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from duecourse.models import Notice, NoticeTry, Person
from duecourse.sheets.tables import Cell, Moment, Table
from duecourse.web.marks import notice_state, rung

_COLUMNS = (
    "person",
    "address",
    "reminder",
    "copy",
    "due moment (UTC)",
    "owed (UTC)",
    "written (UTC)",
    "state",
    "sent (UTC)",
    "Message-ID",
    "tried (UTC)",
    "outcome",
    "reply",
    "seen (UTC)",
)


def ledger(
    notices: Sequence[tuple[Notice, Person]],
    tries: Mapping[int, Sequence[NoticeTry]],
    mails: Mapping[int, str],
    *,
    about: tuple[tuple[str, str], ...] = (),
) -> Table:
    """Return the ledger, oldest first, a line for each try; `mails` are the Message-IDs by carrier."""
    rows: list[Sequence[Cell]] = []
    for notice, person in sorted(notices, key=lambda pair: (pair[0].queued_at, pair[0].id or 0)):
        before = (
            person.name,
            notice.to_address,
            rung(notice.rung),
            "yes" if notice.is_copy else "no",
            _utc(notice.due_at),
            _utc(notice.owed_at),
            _utc(notice.queued_at),
            notice_state(notice.state),
            _utc(notice.sent_at),
            mails.get(notice.carrier_id or 0, notice.message_id),
        )
        each: Sequence[NoticeTry | None] = tries.get(notice.id or 0) or [None]
        for one in each:
            tried = (_utc(one.tried_at), one.outcome, one.reply) if one else (None, "", notice.reply)
            rows.append((*before, *tried, _utc(notice.acknowledged_at)))
    return Table("Notices", _COLUMNS, rows, about)


def _utc(at: datetime | None) -> Moment | None:
    return Moment(at) if at else None
