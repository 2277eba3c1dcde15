"""Is a receipt or an audit export genuine and unchanged? Without a network, a server or a database."""

from __future__ import annotations

import argparse
from pathlib import Path

from duecourse.calendar import words
from duecourse.cli.opening import add_data, settings_of
from duecourse.errors import BadInput
from duecourse.settings import Settings
from duecourse.tracking.proof.export_checking import CheckedExport, check_export
from duecourse.tracking.proof.receipt_words import ReceiptWords, plain, receipt_words
from duecourse.tracking.proof.signed_documents import RECEIPT, SignedDocument, read_document
from duecourse.tracking.proof.signing import public_keys
from duecourse.tracking.proof.signing_keys import KEY_FILE

_ZIP = b"PK"
_AT_MOST = 1024**3


def add_verify(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a signed receipt (JSON) or an audit export (zip)")
    parser.add_argument(
        "--key",
        type=Path,
        metavar="PEM",
        help="the server's keys, as /verify/key gives them; the key in the data folder otherwise, if there is one",
    )
    add_data(parser)
    parser.set_defaults(verb=_verify)


def _verify(given: argparse.Namespace) -> int:
    data = _read(given.file)
    export = check_export(data) if data.startswith(_ZIP) else None
    document = export.manifest if export else read_document(data, format=RECEIPT)
    trusted, whose = _trusted(given)
    if trusted:
        document.check_key(trusted, whose=whose)
    lines = _said_export(export) if export else _said_receipt(receipt_words(document.content), document)
    print("\n".join(lines))
    print(f"\nSigned with the key     {document.fingerprint}")
    if trusted:
        print(f"That is {whose}.")
        print("Genuine: the signature fits, and no byte was changed.")
    else:
        print("Unchanged: the signature fits this key, and no byte was changed since it was signed.")
        print(
            "WHOSE key it is, this does not show: anybody can make one. Compare the fingerprint with the one that the "
            "server shows at /verify, or download its key from /verify/key and give it with --key."
        )
    return 0


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _AT_MOST:
            raise BadInput(f"{path} is too large to be a receipt or an audit export.")
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


def _trusted(given: argparse.Namespace) -> tuple[list[bytes], str]:
    if given.key is not None:
        return public_keys(_read(given.key), source=str(given.key)), f"a key in {given.key}"
    settings: Settings = settings_of(given)
    configured, path = settings.signing_key.get_secret_value(), settings.data / KEY_FILE
    if configured:
        return public_keys(configured.encode(), source="DUECOURSE_SIGNING_KEY"), "the key in DUECOURSE_SIGNING_KEY"
    return (public_keys(_read(path), source=str(path)), f"the key in {path}") if path.exists() else ([], "")


def _said_export(export: CheckedExport) -> list[str]:
    content = export.manifest.content
    return [
        plain(f"Audit export of {export.contract}"),
        plain(f"Exported                {content.get('exported_at')} by {content.get('exported_by')}"),
        f"Entries of the contract {export.entries}, every seal fits",
        f"Chain of the whole log  {words.count(export.chain, 'entry', 'entries')}, first to signed last",
        f"Receipts                {export.receipts}, every signature fits, and the log tells of each",
    ]


def _said_receipt(said: ReceiptWords, document: SignedDocument) -> list[str]:
    pairs = [*said.came_in, *((f"File, {size:,} bytes", f"{name}, SHA-256 {sha}") for name, size, sha in said.files)]
    pairs += [*said.asked_for, *said.recorded, ("SHA-256", document.sha256)]
    return [
        f"Receipt {said.number}: {said.report}, {said.occurrence}. {said.verdict}.",
        *(f"{term:<23} {value}" for term, value in pairs),
    ]
