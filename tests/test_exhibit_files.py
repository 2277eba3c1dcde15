"""Is a file that is no exhibit, or was made to break its reader, refused in words with its place and the cure?"""

from __future__ import annotations

import io
import random
import re
import zipfile
import zlib
from collections.abc import Callable
from datetime import date

import docx
import exhibits
import openpyxl
import pytest
import reportlab.lib.pdfencrypt
from docx.oxml.ns import qn
from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from duecourse.drafting import apart
from duecourse.drafting.apart import read_apart, read_here
from duecourse.drafting.draft import draft
from duecourse.drafting.facts import Facts
from duecourse.drafting.kinds import LARGEST, read_exhibit
from duecourse.drafting.written import written
from duecourse.errors import BadExhibit

COUNTY = exhibits.county()
FACTS = Facts(calendar="US-WA", zone="America/Los_Angeles")
DUE = [date(2021, month, 20) for month in range(8, 13)]
SMALL = exhibits.of_dates("Monthly Report", DUE, "FY22")


def repacked(data: bytes, change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None) -> bytes:
    """Return an Office file with each member changed, and some more in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, change(member.filename, old.read(member)))
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return out.getvalue()


def in_sheet(before: bytes, after: bytes) -> bytes:
    """Return a small workbook with one text of its sheet replaced."""
    return repacked(
        exhibits.as_workbook(SMALL),
        lambda name, content: content.replace(before, after) if name.startswith("xl/worksheets/") else content,
    )


def with_formula(cached: str) -> bytes:
    """Return a workbook in which the first date is a formula, with the value that Excel saved, or none."""
    cell = b'<c r="C4" s="1"><f>DATE(2021,8,20)</f>' + (f"<v>{cached}</v>" if cached else "<v/>").encode() + b"</c>"
    out = repacked(exhibits.as_workbook(SMALL), lambda name, content: _with_cell(content, cell))
    assert out != exhibits.as_workbook(SMALL)
    return out


def _with_cell(content: bytes, cell: bytes) -> bytes:
    start = content.find(b'<c r="C4"')
    return content if start < 0 else content[:start] + cell + content[content.index(b"</c>", start) + 4 :]


def zip_bomb() -> bytes:
    """Return a workbook of a few hundred kilobytes that holds half a gigabyte."""
    return repacked(exhibits.as_workbook(SMALL), lambda _, content: content, {"xl/media/a.xml": b" " * 500_000_000})


def picture() -> bytes:
    """Return a PDF without any text."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=letter)
    canvas.rect(10, 10, 100, 100)
    canvas.save()
    return out.getvalue()


def locked() -> bytes:
    """Return a PDF that asks for a password."""
    out = io.BytesIO()
    canvas = Canvas(out, encrypt=reportlab.lib.pdfencrypt.StandardEncryption("secret", canPrint=0))
    canvas.drawString(10, 10, "Report")
    canvas.save()
    return out.getvalue()


ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
ARCHIVE = io.BytesIO()
with zipfile.ZipFile(ARCHIVE, "w") as _zip:
    _zip.writestr("inner.zip", b"PK\x03\x04")

