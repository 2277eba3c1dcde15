"""How is the one file for an auditor put together, with its page for reading?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from duecourse.models.database import snapshot
from duecourse.tracking.proof.audit_export import contract_records, export_file
from duecourse.tracking.proof.signing import PrivateKey, fingerprint, public_key
from duecourse.web.receipt_file import in_groups
from duecourse.web.render import text_of


def audit_file(engine: Engine, contract_id: str, *, now: datetime, by: str, key: PrivateKey, address: str) -> bytes:
    """Return the audit export of a contract as it is now, asked for `by` somebody. Raises NotFound.

    `address` is that of this server's pages.
    """
    with snapshot(engine) as session:
        records = contract_records(session, contract_id, now=now)
        index = text_of(
            "audit_export.html",
            records=records,
            by=by,
            address=address,
            fingerprint=in_groups(fingerprint(public_key(key))),
        )
        return export_file(records, index=index, by=by, key=key)
