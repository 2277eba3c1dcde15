"""Does every refusal that a person may meet on a page say its sentence in the reader's language?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from duecourse.drafting.apart import _packed, _unpacked
from duecourse.drafting.places import place_said
from duecourse.drafting.refusing import refused
from duecourse.language.collecting import PACKAGE
from duecourse.language.said import Phrase, in_language, say

ENGLISH_ROOMS = Path(__file__).parent / "tables" / "refusals_in_english.txt"
# A NotFound has one page for all, that says neither what is missing nor whose it is.
ERRORS = {"BadInput", "BadExhibit", "Conflict", "NotAllowed"}
# What else is said of a file, and at which of its arguments the texts for people begin.
_FIRST_TEXT = {"refused": 1, "refuse": 1, "unfit": 0, "Flaw": 3}
_SAYS = {"say", "say_in", "say_count"}


def exempt() -> dict[str, str]:
    """Return the files, or folders, whose refusals stay in English, each with the reason."""
    return dict(line.split(None, 1) for line in ENGLISH_ROOMS.read_text(encoding="utf-8").splitlines())


def in_english(source: str) -> list[int]:
    """Return the lines in which an error, or what a line of a file is refused for, gets a plain text."""
    found = []
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        texts = call.args[:1] if name in ERRORS else call.args[_FIRST_TEXT[name] :] if name in _FIRST_TEXT else []
        found += [text.lineno for given in texts for text in _plain(given)]
    return sorted(found)


def findings_in_english(source: str) -> list[int]:
    """Return the lines in which a check of a contract file yields a plain text: where, what is wrong, and the cure."""
    return sorted(
        text.lineno
        for each in ast.walk(ast.parse(source))
        if isinstance(each, ast.Yield) and isinstance(each.value, ast.Tuple) and len(each.value.elts) == 3
        for given in each.value.elts[1:]
        for text in _plain(given)
    )


def _plain(given: ast.expr) -> Iterator[ast.expr]:
    """Yield what joins or writes out a text; what a name stands for was made elsewhere, and is looked at there."""
    match given:
        case ast.IfExp(body=body, orelse=orelse):
            yield from _plain(body)
            yield from _plain(orelse)
        case ast.Constant(value=str(text)) if any(letter.isalpha() for letter in text):
            yield given
        case ast.JoinedStr() | ast.BinOp():
            yield given


def _sentences_by_name(source: str) -> list[int]:
    """Return the lines in which a constant is plain English and is raised by its name."""
    tree = ast.parse(source)
    raised = {
        arg.id
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ERRORS | {"refused"}
        for arg in call.args[:1]
        if isinstance(arg, ast.Name)
    }
    return [
        each.lineno
        for each in ast.walk(tree)
        if isinstance(each, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id in raised for target in each.targets)
        and list(_plain(each.value))
    ]


def test_what_a_person_is_refused_is_said_in_every_language() -> None:
    kept = tuple(exempt())
    wrong = [
        f"{name}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not (name := path.relative_to(PACKAGE).as_posix()).startswith(kept)
        for source in [path.read_text(encoding="utf-8")]
        for line in (*in_english(source), *_sentences_by_name(source))
    ]
    assert wrong == [], "say these by say(…), or give the reason in tests/tables/refusals_in_english.txt"


def test_what_is_wrong_in_a_contract_file_is_said_in_every_language() -> None:
    files = sorted((PACKAGE / "definitions").glob("*.py"))
    assert [f"{path.name}:{line}" for path in files for line in findings_in_english(path.read_text("utf-8"))] == []
    assert findings_in_english('yield here, "No.", say("Do.")') == [1] == findings_in_english('yield a, b, f"{c} no."')


def test_no_message_stands_where_extraction_does_not_look() -> None:
    # What is said within an f-string never comes into a catalogue.
    lost = [
        f"{path.relative_to(PACKAGE)}:{call.lineno}"
        for path in PACKAGE.rglob("*.py")
        for outer in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(outer, ast.JoinedStr)
        for call in ast.walk(outer)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in _SAYS
    ]
    assert lost == []


def test_nothing_is_exempt_that_has_no_plain_refusal() -> None:
    found = {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    needless = [
        kept
        for kept in exempt()
        if not any(in_english(source) for name, source in found.items() if name.startswith(kept))
    ]
    assert needless == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('raise BadInput("No.")', [1]),
        ('raise Conflict(f"{name} is there.")', [1]),
        ('raise NotAllowed("One." if x else say("Two."))', [1]),
        ('raise BadInput("One " + two)', [1]),
        ('raise BadInput(say("One %(two)s.", two="2"))', []),
        ('line.refuse("email", "It is empty.", say("Fill it in."))', [1]),
        ('raise refused(file, "", say("It is empty."), CURE)', []),
        ('raise NotFound("There is none.")', []),
        ('raise unfit("No.", say("Do."))', [1]),
        ('Flaw(file, 1, "", "No.", say("Do."))', [1]),
    ],
)
def test_the_search_finds_plain_texts(source: str, lines: list[int]) -> None:
    assert in_english(source) == lines


def test_an_exhibit_that_another_process_refused_is_refused_in_the_readers_language() -> None:
    error = refused(
        "a.pdf", "page 3, line 2", say("It has more than %(number)s rows.", number=5), say("Save it again.")
    )
    back = _unpacked(_packed(error.args[0]))
    assert isinstance(back, Phrase) and str(back) == str(error)
    assert in_language(back, "es").startswith("a.pdf, página 3, línea 2: ")
    assert in_language(back, "es").endswith("Guárdelo de nuevo.")


@pytest.mark.parametrize(
    ("where", "spanish"),
    [
        ("row 7 of sheet “Year 2, row 9 of it”", "fila 7 de la hoja «Year 2, row 9 of it»"),
        ("page 2, table row 4", "página 2, fila 4 de la tabla"),
        ("page 2, line 4", "página 2, línea 4"),
        ("table 1, row 12", "tabla 1, fila 12"),
        ("paragraph 9", "párrafo 9"),
        ("line 3", "línea 3"),
        ("somewhere else", "somewhere else"),
    ],
)
def test_every_place_in_an_exhibit_is_said(where: str, spanish: str) -> None:
    assert place_said(where) == where and in_language(place_said(where), "es") == spanish
