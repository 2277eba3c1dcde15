"""How does a table, or another file, leave as a download?"""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.responses import Response

from duecourse.errors import NotFound
from duecourse.language.said import say
from duecourse.sheets.csv_files import as_csv
from duecourse.sheets.tables import Table
from duecourse.sheets.workbooks import as_workbook

_KINDS = {
    "xlsx": (as_workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": (as_csv, "text/csv; charset=utf-8"),
}


def check_ending(ending: str) -> None:
    """Raise NotFound unless a table can leave as such a file: ``xlsx`` or ``csv``."""
    if ending not in _KINDS:
        raise NotFound(say("There is no such file."))


def table_file(table: Table, name: str, ending: str) -> Response:
    """Return a table as XLSX or CSV; `name` is the file's, without its ending. Raises NotFound for any other ending."""
    check_ending(ending)
    write, media_type = _KINDS[ending]
    return download(write(table), f"{name}.{ending}", media_type)


def download(content: bytes, name: str, media_type: str) -> Response:
    """Return bytes as a file that the browser keeps and does not show."""
    return Response(content, media_type=media_type, headers={"Content-Disposition": attachment(name)})


def dated(name: str, at: datetime, zone: str) -> str:
    """Return the name of a file with the local day on which it was made."""
    return f"{name}-{at.astimezone(ZoneInfo(zone)):%Y-%m-%d}"


def attachment(name: str) -> str:
    """Return the Content-Disposition of a download with this file name (RFC 6266, 4.3 and appendix D)."""
    plain = re.sub(r"[^ !#$&+.0-9A-Z^_`a-z|~()\[\]-]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
