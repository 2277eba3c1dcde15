"""Is this contract file right, and if not, what is wrong on which line, and what is the cure?"""

from __future__ import annotations

import difflib
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from duecourse.calendar.schedule import Contract
from duecourse.definitions import strict_yaml
from duecourse.definitions.checks import findings
from duecourse.definitions.grammar import ContractFile, MovedContractFile
from duecourse.definitions.moving import moved
from duecourse.definitions.resolved import contract_from
from duecourse.definitions.strict_yaml import Document
from duecourse.errors import BadDefinition, NotFound
from duecourse.language.said import say

SHIPPED = Path(__file__).parent.parent / "contracts"

_File = TypeVar("_File", ContractFile, MovedContractFile)


def read_contract(path: Path, *, today: date) -> tuple[Contract, str]:
    """Return the contract that a file states, and its resolved definition as JSON.

    Raises BadDefinition with every flaw that was found, NotFound when there is no such file.
    """
    file = _read(path, today=today)
    return contract_from(file), file.model_dump_json()


def contract_in(content: bytes, *, file: str, contract_id: str | None = None) -> tuple[Contract, str]:
    """Return the contract that a file's bytes state, which nobody keeps, and its resolved definition as JSON.

    Raises BadDefinition with every flaw that was found, and when the file is of another contract than `contract_id`,
    where one is expected.
    """
    document = strict_yaml.read(content, file=file)
    if "same_as" in document.content:
        problem = say("The file follows another one, which is not here.")
        raise BadDefinition(
            [document.flaw(("same_as",), problem, say("Send a file in which the contract is written out."))]
        )
    stated = _written_out(document, contract_id=contract_id)
    return contract_from(stated), stated.model_dump_json()


def shipped_contracts() -> list[Path]:
    """Return the contract files that come with Duecourse."""
    return sorted(SHIPPED.glob("*.yaml"))


def written_out() -> list[Path]:
    """Return those contract files that come with Duecourse and follow no other one."""
    contents = {path: strict_yaml.read(path.read_bytes(), file=path.name).content for path in shipped_contracts()}
    return [path for path, content in contents.items() if "same_as" not in content]


def find_contract(name: str) -> Path:
    """Return the file of a contract named by a path, or by the id of one that ships with Duecourse."""
    if name.endswith((".yaml", ".yml")) or "/" in name:
        return Path(name)
    path = SHIPPED / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(shipped.stem for shipped in shipped_contracts())
        raise NotFound(f"There is no contract “{name}”. Give the path of a contract file, or one of: {known}.")
    return path


def _read(path: Path, *, today: date) -> ContractFile:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise NotFound(f"The contract file {path} cannot be read: {error.strerror}.") from error
    document = strict_yaml.read(data, file=path.name)
    if "same_as" in document.content:
        file = _valid(MovedContractFile, document)
        base = path.with_name(f"{file.same_as}.yaml")
        if not base.is_file():
            raise BadDefinition(
                [
                    document.flaw(
                        ("same_as",), say("There is no file %(name)s beside it.", name=base.name), say("Check the id.")
                    )
                ]
            )
        return moved(_read(base, today=today), file, today=today)
    return _written_out(document)


def _written_out(document: Document, *, contract_id: str | None = None) -> ContractFile:
    found = _valid(ContractFile, document)
    flaws = [document.flaw(where, problem, cure) for where, problem, cure in findings(found)]
    if contract_id is not None and found.contract.id != contract_id:
        problem = say(
            "The file is of the contract %(id)s, and %(contract_id)s was expected.",
            id=found.contract.id,
            contract_id=contract_id,
        )
        flaws.append(
            document.flaw(("contract", "id"), problem, say("Send the file of that contract, or correct the id."))
        )
    if flaws:
        raise BadDefinition(sorted(flaws, key=lambda flaw: flaw.line))
    return found


