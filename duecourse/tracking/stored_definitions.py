"""How is a contract's definition kept in the database, and read back as a value?"""

from __future__ import annotations

from functools import lru_cache

from duecourse.calendar.schedule import Contract
from duecourse.definitions.resolved import contract_from_json
from duecourse.models import ContractRow


def contract_of(row: ContractRow) -> Contract:
    """Return the contract that the stored definition states."""
    return _read(row.definition_sha256, row.definition)


@lru_cache(maxsize=4096)
def _read(_sha256: str, definition: str) -> Contract:
    return contract_from_json(definition)
