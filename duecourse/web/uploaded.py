"""Which contract does a file state that somebody sent, without the file ever being kept?"""

from __future__ import annotations

from duecourse.calendar.schedule import Contract
from duecourse.definitions import strict_yaml
from duecourse.definitions.checks import findings
from duecourse.definitions.grammar import ContractFile
from duecourse.definitions.reading import _valid
from duecourse.definitions.resolved import contract_from
from duecourse.errors import BadDefinition


def contract_in(content: bytes, *, file: str, contract_id: str) -> tuple[Contract, str]:
    """Return the contract that a file's bytes state, and its resolved definition as JSON.

    Raises BadDefinition with every flaw that was found, and when the file is of another contract than `contract_id`.
    """
    document = strict_yaml.read(content, file=file)
    if "same_as" in document.content:
        problem = "The file follows another one, which is not here."
        raise BadDefinition([document.flaw(("same_as",), problem, "Send a file in which the contract is written out.")])
    stated = _valid(ContractFile, document)
    flaws = [document.flaw(where, problem, cure) for where, problem, cure in findings(stated)]
    if stated.contract.id != contract_id:
        problem = f"The file is of the contract {stated.contract.id}, and this page is of {contract_id}."
        flaws.append(document.flaw(("contract", "id"), problem, "Open the page of that contract, or correct the id."))
    if flaws:
        raise BadDefinition(sorted(flaws, key=lambda flaw: flaw.line))
    return contract_from(stated), stated.model_dump_json()
