"""From which address does a request come, how roughly is that said, and which browser is it, in words?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MOST_HOPS = 20
# The first that fits counts: Edge and Opera also call themselves Chrome, and Chrome calls itself Safari.
_PROGRAMS = (("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
             ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
_SYSTEMS = (("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android"), ("Windows", "Windows"),
            ("CrOS", "ChromeOS"), ("Mac OS X", "a Mac"), ("Linux", "Linux"))  # fmt: skip


def client_address(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """Return the address of the client, as far as it can be believed.

    `forwarded` is X-Forwarded-For: each proxy adds at its right end whom it heard. So it is read from the right, and
    only as long as whoever wrote the entry is one of our own proxies; what stands further left anybody can write.
    """
    found = peer
    for said in reversed(forwarded.split(",")[-_MOST_HOPS:]):
        address = _address(found)
        if address is None or not any(address in network for network in proxies) or _address(said) is None:
            break
        found = said.strip()
    address = _address(found)
    return str(address) if address is not None else found[:100]


def network_of(address: str) -> str:
    """Return what counts as one network for limits: an IPv4 address, or the 64 leading bits that one IPv6 line has."""
    found = _address(address)
    return str(IPv6Network((int(found), 64), strict=False)) if isinstance(found, IPv6Address) else address


def roughly(address: str) -> str:
    """Return an address without the part that names one machine: ``203.0.113.*`` or ``2001:db8:7::*``."""
    found = _address(address)
    if isinstance(found, IPv4Address):
        return f"{str(found).rpartition('.')[0]}.*"
    if found is not None:
        return f"{str(IPv6Network((int(found), 48), strict=False).network_address).removesuffix('::')}::*"
    return ""


def device(user_agent: str) -> str:
    """Return which browser this is, in words from a fixed list: ``Firefox on Windows``."""
    program = _named(user_agent, _PROGRAMS) or "A browser"
    system = _named(user_agent, _SYSTEMS)
    return f"{program} on {system}" if system else program


def _named(user_agent: str, names: Sequence[tuple[str, str]]) -> str:
    return next((words for part, words in names if re.search(rf"\b{part}", user_agent[:1000])), "")


def _address(said: str) -> Address | None:
    try:
        found = ip_address(said.strip().removeprefix("[").partition("]")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
