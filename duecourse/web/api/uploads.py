"""What came in as a form with files: its details, read as strictly as any other body, and the files?"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from duecourse.errors import BadInput
from duecourse.tracking.files import MAX_FILES, check_together, store_file
from duecourse.tracking.submitting import StoredFile
from duecourse.web.api.caller import Caller
from duecourse.web.api.fields import Sent
from duecourse.web.api.problems import Detail, Refused
from duecourse.web.api.strict_json import check_json

_LIMITS: dict[str, Any] = {"max_files": MAX_FILES, "max_fields": 1, "max_part_size": 64 * 1024}

T = TypeVar("T", bound=Sent)


@dataclass(frozen=True, slots=True)
class Uploaded(Generic[T]):
    """The details of a call, and the files that came with it."""

    details: T
    files: list[UploadFile]

    def one(self, *, at_most: int) -> OneFile:
        """Return the one file, of at most so many bytes. Raises BadInput for none, several, or a larger one."""
        if len(self.files) != 1:
            raise BadInput("Send one file, as “file”.")
        file = self.files[0]
        if (file.size or 0) > at_most:
            raise BadInput(f"The file has more than {at_most // 1000} KB. Send less in one file.")
        # The name is recorded: nothing may turn, hide or break it elsewhere.
        name = "".join(each for each in " ".join((file.filename or "").split()) if each.isprintable())
        return OneFile(file.file.read(), name[:100])

    def stored(self, caller: Caller) -> tuple[StoredFile, ...]:
        """Keep the files, and return what is stored. Raises BadInput for what is not kept as proof."""
        check_together([file.size or 0 for file in self.files])
        folder = caller.site.evidence
        return tuple(
            store_file(folder, file.file, name=file.filename or "", media_type=file.content_type or "")
            for file in self.files
        )


@dataclass(frozen=True, slots=True)
class OneFile:
    """The one file of a call that is read, and not kept: its bytes, and its name as one line."""

    content: bytes
    name: str


class WithFiles(BaseModel):
    """The content of a call with files: by it a repeated call is known, whatever stands between its parts."""

    details: dict[str, Any]
    files: list[str]


def content_of(details: Sent, stored: tuple[StoredFile, ...]) -> WithFiles:
    """Return the content of a call with files."""
    return WithFiles(details=details.model_dump(mode="json"), files=[f"{file.sha256} {file.name}" for file in stored])


def uploaded(model: type[T]) -> Callable[[Request], AsyncIterator[Uploaded[T]]]:
    """Return the dependency that reads such a form."""

    async def read(request: Request) -> AsyncIterator[Uploaded[T]]:
        if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            raise Refused(415, "Send multipart/form-data: “details” as JSON, and each file as “file”.")
        try:
            form = await request.form(**_LIMITS)
        except HTTPException as error:
            raise Refused(400, "The form cannot be read. Nothing was changed.", errors=[_in_words(error)]) from error
        try:
            yield Uploaded(_details(form, model), _files(form))
        finally:
            await form.close()

    return read


def described(model: type[Sent], *, files: int | None = None) -> dict[str, Any]:
    """Return what an operation's description says of such a form, with so many files or as many as are kept."""
    schema = {
        "type": "object",
        "required": [*(["details"] if _is_needed(model) else []), *(["file"] if files else [])],
        "additionalProperties": False,
        "properties": {
            "details": model.model_json_schema(),
            "file": {
                "type": "array",
                "minItems": files or 0,
                "maxItems": files or MAX_FILES,
                "items": {"type": "string", "format": "binary"},
            },
        },
    }
    content = {"schema": schema, "encoding": {"details": {"contentType": "application/json"}}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": content}}}


def _details(form: FormData, model: type[T]) -> T:
    said = form.get("details")
    if said is None and not _is_needed(model):
        said = "{}"
    if not isinstance(said, str):
        raise Refused(422, "Send the details as JSON.", errors=[Detail(pointer="/details", detail="It is missing.")])
    try:
        body = said.encode("utf-8")
    except UnicodeError:
        body = b"\xff"
    check_json(body)
    try:
        return model.model_validate(json.loads(body))
    except ValidationError as error:
        errors = [each | {"loc": ("body", "details", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(errors) from error


def _is_needed(model: type[Sent]) -> bool:
    return any(field.is_required() for field in model.model_fields.values())


def _files(form: FormData) -> list[UploadFile]:
    unknown = set(form) - {"details", "file"}
    files = form.getlist("file")
    if unknown or any(not isinstance(file, UploadFile) for file in files):
        errors = [Detail(pointer="/file", detail="There is no other field than “details” and “file”.")]
        raise Refused(422, "What was sent is not as it is described.", errors=errors)
    return [file for file in files if isinstance(file, UploadFile)]


def _in_words(error: HTTPException) -> Detail:
    says = f"At most {MAX_FILES} files." if "Too many files" in error.detail else "It is no form that can be read."
    return Detail(pointer="", detail=says)
