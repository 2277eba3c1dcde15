"""Is everything that a page says in a catalogue? The list of pages of which that is not so yet only grows shorter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from notices import BASE_URL, NOW, SENDER
from pseudo import LANGUAGE, pseudo_language
from unwrapped import unsaid, unwrapped

from duecourse.notifications.previews import previews
from duecourse.notifications.rendering import rendered

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "duecourse/web/templates"
MAILS = ROOT / "duecourse/notifications/templates"
NOT_YET = Path(__file__).parent / "tables" / "templates_in_english.txt"


def test_the_templates_in_english_are_those_of_the_list() -> None:
    # A template that was converted leaves the list; none is added to it.
    listed = NOT_YET.read_text(encoding="utf-8").split()
    found = [path.name for path in sorted(PAGES.glob("*.html")) if unwrapped(path.read_text(encoding="utf-8"))]
    assert found == listed


@pytest.mark.parametrize("path", sorted(MAILS.glob("*.html")), ids=lambda path: path.name)
def test_a_mail_says_nothing_in_english_alone(path: Path) -> None:
    assert unwrapped(path.read_text(encoding="utf-8")) == []


def test_the_texts_of_mails_are_said_in_the_language() -> None:
    with pseudo_language():
        made = previews(sender=SENDER, base_url=BASE_URL, now=NOW, language=LANGUAGE)
        for name, (_, mail) in made.items():
            assert mail.subject.startswith("⟦") and mail.subject.endswith("⟧"), name
        _, text, html = rendered(
            "sign_in", {"address": "A", "link": "L", "minutes": 10, "code": "", "asked_from": ""}, LANGUAGE
        )
        data = ("A", "L")
        assert unsaid(html, data=data) == [] and unsaid(text, data=data) == []
    assert previews(sender=SENDER, base_url=BASE_URL, now=NOW, language=LANGUAGE)["sign_in"][1].subject[0] == "S"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>{{ _('Due') }}</p>", []),
        ("<p>Due</p>", ["Due"]),
        ("<p>{% trans %}Due <b>now</b>{% endtrans %}</p>", []),
        (
            "<p>{% trans n=1 %}A day{% pluralize %}{{ n }} days{% endtrans %} left</p>",
            ["\N{REPLACEMENT CHARACTER} left"],
        ),
        ('<a aria-label="Open it" href="/due">{{ name }}</a>', ["Open it"]),
        ('<a aria-label="{{ _("Open it") }}" class="card wide">Duecourse</a>', []),
        ("{{ 'Back from tomorrow' if x else _('Cancel') }}", ["Back from tomorrow"]),
        ("{% set pages = [('/', 'Due'), ('/a', _('Over (all)'))] %}", ["Due"]),
        ("{{ ngettext('%(num)s day', '%(num)s days', f(n)) }} {{ 'Not here' }}", ["Not here"]),
        ("<svg><title>Chart</title></svg><script>var a = 'Hello you'</script>", []),
        ("{% if standing == 'due soon' %}{{ x | default('') }}{% endif %}", ["due soon"]),
    ],
)
def test_the_checker_finds_what_is_not_wrapped(source: str, found: list[str]) -> None:
    assert unwrapped(source) == found


def test_the_pseudo_language_shows_what_is_not_said() -> None:
    html = '<h1>⟦Due ⟦before ⟦8:00⟧⟧⟧</h1><p title="⟦Why⟧">⟦It is⟧ late, Ana</p>'
    assert unsaid(html, data=("Ana",)) == ["\N{REPLACEMENT CHARACTER} late, \N{REPLACEMENT CHARACTER}"]
    assert re.search("late", html)
