"""Does a contract's year, played through from its first month to its closure, end in proof that holds?

Whatcom County's FY23: reports for the year before, an amendment that is signed in November and reaches back to July,
late and returned reports, more time, a report that is waived and one that is forgotten. Every expected day, standing
and rate below was worked out by hand from the contract and the state's calendar.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from command import duecourse
from county import COUNTY, definition, track
from sqlalchemy import Engine
from sqlmodel import Session, select

from duecourse.calendar.lifecycle import Act, Party
from duecourse.calendar.schedule import Contract
from duecourse.calendar.standing import Standing
from duecourse.definitions.resolved import contract_from_json
from duecourse.models import Deliverable, Receipt, Submission
from duecourse.models.database import writing
from duecourse.tracking.acting import By
from duecourse.tracking.amending import accept_amendment, rehearse_amendment
from duecourse.tracking.audit import verify
from duecourse.tracking.boards import item, items
from duecourse.tracking.comparing import ChangeKind
from duecourse.tracking.deciding import decide, set_aside, undo
from duecourse.tracking.extensions.extending import Request, ask
from duecourse.tracking.extensions.granting import Granting, grant
from duecourse.tracking.proof.receipts import verify_receipts
from duecourse.tracking.rates import on_time_rates, rate_rows
from duecourse.tracking.submitting import Sent, submit
from duecourse.tracking.verifying import verify_everything

PACIFIC = ZoneInfo("America/Los_Angeles")
MANAGER = By("ana@county.example", Party.CONTRACTOR)
LIAISON = By("lee@dcyf.example", Party.FUNDER)
ENROLLMENT, QUARTERLY, INVOICE = (
    "wa-monthly-enrollment-report",
    "wa-quarterly-progress-report",
    "wa-a19-monthly-invoice",
)
SIGNED = "Amendment 2, signed by the last party on November 23, 2022"


def at(month: int, day: int, hour: int = 12, minute: int = 0, *, year: int) -> datetime:
    """Return an instant of Pacific time."""
    return datetime.combine(date(year, month, day), time(hour, minute), PACIFIC).astimezone(UTC)


def before_the_amendment() -> tuple[Contract, str]:
    """Return the contract as it stood in July 2022: the exhibit of FY22, and an end on July 31."""
    stated = json.loads(definition()[1])
    del stated["amendments"]["Amendment 2"], stated["exhibits"]["FY23"]
    # The terms about figures and plans came with the statement of work of FY23.
    del stated["enrollment"], stated["plans"]
    stated["contract"]["ends"] = "2022-07-31"
    for obligation in stated["obligations"]:
        if obligation["lines"] is not None:
            obligation["lines"].pop("FY23", None)
    stated["obligations"] = [each for each in stated["obligations"] if each["lines"] is None or each["lines"]]
    text = json.dumps(stated, separators=(",", ":"))
    return contract_from_json(text), text


class Story:
    """What the two sides do, one after the other. Each act is a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.count = 0

    @contextmanager
    def acting(self) -> Iterator[tuple[Session, str]]:
        """Open a transaction, with a form key that no other act has."""
        self.count += 1
        with writing(self.engine) as session:
            yield session, f"form {self.count}"

    def uid(self, obligation: str, period_end: date) -> str:
        """Return the report of an obligation for the period that ends on a day."""
        with writing(self.engine) as session:
            query = select(Deliverable.uid).where(
                Deliverable.obligation_id == obligation, Deliverable.period_end == period_end
            )
            return session.exec(query).one()

    def send(self, uid: str, when: datetime) -> None:
        """Submit a report."""
        with self.acting() as (session, key):
            submit(
                session, uid, Sent(when, "Ana Ruiz", "PSRS", f"PSRS-{self.count}"), form_key=key, now=when, by=MANAGER
            )

    def decide(self, uid: str, act: Act, when: datetime, comment: str = "") -> None:
        """Accept or return what came in; a return gives the usual ten business days."""
        with self.acting() as (session, key):
            decide(session, uid, act, comment=comment, form_key=key, now=when, by=LIAISON)

    def send_and_accept(self, uid: str, when: datetime, accepted: datetime) -> None:
        """Submit a report that is accepted as it is."""
        self.send(uid, when)
        self.decide(uid, Act.ACCEPT, accepted)

    def standing(self, uid: str, when: datetime) -> tuple[Standing, str]:
        """Return where a report stands, and when what is asked for is due."""
        with writing(self.engine) as session:
            found = item(session, uid, now=when, contract_ids=[COUNTY])
            return found.standing, found.phrase


