"""What holds in the instant itself: when a date moves while its mail goes, and when a report comes in on the stroke?"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import visits
from notices import NOW as SENDING
from notices import SENDER, notices, owe_all, ready_contract
from rows import add_deliverable
from sqlalchemy import Engine
from sqlmodel import select
from visits import FROM_OUR_PAGE, MANAGER, NOW, World, submission_form

from duecourse.calendar.standing import Facts, Standing, standing
from duecourse.models import Deliverable, Receipt, Submission
from duecourse.models.database import writing
from duecourse.notifications import claiming, sending
from duecourse.notifications.sending import drain
from duecourse.web.pages import submissions

filled, make_world = visits.filled, visits.make_world
REPORTS = 120


class Taking:
    """A way of sending that takes every mail."""

    send_limit = timedelta(seconds=1)

    async def send(self, message: bytes, **_: str) -> str:
        await asyncio.sleep(0)
        return "250 ok"

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("guarded", [True, False])
def test_a_date_that_moves_while_its_mail_goes_is_never_told_wrongly_by_a_later_claim(
    engine: Engine, guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(engine) as session:
        contract = ready_contract(session)
        ids = [add_deliverable(session, contract, label=f"Part {n}").id for n in range(REPORTS)]
    assert owe_all(engine) == REPORTS
    moved, begun = dict[int, float](), dict[int, float]()
    really = sending.claim

    def noting(session: Any, **given: Any) -> Any:
        at = time.monotonic()
        batch = really(session, **given)
        begun.update({notice.id: at for notice in batch.notices})
        return batch

    monkeypatch.setattr(sending, "claim", noting)
    if not guarded:
        # The control: whatever was queued goes.
        monkeypatch.setattr(claiming, "_is_wanted", lambda *_: True)

    def move_all() -> None:
        # The last first: those that are sent last are moved long before.
        for id in reversed(ids):
            with writing(engine) as session:
                row = session.get_one(Deliverable, id)
                row.due_at -= timedelta(hours=1)
                session.add(row)
            moved[id or 0] = time.monotonic()

    moving = threading.Thread(target=move_all)
    moving.start()
    while not moved:
        time.sleep(0.001)
    asyncio.run(drain(engine, Taking(), now=lambda: SENDING, from_address=SENDER.address, batch_size=5))
    moving.join()
    told = [row for row in notices(engine) if row.state == "sent"]
    wrong = [row for row in told if begun[row.id or 0] > moved[row.deliverable_id or 0]]
    assert bool(wrong) is not guarded
    # Whoever was told the earlier moment, in flight, hears of the new one with the next scan, once.
    owe_all(engine)
    asyncio.run(drain(engine, Taking(), now=lambda: SENDING, from_address=SENDER.address))
    if guarded:
        new = [row.deliverable_id for row in notices(engine) if row.state == "sent" and row not in told]
        current = [row for row in notices(engine) if row.state == "sent" and row.due_at == due_of(engine, row)]
        assert sorted(row.deliverable_id or 0 for row in current) == sorted(id or 0 for id in ids)
        assert len(new) == len(set(new)) == REPORTS


def due_of(engine: Engine, notice: Any) -> datetime:
    with writing(engine) as session:
        return session.get_one(Deliverable, notice.deliverable_id).due_at


def test_a_thousand_instants_around_midnight_are_on_time_exactly_before_it() -> None:
    limit = datetime(2022, 12, 1, 8, tzinfo=UTC)
    now = limit + timedelta(days=1)
    for n in range(-500, 500):
        at = limit + n * timedelta(milliseconds=100)
        found = standing(Facts(limit, submitted_at=at), now)
        assert found is (Standing.SUBMITTED if n < 0 else Standing.SUBMITTED_LATE), at
    # The control: rounded to seconds, the end of the last one lies on the wrong side.
    rounded = [
        round((limit + n * timedelta(milliseconds=100)).timestamp()) >= limit.timestamp() for n in range(-500, 0)
    ]
    assert any(rounded)


class Settable:
    """A clock that a test sets."""

    def __init__(self, shows: datetime) -> None:
        self.shows = shows
        self.shift, self.is_demonstration = timedelta(0), False

    def now(self) -> datetime:
        return self.shows


def upload(clock: Settable, boundary: str, fields: dict[str, str], at: Callable[[], None]) -> Iterator[bytes]:
    """Send a form with a file whose last half comes after something has happened."""
    for name, value in fields.items():
        yield f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    head = 'Content-Disposition: form-data; name="file"; filename="report.txt"\r\nContent-Type: text/plain'
    yield f"--{boundary}\r\n{head}\r\n\r\nenrolled: ".encode()
    at()
    yield f"42\r\n--{boundary}--\r\n".encode()


@pytest.mark.parametrize("guarded", [True, False])
def test_an_upload_that_ends_after_the_due_moment_is_received_when_it_ends_and_the_receipt_says_so(
    make_world: Callable[..., World], guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Settable(NOW)
    world = make_world(clock=clock, demo=False, mail_from="d@x.example", mail_folder="mails")
    report = world.find(visits.WA, Standing.DUE_SOON)
    visit = world.visitor(MANAGER)
    last, after = report.due_at - timedelta(milliseconds=100), report.due_at + timedelta(milliseconds=100)
    clock.shows = last
    visit.sign_in(world.link_for(MANAGER))
    local = last.astimezone(ZoneInfo(report.zone))
    if not guarded:
        # The control: the instant at which the request began, as pages that only show something have it.
        really = submissions.submit

        def submit_at_the_start(*args: Any, now: datetime, **given: Any) -> Any:
            return really(*args, now=last, **given)

        monkeypatch.setattr(submissions, "submit", submit_at_the_start)
    fields = submission_form(
        form_token=visit.form_token(),
        submitted_on=f"{local:%Y-%m-%d}",
        submitted_at=f"{local:%H:%M}",
        form_key="0b5f8a52-6f0c-4f0e-9d0c-3f1f3c1f9a62",
    )

    def begin_late() -> None:
        # The server has the head of the request, and knows who sends it; it waits for the rest of the file.
        time.sleep(0.5)
        clock.shows = after

    answer = visit.client.post(
        f"/deliverables/{report.uid}/submit",
        content=upload(clock, "edge", fields, begin_late),
        headers=FROM_OUR_PAGE | {"content-type": "multipart/form-data; boundary=edge"},
    )
    assert answer.status_code == 303, answer.text
    (made,) = world.rows(select(Submission).where(Submission.deliverable_id == report.id))
    if not guarded:
        assert made.recorded_at == last < report.due_at
        return
    assert made.recorded_at == after
    # What the person says of when it was sent elsewhere is kept apart from when it came in here.
    assert made.submitted_at < report.due_at < made.recorded_at
    (receipt,) = world.rows(select(Receipt).where(Receipt.submission_id == made.id))
    said = re.sub(r"\s+", " ", visit.get(f"/receipts/{receipt.uid}").text)
    assert f"{after.astimezone(local.tzinfo):%M}" in said and "Recorded here" in said
