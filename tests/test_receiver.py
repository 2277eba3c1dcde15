"""Does the function for receivers take what is genuine and refuse all else, by the specification's own example?"""

from __future__ import annotations

import ast
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from duecourse import receiver
from duecourse.receiver import NotGenuine, verify_webhook
from duecourse.webhooks.signing import headers_of, new_secret

# The example of the libraries of Standard Webhooks.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
HEADERS = {"webhook-id": ID, "webhook-timestamp": str(AT), "webhook-signature": SIGNED}


def test_our_signature_of_the_example_is_the_one_of_the_specification() -> None:
    made = headers_of(ID, BODY, keys=[SECRET], now=datetime.fromtimestamp(AT, UTC))
    assert {name: made[name] for name in HEADERS} == HEADERS
    assert verify_webhook(HEADERS, BODY, secret=SECRET, now=AT) == {"test": 2432232314}


def test_headers_are_found_in_whatever_case_and_among_several_signatures_one_is_enough() -> None:
    said = {name.title(): value for name, value in HEADERS.items()}
    said["Webhook-Signature"] = f"v1a,{SIGNED[3:]} v1,AAAA {SIGNED}"
    assert verify_webhook(said, BODY, secret=SECRET, now=AT)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        HEADERS | {"webhook-id": "msg_another"},
        HEADERS | {"webhook-id": ""},
        HEADERS | {"webhook-timestamp": str(AT + 1)},
        HEADERS | {"webhook-timestamp": "yesterday"},
        HEADERS | {"webhook-timestamp": "²"},
        HEADERS | {"webhook-timestamp": "9" * 5000},
        HEADERS | {"webhook-signature": ""},
        HEADERS | {"webhook-signature": SIGNED[3:]},
        HEADERS | {"webhook-signature": f"v2,{SIGNED[3:]}"},
        HEADERS | {"webhook-signature": "v1,é"},
    ],
)
def test_what_is_not_genuine_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(NotGenuine):
        verify_webhook(headers, BODY, secret=SECRET, now=AT)


def test_what_was_changed_is_old_or_ahead_is_refused() -> None:
    for body, secret, now in ((BODY + b" ", SECRET, AT), (BODY, new_secret(), AT), (BODY, SECRET, AT + 301)):
        with pytest.raises(NotGenuine):
            verify_webhook(HEADERS, body, secret=secret, now=now)
    with pytest.raises(NotGenuine):
        verify_webhook(HEADERS, BODY, secret=SECRET, now=AT - 301)
    with pytest.raises(ValueError, match="not whole"):
        verify_webhook(HEADERS, BODY, secret="whsec_cut o!", now=AT)


def test_the_file_for_receivers_needs_nothing_but_pythons_own_library() -> None:
    tree = ast.parse(Path(receiver.__file__).read_text(encoding="utf-8"))
    named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    named |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {name.split(".")[0] for name in named} <= set(sys.stdlib_module_names)
