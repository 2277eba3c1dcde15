"""What does a fault that the YAML parser found mean to whoever writes the contract file?"""

from __future__ import annotations

import re

from duecourse.language.said import say

_MEANINGS = [
    (re.compile(words), meaning)
    for words, meaning in (
        ("mapping values are not allowed", say("there is a colon where none can stand")),
        ("could not find expected ':'", say("the colon after the field’s name is missing")),
        ("did not find expected key|expected <block end>", say("it fits neither the line above nor its indentation")),
        ("expected '-' indicator", say("the hyphen of this entry of the list is missing")),
        ("sequence entries are not allowed", say("there is a hyphen where no list can begin")),
        ("tab character", say("there is a tab where a space belongs")),
        ("cannot start any token", say("no value can begin with this sign; a tab is one as well")),
        ("expected ',' or ']'", say("the list in square brackets is not closed")),
        ("expected ',' or '}'", say("the brace is not closed")),
        ("unexpected end of stream", say("a quotation mark opens and never closes")),
        ("unexpected document", say("there are three hyphens or dots within quotation marks")),
        ("escape character|expected hexa?decimal", say("there is a backslash within quotation marks")),
        ("expected node content", say("a comma or a bracket stands where a value belongs")),
        ("expected alphabetic or numeric", say("the sign & or * stands where a value belongs")),
        ("expected comment or line break", say("something stands behind the sign | or > that begins a long text")),
        ("<document start>", say("it fits nothing above it")),
    )
]


def in_plain_words(problem: str) -> str:
    """Return what the parser found, as people say it; a fault without such words as the parser named it."""
    return next((meaning for words, meaning in _MEANINGS if words.search(problem)), problem)
