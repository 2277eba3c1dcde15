"""Which file does a person take away as a receipt, and how is it checked without an account?"""

from __future__ import annotations

import logging

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Session

from duecourse.models import Receipt
from duecourse.models.database import reading, writing
from duecourse.tracking.proof.receipts import content_of
from duecourse.tracking.proof.signed_documents import RECEIPT, signed_document
from duecourse.tracking.proof.signing import PrivateKey, fingerprint, public_key
from duecourse.tracking.proof.signing_keys import is_remembered, known_keys, remember_key
from duecourse.web.site import Site

_log = logging.getLogger(__name__)


def signing_key(site: Site) -> PrivateKey:
    """Return the key that signs here, whose public half is kept before anything is signed with it."""
    key = site.signing_key
    with reading(site.engine) as session:
        if is_remembered(session, key):
            return key
    try:
        with writing(site.engine) as session:
            remember_key(session, key, now=site.clock.now())
    except IntegrityError:
        # Another request kept it at the same moment.
        pass
    return key


def prepare_key(site: Site) -> None:
    """Make and keep the key when the pages start, so that opening a page later changes nothing."""
    try:
        signing_key(site)
    except SQLAlchemyError as error:
        # The pages start without their database, say that they are not ready, and keep the key when it is first used.
        _log.warning("The signing key is not kept yet: %s", error)


def receipt_json(receipt: Receipt, key: PrivateKey) -> bytes:
    """Return the signed receipt, as a file that `duecourse verify` reads."""
    return signed_document(RECEIPT, content_of(receipt), key)


def trusted_keys(session: Session, site: Site) -> list[bytes]:
    """Return the public keys of this server: the one that signs now, and every one that signed before."""
    present = public_key(site.signing_key)
    return [present, *(key for key in known_keys(session) if key != present)]


def in_groups(hexadecimal: str) -> str:
    """Return a fingerprint in groups of four, for comparing by eye."""
    return " ".join(hexadecimal[at : at + 4] for at in range(0, len(hexadecimal), 4))


def server_fingerprint(site: Site) -> str:
    """Return the fingerprint of the key that signs now, in groups of four."""
    return in_groups(fingerprint(public_key(site.signing_key)))


def check_address(site: Site, receipt: Receipt) -> str:
    """Return the address at which anybody who holds a receipt sees whether it is recorded here as it stands."""
    return f"{site.settings.address}/verify/{receipt.uid}/{receipt.sha256}"
