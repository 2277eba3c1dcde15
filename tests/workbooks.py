"""How does a spreadsheet look that somebody fills in, in Excel or as CSV, or that somebody made to do damage?"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl


def xlsx(columns: Sequence[str], *rows: Sequence[Any], epoch: Any = None) -> bytes:
    """Return a workbook as Excel would save it: what begins with an equals sign is a formula."""
    book = openpyxl.Workbook()
    if epoch is not None:
        book.epoch = epoch
    assert book.active is not None
    for row in (columns, *rows):
        book.active.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def csv_file(columns: Sequence[str], *rows: Sequence[str], separator: str = ",") -> bytes:
    """Return a CSV file as Excel saves it."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows([columns, *rows])
    return ("\ufeff" + out.getvalue()).encode()


def repacked(content: bytes, **parts: bytes) -> bytes:
    """Return a workbook with parts replaced, named by their last name without its ending, such as ``sheet1``."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.infolist():
            name = part.filename.rpartition("/")[2].partition(".")[0]
            after.writestr(part.filename, parts.get(name, before.read(part)))
    return out.getvalue()


def part_of(content: bytes, name: str) -> bytes:
    """Return a part of a workbook by its last name without its ending."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return next(package.read(p) for p in package.namelist() if p.rpartition("/")[2].partition(".")[0] == name)
