"""What is the published JSON Schema of contract files, from which editors complete and check?"""

from __future__ import annotations

import json

from pydantic import TypeAdapter

from duecourse.definitions.grammar import ContractFile, MovedContractFile


def json_schema() -> str:
    """Return the schema (JSON Schema 2020-12) as text that ends with a new line."""
    schema = TypeAdapter[ContractFile | MovedContractFile](ContractFile | MovedContractFile).json_schema()
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A contract file of Duecourse",
    }
    return json.dumps(head | schema, indent=2, ensure_ascii=False) + "\n"
