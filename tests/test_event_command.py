"""Does ``duecourse event`` start the windows of an event, look ahead where that is asked for, and keep no name?"""

from __future__ import annotations

from pathlib import Path

import pytest
from command import duecourse

DAY = ("--as-of", "2022-12-01T09:00:00-08:00")


@pytest.fixture
def data(tmp_path: Path) -> str:
    folder = str(tmp_path / "data")
    duecourse("load", "wa-22-1174", "--data", folder, *DAY)
    return folder


def event(data: str, name: str, at: str, *more: str, code: int = 0) -> str:
    done = duecourse("event", "wa-22-1174", name, "--at", at, "--data", data, *DAY, *more, code=code)
    return done.stdout + done.stderr


def test_an_event_starts_its_window_once(data: str) -> None:
    assert "started 1 window." in event(data, "data-request", "2022-11-30T10:00:00-08:00", "--reference", "Q-7")
    assert "started 0 windows." in event(data, "data-request", "2022-11-30T10:00:00-08:00", "--reference", "Q-7")


def test_what_is_counted_back_from_may_lie_ahead_and_nothing_else(data: str) -> None:
    assert "started 1 window." in event(data, "planned-press-release", "2022-12-20T09:00:00-08:00")
    assert "lies in the future" in event(data, "data-request", "2022-12-20T09:00:00-08:00", code=2)


def test_a_family_is_an_opaque_id(data: str) -> None:
    assert "may say who somebody is" in event(
        data, "enrollment", "2022-11-30T10:00:00-08:00", "--reference", "Maria Lopez", code=2
    )
    assert "window" in event(data, "enrollment", "2022-11-30T10:00:00-08:00", "--reference", "C-1042")
