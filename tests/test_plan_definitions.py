"""Is a process that could not work refused with its line and its cure, and do the shipped ones say what they should?"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from duecourse.calendar.lifecycle import Party
from duecourse.definitions.reading import find_contract, read_contract
from duecourse.errors import BadDefinition
from duecourse.language.said import Said

TODAY = date(2026, 11, 22)
CT = find_contract("ct-21oechvs01abc").read_text(encoding="utf-8")

# What is replaced, by what, and a word of the problem and of the cure.
FLAWS = [
    ("    step: ct-cap-step", "    step: ct-cap-steps", "no obligation “ct-cap-steps”", "Name the id"),
    ("    step: ct-cap-step", "    step: ct-cap-draft", "not due on the day that a step is given", "count: 0"),
    ("    progress: ct-cap-progress", "    progress: ct-progress", "no obligation “ct-progress”", "Name the id"),
    ("        obligation: ct-cap-draft", "        obligation: ct-draft", "no obligation “ct-draft”", "Name the id"),
    ("        obligation: ct-cap-draft", "        obligation: ct-fiscal-report", "funder records", "the same side"),
    ("    opens: corrective-action-notice", "    opens: a-notice", "starts or ends with “a-notice”", "Name an event"),
    ("    ends: corrective-action-completed", "    ends: the-end", "starts or ends with “the-end”", "Name an event"),
    ("      - name: meeting", "      - name: draft", "“draft” is there twice", "its own name"),
    ("        title: Meeting about the draft", "        title: A\n        approves: yes", "Two stages", "Leave one"),
]


@pytest.mark.parametrize(("old", "new", "problem", "cure"), FLAWS)
def test_a_process_that_could_not_work_is_refused_with_its_cure(
    tmp_path: Path, old: str, new: str, problem: str, cure: str
) -> None:
    before, plans = CT.split("\nplans:\n")
    assert old in plans
    path = tmp_path / "flawed.yaml"
    path.write_text(f"{before}\nplans:\n{plans.replace(old, new, 1)}", encoding="utf-8")
    with pytest.raises(BadDefinition) as refused:
        read_contract(path, today=TODAY)
    (flaw,) = refused.value.flaws
    assert problem in flaw.problem and cure in flaw.cure
    assert isinstance(flaw.problem, Said) and isinstance(flaw.cure, Said)
    assert flaw.line > before.count("\n")


def test_both_contracts_state_their_process_and_the_invented_county_follows_its_model() -> None:
    cap, ladder, county = (
        read_contract(find_contract(name), today=TODAY)[0].plans[0]
        for name in ("ct-21oechvs01abc", "wa-22-1174", "demo-county")
    )
    assert [(s.name, s.obligation, s.needed) for s in cap.stages] == [
        ("draft", "ct-cap-draft", True),
        ("meeting", "", True),
        ("approval", "ct-cap-final", True),
    ]
    assert (cap.step_event, cap.approval) == ("corrective-action-step", cap.stages[2])
    assert [stage.name for stage in ladder.stages] == ["assistance", "improvement", "non-compliance"]
    assert not any(stage.needed for stage in ladder.stages) and ladder == county
    assert {stage.side for stage in (*cap.stages, *ladder.stages)} == {Party.FUNDER}
