"""What do all parts of a contract file have in common?"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a contract file: no field but those that are described, and no change once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
