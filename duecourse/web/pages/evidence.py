"""Which file was handed in with a submission?"""

from __future__ import annotations

import re

from fastapi import APIRouter
from sqlmodel import col, select
from starlette.responses import Response

from duecourse.errors import NotFound
from duecourse.language.said import say
from duecourse.models import Deliverable, Submission, SubmissionFile
from duecourse.models.database import reading
from duecourse.tracking.files import read_file
from duecourse.web.downloads import attachment
from duecourse.web.headers import ALONE
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

router = APIRouter()


@router.get("/evidence/{file_uid}")
def evidence(site: TheSite, visitor: SignedIn, file_uid: str) -> Response:
    """Return the file as a download, to people with a part in the contract; it is never shown in the browser."""
    return evidence_file(site, visitor, file_uid)


def evidence_file(site: Site, visitor: Visitor, file_uid: str) -> Response:
    """Return the answer that holds a file. Raises NotFound as for the deliverable itself."""
    if not _UID.fullmatch(file_uid):
        raise NotFound(say("There is no such file."))
    query = (
        select(SubmissionFile, Submission.recorded_at, Deliverable.contract_id)
        .join(Submission, col(Submission.id) == SubmissionFile.submission_id)
        .join(Deliverable, col(Deliverable.id) == Submission.deliverable_id)
        .where(SubmissionFile.uid == file_uid)
    )
    with reading(site.engine) as session:
        found = session.exec(query).one_or_none()
    if found is None or found[1] > visitor.now:
        raise NotFound(say("There is no such file."))
    file, _, contract_id = found
    visitor.check_sees(contract_id)
    content = read_file(site.evidence, file.sha256)
    headers = {"Content-Disposition": attachment(file.name), "Content-Security-Policy": ALONE}
    return Response(content, media_type="application/octet-stream", headers=headers)
