"""What is a report called, which words in its cell are a note about it, and when do two rows mean the same report?"""

from __future__ import annotations

import re

_MARKUP = re.compile(r"</?(i|b|u|em|strong|sup|sub|span|p|br)\b[^>]*>", re.IGNORECASE)
# Where the name of a report ends and something is said about it.
_CUE = re.compile(
    r"\s*(?:[-–—:;(]\s*)?\b(?=(?:"
    r"(?:is |are |shall be |must be )?due (?:by|to|on|within|no later|upon|when|each|every|before|the|[0-9])|due:"
    r"|by the (?:[0-9]|end|last|first|close|[a-z]+ \()|no later than|within (?:[0-9]|[a-z]+ \()|on or before"
    r"|the contractor |contractor (?:shall|must|will)|the (?:grantee|provider|county|agency|lead) (?:shall|must|will)"
    r"|(?:to be |must be |shall be )?submit(?:ted)? (?:to|by|using|via|in|the|within|no later|[0-9])"
    r"))",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"(?<=[^\s])\s*(?:[*†‡§¹²³⁰⁴-⁹]+|\((?:[a-z]|[0-9]|[ivx]+)\)|\[[0-9]{1,2}\])+$", re.IGNORECASE)
_IS_FOOTNOTE = re.compile(r"^\s*(?:[*†‡§¹²³⁰⁴-⁹]+|\[[0-9]{1,2}\]|notes?:|\([0-9]\)\s)", re.IGNORECASE)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_ORDER = r"(?:[0-9]{1,2}(?:st|nd|rd|th)|first|second|third|fourth|final|last)"
# What a title says of one period only, at its end or its beginning.
_PERIOD = (
    rf"(?:for |of |period |ending |[-–—,:(#/]\s*)*"
    rf"(?:{_MONTH}(?:\s*[-–—/&]\s*{_MONTH}|\s*(?:to|through|and)\s+{_MONTH})?(?:,?\s*'?(?:20)?[0-9]{{2}})?"
    rf"|q(?:uarter|tr)?\.?\s*[1-4]|{_ORDER}\s+(?:quarter|qtr|half|month)|half\s*[12]"
    rf"|(?:s|f)?fy\s*'?(?:20)?[0-9]{{2}}(?:[-/–][0-9]{{2}})?|fiscal year\s*[0-9]{{4}}|(?:no\.?|#|number)\s*[0-9]{{1,2}}"
    rf"|[0-9]{{1,2}}\s*(?:of|/)\s*[0-9]{{1,2}}|20[0-9]{{2}}|[0-9]{{1,2}})\)?"
)
_AT_END = re.compile(rf"[\s,;:(–—-]+{_PERIOD}$", re.IGNORECASE)
_AT_START = re.compile(
    rf"^(?:{_MONTH}(?:\s+20[0-9]{{2}})?|{_ORDER}\s+(?:quarter|qtr|half)|q[1-4])\s+(?=\S)", re.IGNORECASE
)
_LONGEST_TITLE = 120


def plain(text: str) -> str:
    """Return a text without the marks of bold and italic type."""
    return _MARKUP.sub("", re.sub(r"\*\*|__", "", text)).strip()


def is_note(text: str) -> bool:
    """Tell whether a text says something about a report, and is no report's name."""
    said = text.strip()
    return bool(
        re.match(r"<(i|em)>", said, re.IGNORECASE)
        or said[:1] in ("(", "•", "-")
        or said[:1].islower()
        or _CUE.match(plain(said))
        or len(plain(said)) > _LONGEST_TITLE
    )


def is_footnote(text: str) -> bool:
    """Tell whether a line explains a mark elsewhere in the table."""
    return bool(_IS_FOOTNOTE.match(text))


def title_and_note(text: str) -> tuple[str, str]:
    """Return the name of the report that a cell holds, without the mark of a footnote, and the note that follows it."""
    italic = re.search(r"<(i|em)>", text, re.IGNORECASE)
    head, tail = (
        (text[: italic.start()], text[italic.start() :]) if italic and plain(text[: italic.start()]) else (text, "")
    )
    said, note = plain(head), plain(tail)
    cue = _CUE.search(said, 3)
    if cue is not None:
        said, note = said[: cue.start()], f"{said[cue.start() :]} {note}"
    elif "\n" in said and len(said) > _LONGEST_TITLE:
        said, _, rest = said.partition("\n")
        note = f"{rest} {note}"
    said = " ".join(said.split()).rstrip(" -–—:;,.")
    return _FOOTNOTE.sub("", said)[:200].strip(), " ".join(note.split())


def stem(title: str) -> str:
    """Return what the rows of one series call their report alike: without month, quarter, year or count."""
    said = title
    while (shorter := _AT_END.sub("", said)) != said and shorter.strip():
        said = shorter
    return _AT_START.sub("", said).strip(" ,;:-–—") or title


def period_in(title: str) -> str:
    """Return what a title says of the one period that its row is for, or an empty text."""
    return title.replace(stem(title), "").strip(" ,;:()-–—")


def key(title: str) -> str:
    """Return what is compared: letters and digits of the stem, without the plural of its words."""
    return " ".join(
        _singular(word) for word in re.findall(r"[a-z0-9]+", stem(title).lower()) if word not in ("the", "a")
    )


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