@pytest.fixture
def story(engine: Engine) -> Story:
    """The contract, tracked since July 1, 2022, as it stood then."""
    track(engine, at(7, 1, year=2022), before_the_amendment())
    return Story(engine)


def end_fy22(story: Story) -> None:
    """June's reports: two on time, the last invoice a day late."""
    june = date(2022, 6, 30)
    story.send_and_accept(story.uid(ENROLLMENT, june), at(7, 19, year=2022), at(7, 22, year=2022))
    story.send_and_accept(story.uid(QUARTERLY, june), at(7, 20, 23, 59, year=2022), at(7, 25, year=2022))
    invoice = story.uid(INVOICE, june)
    assert story.standing(invoice, at(7, 29, year=2022)) == (
        Standing.DUE_SOON,
        "by the end of Fri Jul 29, 2022 (Pacific)",
    )
    story.send(invoice, at(7, 30, 0, 0, year=2022))
    assert story.standing(invoice, at(7, 30, 1, year=2022))[0] is Standing.SUBMITTED_LATE
    story.decide(invoice, Act.ACCEPT, at(8, 5, year=2022))


def sign_the_amendment(story: Story) -> None:
    """Rehearse and accept the amendment: nothing of FY22 moves, nothing that was due before it can be late."""
    contract, text = definition()
    now = at(11, 23, 15, year=2022)
    with writing(story.engine) as session:
        rehearsal = rehearse_amendment(session, contract, now=now)
        assert rehearsal.of(ChangeKind.MOVED, ChangeKind.DROPPED) == []
        assert not any(change.late_at_once for change in rehearsal.changes)
    with writing(story.engine) as session:
        accept_amendment(
            session,
            contract,
            definition=text,
            accepted=None,
            seal=rehearsal.seal,
            source=SIGNED,
            now=now,
            actor=LIAISON.actor,
        )
    for month, last in ((7, 31), (8, 31), (9, 30), (10, 31)):
        uid = story.uid(ENROLLMENT, date(2022, month, last))
        assert story.standing(uid, at(11, 30, year=2022))[0] is Standing.EXCUSED
        story.send_and_accept(uid, at(12, 1, year=2022), at(12, 2, year=2022))


