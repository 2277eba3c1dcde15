"""Is a definition that is written out as text the same definition when it is read again?"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duecourse.definitions import strict_yaml
from duecourse.definitions.grammar import ContractFile
from duecourse.definitions.reading import contract_in, read_contract, shipped_contracts
from duecourse.definitions.writing_out import prose, scalar, text_of


@pytest.mark.parametrize("path", shipped_contracts(), ids=lambda path: path.stem)
def test_each_contract_that_ships_is_the_same_after_it_was_written_out(path: Path) -> None:
    _, definition = read_contract(path, today=date(2026, 11, 22))
    text = text_of(ContractFile.model_validate_json(definition))
    assert contract_in(text.encode(), file="again")[1] == definition
    assert max(map(len, text.splitlines())) <= 120


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=300))
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    said = " ".join(text.split()) or "x"
    for line in (f"a: {scalar(said)}", "\n".join(prose("a", said, 0))):
        document = strict_yaml.read(line.encode(), file="x")
        assert document.content["a"] == strict_yaml.read(f"a: {strict_json(said)}".encode(), file="x").content["a"]


def strict_json(text: str) -> str:
    """Return the text in quotation marks, with the two characters escaped that matter there."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
