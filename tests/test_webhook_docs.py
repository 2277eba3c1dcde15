"""Does docs/webhooks.md say what webhooks do: the events, the message, the function, and the tries?"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from duecourse.models import AuditEntry, Deliverable
from duecourse.webhooks.bodies import of_entry
from duecourse.webhooks.egress import LARGEST_ANSWER, SECONDS
from duecourse.webhooks.happenings import NAMES, PING
from duecourse.webhooks.sending import WAITS
from duecourse.webhooks.setting_up import BOTH_SIGN_FOR
from duecourse.webhooks.signing import headers_of, new_secret
from duecourse.webhooks.switching_off import FAILURES

DOCS = (Path(__file__).parent.parent / "docs/webhooks.md").read_text(encoding="utf-8")


def test_the_guide_names_every_event_and_no_other() -> None:
    table = DOCS.partition("## What it is told")[2].partition("\n\nThey are")[0]
    named = re.findall(r"`([a-z_]+\.[a-z_]+|ping)`", table)
    assert sorted(named) == sorted([*NAMES, PING])


def test_the_message_of_the_guide_is_one_that_is_sent() -> None:
    entry = AuditEntry(
        sequence=4711,
        at=datetime(2022, 11, 29, 17, tzinfo=UTC),
        actor="ana@county.gov",
        action="submitted",
        detail={
            "from": "to do",
            "to": "in",
            "version": 1,
            "submitted_at": "2022-11-29T08:30:00-08:00",
            "submitted_by": "Ana Ruiz",
            "due_at": "2022-11-16T08:00:00+00:00",
        },
        previous_sha256="",
        sha256="",
    )
    row = Deliverable(
        uid="10000000-0000-4000-8000-000000000000",
        contract_id="wa-22-1174",
        obligation_id="wa-monthly-enrollment-report",
        title="Monthly Enrollment Report",
        label="October 2022",
        party="contractor",
        due_on=datetime(2022, 11, 15, tzinfo=UTC).date(),
        due_at=datetime(2022, 11, 16, 8, tzinfo=UTC),
        whole_day=True,
    )
    (shown,) = re.findall(r"```json\n(.+?)```", DOCS, re.DOTALL)
    sent = of_entry("deliverable.submitted", entry, row, base_url="https://deadlines.example")
    assert json.loads(shown) == json.loads(sent)


def test_the_receiver_of_the_guide_takes_what_is_genuine_once() -> None:
    (program,) = re.findall(r"```python\n(.+?)```", DOCS, re.DOTALL)
    found: dict[str, Any] = {}
    exec(compile(program, "docs/webhooks.md", "exec"), found)
    secret, body, known = (
        new_secret(),
        b'{"type":"ping","timestamp":"2022-11-29T17:00:00Z","data":{}}',
        dict[str, str](),
    )
    headers = headers_of("msg_1", body, keys=[secret], now=datetime.now(UTC))
    assert [found["receive"](headers, body, secret=secret, known=known) for _ in range(2)] == [204, 204]
    assert known == {"msg_1": "ping"}
    assert found["receive"](headers, body + b" ", secret=secret, known={}) == 400


def test_the_numbers_of_the_guide_are_those_of_the_program() -> None:
    minutes = [wait.total_seconds() / 60 for wait in WAITS]
    assert minutes == [1, 5, 15, 30, 60] and "after 1, 5, 15, 30 and 60 minutes, then every hour" in DOCS
    assert f"within {SECONDS:.0f} seconds" in DOCS and f"{LARGEST_ANSWER // 1024} KB" in DOCS
    assert f"After {FAILURES} failures in a row" in DOCS
    assert f"for {BOTH_SIGN_FOR.total_seconds() / 3600:.0f} hours" in DOCS
