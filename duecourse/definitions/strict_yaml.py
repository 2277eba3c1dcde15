"""What does a contract file say, literally, and on which line does it say it?

The one door to the YAML parser. Every scalar is text: ``17:00`` stays ``17:00``, ``NO`` stays ``NO``. What makes YAML
surprising is refused: duplicate keys, aliases, tags, several documents, deep nesting.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import yaml

from duecourse.definitions.parser_words import in_plain_words
from duecourse.errors import BadDefinition, Flaw
from duecourse.language.said import say

_LARGEST = 1_000_000
_DEEPEST = 12
_Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Control characters, and marks that turn or hide text on a page (Unicode's bidirectional and zero-width controls).
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file's content as mappings, lists and texts, and the line on which each field stands."""

    file: str
    content: dict[str, Any]
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """Return the line of the field at `path`, or of the nearest field around it that the file has."""
        at: Path = ()
        for step in path:
            if (*at, step) in self.lines:
                at = (*at, step)
        return self.lines[at]

    def flaw(self, path: Path, problem: str, cure: str) -> Flaw:
        """Return a flaw in the field at `path`."""
        return Flaw(self.file, self.line(path), field_name(path), problem, cure)


def field_name(path: Path) -> str:
    """Return ``obligations[2].due.day`` for a path; the first entry of a list is number 1."""
    name = ""
    for step in path:
        name += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if name else step
    return name


def read_plain(data: bytes, *, file: str) -> dict[str, Any]:
    """Read a file that another program defines, the way that YAML means it: with numbers, anchors and merges.

    Raises BadDefinition when it is no YAML, or no mapping.
    """
    try:
        content = yaml.load(data, Loader=_Parser)
    except yaml.YAMLError as error:
        raise _refused(
            file, 1, say("It is no YAML: %(error)s.", error=error), say("Restore it from the release.")
        ) from error
    if not isinstance(content, dict):
        raise _refused(file, 1, say("It holds no fields."), say("Restore it from the release."))
    return content


def read(data: bytes, *, file: str) -> Document:
    """Read a file's bytes. Raises BadDefinition with the line of the first thing that cannot be read."""
    if len(data) > _LARGEST:
        raise _refused(
            file,
            1,
            say("The file is larger than %(largest)s bytes.", largest=format(_LARGEST, ",")),
            say("Split it: one contract to a file."),
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _refused(
            file, line, say("The file is not UTF-8 text."), say("Save it again with the encoding UTF-8.")
        ) from error
    unseen = _UNSEEN.search(text.replace("\r\n", "\n"))
    if unseen:
        line = text.replace("\r\n", "\n")[: unseen.start()].count("\n") + 1
        name = unicodedata.name(unseen.group(), f"U+{ord(unseen.group()):04X}")
        raise _refused(
            file,
            line,
            say("There is a character that nobody can see (%(name)s).", name=name),
            say("Type the line again."),
        )
    return _Reader(file).document(text)


class _Reader:
    """Builds a document from the parser's events, keeping each node's line."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: dict[Path, int] = {}

    def document(self, text: str) -> Document:
        loader = _Parser(text)
        try:
            content = self._whole(loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise _refused(
                self._file,
                mark.line + 1 if mark else 1,
                say("The line is not readable: %(what)s.", what=in_plain_words(error.problem or "")),
                say("Check the indentation (spaces, no tabs), the colons and the quotes around it."),
            ) from error
        except yaml.YAMLError as error:
            raise _refused(
                self._file, 1, say("The file is not readable as YAML."), say("Compare it with a contract that works.")
            ) from error
        finally:
            loader.dispose()
        return Document(self._file, content, self._lines)

    def _whole(self, loader: Any) -> dict[str, Any]:
        loader.get_event()
        first = loader.get_event()
        if isinstance(first, yaml.StreamEndEvent):
            raise _refused(
                self._file, 1, say("The file is empty."), say("Begin with a contract that ships with Duecourse.")
            )
        content = self._node(loader, loader.get_event(), ())
        loader.get_event()
        if not isinstance(after := loader.get_event(), yaml.StreamEndEvent):
            line = after.start_mark.line + 1
            raise _refused(
                self._file, line, say("A second document begins here."), say("Write one contract to a file.")
            )
        if not isinstance(content, dict):
            raise _refused(
                self._file, 1, say("The file is no list of fields."), say("Begin with “format: duecourse-contract/1”.")
            )
        return content

    def _node(self, loader: Any, event: Any, path: Path) -> Any:
        line = event.start_mark.line + 1
        self._lines.setdefault(path, line)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused(
                self._file, line, say("Anchors and aliases (& and *) are not used here."), say("Write the value out.")
            )
        if getattr(event, "tag", None) not in (None, "!"):
            raise _refused(
                self._file, line, say("Tags (!) are not used here."), say("Write the value without the tag.")
            )
        if len(path) > _DEEPEST:
            raise _refused(
                self._file,
                line,
                say("The fields are nested too deeply."),
                say("Compare with the contract file format."),
            )
        if isinstance(event, yaml.ScalarEvent):
            return unicodedata.normalize("NFC", event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(loader, path)
        return self._mapping(loader, path)

    def _list(self, loader: Any, path: Path) -> list[Any]:
        entries: list[Any] = []
        while not isinstance(event := loader.get_event(), yaml.SequenceEndEvent):
            entries.append(self._node(loader, event, (*path, len(entries))))
        return entries

    def _mapping(self, loader: Any, path: Path) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        while not isinstance(event := loader.get_event(), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent):
                raise _refused(self._file, line, say("A field's name must be plain text."), say("Write “name: value”."))
            key = unicodedata.normalize("NFC", event.value)
            if key in fields:
                first = self._lines[(*path, key)]
                name = field_name((*path, key))
                raise BadDefinition(
                    [
                        Flaw(
                            self._file,
                            line,
                            name,
                            say("The field is there twice; the first is on line %(line)s.", line=first),
                            say("Keep one."),
                        )
                    ]
                )
            self._lines[(*path, key)] = line
            fields[key] = self._node(loader, loader.get_event(), (*path, key))
        return fields


def _refused(file: str, line: int, problem: str, cure: str) -> BadDefinition:
    return BadDefinition([Flaw(file, line, "", problem, cure)])
