"""How does a receipt look on paper? The JSON receipt holds what its type lacks."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch
from reportlab.platypus import KeepTogether, SimpleDocTemplate, Spacer, Table, TableStyle

from duecourse.tracking.proof.receipt_words import ReceiptWords
from duecourse.web.paper.typeface import BOLD, FAINT, LINE, REGULAR, TEXT, Type

_TERM = ParagraphStyle("term", parent=TEXT, textColor=FAINT)
_TITLE = ParagraphStyle("title", parent=TEXT, fontName=BOLD, fontSize=17, leading=21)
_HEADING = ParagraphStyle("heading", parent=TEXT, fontName=BOLD, fontSize=10.5, leading=13, spaceBefore=8, spaceAfter=3)
_SMALL = ParagraphStyle("small", parent=TEXT, fontSize=7.5, leading=10.5, textColor=FAINT)
_TERM_WIDTH, _WIDTH, _PADDING = 1.35 * inch, 6.9 * inch, 6


def receipt_pdf(said: ReceiptWords, *, sha256: str, address: str, key_address: str, fingerprint: str) -> bytes:
    """Return a receipt as PDF. The same receipt gives the same bytes.

    `address` is where anybody who holds it can check it, `fingerprint` that of the key that signs the JSON receipt.
    """
    paper = _Paper()
    story: list[Any] = [
        paper.line(f"Receipt {said.number}", _SMALL),
        paper.line(said.report, _TITLE),
        paper.line(f"{said.occurrence}. {said.verdict}.", TEXT),
        *paper.section("What came in", said.came_in),
        *paper.section(
            "Files",
            [(name, f"{size:,} bytes, SHA-256 {sha}") for name, size, sha in said.files]
            or [("", "No file was handed in.")],
        ),
        *paper.section("What was asked for", said.asked_for),
        *paper.section(
            "Why it was due then", [(f"{n}.", step) for n, step in enumerate(said.why, start=1)], term=0.3 * inch
        ),
        *paper.section("Recorded with it", said.recorded),
        paper.how_to_check(said, sha256=sha256, address=address, key_address=key_address, fingerprint=fingerprint),
    ]
    if paper.lacks:
        story.append(
            paper.line(
                "A number such as [U+5831] stands for a character that this paper’s type does not have. The JSON "
                "receipt has it.",
                _SMALL,
            )
        )
    file = BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=letter,
        leftMargin=(letter[0] - _WIDTH) / 2 - _PADDING,
        rightMargin=(letter[0] - _WIDTH) / 2 - _PADDING,
        topMargin=0.5 * inch,
        bottomMargin=0.65 * inch,
        title=f"Receipt {said.number}: {said.report}, {said.occurrence}",
        author="Duecourse",
        lang="en-US",
        invariant=1,
    )
    document.build(story, onFirstPage=_foot(said), onLaterPages=_foot(said))
    return file.getvalue()


class _Paper(Type):
    """Sets the parts of a receipt."""

    def section(self, heading: str, pairs: Any, *, term: float = _TERM_WIDTH) -> list[Any]:
        rows = [[self.line(name, _TERM), self.line(value, TEXT)] for name, value in pairs]
        table = Table(rows, colWidths=[term, _WIDTH - term], hAlign="LEFT")
        table.setStyle(
            TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("LEFTPADDING", (0, 0), (0, -1), 0),
                    ("TOPPADDING", (0, 0), (-1, -1), 1),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
                ]
            )
        )
        return [self.line(heading, _HEADING), table]

    def how_to_check(self, said: ReceiptWords, *, sha256: str, address: str, key_address: str, fingerprint: str) -> Any:
        words = [
            self.line("How to check this receipt", _HEADING),
            self.line(
                f"Open {address}, or point a phone at the square: it shows whether the hash below is recorded. "
                "No account is needed.",
                TEXT,
            ),
            Spacer(1, 4),
            self.line(
                f"Paper can be altered, so whoever relies on the words checks the signed JSON receipt, also without a "
                f"network: take the server’s key, {key_address}, and run “duecourse verify receipt.json --key "
                "server.pem”. A single changed byte fails.",
                TEXT,
            ),
            Spacer(1, 4),
            self.line(f"SHA-256 of the receipt: {sha256}", _SMALL),
            self.line(f"Fingerprint of the key: {fingerprint}", _SMALL),
        ]
        square = Drawing(1.15 * inch, 1.15 * inch)
        square.add(QrCodeWidget(address, barWidth=1.15 * inch, barHeight=1.15 * inch, barLevel="L"))
        table = Table([[words, square]], colWidths=[_WIDTH - 1.35 * inch, 1.35 * inch], hAlign="LEFT")
        table.setStyle(
            TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("LINEABOVE", (0, 0), (-1, 0), 0.6, LINE),
                    ("LEFTPADDING", (0, 0), (0, -1), 0),
                    ("RIGHTPADDING", (1, 0), (1, 0), 0),
                    ("ALIGN", (1, 0), (1, 0), "RIGHT"),
                ]
            )
        )
        return KeepTogether([Spacer(1, 10), table])


def _foot(said: ReceiptWords) -> Any:
    def draw(canvas: Any, document: Any) -> None:
        canvas.setFont(REGULAR, 7.5)
        canvas.setFillColor(FAINT)
        canvas.drawString(document.leftMargin + _PADDING, 0.45 * inch, f"Receipt {said.number}, {said.uid}")
        canvas.drawRightString(letter[0] - document.rightMargin - _PADDING, 0.45 * inch, f"Page {document.page}")

    return draw
