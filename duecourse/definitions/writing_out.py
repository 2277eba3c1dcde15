"""How is a definition written as the text of a contract file, as a person would type it?"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from duecourse.definitions.grammar import ContractFile

# What the parser takes for text from its first letter to its last, wherever it stands.
_PLAIN = re.compile(r"[A-Za-z0-9(/.“][^#:\n{}\[\]&*!|>%@`\"\\\t]*")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}")
_NUMBER = re.compile(r"[0-9]+\.[0-9]+")
_WIDEST = 116


def text_of(file: ContractFile) -> str:
    """Return a definition as the text of a contract file, without what stands in it by default.

    Comments of the file that it was read from are not kept; a definition does not hold them.
    """
    content = file.model_dump(mode="json", exclude_defaults=True)
    lines = [f"format: {file.format}"]
    for name, value in content.items():
        if name != "format":
            lines += ["", *_field(name, value, 0)]
    return "\n".join(lines) + "\n"


def scalar(text: str) -> str:
    """Return a text as YAML takes it for the same text: plain where that is certain, else in quotation marks."""
    if _NUMBER.fullmatch(text):
        return f'"{text}"'
    if (_PLAIN.fullmatch(text) and text == text.strip()) or _TIME.fullmatch(text):
        return text
    return json.dumps(text, ensure_ascii=False)


def prose(name: str, text: str, depth: int) -> list[str]:
    """Return a field that may be long, broken into lines as one folded text."""
    pad = " " * depth
    one = f"{pad}{name}: {scalar(text)}"
    # A text in quotation marks may be broken anywhere at a space, and a plain one as well.
    if len(one) <= _WIDEST or "\\" in one:
        return [one]
    return textwrap.wrap(one, _WIDEST, subsequent_indent=pad + "  ", break_long_words=False, break_on_hyphens=False)


def _field(name: str, value: Any, depth: int) -> Iterator[str]:
    pad = " " * depth
    if isinstance(value, Mapping):
        if not value:
            yield f"{pad}{_key(name)}: {{}}"
            return
        yield f"{pad}{_key(name)}:"
        for inner, one in value.items():
            if one is not None:
                yield from _field(inner, one, depth + 2)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        if not value:
            yield f"{pad}{_key(name)}: []"
            return
        yield f"{pad}{_key(name)}:"
        for one in value:
            yield from _entry(one, depth + 2)
    else:
        yield from prose(_key(name), _said(value), depth)


def _entry(value: Any, depth: int) -> Iterator[str]:
    pad = " " * depth
    if not isinstance(value, Mapping):
        yield f"{pad}- {scalar(_said(value))}"
        return
    first = True
    for inner, one in value.items():
        if one is None:
            continue
        for line in _field(inner, one, depth + 2):
            yield f"{pad}- {line[depth + 2 :]}" if first else line
            first = False


def _key(name: str) -> str:
    return scalar(name)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
