"""Can an auditor check a receipt and an audit export offline, and is a changed one refused?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from command import duecourse
from county import COUNTY, WHO, track, uid
from sqlmodel import select

from duecourse.models import Receipt
from duecourse.models.database import connect, reading, upgrade, writing
from duecourse.tracking.acting import By
from duecourse.tracking.proof.receipts import content_of
from duecourse.tracking.proof.signed_documents import RECEIPT, signed_document
from duecourse.tracking.proof.signing import fingerprint, new_private_key, private_key, public_key, public_pem
from duecourse.tracking.proof.signing_keys import KEY_FILE, server_key
from duecourse.tracking.submitting import Sent, submit

NOW = datetime(2022, 2, 22, 15, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one submission, its receipt, and the server's key."""
    folder = tmp_path_factory.mktemp("data")
    upgrade(f"sqlite:///{folder / 'duecourse.db'}")
    engine = connect(f"sqlite:///{folder / 'duecourse.db'}")
    track(engine, datetime(2021, 12, 1, tzinfo=UTC))
    sent = Sent(NOW, "Jo “J” Whitfield\x1b[2J", "PSRS")
    with writing(engine) as session:
        submit(session, uid(engine, "2.07"), sent, form_key="one", now=NOW, by=By(WHO))
    with reading(engine) as session:
        content = content_of(session.exec(select(Receipt)).one())
    engine.dispose()
    (folder / "receipt.json").write_bytes(signed_document(RECEIPT, content, server_key(folder)))
    (folder / "server.pem").write_text(public_pem(public_key(server_key(folder))))
    return folder


def test_a_receipt_is_checked_with_the_servers_key_and_said_in_words(data: Path, tmp_path: Path) -> None:
    done = duecourse(
        "verify", str(data / "receipt.json"), "--key", str(data / "server.pem"), DUECOURSE_DATA=str(tmp_path)
    )
    assert "Receipt 1: Monthly Enrollment Report, January 2022. On time." in done.stdout
    assert "Due                     before 8:00 AM Pacific on Tue Feb 22, 2022" in done.stdout
    assert "Genuine: the signature fits, and no byte was changed." in done.stdout
    # What a receipt says steers no terminal.
    assert "\x1b" not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_key_in_the_data_folder_is_taken_when_there_is_one(data: Path) -> None:
    done = duecourse("verify", str(data / "receipt.json"), "--data", str(data))
    assert f"That is the key in {data / KEY_FILE}." in done.stdout and "Genuine" in done.stdout


def test_without_a_key_it_says_what_is_shown_and_what_is_not(data: Path, tmp_path: Path) -> None:
    done = duecourse("verify", str(data / "receipt.json"), "--data", str(tmp_path))
    assert fingerprint(public_key(server_key(data))) in done.stdout
    assert "WHOSE key it is, this does not show" in done.stdout and "/verify/key" in done.stdout
    assert "Genuine" not in done.stdout


def test_a_changed_byte_fails(data: Path, tmp_path: Path) -> None:
    changed = tmp_path / "receipt.json"
    changed.write_bytes((data / "receipt.json").read_bytes().replace(b"15:59", b"15:58"))
    refused = duecourse("verify", str(changed), "--data", str(tmp_path), code=2)
    assert "was changed after it was signed" in refused.stderr and refused.stdout == ""


def test_a_receipt_of_another_key_fails_where_the_servers_key_is_known(data: Path, tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_bytes(new_private_key())
    other = public_key(private_key((tmp_path / "other.pem").read_bytes(), source="test"))
    (tmp_path / "public.pem").write_text(public_pem(other))
    for key in ("other.pem", "public.pem"):
        refused = duecourse("verify", str(data / "receipt.json"), "--key", str(tmp_path / key), code=2)
        assert "It was not signed with a key in" in refused.stderr and refused.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("missing.json",), "cannot be read"), (("receipt.json", "--key", "receipt.json"), "no Ed25519 key")],
)
def test_what_cannot_be_read_says_so(data: Path, arguments: tuple[str, ...], says: str) -> None:
    paths = [argument if argument.startswith("--") else str(data / argument) for argument in arguments]
    assert says in duecourse("verify", *paths, code=2).stderr


def test_an_audit_export_is_written_once_and_checked(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "audit.zip"
    written = duecourse("audit", "export", COUNTY, "--out", str(out), "--data", str(data), "--by", "Kim Park")
    assert f"duecourse verify {out}" in written.stdout
    done = duecourse("verify", str(out), "--key", str(data / "server.pem"))
    assert "Audit export of 22-1174" in done.stdout and "by Kim Park" in done.stdout and "Genuine" in done.stdout
    before = out.read_bytes()
    assert (
        "is there already"
        in duecourse("audit", "--data", str(data), "export", COUNTY, "--out", str(out), code=2).stderr
    )
    assert out.read_bytes() == before
    out.write_bytes(before.replace(b"Jo ", b"Bo ", 1))
    assert "was changed after the export was signed" in duecourse("verify", str(out), code=2).stderr
    assert (
        "There is no contract x"
        in duecourse("audit", "export", "x", "--out", str(tmp_path / "x.zip"), "--data", str(data), code=3).stderr
    )


def test_the_audit_log_is_checked_with_and_without_a_verb(data: Path) -> None:
    for arguments in (("audit",), ("audit", "verify")):
        done = duecourse(*arguments, DUECOURSE_DATA=str(data))
        assert "The audit log is whole" in done.stdout
        assert "Every receipt says what was recorded: 1 receipt." in done.stdout
