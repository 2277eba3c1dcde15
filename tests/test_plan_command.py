"""Can a plan be opened, led on and read from a terminal?"""

from __future__ import annotations

from pathlib import Path

from command import duecourse

CT = "ct-21oechvs01abc"


def test_a_plan_is_led_from_its_notice_to_its_end_from_a_terminal(tmp_path: Path) -> None:
    data = str(tmp_path / "data")

    def run(does: str, *more: str, on: str, code: int = 0) -> str:
        # The clock that is shown goes on: what was done at ten is looked at in the evening.
        at = "18:00" if does == "show" else "10:00"
        arguments = ["plan", does, CT, *more, "--data", data, "--as-of", f"{on}T{at}:00-05:00"]
        done = duecourse(*arguments, code=code)
        return done.stdout + done.stderr

    duecourse("load", CT, "--data", data, "--as-of", "2022-01-03T09:00:00-05:00")
    process = ("--process", "corrective-action-plan", "--text", "Visits are not entered.")
    assert run("open", *process, on="2022-02-01") == "Opened plan-1.\n"
    assert "draft            Draft of the plan: expected, due by the end of Wed Feb 16, 2022 (Eastern)" in run(
        "show", on="2022-02-01"
    )
    step = ("--title", "Enter the visits", "--who", "program manager", "--due", "2022-03-14")
    run("step", "plan-1", *step, on="2022-02-02")
    assert "before “Final approval” comes “Draft of the plan”" in run("approve", "plan-1", on="2022-02-03", code=5)
    run("stage", "plan-1", "--stage", "draft", on="2022-02-04")
    run("stage", "plan-1", "--stage", "meeting", on="2022-02-07")
    run("approve", "plan-1", on="2022-02-08")
    assert "cannot be missed before" in run("missed", "plan-1", "--number", "1", on="2022-03-01", code=2)
    assert "0 people are told." in run("missed", "plan-1", "--number", "1", on="2022-03-15")
    assert "step 1 is not done" in run("complete", "plan-1", "--text", "done", on="2022-03-16", code=5)
    run("leave-out", "plan-1", "--number", "1", "--text", "The family has left.", on="2022-03-16")
    run("step", "plan-1", *step, on="2022-03-16")
    run("undo", "plan-1", "--text", "a mistake", on="2022-03-16")
    shown = run("show", "plan-1", on="2022-03-17")
    assert "being amended" in shown and "step 1           Enter the visits (program manager): overdue" in shown
    assert "no plan “plan-9”" in run("note", "plan-9", on="2022-03-17", code=3)
