"""Which requests say that the client has the bytes already?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from duecourse.web.client_copy import ClientCopy

NOW = datetime(2022, 2, 2, tzinfo=UTC)
CHANGED = datetime(2022, 2, 1, 18, tzinfo=UTC)


def has(*fields: tuple[str, str], now: datetime = NOW) -> bool:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in fields]
    return ClientCopy.said_in(headers, now=now).has("abc123", CHANGED)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"abc123"', True),
        ('W/"abc123"', True),
        ('"abc123-gzip"', True),
        ('W/"abc123-gzip"', True),
        ('"abc123;gzip"', True),
        ('"abc123--gzip"', True),
        ('"abc123-br"', True),
        ('"other", "abc123"', True),
        ('"other",W/"abc123" , "third"', True),
        ("*", True),
        (" * ", True),
        ('"other"', False),
        ('"other", "third"', False),
        ('"abc123x"', False),
        ('"xabc123"', False),
        ('"abc123-gzip-x"', False),
        ('"ABC123"', False),
        ('"*"', False),
        ('"other", *', False),
        ("abc123", False),
        ('""', False),
        ("", False),
        ('"', False),
        ('"abc123', False),
        ("é", False),
    ],
)
def test_by_tag(value: str, expected: bool) -> None:
    assert has(("if-none-match", value)) is expected
    # The date alone would say otherwise each time: tags count for more (RFC 9110, 13.2.2).
    date = "Sat, 01 Jan 2000 00:00:00 GMT" if expected else "Tue, 01 Feb 2022 18:00:00 GMT"
    assert has(("if-none-match", value), ("if-modified-since", date)) is expected


def test_tags_in_several_fields_are_one_list() -> None:
    assert has(("if-none-match", '"other"'), ("if-none-match", '"abc123"'))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Tue, 01 Feb 2022 18:00:00 GMT", True),
        ("Tuesday, 01-Feb-22 18:00:00 GMT", True),
        ("Tue Feb  1 18:00:00 2022", True),
        ("Tue, 01 Feb 2022 19:00:00 GMT", True),
        ("Wed, 02 Feb 2022 00:00:00 GMT", True),
        ("Wed, 02 Feb 2022 00:00:01 GMT", False),
        ("Fri, 01 Feb 2030 18:00:00 GMT", False),
        ("Tue, 01 Feb 2022 17:59:59 GMT", False),
        ("Sat, 01 Jan 2000 00:00:00 GMT", False),
        ("yesterday", False),
        ("2022-02-01T18:00:00Z", False),
        ("Tue, 41 Feb 2022 18:00:00 GMT", False),
        ("Tue, 01 Feb 99999 18:00:00 GMT", False),
        ("1643738400", False),
        ("0", False),
        ("", False),
        ("é", False),
    ],
)
def test_by_date(value: str, expected: bool) -> None:
    assert has(("if-modified-since", value)) is expected


def test_a_date_that_we_gave_counts_although_it_lies_in_the_future() -> None:
    # Several changes within a second push the date of change ahead of the clock.
    date = ("if-modified-since", "Tue, 01 Feb 2022 18:00:00 GMT")
    assert has(date, now=CHANGED - timedelta(seconds=3))


def test_two_dates_say_nothing() -> None:
    date = ("if-modified-since", "Tue, 01 Feb 2022 18:00:00 GMT")
    assert not has(date, date)


def test_a_request_that_says_nothing_has_nothing() -> None:
    assert not has()
    assert not has(("user-agent", "x"))
