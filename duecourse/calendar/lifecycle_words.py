"""How are sides, phases, acts and standings said to people?"""

from __future__ import annotations

from duecourse.calendar.lifecycle import Act, Party, Phase
from duecourse.calendar.standing import Standing
from duecourse.language.said import Phrase, say_in

_SIDES = {
    Party.CONTRACTOR: say_in("side", "contractor"),
    Party.FUNDER: say_in("side", "funder"),
}
_PHASES = {
    Phase.TO_DO: say_in("phase", "to do"),
    Phase.IN: say_in("phase", "in"),
    Phase.RETURNED: say_in("phase", "returned"),
    Phase.ACCEPTED: say_in("phase", "accepted"),
    Phase.WAIVED: say_in("phase", "waived"),
    Phase.NOT_APPLICABLE: say_in("phase", "not applicable"),
    Phase.CANCELLED: say_in("phase", "cancelled"),
    Phase.WITHDRAWN: say_in("phase", "withdrawn"),
}
_ACTS = {
    Act.SUBMIT: say_in("act", "submit"),
    Act.REPORT_NOTHING: say_in("act", "report nothing"),
    Act.ACCEPT: say_in("act", "accept"),
    Act.RETURN: say_in("act", "return"),
    Act.WAIVE: say_in("act", "waive"),
    Act.MARK_NOT_APPLICABLE: say_in("act", "mark as not applicable"),
    Act.CANCEL: say_in("act", "cancel"),
    Act.UNDO_SUBMISSION: say_in("act", "undo the submission"),
    Act.UNDO_ACCEPTANCE: say_in("act", "undo the acceptance"),
    Act.UNDO_RETURN: say_in("act", "undo the return"),
    Act.ASK_AGAIN: say_in("act", "ask for it again"),
}
_RECORDED = {
    Act.SUBMIT: say_in("recorded", "submitted"),
    Act.REPORT_NOTHING: say_in("recorded", "reported nothing"),
    Act.ACCEPT: say_in("recorded", "accepted"),
    Act.RETURN: say_in("recorded", "returned"),
    Act.WAIVE: say_in("recorded", "waived"),
    Act.MARK_NOT_APPLICABLE: say_in("recorded", "marked as not applicable"),
    Act.CANCEL: say_in("recorded", "cancelled"),
    Act.UNDO_SUBMISSION: say_in("recorded", "took a submission back"),
    Act.UNDO_ACCEPTANCE: say_in("recorded", "took an acceptance back"),
    Act.UNDO_RETURN: say_in("recorded", "took a return back"),
    Act.ASK_AGAIN: say_in("recorded", "asked for it again"),
}
_STANDINGS = {
    Standing.EXPECTED: say_in("standing", "expected"),
    Standing.DUE_SOON: say_in("standing", "due soon"),
    Standing.OVERDUE: say_in("standing", "overdue"),
    Standing.EXCUSED: say_in("standing", "excused"),
    Standing.SUBMITTED: say_in("standing", "submitted"),
    Standing.SUBMITTED_LATE: say_in("standing", "submitted late"),
    Standing.RETURNED: say_in("standing", "returned"),
    Standing.ACCEPTED: say_in("standing", "accepted"),
    Standing.DONE: say_in("standing", "done"),
    Standing.DONE_LATE: say_in("standing", "done late"),
    Standing.WAIVED: say_in("standing", "waived"),
    Standing.NOT_APPLICABLE: say_in("standing", "not applicable"),
    Standing.CANCELLED: say_in("standing", "cancelled"),
    Standing.WITHDRAWN: say_in("standing", "withdrawn"),
}


def side_said(side: Party) -> Phrase:
    """Say a side: ``contractor``."""
    return _SIDES[side]


def phase_said(phase: Phase) -> Phrase:
    """Say a phase: ``returned``."""
    return _PHASES[phase]


def act_said(act: Act) -> Phrase:
    """Say what somebody may do: ``accept``."""
    return _ACTS[act]


def recorded_said(act: Act) -> Phrase:
    """Say what somebody did, as the audit log names it in English: ``took a return back``."""
    return _RECORDED[act]


def standing_said(standing: Standing) -> Phrase:
    """Say a standing: ``due soon``."""
    return _STANDINGS[standing]
