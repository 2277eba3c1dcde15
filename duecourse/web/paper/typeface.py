"""In which type is paper set, and what becomes of a character that it lacks?

It is set in Bitstream Vera, which comes with `reportlab`, is embedded in every file, and has the letters of western
European languages and curly quotes. A character that it lacks is printed as its Unicode number, such as [U+5831].
"""

from __future__ import annotations

from functools import lru_cache
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

REGULAR, BOLD = "Vera", "VeraBd"
INK, FAINT, LINE = HexColor("#18211e"), HexColor("#55625d"), HexColor("#c9d0cc")
TEXT = ParagraphStyle("text", fontName=REGULAR, fontSize=8.5, leading=11.5, textColor=INK, splitLongWords=True)


class Type:
    """Sets text in the type that there is, and remembers whether a character was lacking."""

    def __init__(self) -> None:
        self.lacks = False
        self._known = _known_characters()

    def line(self, text: str, style: ParagraphStyle) -> Paragraph:
        """Return a paragraph; a line break in the text is one on paper."""
        return Paragraph(self.marked_up(text), style)

    def marked_up(self, text: str) -> str:
        """Return a text as `Paragraph` takes it, with nothing in it that would be read as a tag."""
        return escape(self.plain(text)).replace("\n", "<br/>")

    def plain(self, text: str) -> str:
        """Return a text with the number of each character that is lacking in its place."""
        shown = []
        for character in text:
            known = character == "\n" or ord(character) in self._known
            self.lacks = self.lacks or not known
            shown.append(character if known else f"[U+{ord(character):04X}]")
        return "".join(shown)


@lru_cache(maxsize=1)
def _known_characters() -> frozenset[int]:
    regular = TTFont(REGULAR, "Vera.ttf")
    pdfmetrics.registerFont(regular)
    pdfmetrics.registerFont(TTFont(BOLD, "VeraBd.ttf"))
    return frozenset(code for code, glyph in regular.face.charToGlyph.items() if glyph) | {0x20, 0xA0}
