"""Is a bad contract file refused whole, with the file, the line, the field and the cure?"""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from duecourse.definitions.reading import SHIPPED, read_contract, shipped_contracts
from duecourse.definitions.resolved import line_numbers
from duecourse.definitions.schema import json_schema
from duecourse.errors import BadDefinition, Flaw
from duecourse.language.said import Said, in_language

TODAY = date(2026, 11, 22)

GOOD = """\
format: duecourse-contract/1
contract:
  id: sample
  number: S-1
  name: A sample
  funder: A funder
  contractor: A contractor
  starts: 2026-07-01
  ends: 2027-07-31
  time_zone: America/Los_Angeles
  calendar: US-WA
  fiscal_year_starts: July
  when_closed:
    roll: following
    cut_off: 08:00
exhibits:
  FY27:
    services_from: 2026-07-01
    services_to: 2027-06-30
    last_day: 2027-07-31
obligations:
  - id: report
    title: Report
    schedule: monthly-enrollment
    clause: Section 1
    owed_by: contractor
    owed_to: funder
    channel: portal
    every: month
    due:
      rule: day-of-month
      day: 20
    lines:
      FY27: 2.01 to 2.12
"""

# What is replaced, by what, what the named line holds, the field, and a word of the problem and of the cure.
BAD = [
    (
        "starts: 2026-07-01",
        "starts: 2027-02-29",
        "starts: 2027-02-29",
        "contract.starts",
        "no day",
        "month and the day",
    ),
    (
        "starts: 2026-07-01",
        "starts: 07/01/2026",
        "starts: 07/01/2026",
        "contract.starts",
        "not a date",
        "year-month-day",
    ),
    ("starts: 2026-07-01", "starts: 20260701", "starts: 20260701", "contract.starts", "not a date", "year-month-day"),
    (
        "starts: 2026-07-01",
        "starts: 2026-W27-3",
        "starts: 2026-W27-3",
        "contract.starts",
        "not a date",
        "year-month-day",
    ),
    (
        "starts: 2026-07-01",
        "starts: ２０２６-07-01",
        "starts: ２０２６-07-01",
        "contract.starts",
        "not a date",
        "year-month-day",
    ),
    ("starts: 2026-07-01", "starts: 0026-07-01", "starts: 0026-07-01", "contract.starts", "cannot be right", "1990"),
    ("ends: 2027-07-31", "ends: 2025-07-31", "ends: 2025-07-31", "contract.ends", "before it starts", "both dates"),
    ("ends: 2027-07-31", "ends:", "ends:", "contract.ends", "not a date", "year-month-day"),
    ("channel: portal", "chanel: portal", "chanel: portal", "obligations[1].chanel", "no such field", "“channel”"),
    (
        "channel: portal",
        "channel: portal\n    channel: mail",
        "channel: mail",
        "obligations[1].channel",
        "twice",
        "Keep one",
    ),
    ("    channel: portal\n", "", "- id: report", "obligations[1].channel", "missing", "Add it"),
    ("      day: 20", "      day: 32", "day: 32", "obligations[1].due.day", "impossible", "31 or less"),
    ("      day: 20", "      day: 1_0", "day: 1_0", "obligations[1].due.day", "not a whole number", "digits only"),
    ("      day: 20", "      day: true", "day: true", "obligations[1].due.day", "not a whole number", "digits only"),
    ("rule: day-of-month", "rule: whenever", "due:", "obligations[1].due", "whenever", "day-of-month"),
    (
        "rule: day-of-month\n      day: 20",
        "rule: nth-business-day\n      n: 25",
        "n: 25",
        "obligations[1].due.n",
        "impossible",
        "17",
    ),
    (
        "every: month",
        "every: event",
        "every: event",
        "obligations[1].every",
        "needs a month, a quarter",
        "every: month",
    ),
    (
        "every: month\n    due:\n      rule: day-of-month\n      day: 20",
        "every: event\n    due:\n      rule: with-next-deliverable\n      obligation: nothing\n      event: hire",
        "obligation: nothing",
        "obligations[1].due.obligation",
        "no recurring obligation",
        "one that recurs",
    ),
    (
        "rule: day-of-month\n      day: 20",
        "rule: months-from-event\n      event: birth\n      months:\n        - 10",
        "every: month",
        "obligations[1].every",
        "after an event",
        "every: event",
    ),
    (
        "channel: portal",
        "channel: portal\n    remind: never",
        "remind: never",
        "obligations[1].remind",
        "neither yes nor no",
        "yes or no",
    ),
    ("every: month", "every: fortnight", "every: fortnight", "obligations[1].every", "fortnight", "quarter"),
    ("cut_off: 08:00", "cut_off: 8am", "cut_off: 8am", "contract.when_closed.cut_off", "not a time of day", "08:00"),
    (
        "cut_off: 08:00",
        "cut_off: 24:00",
        "cut_off: 24:00",
        "contract.when_closed.cut_off",
        "not a time of day",
        "08:00",
    ),
    (
        "time_zone: America/Los_Angeles",
        "time_zone: EST",
        "time_zone: EST",
        "contract.time_zone",
        "EST",
        "America/New_York",
    ),
    ("calendar: US-WA", "calendar: US-ZZ", "calendar: US-ZZ", "contract.calendar", "not a calendar", "US-WA"),
    (
        "FY27: 2.01 to 2.12",
        "FY27: 2.01 to 2.11",
        "FY27: 2.01 to 2.11",
        "obligations[1].lines.FY27",
        "12 times",
        "one for each",
    ),
    ("FY27: 2.01 to 2.12", "FY28: 2.01", "FY28: 2.01", "obligations[1].lines.FY28", "no exhibit", "FY27"),
    (
        "last_day: 2027-07-31",
        "last_day: 2027-01-31",
        "last_day: 2027-01-31",
        "exhibits.FY27.last_day",
        "before the end",
        "both",
    ),
    ("services_from: 2026-07-01", "services_from: 2025-07-01", "FY27:", "exhibits.FY27", "outside", "both"),
    ("name: A sample", "name: &a A sample", "name: &a A sample", "", "Anchors", "Write the value out"),
    (
        "name: A sample",
        "name: !!python/object/apply:os.system x",
        "name: !!python/object/apply:os.system x",
        "",
        "Tags",
        "without the tag",
    ),
    ("name: A sample", "name:\tA sample\n\tx: y", "x: y", "", "not readable", "no tabs"),
    ("name: A sample", "name: A\u202esample", "name: A", "", "nobody can see", "Type the line again"),
    ("number: S-1", "number: S-1\n...\n---\nnumber: S-2", "---", "", "second document", "one contract"),
]


