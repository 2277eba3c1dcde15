"""Does every test that the table of faults names exist?"""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent


def test_every_test_that_the_table_names_exists() -> None:
    table = (HERE.parent / "docs/faults.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", table)
    assert len(named) == len([line for line in table.splitlines() if re.match(r"\| F\d\d ", line)]) > 20
    for file, test in named:
        assert f"def {test}(" in (HERE / file).read_text(encoding="utf-8"), (file, test)
