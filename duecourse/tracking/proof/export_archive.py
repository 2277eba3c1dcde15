"""How do many files become one, in which no byte can be changed unnoticed?

A zip file that is written in one way only: members in order, uncompressed, all of one date. Read back, it is written
again and compared.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

from duecourse.errors import BadInput
from duecourse.language.said import say

_DATE = (1980, 1, 1, 0, 0, 0)
_DAMAGE = (
    zipfile.BadZipFile,
    struct.error,
    ValueError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    IndexError,
)


def archive(members: Mapping[str, bytes]) -> bytes:
    """Return the zip file of these members, in the order given. The same members give the same bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as writing:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system, info.external_attr = 3, 0o644 << 16
            writing.writestr(info, content)
    return file.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    """Return the members of an archive, in their order. Raises BadInput when it cannot be read."""
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as reading:
            for info in reading.infolist():
                if info.compress_type != zipfile.ZIP_STORED or info.file_size > len(data) or info.filename in found:
                    raise BadInput(say("The zip file was not written by Duecourse, or was packed anew."))
                found[info.filename] = _content(reading, info)
    except _DAMAGE as error:
        raise BadInput(say("The zip file is damaged: its table of contents cannot be read.")) from error
    return found


def _content(reading: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        return reading.read(info)
    except _DAMAGE as error:
        raise BadInput(
            say("%(name)s was changed after the export was signed.", name=printable(info.filename))
        ) from error


def printable(name: str) -> str:
    """Return a member's name for a message: whoever damaged the file may have chosen it."""
    return "".join(character if character.isprintable() else "?" for character in name)
