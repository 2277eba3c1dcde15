"""What does the type of a problem mean, and what is there to do about it?"""

from __future__ import annotations

from starlette.responses import Response

from duecourse.errors import NotFound
from duecourse.web.api.fields import Shown
from duecourse.web.api.problems import KINDS, TYPES
from duecourse.web.api.routing import api_router

router = api_router(tags=["problems"])


class ProblemType(Shown):
    """One type of problem."""

    type: str
    title: str
    status: int
    cure: str


@router.get("/problems/{kind}", response_model=ProblemType)
def read_problem_type(kind: str) -> Response:
    """Return what a type of problem means; anybody may ask."""
    if kind not in KINDS:
        raise NotFound("There is no such type.")
    status, title, cure = KINDS[kind]
    said = ProblemType(type=TYPES + kind, title=title, status=status, cure=cure)
    return Response(said.model_dump_json(), media_type="application/json")
