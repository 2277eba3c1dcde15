"""Is a receipt genuine and unchanged? Anybody may ask, without an account."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from duecourse.errors import BadInput
from duecourse.language.said import say
from duecourse.models.database import reading
from duecourse.tracking.proof.receipt_words import receipt_words
from duecourse.tracking.proof.receipts import is_recorded
from duecourse.tracking.proof.signed_documents import RECEIPT, read_document
from duecourse.tracking.proof.signing import fingerprint, public_pem
from duecourse.web.forms import GuestForm
from duecourse.web.receipt_file import in_groups, server_fingerprint, signing_key, trusted_keys
from duecourse.web.render import page
from duecourse.web.site import TheSite
from duecourse.web.visitor import Anybody, Visitor

_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

router = APIRouter()


@router.get("/verify")
def ask(request: Request, site: TheSite, visitor: Anybody) -> Response:
    """Show the form that takes a receipt."""
    return _page(request, site, visitor)


@router.post("/verify")
def check(request: Request, site: TheSite, visitor: Anybody, form: GuestForm) -> Response:
    """Say whether a receipt that was uploaded or pasted is genuine, and what it says. Nothing of it is kept."""
    try:
        upload = form.file("file")
        data = upload.file.read() if upload else _pasted(form.content("pasted"))
        if not data:
            raise BadInput(say("Choose the JSON receipt, or paste its text."))
        document = read_document(data, format=RECEIPT)
        with reading(site.engine) as session:
            document.check_key(trusted_keys(session, site), whose=say("a key of this server"))
            said = receipt_words(document.content)
            recorded = is_recorded(session, said.uid, document.sha256)
    except BadInput as problem:
        return _page(request, site, visitor, status=422, problem=str(problem))
    return _page(request, site, visitor, said=said, recorded=recorded, signed_by=in_groups(document.fingerprint))


@router.get("/verify/key")
def key(site: TheSite) -> Response:
    """Return the public keys of this server as PEM: the one that signs now first, then those that signed before."""
    signing_key(site)
    with reading(site.engine) as session:
        keys = trusted_keys(session, site)
    text = "".join(f"Fingerprint {fingerprint(public)}\n{public_pem(public)}" for public in keys)
    headers = {"Content-Disposition": 'attachment; filename="server.pem"'}
    return Response(text, media_type="application/x-pem-file", headers=headers)


@router.get("/verify/{receipt_uid}/{sha256}")
def check_hash(request: Request, site: TheSite, visitor: Anybody, receipt_uid: str, sha256: str) -> Response:
    """Tell who holds a receipt whether it is recorded here as it stands, and nothing that they do not know."""
    recorded = False
    if _UID.fullmatch(receipt_uid) and _SHA256.fullmatch(sha256):
        with reading(site.engine) as session:
            recorded = is_recorded(session, receipt_uid, sha256)
    status = 200 if recorded else 404
    said = {"recorded": recorded, "uid": receipt_uid[:40], "sha256": sha256[:70]}
    return page(request, "verify_hash.html", visitor=visitor, status=status, **said)


def _page(request: Request, site: TheSite, visitor: Visitor | None, *, status: int = 200, **values: Any) -> Response:
    around: dict[str, Any] = {
        "problem": "",
        "said": None,
        "recorded": False,
        "signed_by": "",
        "fingerprint": server_fingerprint(site),
    }
    return page(request, "verify.html", visitor=visitor, status=status, **(around | values))


def _pasted(text: str) -> bytes:
    # A form sends line feeds as CR LF, and pasting often loses the last one.
    lines = text.replace("\r\n", "\n").strip()
    return f"{lines}\n".encode("utf-8", "replace") if lines else b""
