"""Which page asks somebody who has shown the mail for a passkey, or for a code in its place?"""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from duecourse.errors import BadInput, Conflict
from duecourse.models.database import reading
from duecourse.tracking.sign_in.passkeys import passkeys_of
from duecourse.web.forms import local_path
from duecourse.web.render import page
from duecourse.web.site import Site
from duecourse.web.visitor import Visitor


def door_page(
    request: Request,
    site: Site,
    visitor: Visitor,
    next: str,
    *,
    problem: BadInput | Conflict | None = None,
    is_code: bool = False,
) -> Response:
    """Return the page, with what was wrong with the last try, which was with a code if `is_code`."""
    with reading(site.engine) as session:
        has_one = bool(passkeys_of(session, visitor.person_id))
    return page(
        request,
        "sign_in_passkey.html",
        status=problem.http_status if problem else 200,
        person=visitor,
        has_one=has_one,
        next=local_path(next),
        problem=str(problem) if problem else "",
        is_code=is_code,
    )
