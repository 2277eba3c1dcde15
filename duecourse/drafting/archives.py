"""Is an Office file what it says, and small enough inside to be opened?

A file of 42 KB can hold gigabytes, or a cell that is merged over sixteen thousand columns and a million rows.
Everything is counted here before a library believes it.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from duecourse.drafting.refusing import refused
from duecourse.language.said import say

_MOST_MEMBERS = 1000
_MOST_BYTES = 40 * 1024 * 1024
_MOST_CELLS = 100_000
_WIDEST_SPAN = 100
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
_CURE = say("Open it in the program that wrote it, save it again, and send that.")


@dataclass
class Found:
    """What was counted in an Office file: merged ranges and cells with a formula but no value, by the member's path."""

    kind: str
    merged: dict[str, list[tuple[str, int, str, int]]] = field(default_factory=dict)
    without_value: dict[str, list[str]] = field(default_factory=dict)
    has_tracked_changes: bool = False


def inspect(data: bytes, *, file: str) -> Found:
    """Return what a workbook (`xlsx`) or a document (`docx`) holds. Raises BadExhibit for any other archive.

    Raises it also for one that is damaged, has a password, is too large inside, or holds entities.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _inspect(archive, file)
    except DefusedXmlException as error:
        raise refused(file, "", say("It holds entities, which could open other files."), _CURE) from error
    except (*_BROKEN, defusedxml.ElementTree.ParseError, UnicodeError, ValueError, LookupError) as error:
        raise refused(file, "", say("The file is damaged."), _CURE) from error


def _inspect(archive: zipfile.ZipFile, file: str) -> Found:
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > _MOST_BYTES:
        raise refused(file, "", say("It is too large inside."), say("Copy the table into a new file, and send that."))
    if any(member.flag_bits & 1 for member in members):
        raise refused(file, "", say("It has a password."), say("Save it without one."))
    names = {member.filename for member in members}
    if len(names) != len(members):
        raise refused(file, "", say("The file is damaged."), _CURE)
    if any("vbaProject" in name for name in names):
        cure = say("Save it as .xlsx or .docx without macros.")
        raise refused(file, "", say("It holds macros."), cure)
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        found = Found("xlsx")
    elif "word/document.xml" in names:
        found = Found("docx")
    else:
        cure = say("Take the file with the table out of the archive, and send that.")
        raise refused(file, "", say("It is neither a workbook nor a document."), cure)
    read = 0
    for member in members:
        if member.filename.lower().endswith((".xml", ".rels", ".vml")):
            # The size that an archive declares may be a lie.
            with archive.open(member) as opened:
                content = opened.read(_MOST_BYTES + 1)
            read += len(content)
            if read > _MOST_BYTES:
                raise refused(
                    file, "", say("It is too large inside."), say("Copy the table into a new file, and send that.")
                )
            _count(found, member.filename, content, file)
    return found


def _count(found: Found, path: str, content: bytes, file: str) -> None:
    cells, area = 0, 0
    merged, without = found.merged.setdefault(path, []), found.without_value.setdefault(path, [])
    for _, element in defusedxml.ElementTree.iterparse(io.BytesIO(content), forbid_dtd=True):
        name = element.tag.rpartition("}")[2]
        if name in ("c", "tc"):
            cells += 1
            if name == "c" and _children(element, "f") and not _children(element, "v", filled=True):
                without.append(element.get("r", ""))
            element.clear()
        elif name == "mergeCell":
            span = _RANGE.fullmatch(element.get("ref", ""))
            if span is not None:
                left, top, right, bottom = span[1], int(span[2]), span[3], int(span[4])
                area += (bottom - top + 1) * (_column(right) - _column(left) + 1)
                merged.append((left, top, right, bottom))
        elif name in ("gridSpan", "gridBefore", "gridAfter"):
            said = next((value for key, value in element.attrib.items() if key.endswith("val")), "1")
            if not said.isdigit() or int(said[:9]) > _WIDEST_SPAN:
                raise refused(file, "", say("A cell is merged over more columns than a table has."), _CURE)
        elif name in ("ins", "del") and path == "word/document.xml":
            found.has_tracked_changes = True
        if cells > _MOST_CELLS or area > _MOST_CELLS:
            cure = say("Copy the table of deliverables into a new file, and send that.")
            raise refused(
                file, "", say("It holds more than %(most_cells)s cells.", most_cells=format(_MOST_CELLS, ",")), cure
            )


def _children(element: Element, name: str, *, filled: bool = False) -> bool:
    return any(child.tag.endswith("}" + name) and (child.text or not filled) for child in element)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number
