"""How does a Jinja template say its texts in a language?

``{% trans %}``, ``_()`` and ``ngettext()`` with named values, escaped as everywhere; what `say` made is said in the
language of the environment wherever it is printed. There is one environment for each language: nothing is switched.
"""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from duecourse.language.catalogue import LANGUAGES, texts
from duecourse.language.said import fitted, in_language


def speak(environment: Environment, language: str) -> None:
    """Have an environment, that was made with ``jinja2.ext.i18n``, say everything in `language`."""
    known = texts(language)

    @pass_context
    def gettext(context: Context, message: str, /, **values: Any) -> str:
        return _filled(context, known.text(message), values, language)

    @pass_context
    def ngettext(context: Context, one: str, many: str, num: int, /, **values: Any) -> str:
        return _filled(context, known.plural(one, many, num), {"num": num, **values}, language)

    @pass_context
    def pgettext(context: Context, which: str, message: str, /, **values: Any) -> str:
        return _filled(context, known.text(message, which), values, language)

    @pass_context
    def npgettext(context: Context, which: str, one: str, many: str, num: int, /, **values: Any) -> str:
        return _filled(context, known.plural(one, many, num, which), {"num": num, **values}, language)

    environment.globals.update(
        gettext=gettext,
        ngettext=ngettext,
        pgettext=pgettext,
        npgettext=npgettext,
        language=language,
        languages=LANGUAGES,
    )
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.policies["ext.i18n.trimmed"] = True
    environment.finalize = lambda value: in_language(value, language)


def _filled(context: Context, text: str, values: dict[str, Any], language: str) -> str:
    said = {name: in_language(value, language) for name, value in values.items()}
    # The marks are filled in after escaping the values, never the message: that is ours.
    text = fitted(text, values, language)
    return Markup(text) % said if context.eval_ctx.autoescape else text % said