def report_enrollment(story: Story) -> None:
    """November to June: on time by a minute, late by none, returned twice, with more time, and sent twice."""
    uids = {
        month: story.uid(ENROLLMENT, date(year, month, last))
        for year, month, last in (
            (2022, 11, 30),
            (2022, 12, 31),
            (2023, 1, 31),
            (2023, 2, 28),
            (2023, 3, 31),
            (2023, 4, 30),
            (2023, 5, 31),
            (2023, 6, 30),
        )
    }
    story.send_and_accept(uids[11], at(12, 19, year=2022), at(12, 22, year=2022))
    story.send_and_accept(uids[12], at(1, 20, 23, 59, year=2023), at(1, 24, year=2023))

    # The 20th is Presidents' Day, so January's report is due before eight the next morning. At eight it is late.
    assert story.standing(uids[1], at(2, 20, year=2023))[1] == "before 8:00 AM Pacific on Tue Feb 21, 2023"
    story.send_and_accept(uids[1], at(2, 21, 8, 0, year=2023), at(2, 23, year=2023))

    # Ten business days from Tuesday, March 21: April 4. The corrected version comes in on its last afternoon.
    story.send(uids[2], at(3, 17, year=2023))
    story.decide(uids[2], Act.RETURN, at(3, 21, year=2023), "The active count is of another month.")
    assert story.standing(uids[2], at(3, 22, year=2023)) == (
        Standing.RETURNED,
        "by the end of Tue Apr 4, 2023 (Pacific)",
    )
    story.send_and_accept(uids[2], at(4, 4, 16, year=2023), at(4, 6, year=2023))

    # Ten business days from Monday, April 24: May 8. The corrected version is a day late.
    story.send(uids[3], at(4, 20, year=2023))
    story.decide(uids[3], Act.RETURN, at(4, 24, year=2023), "Page 2 is missing.")
    assert story.standing(uids[3], at(5, 9, 0, 0, year=2023))[0] is Standing.OVERDUE
    story.send_and_accept(uids[3], at(5, 9, 9, year=2023), at(5, 10, year=2023))

    # The 20th of May is a Saturday. Before that Monday, eight o'clock, more time is asked for, and granted.
    asked = at(5, 19, year=2023)
    with story.acting() as (session, key):
        wish = Request(asked, "Ana Ruiz", "The home visitor who holds the log is ill.", date(2023, 5, 26))
        made = ask(session, uids[4], wish, form_key=key, now=asked, by=MANAGER)
        extension = made.uid
    with story.acting() as (session, key):
        grant(session, extension, Granting(date(2023, 5, 26)), form_key=key, now=at(5, 19, 15, year=2023), by=LIAISON)
    assert story.standing(uids[4], at(5, 23, year=2023)) == (
        Standing.DUE_SOON,
        "by the end of Fri May 26, 2023 (Pacific)",
    )
    story.send_and_accept(uids[4], at(5, 25, year=2023), at(5, 30, year=2023))

    # The wrong file goes out on the last day, is taken back, and the right one follows the same afternoon.
    story.send(uids[5], at(6, 20, 9, year=2023))
    with story.acting() as (session, key):
        reason = "That was April's file."
        now = at(6, 20, 10, year=2023)
        undo(session, uids[5], Act.UNDO_SUBMISSION, reason=reason, form_key=key, now=now, by=MANAGER)
    assert story.standing(uids[5], at(6, 20, 11, year=2023))[0] is Standing.DUE_SOON
    story.send_and_accept(uids[5], at(6, 20, 17, year=2023), at(6, 22, year=2023))
    story.send_and_accept(uids[6], at(7, 18, year=2023), at(7, 20, year=2023))


def report_quarters(story: Story) -> None:
    """The second quarter's report is on time, the third is waived, the fourth is a day late."""
    story.send_and_accept(story.uid(QUARTERLY, date(2022, 12, 31)), at(1, 19, year=2023), at(1, 25, year=2023))
    with story.acting() as (session, key):
        third, now = story.uid(QUARTERLY, date(2023, 3, 31)), at(4, 10, year=2023)
        reason = "DCYF took the numbers from the site visit instead."
        set_aside(session, third, Act.WAIVE, reason=reason, form_key=key, now=now, by=LIAISON)
    assert story.standing(third, at(5, 1, year=2023))[0] is Standing.WAIVED
    story.send_and_accept(story.uid(QUARTERLY, date(2023, 6, 30)), at(7, 21, 9, year=2023), at(7, 25, year=2023))


def send_invoices(story: Story) -> None:
    """October's invoice, due a week after the signing, and what follows; February's is forgotten."""
    for year, month, last, sent in (
        (2022, 10, 31, at(11, 29, year=2022)),
        (2022, 11, 30, at(12, 29, year=2022)),
        (2022, 12, 31, at(1, 27, year=2023)),
        (2023, 1, 31, at(2, 28, 23, year=2023)),
        (2023, 3, 31, at(5, 1, 7, 59, year=2023)),
        (2023, 4, 30, at(5, 30, year=2023)),
        (2023, 5, 31, at(6, 29, year=2023)),
        (2023, 6, 30, at(7, 28, year=2023)),
    ):
        story.send(story.uid(INVOICE, date(year, month, last)), sent)


