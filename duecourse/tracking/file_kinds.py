"""Which kinds of files may be kept as proof, and does a file look like the kind that its name says?"""

from __future__ import annotations

from duecourse.errors import BadInput
from duecourse.language.said import say

ALLOWED = say("PDF, Word, Excel, PowerPoint and OpenDocument files, text, CSV, saved mails, pictures and ZIP archives")

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
_PICTURE = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM", b"RIFF")
# With which bytes a file of each ending begins; where none are named, it is text.
_BEGINNINGS: dict[str, tuple[bytes, ...]] = (
    dict.fromkeys(("docx", "xlsx", "pptx", "odt", "ods", "odp", "zip"), _ZIP)
    # Old Office programs save the newer formats, or RTF, under the old endings, too.
    | dict.fromkeys(("doc", "xls", "ppt"), _OLE + _ZIP + (b"{\\rtf",))
    | {"msg": _OLE, "rtf": (b"{\\rtf",), "pdf": (b"%PDF-",)}
    | dict.fromkeys(("png", "jpg", "jpeg", "gif", "tif", "tiff", "bmp", "webp"), _PICTURE)
    # Photos of phones: an ISO base media file, whose first box says so after its length.
    | dict.fromkeys(("heic", "heif"), (b"ftyp",))
    | dict.fromkeys(("txt", "csv", "tsv", "eml"), ())
)
ENDINGS = tuple(_BEGINNINGS)
_PROGRAM = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
_PAGE = (b"<!doctype", b"<html", b"<svg", b"<?xml", b"<script", b"<head", b"<body", b"<iframe", b"<!--")

FIRST = 1024
"""How many bytes from its beginning are enough to tell."""


def check_kind(name: str, beginning: bytes) -> None:
    """Raise BadInput unless a file of this name, with these first bytes, is of a kind that may be kept.

    Programs and pages that a browser would run are refused, whatever they are called.
    """
    _, dot, ending = name.rpartition(".")
    expected = _BEGINNINGS.get(ending.lower()) if dot else None
    if expected is None:
        raise BadInput(
            say("A file like “%(name)s” cannot be kept as proof. Allowed are %(allowed)s.", name=name, allowed=ALLOWED)
        )
    if beginning.startswith(_PROGRAM):
        raise BadInput(
            say(
                "“%(name)s” is a program, and cannot be kept as proof. Allowed are %(allowed)s.",
                name=name,
                allowed=ALLOWED,
            )
        )
    if beginning.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_PAGE):
        raise BadInput(
            say(
                "“%(name)s” is a web page, and cannot be kept as proof. Save it as PDF. Allowed are %(allowed)s.",
                name=name,
                allowed=ALLOWED,
            )
        )
    if beginning and expected and not _begins(beginning, expected):
        raise BadInput(
            say(
                "“%(name)s” is not what its name says: inside, it is no %(upper)s file. Save it again in "
                "its own program. Allowed are %(allowed)s.",
                name=name,
                upper=ending.upper(),
                allowed=ALLOWED,
            )
        )


def _begins(beginning: bytes, expected: tuple[bytes, ...]) -> bool:
    # A PDF may have a little before its header (ISO 32000-1, H.3.4.1); a media file has the length of a box there.
    if expected == (b"%PDF-",):
        return expected[0] in beginning[:FIRST]
    return beginning.startswith(expected) or (expected == (b"ftyp",) and beginning[4:8] == b"ftyp")
