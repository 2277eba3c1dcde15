"""Which text do the bytes of a mail stand for, whatever their character set claims to be?"""

from __future__ import annotations

import codecs
import html
import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message

_LONGEST_HEADER = 4_000
_LONGEST_PART = 200_000
_TURNING = frozenset("\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff")
# These are no character sets of mails, and some of them take long to decode.
_NO_CHARSETS = {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "utf-7"}
_TAG = re.compile(r"/?[a-z0-9]{1,20}")
_BREAKS = {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "blockquote"}
_UNSEEN = {"script", "style", "head", "title", "template"}


def clean(text: str, *, lines: bool = False) -> str:
    """Return `text` without control characters and without marks that turn or hide it, as one line or as several."""
    composed = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    kept = "".join(
        character
        if character == "\n" or (unicodedata.category(character) not in ("Cc", "Cs") and character not in _TURNING)
        else " "
        for character in composed.replace("\r\n", "\n").replace("\r", "\n")
    )
    if not lines:
        return " ".join(kept.split())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in kept.split("\n"))).strip()


def header_of(part: Message, name: str) -> str:
    """Return a header's text as one line, empty when it is missing; bytes that nobody encoded are taken for UTF-8."""
    raw = next((str(value) for key, value in part.raw_items() if key.lower() == name), "")
    said = raw[:_LONGEST_HEADER].encode("utf-8", "surrogateescape")
    return clean(decoded(_in(said, "utf-8")))


def decoded(header: str) -> str:
    """Return a header's text with its encoded words read (RFC 2047), and what cannot be read as it stands."""
    try:
        pieces = decode_header(header)
    except (HeaderParseError, ValueError):
        return header
    return "".join(
        said if isinstance(said, str) else _in(said, charset or "ascii", header_bytes=charset is None)
        for said, charset in pieces
    )


def text_of(part: Message) -> str:
    """Return the text of one part, without the marks of HTML."""
    payload = part.get_payload(decode=True)
    content = payload[:_LONGEST_PART] if isinstance(payload, bytes) else b""
    charset = part.get_param("charset", "utf-8")
    text = _in(content, charset if isinstance(charset, str) else "utf-8")
    return clean(_without_marks(text) if part.get_content_type() == "text/html" else text, lines=True)


def _in(content: bytes, charset: str, *, header_bytes: bool = False) -> str:
    # `decode_header` hands back what was not encoded as raw bytes; 8-bit ones there are most often UTF-8.
    tried = ("utf-8",) if header_bytes else (charset, "utf-8")
    for name in tried:
        try:
            if codecs.lookup(name).name.replace("_", "-") not in _NO_CHARSETS:
                return content.decode(name)
        except (LookupError, ValueError):
            continue
    return content.decode("latin-1")


def _without_marks(marked: str) -> str:
    """Return the text of HTML, in one pass: the library's parser takes the square of what it cannot make sense of."""
    said, at = list[str](), 0
    small = marked.lower()
    while (opens := marked.find("<", at)) >= 0:
        said.append(marked[at:opens])
        is_comment = marked.startswith("<!--", opens)
        closes = marked.find("-->" if is_comment else ">", opens)
        if closes < 0:
            at = len(marked)
            break
        name = _TAG.match(small, opens + 1)
        at = closes + 1
        if name is not None and name[0] in _UNSEEN:
            end = small.find(f"</{name[0]}", at)
            at = end if end >= 0 else len(marked)
        elif name is not None and name[0].lstrip("/") in _BREAKS:
            said.append("\n")
    said.append(marked[at:])
    return re.sub(r"[ \t]+", " ", html.unescape("".join(said)))
