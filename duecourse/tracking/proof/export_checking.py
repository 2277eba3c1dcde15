"""Is an audit export whole: its seals, its chain, its signatures and its hashes?"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from duecourse.errors import BadInput
from duecourse.language.said import say
from duecourse.tracking.audit import BEGINNING, seal
from duecourse.tracking.proof.audit_export import ENTRIES, MANIFEST, RECEIPTS
from duecourse.tracking.proof.export_archive import archive, members, printable
from duecourse.tracking.proof.receipts import ISSUED
from duecourse.tracking.proof.signed_documents import EXPORT, RECEIPT, SignedDocument, read_document

_FIELDS = [
    "sequence", "at", "actor", "action", "contract_id", "deliverable_id", "detail", "previous_sha256", "sha256"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class CheckedExport:
    """An export in which everything fits together. Whether its key can be trusted is another question."""

    manifest: SignedDocument
    entries: int
    """Entries of the contract, in full."""
    chain: int
    """Entries of the whole log, first to head."""
    receipts: int

    @property
    def contract(self) -> str:
        """The contract's number and name."""
        contract = self.manifest.content["contract"]
        return f"{contract['number']}, {contract['name']}"


def check_export(data: bytes) -> CheckedExport:
    """Check an audit export from the signature down to each entry's seal. Raises BadInput saying what is wrong, where.

    The signed manifest holds the hash of every file; the chain runs from the first entry to the signed head; and each
    receipt is the one that the audit log tells of.
    """
    files = members(data)
    if MANIFEST not in files:
        raise BadInput(say("This is no audit export of Duecourse: it has no %(manifest)s.", manifest=MANIFEST))
    manifest = read_document(files[MANIFEST], format=EXPORT, what=say("audit export (%(file)s)", file=MANIFEST))
    _check_files(manifest.content, files)
    if archive(files) != data:
        raise BadInput(
            say(
                "Every file in the export is whole, but the zip file around them was changed or packed "
                "anew. Ask for the file as it was downloaded."
            )
        )
    try:
        own = _check_chain(_entries(files[ENTRIES]), manifest.content)
        receipts = _check_receipts(files, own, manifest)
        chain = int(manifest.content["audit_head"]["sequence"])
        _ = manifest.content["contract"]["number"], manifest.content["contract"]["name"]
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError) as error:
        raise BadInput(say("The export is signed, but what it holds is no audit export.")) from error
    return CheckedExport(manifest, len(own), chain, receipts)


def _check_files(content: dict[str, Any], files: dict[str, bytes]) -> None:
    stated = content.get("files")
    if not isinstance(stated, dict):
        raise BadInput(say("The export is signed, but what it holds is no audit export."))
    for name in sorted(stated.keys() | files.keys() - {MANIFEST}):
        if name not in files:
            raise BadInput(say("%(name)s is missing from the export.", name=printable(name)))
        if hashlib.sha256(files[name]).hexdigest() != stated.get(name):
            raise BadInput(say("%(name)s was changed after the export was signed.", name=printable(name)))


def _entries(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.decode().split("\n") if line]


def _check_chain(entries: list[dict[str, Any]], content: dict[str, Any]) -> dict[int, dict[str, Any]]:
    previous, own = BEGINNING, {}
    for number, entry in enumerate(entries, start=1):
        if entry["sequence"] != number:
            raise BadInput(
                say("%(file)s: an entry is missing before number %(number)s.", file=ENTRIES, number=entry["sequence"])
            )
        if "action" in entry:
            if entry["contract_id"] != content["contract"]["id"] or list(entry) != _FIELDS:
                raise BadInput(
                    say("%(file)s: entry number %(number)s is not one of this contract.", file=ENTRIES, number=number)
                )
            if entry["previous_sha256"] != previous:
                raise BadInput(
                    say(
                        "%(file)s: entry number %(number)s does not follow the one before it.",
                        file=ENTRIES,
                        number=number,
                    )
                )
            if seal(entry) != entry["sha256"]:
                raise BadInput(
                    say(
                        "%(file)s: entry number %(number)s was changed after it was written.",
                        file=ENTRIES,
                        number=number,
                    )
                )
            own[number] = entry
        previous = entry["sha256"]
    if {"sequence": len(entries), "sha256": previous} != content["audit_head"]:
        raise BadInput(
            say(
                "%(file)s: entries after number %(number)s are missing, or the last one was changed.",
                file=ENTRIES,
                number=len(entries),
            )
        )
    return own


def _check_receipts(files: dict[str, bytes], own: dict[int, dict[str, Any]], manifest: SignedDocument) -> int:
    issued = {entry["detail"]["uid"]: entry["detail"]["sha256"] for entry in own.values() if entry["action"] == ISSUED}
    names = [name for name in files if name.startswith(RECEIPTS)]
    for name in names:
        receipt = read_document(files[name], format=RECEIPT)
        if receipt.public != manifest.public:
            raise BadInput(say("%(name)s was signed with another key than the export.", name=name))
        if issued.pop(receipt.content["uid"], None) != receipt.sha256:
            raise BadInput(say("%(name)s is not the receipt that the audit log tells of.", name=name))
        said = receipt.content["audit_entry"]
        if own.get(said["number"], {}).get("sha256") != said["seal"]:
            raise BadInput(say("%(name)s names an audit entry that is not in the log.", name=name))
    if issued:
        raise BadInput(
            say("%(issued)s receipts of which the audit log tells are missing from the export.", issued=len(issued))
        )
    return len(names)