def flaws_of(path: Path, text: str | bytes) -> tuple[Flaw, ...]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadDefinition) as refused:
        read_contract(path, today=TODAY)
    return refused.value.flaws


def test_the_good_file_that_the_bad_ones_are_made_from_is_read(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    contract, _ = read_contract(path, today=TODAY)
    assert [line.number(11) for line in contract.obligation("report").lines] == ["2.12"]


@pytest.mark.parametrize(("right", "wrong", "stands", "field", "problem", "cure"), BAD)
def test_a_bad_file_is_refused_with_line_field_and_cure(
    tmp_path: Path, right: str, wrong: str, stands: str, field: str, problem: str, cure: str
) -> None:
    assert right in GOOD
    text = GOOD.replace(right, wrong, 1)
    flaw = flaws_of(tmp_path / "bad.yaml", text)[0]
    assert (flaw.file, flaw.field) == ("bad.yaml", field)
    assert text.split("\n")[flaw.line - 1].strip().startswith(stands)
    assert problem in flaw.problem
    assert cure in flaw.cure
    assert in_language([flaw.problem, flaw.cure], "es") != [flaw.problem, flaw.cure]
    assert all(isinstance(each, Said) for each in (flaw.problem, flaw.cure))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"# nothing but a remark\n", "empty"),
        (b"x", "no list of fields"),
        (GOOD.encode("utf-16"), "not UTF-8"),
        (GOOD.replace("A sample", "Caf\xe9").encode("latin-1"), "not UTF-8"),
        (GOOD.replace("A sample", "A\x00sample").encode(), "nobody can see"),
        (b"a: " + b"[" * 200 + b"]" * 200, "nested too deeply"),
        (b"a: " + b"[" * 5000, "nested too deeply"),
        (b"a: &a [*a]", "Anchors"),
        (b"#" * 1_000_001, "larger"),
    ],
)
def test_what_is_no_contract_file_at_all_is_refused_in_words(tmp_path: Path, content: bytes, problem: str) -> None:
    assert problem in flaws_of(tmp_path / "bad.yaml", content)[0].problem