# A name, the content, and words of the refusal.
REFUSED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "empty": ("a.csv", lambda: b"", "There is nothing in it."),
    "blank": ("a.csv", lambda: b" \n\n", "There is nothing in it."),
    "too large": ("a.csv", lambda: b"x" * (LARGEST + 1), "larger than 10 MB"),
    "an old workbook": ("a.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "before 2007"),
    "a page that is called PDF": ("a.pdf", lambda: b"<!DOCTYPE html><p>hello", "a web page"),
    "an archive of archives": ("a.xlsx", ARCHIVE.getvalue, "neither a workbook nor a document"),
    "half a workbook": ("a.xlsx", lambda: exhibits.as_workbook(SMALL)[:3000], "damaged"),
    "a bomb": ("a.xlsx", zip_bomb, "too large inside"),
    "an entity": ("a.xlsx", lambda: in_sheet(b"<worksheet", ENTITY + b"<worksheet"), "entities"),
    "macros": (
        "a.xlsm",
        lambda: repacked(exhibits.as_workbook(SMALL), lambda _, content: content, {"xl/vbaProject.bin": b"x"}),
        "macros",
    ),
    "a cell as wide as the sheet": (
        "a.xlsx",
        lambda: in_sheet(b'ref="A1:C1"', b'ref="A1:XFD1048576"'),
        "more than 100,000 cells",
    ),
    "a row far away": (
        "a.xlsx",
        lambda: in_sheet(b'<row r="3"', b'<row r="1048570"><c r="XFD1048570"><v>1</v></c></row><row r="3"'),
        "more than",
    ),
    "a formula without its value": (
        "a.xlsx",
        lambda: with_formula(""),
        "cell C4 of sheet “Year 1”: It holds a formula",
    ),
    "a PDF of pictures": ("a.pdf", picture, "its pages are pictures"),
    "a locked PDF": ("a.pdf", locked, "password"),
    "half a PDF": ("a.pdf", lambda: exhibits.as_pdf(SMALL)[:700], "a.pdf: "),
    "quotes that never close": (
        "a.csv",
        lambda: b'#,Deliverable,Due Date\n1,"Report,7/1/2021\n2,Other,7/2/2021\n',
        "a.csv, line 2: A quotation mark opens here",
    ),
    "cut off within a letter": ("a.csv", lambda: "#,Report,Due Date\n1,é".encode()[:-1], "line 2: The file is cut off"),
    "bytes": ("a.csv", lambda: b"#,Report,Due Date\n1,\x00\x01,7/1/2021\n", "line 2: This is no text"),
    "no table": ("a.txt", lambda: b"The contractor shall report.\n", "No table of deliverables was found"),
    "a table of money": (
        "a.txt",
        lambda: b"Payment Point\tBudget\tLimit\nTravel\t$0.00\t\n",
        "No table of deliverables",
    ),
    "names with paths": ("../../etc/passwd\0.csv", lambda: b"x", "passwd"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_file_is_refused_with_its_name_its_place_and_the_cure(case: str) -> None:
    name, make, says = REFUSED[case]
    with pytest.raises(BadExhibit) as refused:
        draft(read_exhibit(make(), name=name), FACTS)
    assert says in str(refused.value) and str(refused.value).endswith(".")
    assert "/etc" not in str(refused.value) and "\0" not in str(refused.value)


def test_a_formula_counts_with_the_value_that_was_saved() -> None:
    made = draft(read_exhibit(with_formula("44428"), name="a.xlsx"), FACTS)
    assert made.printed[0].on == date(2021, 8, 20) and made.rows == 5


def test_a_sheet_that_is_hidden_is_not_read() -> None:
    book = openpyxl.load_workbook(io.BytesIO(exhibits.as_workbook(COUNTY)))
    book.worksheets[1].sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    assert {each.exhibit for each in draft(read_exhibit(out.getvalue(), name="a"), FACTS).printed} == {"FY22"}


def test_text_that_was_inserted_while_changes_were_tracked_counts_and_what_was_deleted_does_not() -> None:
    document = docx.Document(io.BytesIO(exhibits.as_document(SMALL)))
    body = document.element.body
    (cell,) = [each for each in body.iter(qn("w:t")) if each.text == "Friday, August 20, 2021"]
    run = cell.getparent()
    gone, new = run.makeelement(qn("w:del"), {}), run.makeelement(qn("w:ins"), {})
    run.addnext(new)
    run.addnext(gone)
    new.append(_run(run, "w:t", "Monday, August 23, 2021"))
    gone.append(run)
    cell.tag = qn("w:delText")
    out = io.BytesIO()
    document.save(out)
    made = draft(read_exhibit(out.getvalue(), name="a.docx"), FACTS)
    assert made.printed[0].on == date(2021, 8, 23)
    assert any("Changes are tracked" in doubt for doubt in made.doubts)


def _run(like: object, name: str, text: str) -> object:
    made = like.makeelement(qn("w:r"), {})  # type: ignore[attr-defined]
    said = made.makeelement(qn(name), {})
    said.text = text
    made.append(said)
    return made


def test_a_document_with_a_cell_wider_than_a_table_is_refused() -> None:
    wide = repacked(
        exhibits.as_document(SMALL),
        lambda name, content: content.replace(b'w:gridSpan w:val="3"', b'w:gridSpan w:val="999999999"'),
    )
    with pytest.raises(BadExhibit, match="merged over more columns"):
        read_exhibit(wide, name="a.docx")


def test_a_file_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "_SECONDS", 0.01)
    with pytest.raises(BadExhibit, match="takes too long"):
        read_apart("pdf", exhibits.as_pdf(SMALL), file="a.pdf")


def test_a_file_that_takes_too_much_memory_is_given_up_and_the_server_is_not_hurt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apart, "_MEMORY", 700 * 1024**2)
    assert read_apart("pdf", exhibits.as_pdf(SMALL), file="a.pdf").rows
    # A small stream of spaces is read, and is found to be without text.
    with pytest.raises(BadExhibit, match="its pages are pictures"):
        read_apart("pdf", with_stream(1024**2), file="a.pdf")
    with pytest.raises(BadExhibit, match=r"cannot be read here|damaged"):
        read_apart("pdf", with_stream(800 * 1024**2), file="a.pdf")


