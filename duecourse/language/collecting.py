"""Which messages are there in the code and the templates, and does a catalogue have them as they are?

``make messages`` brings the catalogues up to the code: new messages come in without a translation, messages that are
gone leave, and what is translated stays. There is no guessing: a message whose English changed is a new one.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from duecourse.language.catalogue import ENGLISH, LANGUAGES, path_of

_IMPORTED = "from duecourse.language.said import"
PACKAGE = Path(__file__).parent.parent
_KEYWORDS = {
    "say": None,
    "say_in": ((1, "c"), 2),
    "say_count": (1, 2),
    "noted_count": (1, 2),
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_TEMPLATES = {"extensions": "jinja2.ext.i18n", "silent": "false", "trimmed": "true", "newstyle_gettext": "true"}
# As the environments read templates: without it an error of the extraction would differ from one of a page.
_TEMPLATES |= {"trim_blocks": "true", "lstrip_blocks": "true"}
PLURALS = {"es": "nplurals=2; plural=(n != 1);"}
"""The forms of a number in each language, as gettext writes them."""
_HEAD = """\
# How Duecourse says its messages. docs/translating.md tells how to change them.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def sources() -> list[Path]:
    """Return every file that may hold messages, in order: templates, and code that imports what marks them."""
    code = (path for path in PACKAGE.rglob("*.py") if path.parent.name != "language")
    found = [path for path in code if _IMPORTED in path.read_text(encoding="utf-8")]
    found += [path for folder in ("web", "notifications") for path in (PACKAGE / folder / "templates").iterdir()]
    return sorted(path for path in found if path.is_file())


def collected() -> Catalog:
    """Return the messages of the whole package, without translations. Raises TemplateSyntaxError for a bad template."""
    catalogue = Catalog()
    for path in sources():
        is_code = path.suffix == ".py"
        method, options = ("python", {}) if is_code else ("jinja2", _TEMPLATES)
        with path.open("rb") as file:
            for _, message, comments, context in extract(method, file, _KEYWORDS, ["translators:"], options):
                where = [(path.relative_to(PACKAGE.parent).as_posix(), 1)]
                catalogue.add(message, None, where, auto_comments=comments, context=context)
    return catalogue


def brought_up(language: str) -> str:
    """Return the catalogue of a language as it should be written: every message, with the translations that it has."""
    path = path_of(language)
    before = Catalog()
    if path.exists():
        with path.open("rb") as file:
            before = read_po(file)
    fresh = Catalog()
    fresh.mime_headers = [("Plural-Forms", PLURALS[language])]
    for message in collected():
        if not message.id:
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        kept = before.get(one, message.context)
        string = kept.string if kept and isinstance(kept.string, str) == isinstance(message.id, str) else None
        fresh.add(message.id, string, message.locations, auto_comments=message.auto_comments, context=message.context)
    text = io.BytesIO()
    write_po(text, fresh, width=120, sort_by_file=True, include_lineno=False, omit_header=True)
    # Nothing that names a day, a person or a program: the file changes when the messages do.
    return _HEAD.format(language=language, plurals=PLURALS[language]) + text.getvalue().decode()


def lacking(language: str) -> list[str]:
    """Return the messages of a catalogue that have no translation yet, or not all their forms."""
    with path_of(language).open("rb") as file:
        return [
            message.id if isinstance(message.id, str) else message.id[0]
            for message in read_po(file)
            if message.id
            and (
                message.fuzzy
                or not all([message.string] if isinstance(message.string, str) else message.string or [""])
            )
        ]


def main() -> int:
    """Bring every catalogue up to the code, and say how many messages wait for a translation."""
    for language in LANGUAGES:
        if language == ENGLISH:
            continue
        path = path_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(brought_up(language), encoding="utf-8")
        waiting = lacking(language)
        print(f"{path.relative_to(PACKAGE.parent)}: {len(waiting)} without a translation")
        for message in waiting:
            print(f"  {message}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
