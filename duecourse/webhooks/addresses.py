"""Which addresses may a webhook have? The rest is looked at with every connection (egress.py)."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from duecourse.errors import BadInput
from duecourse.language.said import say
from duecourse.webhooks.egress import Egress

LONGEST = 500
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
_FORM = say(
    "Give an address that begins with https://, with a full host name, without a name or password in it, such as "
    "https://cases.agency.gov/hooks/duecourse."
)


def checked_address(said: str, egress: Egress) -> str:
    """Return an address that messages may be posted to.

    Raises BadInput unless it is https, on a port that is allowed, of a full name or an address that may be reached.
    """
    address = said.strip()
    if len(address) > LONGEST or not re.fullmatch(r"[\x21-\x7e]+", address) or "\\" in address:
        raise BadInput(_FORM)
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        raise BadInput(_FORM) from None
    if parts.scheme != "https" or "@" in parts.netloc or parts.fragment or parts.netloc.endswith(":"):
        raise BadInput(_FORM)
    if port not in egress.ports:
        raise BadInput(say("A webhook has port 443 or 8443."))
    try:
        ip_address(host)
    except ValueError:
        if not _NAME.fullmatch(host):
            raise BadInput(_FORM) from None
    else:
        if not egress.may_reach(host):
            raise BadInput(
                say("That address is not public. Whoever runs this server can allow a network of the house.")
            )
    return address


def shown_address(address: str) -> str:
    """Return an address without its query, in which some receivers (Power Automate's) have a secret of their own."""
    before, mark, _ = address.partition("?")
    return f"{before}?…" if mark else before
