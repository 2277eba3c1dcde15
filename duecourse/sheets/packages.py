"""Is an XLSX file safe to open: no bomb, no entity from elsewhere, nothing beyond its bounds?

It is a zip of XML parts (ECMA-376, part 2). Every part is looked at before any is given to a reader.
"""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from typing import IO

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from duecourse.errors import BadInput
from duecourse.language.said import say

MOST_PARTS = 200
MOST_BYTES = 16 * 1024 * 1024
"""Of all parts together, unpacked."""
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_PLACE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_AGAIN = say("Open it in Excel, save it as an Excel workbook (.xlsx), and send that.")


def check_package(content: bytes, *, most_rows: int, most_columns: int) -> dict[str, tuple[int, int]]:
    """Raise BadInput unless the bytes are a workbook of XML parts within bounds, with nothing outside of them.

    Return, by the names of their parts, the sheets that hold something beyond `most_rows` or `most_columns`, with the
    row and the column of the first of it.
    """
    if content.startswith(_OLD_EXCEL):
        raise BadInput(say("This is a workbook of an old Excel, or one with a password. %(again)s", again=_AGAIN))
    if not content.startswith(_ZIP):
        raise BadInput(say("This is no XLSX file, whatever its name says. %(again)s", again=_AGAIN))
    beyond: dict[str, tuple[int, int]] = {}
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            _check_parts(package)
            for part in package.infolist():
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    with package.open(part) as file:
                        place = _checked(file, most_rows, most_columns)
                    if place is not None:
                        beyond[part.filename] = place
    except BadInput:
        raise
    # A file that was cut off, damaged or encrypted may break `zipfile`, `zlib` and the XML reader in any place.
    except Exception as error:
        raise BadInput(
            say("The file is damaged: it was cut off, perhaps, or changed on its way. %(again)s", again=_AGAIN)
        ) from error
    return beyond


def _check_parts(package: zipfile.ZipFile) -> None:
    parts = package.infolist()
    # No part is unpacked beyond the size that the list of parts states.
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES:
        raise BadInput(
            say(
                "Unpacked, the workbook is larger than %(most_bytes)s MB. Copy the rows alone into a new "
                "workbook, and send that.",
                most_bytes=MOST_BYTES // 1024**2,
            )
        )
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise BadInput(say("This is a zip archive, and no XLSX file. %(again)s", again=_AGAIN))
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise BadInput(
            say("The workbook holds macros. Save it as an Excel workbook without them (.xlsx), and send that.")
        )


def _checked(file: IO[bytes], most_rows: int, most_columns: int) -> tuple[int, int] | None:
    """Return where a sheet first holds something beyond its bounds, or None. Raises BadInput for a declared type."""
    row = column = 0
    is_sheet, beyond = False, None
    try:
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            name = element.tag.rpartition("}")[2]
            if event == "start":
                if name == "worksheet":
                    is_sheet = True
                elif not is_sheet:
                    # No declaration of a type can come behind the root.
                    return None
                elif name == "row":
                    row, column = int(element.get("r") or row + 1), 0
                elif name == "c":
                    row, column = _place(element.get("r"), row, column)
            elif name == "c":
                if beyond is None and len(element) and (row > most_rows or column > most_columns):
                    beyond = (row, column)
                element.clear()
            elif name == "row":
                element.clear()
    except DefusedXmlException as error:
        raise BadInput(
            say(
                "The workbook declares entities or a document type, which no program that is meant for "
                "people writes. %(again)s",
                again=_AGAIN,
            )
        ) from error
    return beyond


def _place(said: str | None, row: int, column: int) -> tuple[int, int]:
    found = _PLACE.fullmatch(said or "")
    if found is None:
        return row, column + 1
    at = 0
    for letter in found[1].upper():
        at = at * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), at
