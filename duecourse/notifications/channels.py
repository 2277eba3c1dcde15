"""How does a message reach somebody by a second channel? The one door to Apprise.

Each message is sent by a process of its own, which may connect to public addresses only: that is checked at every
connection, after names were looked up and after redirects. It is given nothing of ours but the message.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from duecourse.errors import BadInput
from duecourse.language.said import say
from duecourse.notifications.public_addresses import is_public

SCHEMES = {
    "msteams": "Teams",
    "workflows": "Teams",
    "slack": "Slack",
    "twilio": "text message",
    "vonage": "text message",
    "clicksend": "text message",
    "d7sms": "text message",
}
"""The kinds of address that are taken, and what a person calls them."""
_FROM_A_PAGE = "https"
"""Teams and Slack show their own kind of address; Apprise tells by it which of its kinds is meant."""
_OF_A_PAGE = {"slack": "Slack", "workflow": "Teams", "msteams": "Teams"}
_IN_A_DEMONSTRATION = {"json": "test"}
_LONGEST = 500
_SECONDS = 20
_KEPT = ("PATH", "PYTHONPATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Address:
    """A channel's address, and how it is shown: without its secrets."""

    url: str
    shown: str


def checked(url: str, *, is_demonstration: bool) -> Address:
    """Return an address that Apprise understands, as Teams or Slack show it or as Apprise writes it.

    Raises BadInput, which never repeats the address, for any other.
    """
    scheme = url.partition("://")[0].lower()
    allowed = SCHEMES | {_FROM_A_PAGE: ""} | (_IN_A_DEMONSTRATION if is_demonstration else {})
    if scheme not in allowed or len(url) > _LONGEST or not url.isprintable() or any(part.isspace() for part in url):
        names = ", ".join(f"{name}://" for name in SCHEMES)
        raise BadInput(
            say(
                "That address is not taken. It is the one that Teams or Slack shows for a channel, or begins with "
                "one of %(names)s, and has at most %(longest)s letters.",
                names=names,
                longest=_LONGEST,
            )
        )
    import apprise

    found = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    kind = allowed[scheme]
    if found is not None and scheme == _FROM_A_PAGE:
        said = str(found.url(privacy=True))  # type: ignore[no-untyped-call]
        kind = _OF_A_PAGE.get(said.partition("://")[0], "")
    if found is None or not kind:
        raise BadInput(say("That address is not complete. Copy it once more from your provider’s page."))
    # Not the library's own masked form alone: of some kinds it keeps the name of a host that is a secret.
    return Address(url, f"{kind} ({scheme}://…{url.rstrip('/')[-3:]})")


def send_by(url: str, title: str, body: str, *, may_reach_this_machine: bool) -> str:
    """Send a message, and return why it failed, or nothing when it was taken; never raises, and takes 20 seconds."""
    said = json.dumps({"url": url, "title": title, "body": body, "here": may_reach_this_machine})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "duecourse.notifications.channels"],
            input=said,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env={name: os.environ[name] for name in _KEPT if name in os.environ},
        )
    except subprocess.TimeoutExpired:
        return f"No answer came within {_SECONDS} seconds."
    except OSError as error:
        return f"It could not be begun: {error.strerror}."
    if done.returncode == 0:
        return ""
    return "It leads to an address that is not public." if done.returncode == 3 else "The provider did not take it."


def _main() -> int:
    said = json.load(sys.stdin)
    refused: list[str] = []

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
            raise PermissionError("a channel starts no program")
        if event in ("socket.connect", "socket.sendto"):
            address = args[1]
            host = str(address[0]) if isinstance(address, tuple) else ""
            is_here = said["here"] and host in ("127.0.0.1", "::1")
            # Names are looked up by the system's own library, which this does not see.
            if not (is_here or is_public(host.partition("%")[0])):
                refused.append(host)
                raise PermissionError("a channel leads to public addresses only")

    import apprise

    sys.addaudithook(watch)
    asset = apprise.AppriseAsset(async_mode=False)
    sender = apprise.Apprise(asset=asset)
    taken = sender.add(said["url"]) and sender.notify(title=said["title"], body=said["body"])
    return 3 if refused else 0 if taken else 1


if __name__ == "__main__":
    sys.exit(_main())
