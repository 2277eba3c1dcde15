"""How is it said that an exhibit cannot be read?"""

from __future__ import annotations

from duecourse.drafting.places import place_said
from duecourse.errors import BadExhibit
from duecourse.language.said import say


def refused(file: str, where: str, problem: str, cure: str) -> BadExhibit:
    """Return the error that names the file, the place in it if there is one, the problem and the cure."""
    place = say("%(file)s, %(where)s", file=file, where=place_said(where)) if where else file
    return BadExhibit(say("%(place)s: %(problem)s %(cure)s", place=place, problem=problem, cure=cure))
