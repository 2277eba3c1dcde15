"""Who may do what with a deliverable? Every act, for every part in its contract, in another one, and for nobody."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import shared_world
import visits
from shared_world import FOREIGN_LIAISON, NOBODY, ROLES, Shared
from sqlmodel import Session
from visits import NOW, STRANGER, WA, submission_form

from duecourse.calendar.lifecycle import LIFECYCLE, Act, Party
from duecourse.calendar.standing import Standing
from duecourse.models import Deliverable
from duecourse.models.database import writing
from duecourse.tracking.acting import By
from duecourse.tracking.deciding import decide, set_aside, undo
from duecourse.tracking.submitting import Sent, submit

filled, shared = visits.filled, shared_world.shared
C, F = Party.CONTRACTOR, Party.FUNDER
OPERATOR = By("operator")

# Who may do it with what the contractor owes, and with what the funder owes; and what was done before.
WHO: dict[Act, tuple[Party, Party, list[Act]]] = {
    Act.SUBMIT: (C, F, []),
    Act.REPORT_NOTHING: (C, F, []),
    Act.ACCEPT: (F, C, [Act.SUBMIT]),
    Act.RETURN: (F, C, [Act.SUBMIT]),
    Act.WAIVE: (F, F, []),
    Act.MARK_NOT_APPLICABLE: (F, F, []),
    Act.CANCEL: (F, F, []),
    Act.UNDO_SUBMISSION: (C, F, [Act.SUBMIT]),
    Act.UNDO_ACCEPTANCE: (F, C, [Act.SUBMIT, Act.ACCEPT]),
    Act.UNDO_RETURN: (F, C, [Act.SUBMIT, Act.RETURN]),
    Act.ASK_AGAIN: (F, F, [Act.WAIVE]),
}
ROUTES = {
    Act.SUBMIT: "submit",
    Act.REPORT_NOTHING: "submit",
    Act.ACCEPT: "decide",
    Act.RETURN: "decide",
    Act.WAIVE: "set-aside",
    Act.MARK_NOT_APPLICABLE: "set-aside",
    Act.CANCEL: "set-aside",
    Act.UNDO_SUBMISSION: "undo",
    Act.UNDO_ACCEPTANCE: "undo",
    Act.UNDO_RETURN: "undo",
    Act.ASK_AGAIN: "undo",
}


def take(session: Session, uid: str, act: Act) -> None:
    """Do one thing as the server's operator."""
    if act is Act.SUBMIT:
        sent = Sent(NOW - timedelta(hours=2), "Jo Whitfield", "PSRS")
        submit(session, uid, sent, form_key=str(uuid4()), now=NOW - timedelta(hours=1), by=OPERATOR)
    elif act in (Act.ACCEPT, Act.RETURN):
        decide(session, uid, act, comment="Page 2.", now=NOW, by=OPERATOR)
    else:
        (set_aside if act is Act.WAIVE else undo)(session, uid, act, reason="Agreed.", now=NOW, by=OPERATOR)


def test_every_act_of_the_table_has_its_entry_here() -> None:
    assert set(WHO) == set(ROUTES) == {row.act for row in LIFECYCLE} == set(Act)


@pytest.mark.parametrize("owing", Party)
@pytest.mark.parametrize("act", WHO)
def test_an_act_is_open_to_one_side_of_the_contract_and_to_nobody_else(shared: Shared, act: Act, owing: Party) -> None:
    shared.go_back("beginning")
    uid = shared.world.find(WA, Standing.OVERDUE).uid
    contractors, funders, before = WHO[act]
    side = contractors if owing is C else funders
    with writing(shared.world.engine) as session:
        row = session.get_one(Deliverable, shared.world.find(WA, Standing.OVERDUE).id)
        row.party = owing
        session.flush()
        for step in before:
            take(session, uid, step)
    shared.keep("ready")
    says = {email: 303 if side is (F if role.is_liaison else C) else 403 for role, email in ROLES.items()}
    says |= {STRANGER: 404, FOREIGN_LIAISON: 404, NOBODY: 303}
    got = {}
    for email in says:
        fields = submission_form(act=act, reason="Agreed.", comment="Page 2 is missing.", note="None left.")
        fields |= {"form_key": str(uuid4()), "nil": "yes" if act is Act.REPORT_NOTHING else ""}
        answer = shared.visits[email].post(f"/deliverables/{uid}/{ROUTES[act]}", fields)
        got[email] = answer.status_code
        if answer.status_code == 303:
            there = "/sign-in" if email == NOBODY else f"/deliverables/{uid}?done="
            assert answer.headers["location"].startswith(there)
        shared.go_back("ready")
    assert got == says


@pytest.mark.parametrize("act", WHO)
def test_the_page_offers_an_act_to_those_alone_who_may_do_it(shared: Shared, act: Act) -> None:
    shared.go_back("beginning")
    uid = shared.world.find(WA, Standing.OVERDUE).uid
    with writing(shared.world.engine) as session:
        for step in WHO[act][2]:
            take(session, uid, step)
    offer = 'name="nil"' if act is Act.REPORT_NOTHING else f'/{ROUTES[act]}"' if act is Act.SUBMIT else f'value="{act}"'
    for role, email in ROLES.items():
        page = shared.visits[email].get(f"/deliverables/{uid}").text
        assert (offer in page) == (WHO[act][0] is (F if role.is_liaison else C)), (act, email)
