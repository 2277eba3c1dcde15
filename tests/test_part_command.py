"""Can a subcontractor's person be added, and a part be recorded and accepted, from the terminal?"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from command import duecourse
from packets import LEAD, LEAD_CONTRACT, RIVERBEND, report
from sqlmodel import select

from duecourse.models import PartEntry, Role
from duecourse.models.database import connect, reading

AS_OF = ("--as-of", "2022-11-30T12:00:00-05:00")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder in which the lead's contract is tracked."""
    duecourse("load", LEAD_CONTRACT, "--data", str(tmp_path), *AS_OF)
    return tmp_path


def test_a_subcontractors_person_gets_no_role_in_the_contract(data: Path) -> None:
    person = ("person", RIVERBEND, "--name", "Rio Diaz", "--program", "riverbend", "--data", str(data))
    assert "--contract" in duecourse(*person, code=2).stderr
    done = duecourse(*person, "--contract", LEAD_CONTRACT)
    assert done.stdout.strip() == f"Rio Diaz <{RIVERBEND}>, riverbend of {LEAD_CONTRACT}"
    with reading(connect(f"sqlite:///{data / 'duecourse.db'}")) as session:
        assert session.exec(select(Role)).all() == []


def test_a_part_is_recorded_with_its_file_and_accepted_once(data: Path, tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{data / 'duecourse.db'}")
    uid = report(engine, "ct-rate-card-report", date(2023, 1, 30)).uid
    file = tmp_path / "rate card.pdf"
    file.write_bytes(b"%PDF-1.4\noutcomes: 7\n%%EOF\n")
    part = ("part", uid, "riverbend", "Rate Card")
    who = ("--as", LEAD, "--data", str(data), *AS_OF)
    duecourse(*part, "hand in", "--file", str(file), *who)
    duecourse(*part, "accept", *who)
    assert "“accepted” already" in duecourse(*part, "accept", *who, code=5).stderr
    assert "cannot be read" in duecourse(*part, "hand in", "--file", str(tmp_path / "none"), *who, code=2).stderr
    with reading(engine) as session:
        entries = session.exec(select(PartEntry).order_by("id")).all()
    assert [(entry.act, entry.by_lead, entry.file_name) for entry in entries] == [
        ("hand in", True, "rate card.pdf"),
        ("accept", True, ""),
    ]
