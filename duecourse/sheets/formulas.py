"""Which text would a spreadsheet take for a formula, and how is it marked as text, and read back?"""

from __future__ import annotations

import re

# An equals, plus or minus sign, or an at sign, begins a formula, also in the full width that an Asian keyboard types,
# and behind blanks and unseen characters that programs drop. A tab or a line break in front makes some of them begin a
# cell of their own.
_BEGINS = (
    r"[\s\x00-\x20\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufffd]*"
    r"[=+\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b]"
)
_FORMULA = re.compile(rf"'*(?:{_BEGINS}|[\t\r\n\x00\ufffd])")
_MARKED = re.compile(rf"'+(?:{_BEGINS}|[\t\r\n\x00\ufffd])")


def is_formula(text: str) -> bool:
    """Tell whether a program could take a text for a formula, with or without marks in front of it."""
    return _FORMULA.match(text) is not None


def marked(text: str) -> str:
    """Return a text that no program evaluates: with an apostrophe in front where it would."""
    return f"'{text}" if is_formula(text) else text


def unmarked(text: str) -> str:
    """Return the text that `marked` marked; every other text as it is, such as one about the ’Ohana Center."""
    return text[1:] if _MARKED.match(text) else text
