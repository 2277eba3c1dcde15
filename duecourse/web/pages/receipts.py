"""What proves that a submission came in: the receipt as page, PDF and signed JSON, and what does an auditor get?"""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.errors import NotFound
from duecourse.language.said import say
from duecourse.models import Deliverable, Receipt
from duecourse.models.database import reading
from duecourse.tracking.proof.receipt_words import receipt_words
from duecourse.tracking.proof.receipts import content_of, find_receipt
from duecourse.web.audit_file import audit_file
from duecourse.web.paper.receipt import receipt_pdf
from duecourse.web.receipt_file import check_address, receipt_json, server_fingerprint, signing_key
from duecourse.web.render import page
from duecourse.web.site import Site, TheSite
from duecourse.web.visitor import SignedIn, Visitor

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

router = APIRouter()


@router.get("/receipts/{receipt_uid}.json")
def as_json(site: TheSite, visitor: SignedIn, receipt_uid: str) -> Response:
    """Return the receipt, signed, as a download."""
    receipt, _ = find_own_receipt(site, visitor, receipt_uid)
    headers = {"Content-Disposition": f'attachment; filename="receipt-{receipt.number}.json"'}
    return Response(receipt_json(receipt, signing_key(site)), media_type="application/json", headers=headers)


@router.get("/receipts/{receipt_uid}.pdf")
def as_pdf(site: TheSite, visitor: SignedIn, receipt_uid: str) -> Response:
    """Return the receipt as PDF, for printing and filing."""
    receipt, _ = find_own_receipt(site, visitor, receipt_uid)
    made = receipt_pdf(
        receipt_words(content_of(receipt)),
        sha256=receipt.sha256,
        address=check_address(site, receipt),
        key_address=f"{site.settings.address}/verify/key",
        fingerprint=server_fingerprint(site),
    )
    headers = {"Content-Disposition": f'attachment; filename="receipt-{receipt.number}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


@router.get("/receipts/{receipt_uid}")
def receipt(request: Request, site: TheSite, visitor: SignedIn, receipt_uid: str) -> Response:
    """Show the receipt, and how anybody can check it."""
    found, deliverable = find_own_receipt(site, visitor, receipt_uid)
    return page(
        request,
        "receipt.html",
        visitor=visitor,
        receipt=found,
        said=receipt_words(content_of(found)),
        command=f"duecourse verify receipt-{found.number}.json --key server.pem",
        deliverable=deliverable,
        address=check_address(site, found),
        fingerprint=server_fingerprint(site),
    )


@router.get("/contracts/{contract_id}/audit.zip")
def audit_export(site: TheSite, visitor: SignedIn, contract_id: str) -> Response:
    """Return the audit export of a contract, to the people who have a part in it."""
    visitor.check_sees(contract_id)
    now, key = site.clock.now(), signing_key(site)
    content = audit_file(site.engine, contract_id, now=now, by=visitor.email, key=key, address=site.settings.address)
    headers = {"Content-Disposition": f'attachment; filename="{contract_id}-audit-{now:%Y-%m-%d}.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


def find_own_receipt(site: Site, visitor: Visitor, uid: str) -> tuple[Receipt, Deliverable]:
    """Return a receipt with its deliverable. Raises NotFound as for the deliverable itself."""
    if not _UID.fullmatch(uid):
        raise NotFound(say("There is no such receipt."))
    with reading(site.engine) as session:
        found, submission, deliverable = find_receipt(session, uid)
    if submission.submitted_at > visitor.now:
        raise NotFound(say("There is no such receipt."))
    visitor.check_sees(deliverable.contract_id)
    return found, deliverable
