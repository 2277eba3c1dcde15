"""Which words does a PDF show? Enough of a reader for what `reportlab` writes: no other PDF is meant."""

from __future__ import annotations

import base64
import re
import zlib


def pdf_text(data: bytes) -> str:
    """Return the text of every page, line by line, as the fonts' own tables translate it (ISO 32000-1, 9.10.3)."""
    objects = {int(number): body for number, body in re.findall(rb"(\d+) 0 obj\s(.*?)\sendobj", data, re.DOTALL)}
    fonts = {
        name.decode(): _table(_stream(objects[int(table[1])]))
        for body in objects.values()
        if b"/Type /Font" in body and (table := re.search(rb"/ToUnicode (\d+) 0 R", body))
        for name in re.findall(rb"/Name /(\S+)", body)
    }
    pages = [body for body in objects.values() if re.search(rb"/Type /Page\b(?!s)", body)]
    shown = []
    for page in pages:
        found = re.search(rb"/Contents (\d+) 0 R", page)
        assert found is not None
        shown.append(_shown(_stream(objects[int(found[1])]).decode("latin-1"), fonts))
    return "\n".join(shown)


def _stream(body: bytes) -> bytes:
    found = re.search(rb"stream\r?\n(.*?)\r?\n?endstream", body, re.DOTALL)
    assert found is not None
    content = found[1]
    if b"/ASCII85Decode" in body:
        content = base64.a85decode(content.strip().removesuffix(b"~>"))
    return zlib.decompress(content) if b"/FlateDecode" in body else content


def _table(cmap: bytes) -> dict[int, str]:
    pairs = re.findall(rb"^<(\w{2})> <(\w{4})>$", cmap, re.MULTILINE)
    return {int(code, 16): chr(int(target, 16)) for code, target in pairs}


def _shown(content: str, fonts: dict[str, dict[int, str]]) -> str:
    lines, table = [""], dict[int, str]()
    token = re.compile(r"/(\S+) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj|T\*|\bBT\b", re.DOTALL)
    for found in token.finditer(content):
        if found[1]:
            table = fonts.get(found[1], {})
        elif found[2] is not None:
            lines[-1] += "".join(table.get(ord(character), character) for character in _unescaped(found[2]))
        else:
            lines.append("")
    return "\n".join(line.strip() for line in lines if line.strip())


def _unescaped(text: str) -> str:
    plain = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
    return re.sub(
        r"\\([0-7]{1,3}|.)",
        lambda found: chr(int(found[1], 8)) if found[1][0] in "01234567" else plain.get(found[1], found[1]),
        text,
        flags=re.DOTALL,
    )
