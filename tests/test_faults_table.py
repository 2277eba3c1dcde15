"""Does every test that the table of faults names exist, and has each fault of processes, mail and time a control?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TESTED = r"`(test_\w+\.py)::(test_\w+)`"
ROW = re.compile(rf"\| (F\d\d) \| [^|]+ \| {TESTED} \| ({TESTED}|inside)? ?\|")
ROWS = [f"F{n:02}" for n in (*range(1, 27), *range(43, 63))]


def table() -> list[str]:
    text = (HERE.parent / "docs/faults.md").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if re.match(r"\| F\d\d ", line)]


def test_every_line_of_the_table_can_be_read_and_every_test_that_it_names_exists() -> None:
    assert [line for line in table() if not ROW.fullmatch(line)] == []
    named = [pair for line in table() for pair in re.findall(TESTED, line)]
    assert len(named) > len(table()) > len(ROWS)
    for file, test in named:
        assert f"def {test}(" in (HERE / file).read_text(encoding="utf-8"), (file, test)


@pytest.mark.parametrize("row", ROWS)
def test_each_fault_has_a_test_and_a_control(row: str) -> None:
    controls = [found[4] for line in table() if (found := ROW.fullmatch(line)) and found[1] == row]
    assert any(controls), f"{row} has no control"


def test_a_test_that_is_its_own_control_does_both() -> None:
    """What says that its control is inside must speak of it, or run with its guard and without."""
    for line in table():
        found = ROW.fullmatch(line)
        if found and found[4] == "inside":
            text = (HERE / found[2]).read_text(encoding="utf-8")
            body = text[text.index(f"def {found[3]}(") :].partition("\ndef ")[0]
            before = text[: text.index(f"def {found[3]}(")].rpartition("\n\n\n")[2]
            assert re.search(r"control|guarded", (before + body).lower()), line
