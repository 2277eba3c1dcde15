"""Does the terminal print the quarters of a contract, and take the figures of a month?"""

from __future__ import annotations

from pathlib import Path

import pytest
from command import duecourse

WA = "wa-22-1174"


@pytest.fixture
def data(tmp_path: Path) -> list[str]:
    """The options of a data folder in which the county's contract is tracked, as of January 2023."""
    duecourse("load", WA, "--data", str(tmp_path))
    return ["--data", str(tmp_path), "--as-of", "2023-01-10T09:00:00-08:00"]


def enter(data: list[str], month: str, served: str, active: str, **more: int) -> str:
    options = ["--month", month, "--served", served, "--active", active, "--as", "ana@county.example"]
    for source, numbers in (("i502", []), ("general state", ["--served", "0", "--active", "0"])):
        said = duecourse("enrollment", "enter", WA, *options, "--source", source, *numbers, *data, **more).stdout
    return said


def test_the_quarters_are_printed_with_their_means_and_awards(data: list[str]) -> None:
    assert "No figures have been entered yet" in duecourse("enrollment", WA, *data).stdout
    for month, served, active in (("2022-07", "44", "47"), ("2022-08", "44", "47"), ("2022-09", "45", "47")):
        enter(data, month, served, active)
    assert "1 added" in enter(data, "2022-10", "44", "44")
    said = duecourse("enrollment", WA, *data[:2], "--as-of", "2023-01-11").stdout.splitlines()
    assert "Quarter 1 of FY23 (Jul–Sep 2022)" in said
    assert "  Quarterly caseload of 85 percent: 44 1/3 of 52: meets 85 percent (44.2) (served: 44, 44, 45)" in said
    assert said[2].endswith("(active: 47, 47, 47); award: about $506.30 (an estimate)")
    assert "  October 2022: 44 served, 44 active; below 44.2" in said


def test_what_is_missing_or_cannot_be_is_said(data: list[str]) -> None:
    options = ["--served", "44", "--active", "44", "--source", "i502"]
    said = duecourse("enrollment", "enter", WA, *options, "--month", "2022-10", *data, code=2).stderr
    assert "--as: say who enters" in said
    options += ["--as", "ana@county.example"]
    assert (
        "such as 2022-10" in duecourse("enrollment", "enter", WA, *options, "--month", "10/2022", *data, code=2).stderr
    )
    assert "not over" in duecourse("enrollment", "enter", WA, *options, "--month", "2023-01", *data, code=2).stderr
    assert "There is no contract" in duecourse("enrollment", "wa-99", *data, code=3).stderr
