"""Which contracts does one of several workers look after?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from duecourse.errors import BadInput

MOST = 64
"""More shards than anybody has workers for; a run takes seconds for thousands of contracts."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `of` parts of all contracts, counted from 1. A contract's part follows from its id alone, for ever."""

    number: int = 1
    of: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.of <= MOST or not 1 <= self.number <= self.of:
            raise BadInput(f"There is no shard {self.number} of {self.of}: name one from 1 to the number of shards.")

    def holds(self, contract_id: str) -> bool:
        """Tell whether a contract belongs to this shard."""
        digest = hashlib.sha256(contract_id.encode()).digest()
        return int.from_bytes(digest[:8]) % self.of == self.number - 1

    def among(self, contract_ids: Iterable[str]) -> list[str]:
        """Return those of these contracts that belong to this shard."""
        return [contract_id for contract_id in contract_ids if self.holds(contract_id)]

    @property
    def is_whole(self) -> bool:
        """Whether it holds every contract."""
        return self.of == 1

    def key(self, job: str) -> str:
        """Return the name under which the ledger keeps a job's work on this shard: ``invoices 2/4``."""
        return job if self.is_whole else f"{job} {self.number}/{self.of}"


WHOLE = Shard()


def shards(count: int) -> list[Shard]:
    """Return the shards into which contracts are divided. Raises BadInput for none, or more than `MOST`."""
    return [Shard(1, count), *(Shard(number, count) for number in range(2, count + 1))]


def shards_for(*, divides: bool, count: int) -> list[Shard]:
    """Return the shards for which a job is done: all of them when it divides, else the whole."""
    return shards(count) if divides else [WHOLE]
