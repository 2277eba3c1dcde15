"""How is it said that an exhibit cannot be read?"""

from __future__ import annotations

from duecourse.errors import BadExhibit


def refused(file: str, where: str, problem: str, cure: str) -> BadExhibit:
    """Return the error that names the file, the place in it if there is one, the problem and the cure."""
    place = f"{file}, {where}" if where else file
    return BadExhibit(f"{place}: {problem} {cure}")
