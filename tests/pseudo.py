"""What would a page show in a language that marks everything it says?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from unwrapped import CLOSE, OPEN

from duecourse.language import cldr, said, templates
from duecourse.language.catalogue import Texts
from duecourse.notifications import rendering
from duecourse.web import render

LANGUAGE = "es"
"""The language in whose place the pseudo-language stands."""


class _Marking(Texts):
    def text(self, message: str, context: str = "") -> str:
        return f"{OPEN}{message}{CLOSE}"

    def plural(self, one: str, many: str, num: int, context: str = "") -> str:
        return f"{OPEN}{one if num == 1 else many}{CLOSE}"


def _marked(written: Callable[[said.Said, str], str]) -> Callable[[said.Said, str], str]:
    return lambda made, language: f"{OPEN}{written(made, language)}{CLOSE}"


@contextmanager
def pseudo_language() -> Iterator[None]:
    """Have everything in Spanish said in English between marks: what has no marks is said in no language."""
    marking = _Marking({}, lambda num: int(num != 1))
    caches = (render._templates, rendering._templates)
    with pytest.MonkeyPatch.context() as patch:
        for module in (said, templates):
            patch.setattr(module, "texts", lambda _language: marking)
        for made in vars(cldr).values():
            if isinstance(made, type) and issubclass(made, said.Said) and made is not said.Said:
                patch.setattr(made, "in_", _marked(made.in_))
        for cache in caches:
            cache.cache_clear()
        yield
    for cache in caches:
        cache.cache_clear()
