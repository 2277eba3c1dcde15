"""Does any page show a reader of another language English that is neither data nor a record?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape

import visits
from pseudo import LANGUAGE, pseudo_language
from sqlmodel import select
from test_pages_permissions import RULES, concrete
from unwrapped import OPEN, unsaid
from visits import LIAISON, MANAGER, STRANGER, WA, World

from duecourse.calendar.event_rules import said
from duecourse.engine.jobs import JOBS
from duecourse.models import ContractRow, Person
from duecourse.tracking.api_tokens import Scope
from duecourse.webhooks.happenings import NAMES

filled, make_world, world = visits.filled, visits.make_world, visits.world

RECORDS = ("/receipts/", "/verify/", "/mailbox/", "/me/mails/")
"""What is shown there was recorded, or mailed, as it stands."""
_CODES = re.compile(r"<code[^>]*>.*?</code>|<option value=\"US-..\">[^<]*|<title>", re.DOTALL)
_NO_WORDS = re.compile(r"\S+@\S+|https?://\S+|\b[0-9a-f-]{16,}\b|\bplan-\d+\b|\S+\.(?:txt|pdf|eml)\b|\w+/\w+")
_MADE_UP = (
    "case system",
    "A reminder",
    "550 5.1.1 no such user",
    "October 2022",
    "Monthly Report",
    "A sample contract",
    "The figure of October is missing.",
    "7KQ4-0XWM",
    "Two quarters in a row below 85 percent.",
    "Duecourse",
)
"""What the tests, and the previews of mails, give as data."""
_WHOLE = {"sent", "rate card.pdf", "Ana <ana@county.example>"}
"""The same, where it is all of a text: within another it would hide words of ours."""


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from (value, said(value)) if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value) else (value,)
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def data_of(world: World) -> re.Pattern[str]:
    """Return what finds the words of the contracts, and the names of the people."""
    found = {text for each in world.rows(select(ContractRow.definition)) for text in _texts(json.loads(each))}
    found |= {*world.rows(select(Person.name)), *world.rows(select(ContractRow.contractor)), *_MADE_UP}
    # Names by which programs know things, beside what they are called.
    found |= {*Scope, *NAMES, *(job.name for job in JOBS)}
    longest = sorted((each for each in found if len(each) > 2), key=len, reverse=True)
    return re.compile("|".join(rf"(?<!\w){re.escape(each)}(?!\w)" for each in longest), re.IGNORECASE)


def test_no_page_shows_english_that_is_no_data(world: World) -> None:
    visitors = {who: world.visitor(who) for who in (LIAISON, MANAGER, STRANGER)}
    addresses = [concrete(world, rule, contract_id=WA)[1] for rule in RULES if rule.startswith("GET ")]
    data, found = data_of(world), {}
    with pseudo_language():
        for address in addresses:
            if address.startswith(RECORDS):
                continue
            for visit in visitors.values():
                visit.client.headers["accept-language"] = LANGUAGE
                page = visit.get(address)
                if page.status_code == 200:
                    break
            if page.headers.get("content-type", "").startswith("text/html"):
                assert OPEN in page.text
                for text in {*unsaid(_CODES.sub("", page.text), data=("English", "Español"))} - _WHOLE:
                    left = data.sub("", _NO_WORDS.sub("", unescape(text)))
                    if re.search(r"[^\W\d_]{3}", left):
                        found.setdefault(left.strip(), address)
    assert not found, "\n".join(f"{a} {t}" for t, a in found.items())
