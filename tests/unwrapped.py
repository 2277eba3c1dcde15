"""Which texts of a page template, or of a page, would a reader of another language see in English?"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from jinja2 import Environment

_SAYS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
_SHOWN = {"title", "aria-label", "alt", "placeholder", "aria-description", "aria-roledescription"}
_HIDDEN = {"script", "style", "svg"}
_LETTERS = re.compile(r"[^\W\d_]{2}")
_PROSE = re.compile(r"[A-Z][a-z]|[A-Za-z,.;:]+ [A-Za-z]")
# Names that are the same in every language.
_NAMES = re.compile(
    r"\b(?:Duecourse|Teams|Slack|Apple|Outlook|Google|PDF|CSV|XLSX|JSON|ZIP|FTE|SHA|Prefect|Excel|nbsp)\b"
)
_VALUE = "\N{REPLACEMENT CHARACTER}"
OPEN, CLOSE = "⟦", "⟧"
"""Between these stands what a pseudo-translation said."""


def unwrapped(source: str) -> list[str]:
    """Return the texts and attributes of a Jinja template that no ``_()`` and no ``{% trans %}`` says."""
    html, literals = _without_expressions(source)
    return [*_shown_by(html), *literals]


def unsaid(html: str, *, data: tuple[str, ...] = ()) -> list[str]:
    """Return the texts of a page made in the pseudo-language that were not said in it, but for the `data` it shows."""
    said, count = html, 1
    while count:
        # What is said may hold what is said: the innermost first.
        said, count = re.subn(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", _VALUE, said)
    for each in data:
        said = said.replace(each, _VALUE)
    return _shown_by(said)


def _without_expressions(source: str) -> tuple[str, list[str]]:
    html, literals = "", []
    in_trans, starts_block, depth = False, False, 0
    calls: list[int] = []
    before = ""
    for _, kind, value in Environment().lex(source):
        if kind == "data":
            html += "" if in_trans else value
        elif kind == "variable_begin":
            html, calls, depth = html + ("" if in_trans else _VALUE), [], 0
        elif kind == "block_begin":
            starts_block, calls, depth = True, [], 0
        elif kind == "name" and starts_block:
            in_trans = value == "trans" or (in_trans and value != "endtrans")
            html += _VALUE if value == "trans" else ""
            starts_block = False
        elif kind == "operator" and value == "(":
            depth += 1
            if before in _SAYS:
                calls.append(depth)
        elif kind == "operator" and value == ")":
            if calls and calls[-1] == depth:
                calls.pop()
            depth -= 1
        elif kind == "string" and not calls and _PROSE.search(value) and not in_trans:
            literals.append(value[1:-1])
        if kind != "whitespace":
            before = value
    return html, literals


def _shown_by(html: str) -> list[str]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [text for text in reader.found if _LETTERS.search(_NAMES.sub("", text))]


class _Reader(HTMLParser):
    """Collects what people see or hear of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        self.found += [value for name, value in attrs if name in _SHOWN and value]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found += [line.strip() for line in data.splitlines() if line.strip()]