def with_stream(size: int) -> bytes:
    """Return a PDF of one page, said by a stream that holds `size` bytes once it is unpacked."""
    packer = zlib.compressobj(1)
    block = b" " * 1024**2
    packed = b"".join(packer.compress(block) for _ in range(size // len(block))) + packer.flush()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << >> >>",
        b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 5\n0000000000 65535 f \n" + table
    return out + head + b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)


SEEDS: dict[str, Callable[[], bytes]] = {
    "text": lambda: exhibits.as_text(COUNTY[1:]),
    "csv": lambda: exhibits.as_csv(COUNTY[1:], separator=","),
    "workbook": lambda: exhibits.as_workbook(SMALL),
    "document": lambda: exhibits.as_document(SMALL),
    "pdf": lambda: exhibits.as_pdf(SMALL),
}


@pytest.mark.parametrize("kind", SEEDS)
def test_five_hundred_mutations_over_all_kinds_are_drafted_or_refused_in_words(kind: str) -> None:
    original, chance = SEEDS[kind](), random.Random(6)
    outcomes = {"drafted": 0, "refused": 0}
    for _ in range(100):
        data = mutated(original, chance, within=kind in ("workbook", "document"))
        try:
            made = draft(_read(kind, data), FACTS)
            written(made)
            outcomes["drafted"] += 1
        except BadExhibit:
            outcomes["refused"] += 1
    # Both happen: mutations that are all refused, or never, would try nothing.
    assert all(outcomes.values()), outcomes


def _read(kind: str, data: bytes) -> object:
    if kind in ("text", "csv"):
        return read_exhibit(data, name="a")
    return read_here("pdf" if kind == "pdf" else "office", data, file="a")


def mutated(data: bytes, chance: random.Random, *, within: bool) -> bytes:
    """Return the bytes with a few of them changed, cut out or doubled; `within` a member of an archive mostly."""
    if within and chance.random() < 0.7:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
        victim = chance.choice([name for name in names if re.search("sheet1|document.xml|styles", name)])
        return repacked(
            data, lambda name, content: mutated(content, chance, within=False) if name == victim else content
        )
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(out))
        match chance.randrange(5):
            case 0:
                out[at] = chance.randrange(256)
            case 1:
                del out[at : at + chance.randint(1, 40)]
            case 2:
                out[at:at] = out[at : at + chance.randint(1, 60)]
            case 3:
                out[at : at + 1] = str(chance.randint(0, 10**9)).encode()
            case 4:
                other = chance.randrange(len(out))
                out[at], out[other] = out[other], out[at]
    return bytes(out)
