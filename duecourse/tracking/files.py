"""Where are the files that prove a submission, and are their bytes still the ones that were handed in?

A file is kept under the SHA-256 of its bytes, so that it is written once, never changed, and checked when it is read.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from duecourse.errors import BadInput, NotFound
from duecourse.language.said import say
from duecourse.tracking.file_kinds import FIRST, check_kind
from duecourse.tracking.submitting import StoredFile

MAX_FILE_SIZE = 24 * 1024 * 1024
"""Bytes, also of all files of one submission together; a little less than the body of a form may have."""
MAX_FILES = 20
"""How many files one submission may have."""

_CHUNK = 1024 * 1024
_MAX_NAME = 120
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")


def store_file(folder: Path, content: BinaryIO, *, name: str, media_type: str) -> StoredFile:
    """Keep the bytes of `content` in `folder`, and return what is stored; the same bytes again are stored once.

    The bytes are on the disk when this returns, so that a submission that names them may be committed. Raises BadInput
    when the file is empty, has more than `MAX_FILE_SIZE` bytes, or is of a kind that is not kept as proof.
    """
    name = safe_name(name)
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    handle, incoming = tempfile.mkstemp(dir=folder, prefix="incoming-")
    try:
        with os.fdopen(handle, "wb") as file:
            while chunk := content.read(_CHUNK):
                if not size:
                    check_kind(name, chunk[:FIRST])
                size += len(chunk)
                if size > MAX_FILE_SIZE:
                    raise BadInput(
                        say(
                            "The file is too large. At most %(max_file_size)s MB can be kept.",
                            max_file_size=MAX_FILE_SIZE // 1024**2,
                        )
                    )
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if not size:
            raise BadInput(say("The file is empty. Choose the file that you sent."))
        os.replace(incoming, folder / digest.hexdigest())
    except BaseException:
        Path(incoming).unlink(missing_ok=True)
        raise
    _flush_names(folder)
    known_type = media_type.lower() if _MEDIA_TYPE.fullmatch(media_type.lower()) else "application/octet-stream"
    return StoredFile(name, known_type, size, digest.hexdigest())


def check_together(sizes: Collection[int]) -> None:
    """Raise BadInput when so many files, of these sizes in bytes, are too many or too large for one submission."""
    if len(sizes) > MAX_FILES:
        raise BadInput(
            say(
                "At most %(max_files)s files can be kept with one submission. Put them into one ZIP archive.",
                max_files=MAX_FILES,
            )
        )
    if sum(sizes) > MAX_FILE_SIZE:
        raise BadInput(
            say(
                "The files are too large. At most %(max_file_size)s MB can be kept, all together.",
                max_file_size=MAX_FILE_SIZE // 1024**2,
            )
        )


def read_file(folder: Path, sha256: str) -> bytes:
    """Return the bytes of a stored file. Raises NotFound when they are missing, or no longer the ones that came in."""
    path = folder / sha256
    if not _SHA256.fullmatch(sha256) or not path.is_file():
        raise NotFound(say("The file is not in the folder of evidence files."))
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise NotFound(say("The stored file was changed after it was handed in; restore it from a backup."))
    return content


def safe_name(name: str) -> str:
    """Return a file's name without folders, control characters or marks that reverse the writing direction."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(character for character in last if unicodedata.category(character) not in ("Cc", "Cf", "Cs"))
    stem, dot, ending = kept.strip(" .").rpartition(".")
    if not dot:
        stem, ending = ending, ""
    return (stem[: _MAX_NAME - len(ending[:16]) - 1] + dot + ending[:16]) or "file"


def _flush_names(folder: Path) -> None:
    # A rename is on the disk only when the folder is (POSIX fsync).
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