def _valid(model: type[_File], document: Document) -> _File:
    try:
        return model.model_validate(document.content)
    except ValidationError as error:
        errors = error.errors()
        misspelt = {_meant(each, model) for each in errors if each["type"] == "extra_forbidden"}
        flaws = [_flaw(document, each, model) for each in errors if each["loc"] not in misspelt]
        raise BadDefinition(sorted(flaws, key=lambda flaw: flaw.line)) from error


def _flaw(document: Document, error: ErrorDetails, model: type[BaseModel]) -> Any:
    # The library's location also names the kind of rule it tried; a step that the file does not have is left out,
    # but for the last one, which may be a field that is missing.
    where: strict_yaml.Path = ()
    steps = [step for step in error["loc"] if step != "[key]"]
    for position, step in enumerate(steps):
        if (*where, step) in document.lines or (position == len(steps) - 1 and error["type"] == "missing"):
            where = (*where, step)
    problem, cure = _said(error, model)
    return document.flaw(where, problem, cure)


def _said(error: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    context, given = error.get("ctx", {}), error.get("input")
    match error["type"]:
        case "refused":
            return context["problem"], context["cure"]
        case "missing":
            return say("This field is missing."), say("Add it.")
        case "extra_forbidden":
            near = _near(error, model)
            return say("There is no such field."), say(
                "Did you mean “%(near)s”? If not, take it out.", near=near
            ) if near else say("Take it out.")
        case "literal_error" | "enum" | "union_tag_invalid":
            expected = (
                str(context.get("expected") or context.get("expected_tags")).replace("'", "").replace(" or ", ", ")
            )
            value = context.get("tag", given)
            return say("“%(value)s” is not one of the values that can stand here.", value=value), say(
                "Use one of: %(expected)s.", expected=expected
            )
        case "union_tag_not_found":
            return say("The field “rule” is missing."), say(
                "Say by which rule it is due, such as “rule: day-of-month”."
            )
        case "greater_than_equal":
            return say("%(given)s is too small.", given=given), say("Use %(value)s or more.", value=context["ge"])
        case "less_than_equal":
            return say("%(given)s is impossible here.", given=given), say("Use %(value)s or less.", value=context["le"])
        case "string_too_long":
            return say("The text is too long."), say("Use at most %(value)s characters.", value=context["max_length"])
        case "string_too_short" | "too_short":
            return say("There is nothing here."), say("Fill it in, or take the field out.")
        case "string_pattern_mismatch" if "a-z0-9" in str(context.get("pattern")):
            return (
                say("“%(given)s” is not a name.", given=given) if given else say("There is nothing here."),
                say("Use small letters, digits and single hyphens, such as wa-a19-monthly-invoice."),
            )
        case "string_pattern_mismatch":
            return say("“%(given)s” cannot stand here.", given=given), say("Use letters and digits on one line.")
        case "too_long":
            return say("There are too many entries."), say("Use at most %(value)s.", value=context["max_length"])
        case "list_type":
            return say("Here belongs a list."), say("Write each entry on a line of its own, after a hyphen.")
        case "dict_type" | "model_type" | "model_attributes_type":
            return say("Here belong fields."), say("Write each on a line of its own below, as “name: value”.")
        case "string_type":
            return say("Here belongs one text."), say("Write it behind the colon; in quotation marks if need be.")
        case _:
            return say("This cannot stand here (%(lower)s).", lower=error["msg"].lower()), say(
                "Compare with the contract file format."
            )


def _fields(model: type[BaseModel]) -> set[str]:
    names: set[str] = set()
    definitions = model.model_json_schema()
    for part in (definitions, *definitions.get("$defs", {}).values()):
        names |= set(part.get("properties", {}))
    return names


def _meant(error: ErrorDetails, model: type[BaseModel]) -> strict_yaml.Path:
    """Return the place of the field that was probably meant: it is not missing, it is misspelt."""
    return (*error["loc"][:-1], _near(error, model))


def _near(error: ErrorDetails, model: type[BaseModel]) -> str:
    """Return the field whose name looks most like the unknown one, or an empty text."""
    near = difflib.get_close_matches(str(error["loc"][-1]), sorted(_fields(model)), n=1)
    return near[0] if near else ""
