"""What does a deliverable's page say about its mail: where it goes, what became of it, and what came in?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from duecourse.calendar.lifecycle import Act
from duecourse.calendar.mailing import Mailing, mailto, subject_line, words_of_mail
from duecourse.calendar.roles import RoleName
from duecourse.language.said import say
from duecourse.models import MailedReport, Notice, ReceivedMail
from duecourse.notifications.failures import UNREACHED
from duecourse.notifications.mailing import mails_of
from duecourse.tracking.boards import Item, Version
from duecourse.tracking.mail.received import waiting_for
from duecourse.tracking.mail.recipients import Recipients, recipients_of
from duecourse.tracking.stored_definitions import contract_of
from duecourse.web.visitor import Visitor


@dataclass(frozen=True, slots=True)
class MailPanel:
    """The mail of one deliverable.

    `offers` says whether it may be sent by email now; `mailed` holds, by submission, each recipient with the notice;
    `failed` whether one of the latest version did not go out; `received` the mails that look like this report.
    """

    offers: bool
    to: Recipients
    subject: str
    body: str
    link: str
    mailed: dict[int, list[tuple[MailedReport, Notice]]]
    failed: bool
    received: list[ReceivedMail]

    @property
    def nobody(self) -> str:
        """The parts in the contract that nobody has, as they are said: ``leadership and the program liaison``."""
        parts = [RoleName(name).said for name in self.to.nobody]
        text = parts[0] if parts else ""
        for part in parts[1:]:
            text = say("%(first)s and the %(second)s", first=text, second=part)
        return text


def mailing_of(found: Item) -> Mailing:
    """Return how the contract has a deliverable mailed; not at all, where it says nothing of it."""
    try:
        return contract_of(found.contract).obligation(found.deliverable.obligation_id).mail
    except KeyError:
        return Mailing()


def subject_of(found: Item) -> str:
    """Return the subject of a deliverable's mail."""
    row, contract = found.deliverable, found.contract
    return subject_line(
        row.subject, contractor=contract.contractor, number=contract.number, title=row.title, label=row.label
    )


def mail_panel(session: Session, visitor: Visitor, found: Item, versions: Sequence[Version]) -> MailPanel:
    """Return what the page says about a deliverable's mail; `versions` are those that came in, the newest first."""
    row, mailing = found.deliverable, mailing_of(found)
    to = recipients_of(session, row.contract_id, mailing)
    body = words_of_mail(title=row.title, label=row.label, contract=found.contract.number, sender=visitor.name)
    mailed = mails_of(session, [version.submission.id or 0 for version in versions])
    newest = mailed.get(versions[0].submission.id or 0, []) if versions and not versions[0].taken_back else []
    return MailPanel(
        offers=bool(mailing.to) and visitor.may(Act.SUBMIT, row),
        to=to,
        subject=subject_of(found),
        body=body,
        link=mailto(
            [each.address for each in to.to],
            cc=[each.address for each in to.copied],
            subject=subject_of(found),
            body=body,
        ),
        mailed=mailed,
        failed=any(notice.state in UNREACHED for _, notice in newest),
        received=waiting_for(session, row.id or 0, now=visitor.now) if found.standing.is_open else [],
    )
