"""Which fields say to whom a report is mailed, and under which names it is recognised?"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from duecourse.calendar.mailing import Mailing
from duecourse.calendar.roles import RoleName
from duecourse.definitions.part import Part
from duecourse.definitions.values import Label, unfit
from duecourse.language.said import say

# One mailbox (RFC 5321, 4.1.2), without quoted names and address literals.
_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}"
_ROLES = [str(role) for role in RoleName if role.side is not None]


def _recipient(value: Any) -> str:
    if isinstance(value, str) and (value in _ROLES or re.fullmatch(_ADDRESS, value)):
        return value
    raise unfit(
        say("“%(value)s” is neither a part in the contract nor an email address.", value=value),
        say("Use one of %(names)s, or an address such as reports@agency.gov.", names=", ".join(_ROLES)),
    )


Recipient = Annotated[
    str,
    BeforeValidator(_recipient),
    WithJsonSchema({"anyOf": [{"enum": _ROLES}, {"type": "string", "pattern": f"^{_ADDRESS}$"}]}),
]


class MailPart(Part):
    """How a report is mailed: to whom, with copies to whom, and what subjects called it in the past."""

    to: Annotated[list[Recipient], Field(min_length=1, max_length=20)] = Field(
        description="Parts in the contract, such as “program liaison”, and fixed addresses."
    )
    copy_to: Annotated[list[Recipient], Field(max_length=20)] = Field([], description="Who is only copied.")
    subject_also: Annotated[list[Label], Field(max_length=50)] = Field(
        [], description="Other names of the report that are recognised in subjects, and never written."
    )

    def value(self) -> Mailing:
        """Return what the part states."""
        return Mailing(tuple(self.to), tuple(self.copy_to), tuple(self.subject_also))