RATES = {
    # Title, fiscal year and quarter of the last day: on time, late, missing.
    (ENROLLMENT, 2023, 1): (1, 0, 0),  # June 2022
    (ENROLLMENT, 2023, 2): (1, 0, 0),  # November; July to October could not be late
    (ENROLLMENT, 2023, 3): (2, 1, 0),  # December and February; January at eight o'clock sharp
    (ENROLLMENT, 2023, 4): (2, 1, 0),  # April with more time, May the second time; March's correction
    (ENROLLMENT, 2024, 1): (1, 0, 0),  # June 2023, due on July 20
    (QUARTERLY, 2023, 1): (1, 0, 0),  # the last quarter of FY22
    (QUARTERLY, 2023, 3): (1, 0, 0),
    (QUARTERLY, 2024, 1): (0, 1, 0),  # the third quarter's was waived
    (INVOICE, 2023, 1): (0, 1, 0),  # June 2022, a day late
    (INVOICE, 2023, 2): (2, 0, 0),
    (INVOICE, 2023, 3): (2, 0, 1),  # February's never came
    (INVOICE, 2023, 4): (3, 0, 0),  # March's on May 1 before eight, since April 30 is a Sunday
    (INVOICE, 2024, 1): (1, 0, 0),
}


def test_fy23_from_july_to_its_closure(story: Story, migrated_database_url: str, tmp_path: Path) -> None:
    end_fy22(story)
    sign_the_amendment(story)
    report_enrollment(story)
    report_quarters(story)
    send_invoices(story)
    closed = at(8, 1, year=2023)

    with writing(story.engine) as session:
        everything = items(session, now=closed, contract_ids=[COUNTY])
        reports = [each for each in everything if each.deliverable.obligation_id in (ENROLLMENT, QUARTERLY, INVOICE)]
        of_these = [each for each in reports if each.deliverable.due_at >= at(7, 1, year=2022)]
        rows = rate_rows(session, of_these, now=closed)
        rates = on_time_rates(rows, now=closed, fiscal_year_starts=7, quarterly=True)
        found = {(r.obligation_id, r.fiscal_year, r.quarter): (r.on_time, r.late, r.missing) for r in rates}
        assert found == RATES
        overdue = [each.deliverable.label for each in of_these if each.standing is Standing.OVERDUE]
        assert overdue == ["February 2023"]

        # Everything that follows from what was recorded is what is stored, and nothing of it was touched.
        assert verify_everything(session, now=closed).is_whole
        sent = len(session.exec(select(Submission)).all())
        assert sent == 1 + 1 + 1 + 4 + 3 + 2 + 2 + 1 + 2 + 1 + 2 + 8
        assert verify_receipts(session) == sent == len(session.exec(select(Receipt)).all())
        assert verify(session) > sent

    settings = {"DUECOURSE_DATABASE_URL": migrated_database_url, "DUECOURSE_DATA": str(tmp_path / "data")}
    file = tmp_path / "wa-22-1174.zip"
    duecourse("audit", "export", COUNTY, "--out", str(file), "--by", "the state auditor", **settings)
    said = duecourse("verify", str(file), **settings).stdout
    assert "22-1174" in said
    with zipfile.ZipFile(file) as archive:
        receipts = [name for name in archive.namelist() if name.startswith("receipts/")]
        assert len(receipts) == sent
        one = tmp_path / "receipt.json"
        one.write_bytes(archive.read(receipts[0]))
        written = archive.read("on-time-rates.csv").decode()
    duecourse("verify", str(one), **settings)
    assert "Monthly Enrollment Report" in written

    changed = bytearray(file.read_bytes())
    changed[len(changed) // 2] ^= 1
    file.write_bytes(changed)
    refused = duecourse("verify", str(file), code=2, **settings)
    assert "changed" in refused.stderr
