"""How is a contract moved by whole years, so that a demonstration runs in today's fiscal year?"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from duecourse.calendar.periods import add_months, fiscal_year_of
from duecourse.definitions.grammar import ContractFile, MovedContractFile
from duecourse.definitions.values import MONTHS

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FISCAL_YEAR = re.compile(r"FY([0-9]{2})")


def moved(base: ContractFile, file: MovedContractFile, *, today: date) -> ContractFile:
    """Return `base` under the names that `file` gives, its last exhibit being that of the fiscal year of `today`."""
    starts = MONTHS.index(base.contract.fiscal_year_starts) + 1
    last = max(exhibit.services_to for exhibit in base.exhibits.values())
    years = fiscal_year_of(today, starts) - fiscal_year_of(last, starts)
    content = _moved(base.model_dump(mode="json"), years)
    # The invented contract was signed in time and never amended: nothing of it is excused.
    content["amendments"] = {}
    content["checks"] = [check for check in content["checks"] if "amendment" not in str(check).lower()]
    for exhibit in content["exhibits"].values():
        exhibit["amendment"] = None
    content["contract"] |= file.contract.model_dump()
    return ContractFile.model_validate(content)


def _moved(value: Any, years: int) -> Any:
    match value:
        case str() if _DATE.fullmatch(value):
            return add_months(date.fromisoformat(value), 12 * years).isoformat()
        case str():
            return _FISCAL_YEAR.sub(lambda said: f"FY{(int(said[1]) + years) % 100:02d}", value)
        case dict():
            return {_moved(key, years): _moved(inner, years) for key, inner in value.items()}
        case list():
            return [_moved(inner, years) for inner in value]
        case _:
            return value
