"""What can a program read and do with a server, act by act?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import httpx

from duecourse.client.answers import (
    Checks,
    Contract,
    Deliverable,
    Draft,
    Import,
    MailAside,
    Outcome,
    PrintedDate,
    Submission,
    WouldTell,
)
from duecourse.client.connection import Connection

Table = Literal["people", "submissions"]


class Duecourse(Connection):
    """A connection to one server, with one token. Close it, or use it in a `with` statement."""

    def contracts(self) -> Iterator[Contract]:
        """Yield the contracts, page by page."""
        return (Contract.model_validate(item) for item in self._items("/contracts", {}))

    def deliverables(
        self,
        *,
        contract: str | None = None,
        standing: Sequence[str] = (),
        due_from: datetime | None = None,
        due_before: datetime | None = None,
    ) -> Iterator[Deliverable]:
        """Yield deliverables in the order of their due moments, page by page; instants are aware."""
        query: dict[str, Any] = {"contract": contract, "standing": list(standing)}
        query |= {name: at and at.isoformat() for name, at in (("due_from", due_from), ("due_before", due_before))}
        return (Deliverable.model_validate(item) for item in self._items("/deliverables", query))

    def deliverable(self, uid: str) -> Deliverable:
        """Return one deliverable, with the reasons of its date and its version. Raises Problem."""
        return _with_etag(self._got(f"/deliverables/{uid}", {}))

    def submit(
        self,
        uid: str,
        *,
        submitted_at: datetime,
        submitted_by: str,
        channel: str,
        reference: str = "",
        note: str = "",
        files: Sequence[Path] = (),
        is_nil: bool = False,
        key: str | None = None,
    ) -> Submission:
        """Record that a deliverable was handed in, with the files that prove it. Raises Problem.

        With `is_nil` there was nothing to report, and the note says why.
        """
        said = {
            "submitted_at": submitted_at.isoformat(),
            "submitted_by": submitted_by,
            "channel": channel,
            "reference": reference,
            "note": note,
            "is_nil": is_nil,
        }
        path = f"/deliverables/{uid}/submissions"
        if not files:
            return Submission.model_validate(self.change(path, said, key=key))
        return Submission.model_validate(self.send(f"{path}/with-files", said, files, key=key))

    def accept(self, seen: Deliverable, *, comment: str = "") -> Deliverable:
        """Accept what came in, if it is still as it was `seen`. Raises Problem of the kind ``changed`` otherwise."""
        return self._act(seen, "decisions", {"act": "accept", "comment": comment})

    def return_it(self, seen: Deliverable, *, comment: str, again_on: date | None = None) -> Deliverable:
        """Return what came in, to be corrected until a day, if it is still as it was `seen`. Raises Problem."""
        said = {"act": "return", "comment": comment} | ({"again_on": again_on.isoformat()} if again_on else {})
        return self._act(seen, "decisions", said)

    def act(self, seen: Deliverable, act: str, *, reason: str) -> Deliverable:
        """Do one of the other acts that `seen.may` names, such as ``waive``. Raises Problem, also when it changed."""
        undoes = act.startswith("undo") or act == "ask for it again"
        return self._act(seen, "undo" if undoes else "set-aside", {"act": act, "reason": reason})

    def accept_all(self, seen: Sequence[Deliverable], *, comment: str = "", key: str | None = None) -> list[Outcome]:
        """Accept several at once, each if it is still as it was `seen`. Raises Problem.

        What came of each is said in the same order; one that is refused keeps none of the others.
        """
        items = [{"uid": each.uid, "version": each.version} for each in seen]
        made = self.change("/decisions", {"act": "accept", "items": items, "comment": comment}, key=key)
        return [Outcome.model_validate(each) for each in made["items"]]

    def would_remind(self, uids: Sequence[str]) -> list[WouldTell]:
        """Return who would be reminded of each of these deliverables. Sends nothing. Raises Problem."""
        found = self.change("/reminders/preview", {"uids": list(uids)})
        return [WouldTell.model_validate(each) for each in found["items"]]

    def remind(self, uids: Sequence[str], *, key: str | None = None) -> list[Outcome]:
        """Remind the contractor of what is to come in; what came of each is said in the same order. Raises Problem."""
        made = self.change("/reminders", {"uids": list(uids)}, key=key)
        return [Outcome.model_validate(each) for each in made["items"]]

    def draft(self, exhibit: Path, **facts: Any) -> Draft:
        """Return the contract file that an exhibit comes to, with its checks. Keeps nothing. Raises Problem.

        `facts` are what the exhibit does not say, such as ``number``, ``funder`` or ``calendar``.
        """
        return Draft.model_validate(self.send("/drafts", facts, [exhibit]))

    def check(self, definition: str, *, printed: Sequence[PrintedDate] = (), contract: str | None = None) -> Checks:
        """Return what is wrong in a contract file, and which printed dates of its draft disagree. Raises Problem.

        With `contract` it has to be a file of the contract with this id.
        """
        dates = [each.model_dump(mode="json") for each in printed]
        said = {"definition": definition, "printed": dates, "contract_id": contract}
        return Checks.model_validate(self.change("/definitions/check", said))

    def preview_import(self, contract: str, table: Table, file: Path) -> Import:
        """Return what a spreadsheet would do, line by line. Changes nothing. Raises Problem."""
        return Import.model_validate(self.send(f"/contracts/{contract}/imports/{table}/preview", {}, [file]))

    def import_file(self, contract: str, table: Table, file: Path, *, seal: str, key: str | None = None) -> Import:
        """Enter all of a spreadsheet, exactly as it was shown under this seal, or nothing. Raises Problem."""
        path = f"/contracts/{contract}/imports/{table}"
        return Import.model_validate(self.send(path, {"seal": seal}, [file], key=key))

    def mails_aside(self) -> list[MailAside]:
        """Return the mails that could not be taken and that nobody has looked after. Raises Problem."""
        return [MailAside.model_validate(each) for each in self.read("/operations")["set_aside"]]

    def see_to(self, mail: MailAside, *, key: str | None = None) -> MailAside:
        """Say that somebody has looked after such a mail. Raises Problem."""
        return MailAside.model_validate(self.change(f"/operations/mails/{mail.id}", key=key))

    def _act(self, seen: Deliverable, act: str, said: dict[str, Any]) -> Deliverable:
        return _with_etag(self._changed(f"/deliverables/{seen.uid}/{act}", if_match=seen.etag or None, json=said))


def _with_etag(answer: httpx.Response) -> Deliverable:
    return Deliverable.model_validate(answer.json() | {"etag": answer.headers.get("etag", "")})
