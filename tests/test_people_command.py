"""Can people be listed, replaced for a while, and followed by others from the terminal?"""

from __future__ import annotations

from pathlib import Path

from command import duecourse
from sqlmodel import select

from duecourse.models import Notice
from duecourse.models.database import connect, reading

WA = "wa-22-1174"
ON = ("--as-of", "2022-11-30T09:00:00-08:00")


def test_backup_absence_and_handover_from_the_terminal(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path), *ON)
    duecourse("load", WA, *data)
    for email, name, role in (
        ("dana@county.example", "Dana Reyes", "program manager"),
        ("sam@county.example", "Sam Ortiz", "fiscal staff"),
        ("noa@audit.example", "Noa Levi", "auditor"),
    ):
        duecourse("person", email, "--name", name, "--contract", WA, "--role", role, *data)
    duecourse("set-backup", "dana@county.example", "sam@county.example", "--contract", WA, *data)
    away = duecourse("absence", "dana@county.example", "--from", "2022-11-29", "--to", "2022-12-02", *data)
    assert away.stdout == "Dana Reyes is away from Tue Nov 29, 2022 to Fri Dec 2, 2022.\n"
    listed = duecourse("people", WA, *data).stdout.splitlines()
    manager = "program manager, Dana Reyes <dana@county.example>, backup Sam Ortiz, away until Fri Dec 2, 2022"
    assert f"{WA}: {manager}" in listed and len(listed) == 3

    refused = duecourse("hand-over", "dana@county.example", "--reason", "left", *data, code=5)
    assert "Nobody else is program manager of 22-1174" in refused.stderr
    said = duecourse("hand-over", "dana@county.example", "sam@county.example", "--reason", "left", "--leave", *data)
    assert said.stdout.splitlines() == [
        f"{WA}: program manager, from Dana Reyes to Sam Ortiz",
        "Dana Reyes cannot come in any more.",
    ]
    assert "dana@county.example" not in duecourse("people", *data).stdout
    engine = connect(f"sqlite:///{tmp_path / 'duecourse.db'}")
    with reading(engine) as session:
        assert [notice.to_address for notice in session.exec(select(Notice))] == ["sam@county.example"]
    engine.dispose()
    missing = duecourse("absence", "no@where.example", "--from", "2022-12-01", "--to", "2022-12-02", *data, code=3)
    assert "Nobody here has the address" in missing.stderr
