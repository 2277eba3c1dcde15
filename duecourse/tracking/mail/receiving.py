"""How does a mail that came in get kept, once, and which open deliverables may it be about?

Nothing is submitted by a mail: a person confirms (`received`). Nothing that comes in is ever answered.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from duecourse.models import MailKind, Notice, ReceivedCandidate, ReceivedMail
from duecourse.tracking.audit import record
from duecourse.tracking.files import store_file
from duecourse.tracking.mail.mail_matching import Found, look_up
from duecourse.tracking.mail.mail_reading import ReadMail, read_mail

ACTOR = "duecourse receive"


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that is kept, and whether it was not there before."""

    mail: ReceivedMail
    is_new: bool


def receive(session: Session, raw: bytes, *, folder: Path, now: datetime) -> Taken:
    """Keep a raw mail among the evidence files in `folder`, and note what it may be about; the same bytes once.

    Raises BadInput when it is empty or has more than 24 MB.
    """
    sha256 = hashlib.sha256(raw).hexdigest()
    known = session.exec(select(ReceivedMail).where(ReceivedMail.sha256 == sha256)).one_or_none()
    if known is not None:
        return Taken(known, False)
    stored = store_file(folder, io.BytesIO(raw), name="mail.eml", media_type="message/rfc822")
    read = read_mail(raw)
    found = look_up(session, read, now=now) if _is_news(session, read) else Found()
    mail = ReceivedMail(
        sha256=sha256,
        size=stored.size,
        received_at=now,
        kind=read.kind,
        from_name=read.from_name,
        from_address=read.from_address,
        subject=read.subject,
        text=read.text,
        dated_at=found.dated_at or read.dated_at,
        message_id=read.message_id,
        answers=list(read.answers),
        attachments=list(read.attachments),
        matched_id=found.matched.id if found.matched else None,
    )
    session.add(mail)
    session.flush()
    assert mail.id is not None
    for contract_id, deliverable_id, fit in found.candidates:
        session.add(ReceivedCandidate(mail_id=mail.id, contract_id=contract_id, deliverable_id=deliverable_id, fit=fit))
    contracts = sorted({contract_id for contract_id, _, _ in found.candidates})
    record(
        session,
        "received a mail",
        actor=ACTOR,
        now=now,
        contract_id=contracts[0] if len(contracts) == 1 else None,
        deliverable_id=mail.matched_id,
        detail={"sha256": sha256, "from": mail.from_address, "kind": mail.kind, "contracts": contracts},
    )
    return Taken(mail, True)


def _is_news(session: Session, read: ReadMail) -> bool:
    """Tell whether a mail may be about a report that came in.

    What says that a mail could not be delivered is not; nor is an absence that answers one of our own mails.
    """
    if read.kind is MailKind.DELIVERY_REPORT:
        return False
    if read.kind is MailKind.LETTER or not read.answers:
        return True
    ours = select(Notice.id).where(col(Notice.message_id).in_(read.answers)).limit(1)
    return session.exec(ours).first() is None