@pytest.mark.parametrize(
    ("due", "field", "problem"),
    [
        ("until: hire", "until", "Nothing has started"),
        ("quarter: 2\n      event: hire", "event", "a quarter and an event"),
    ],
)
def test_what_goes_with_another_deliverable_is_refused_where_it_contradicts_itself(
    tmp_path: Path, due: str, field: str, problem: str
) -> None:
    head, report = GOOD.split("  - id: report\n")
    second = report.replace(
        "rule: day-of-month\n      day: 20", f"rule: with-deliverable\n      obligation: report\n      {due}"
    )
    found = flaws_of(tmp_path / "bad.yaml", f"{head}  - id: report\n{report}  - id: second\n{second}")
    assert [flaw.problem for flaw in found if flaw.field == f"obligations[2].due.{field}" and problem in flaw.problem]


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        ("a: b: c", "hay dos puntos (:) donde no pueden estar"),
        ("a:\n- b\nc", "faltan los dos puntos (:) después del nombre del campo"),
        ("a:\n  - x\n y: 1", "no concuerda con la línea anterior ni con su sangría"),
        ("- a\nb: c", "falta el guion de esta entrada de la lista"),
        ("a: - x", "hay un guion donde no puede empezar una lista"),
        ("a: >\n\tb", "hay un tabulador donde va un espacio"),
        ("a:\n\t b: c", "ningún valor puede empezar con este signo; un tabulador también lo es"),
        ("a: [1\nb: c", "la lista entre corchetes no está cerrada"),
        ("a: {x: 1\nb: c", "la llave ({) no está cerrada"),
        ("a: 'x", "se abre una comilla que nunca se cierra"),
        ('a: "x\n---\ny"', "hay tres guiones o tres puntos dentro de unas comillas"),
        ('a: "\\q"', "hay una barra inversa (\\) dentro de unas comillas"),
        ("a: ]", "hay una coma o un corchete donde va un valor"),
        ("a: &", "está el signo & o * donde va un valor"),
        ("a: |9x\n", "hay algo detrás del signo | o > con que empieza un texto largo"),
        ("'a'\n'b'", "no concuerda con nada de lo anterior"),
    ],
)
def test_what_the_parser_finds_is_said_in_words_of_the_reader(tmp_path: Path, broken: str, what: str) -> None:
    (flaw,) = flaws_of(tmp_path / "broken.yaml", broken)
    assert in_language(flaw.problem, "es") == f"La línea no se puede leer: {what}."


def test_every_flaw_is_named_at_once(tmp_path: Path) -> None:
    text = (
        GOOD.replace("      day: 20", "      day: 40")
        .replace("calendar: US-WA", "calendar: Mars")
        .replace("every: month", "every: x")
    )
    found = [text.split("\n")[flaw.line - 1].strip() for flaw in flaws_of(tmp_path / "bad.yaml", text)]
    assert found == ["calendar: Mars", "every: x", "day: 40"]


@given(st.data())
def test_no_damage_to_a_file_brings_anything_but_a_refusal_with_a_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(GOOD.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=4))
    path = tmp_path_factory.mktemp("damaged") / "damaged.yaml"
    path.write_bytes(content)
    try:
        read_contract(path, today=TODAY)
    except BadDefinition as refused:
        assert all(flaw.line >= 1 and flaw.problem and flaw.cure for flaw in refused.flaws)
        # Whatever is wrong can be said to a reader of another language.
        assert all(isinstance(each, Said) for flaw in refused.flaws for each in (flaw.problem, flaw.cure))


def test_scalars_stay_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "literal.yaml"
    path.write_text(GOOD.replace("number: S-1", "number: 0123").replace("name: A sample", "name: NO"))
    contract, _ = read_contract(path, today=TODAY)
    assert (contract.number, contract.name) == ("0123", "NO")


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("none", ()),
        ("3.00", ("3.00",)),
        ("2.09 to 2.11", ("2.09", "2.10", "2.11")),
        ("A1 to B3", ("A1 to B3",)),
    ],
)
def test_line_numbers_are_counted_out(said: str, numbers: tuple[str, ...]) -> None:
    assert line_numbers(said) == numbers


def test_the_published_schema_is_the_one_that_the_program_reads_by() -> None:
    assert (SHIPPED / "contract.schema.json").read_text() == json_schema(), (
        "write it anew: duecourse schema > duecourse/contracts/contract.schema.json"
    )


@pytest.mark.parametrize("path", shipped_contracts(), ids=lambda path: path.stem)
def test_editors_accept_the_contracts_that_ship(path: Path) -> None:
    # An editor's YAML 1.2 reads unquoted digits as numbers and dates as text.
    class EditorsLoader(yaml.SafeLoader):
        pass

    EditorsLoader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":int"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    EditorsLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[0-9]+$"), list("0123456789"))
    content = yaml.load(path.read_text(), EditorsLoader)
    jsonschema.validate(content, json.loads(json_schema()))
