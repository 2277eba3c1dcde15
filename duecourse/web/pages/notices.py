"""Whom could no mail reach, and is it to be tried again?"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from duecourse.errors import NotAllowed, NotFound
from duecourse.language.said import say
from duecourse.models.database import reading, writing
from duecourse.notifications.bounces import forged_reports
from duecourse.notifications.failures import requeue
from duecourse.notifications.messages import sender_of
from duecourse.notifications.undelivered import tasks
from duecourse.web.forms import Form
from duecourse.web.render import page
from duecourse.web.site import RowId, TheSite
from duecourse.web.told import failed_in, is_failure_of
from duecourse.web.visitor import SignedIn, Visitor

router = APIRouter()

_FOR_LIAISONS = say("Only a liaison, an admin or an auditor sees which reminders could not be sent.")
_FOR_THOSE_WHO_SEND = say("Only a liaison or an admin can have a reminder sent again.")


@router.get("/notices")
def notices(request: Request, site: TheSite, visitor: SignedIn) -> Response:
    """List the notices of a liaison's contracts that did not arrive, and first those that cannot wait for a try."""
    shown = check_sees_unsent(visitor)
    with reading(site.engine) as session:
        failed = failed_in(session, shown)
        urgent = tasks(session, now=visitor.now, contract_ids=shown)
        forged = forged_reports(session)
    return page(request, "notices.html", visitor=visitor, failed=failed, urgent=urgent, forged=forged)


@router.post("/notices/{notice_id}/requeue")
def send_again(site: TheSite, visitor: SignedIn, notice_id: RowId, _form: Form) -> Response:
    """Put a reminder that could not be sent into the queue again."""
    now, settings = site.clock.now(), site.settings
    with writing(site.engine) as session:
        if not is_failure_of(session, notice_id, list(visitor.parts)):
            raise NotFound(say("There is no such notice."))
        if not is_failure_of(session, notice_id, visitor.sets_up_in):
            raise NotAllowed(_FOR_THOSE_WHO_SEND)
        sender = sender_of(settings)
        requeue(session, notice_id, now=now, actor=visitor.email, base_url=settings.address, sender=sender)
    site.wake()
    return RedirectResponse("/notices", 303)


def check_sees_unsent(visitor: Visitor) -> list[str]:
    """Return the contracts of which the person sees what could not be sent. Raises NotAllowed where there is none."""
    shown = [*visitor.sets_up_in, *visitor.audits]
    if not shown:
        raise NotAllowed(_FOR_LIAISONS)
    return shown
