"""What proves that a submission came in, is a receipt genuine, and which file was handed in?"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import Field
from starlette.responses import Response

from duecourse.models.database import reading
from duecourse.tracking.api_tokens import Scope
from duecourse.tracking.proof.receipt_words import receipt_words
from duecourse.tracking.proof.receipts import content_of, is_recorded
from duecourse.tracking.proof.signed_documents import RECEIPT, read_document
from duecourse.web.api.caller import Calling
from duecourse.web.api.fields import Sent, Shown, Uid
from duecourse.web.api.routing import api_router, for_scope
from duecourse.web.pages.evidence import evidence_file
from duecourse.web.pages.receipts import find_own_receipt
from duecourse.web.receipt_file import check_address, receipt_json, server_fingerprint, signing_key, trusted_keys
from duecourse.web.receipt_pdf import receipt_pdf

router = api_router(tags=["proof"])
_READ = for_scope(Scope.READ)


def _bytes(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}}


_SIGNED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The signed receipt, byte for byte as it is verified.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["format", "content", "signature"],
                    "properties": {"content": {"type": "object"}},
                }
            }
        },
    }
}


class Recorded(Shown):
    """Whether a receipt is recorded here as it stands."""

    recorded: bool


class ReceiptSent(Sent):
    """A signed receipt, as the text of its file."""

    receipt: str = Field(min_length=1, max_length=60_000)


class Verified(Shown):
    """What a receipt says, signed by a key of this server, and whether it is recorded here."""

    number: int
    uid: str
    report: str
    occurrence: str
    on_time: bool
    recorded: bool


@router.get("/receipts/{receipt_uid}", openapi_extra=_READ, responses=_SIGNED, response_class=Response)
def read_receipt(caller: Calling, receipt_uid: Uid) -> Response:
    """Return a receipt, signed, as `duecourse verify` reads it."""
    receipt, _ = find_own_receipt(caller.site, caller.visitor, receipt_uid)
    return Response(receipt_json(receipt, signing_key(caller.site)), media_type="application/json")


@router.get(
    "/receipts/{receipt_uid}/pdf", openapi_extra=_READ, responses=_bytes("application/pdf"), response_class=Response
)
def read_receipt_as_pdf(caller: Calling, receipt_uid: Uid) -> Response:
    """Return a receipt as PDF."""
    site = caller.site
    receipt, _ = find_own_receipt(site, caller.visitor, receipt_uid)
    made = receipt_pdf(
        receipt_words(content_of(receipt)),
        sha256=receipt.sha256,
        address=check_address(site, receipt),
        key_address=f"{site.settings.address}/verify/key",
        fingerprint=server_fingerprint(site),
    )
    return Response(made, media_type="application/pdf")


@router.get("/receipts/{receipt_uid}/verify/{sha256}", openapi_extra=for_scope(*Scope), response_model=Recorded)
def check_receipt_hash(
    caller: Calling, receipt_uid: Uid, sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
) -> Response:
    """Tell who holds a receipt whether it is recorded here as it stands; any token may ask."""
    with reading(caller.site.engine) as session:
        return caller.answer(Recorded(recorded=is_recorded(session, receipt_uid, sha256)))


@router.post("/receipts/verify", openapi_extra=for_scope(*Scope) | {"x-changes": False}, response_model=Verified)
def check_receipt(caller: Calling, sent: ReceiptSent) -> Response:
    """Say whether a receipt is genuine, and what it says. Nothing of it is kept; any token may ask."""
    document = read_document(sent.receipt.encode("utf-8", "replace"), format=RECEIPT)
    with reading(caller.site.engine) as session:
        document.check_key(trusted_keys(session, caller.site), whose="a key of this server")
        said = receipt_words(document.content)
        recorded = is_recorded(session, said.uid, document.sha256)
    shown = Verified(
        number=said.number,
        uid=said.uid,
        report=said.report,
        occurrence=said.occurrence,
        on_time=said.on_time,
        recorded=recorded,
    )
    return caller.answer(shown)


@router.get(
    "/evidence/{file_uid}", openapi_extra=_READ, responses=_bytes("application/octet-stream"), response_class=Response
)
def read_evidence(caller: Calling, file_uid: Uid) -> Response:
    """Return a file that was handed in, as it came."""
    return evidence_file(caller.site, caller.visitor, file_uid)
