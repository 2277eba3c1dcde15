"""Does an address belong to the public internet, so that this server may connect to what a person named?

Whoever may give an address could otherwise have the server ask its own machine, its network, or the service from
which a cloud's machines get their keys.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_NAT64 = ip_network("64:ff9b::/96")
"""An IPv4 address lies in its last 32 bits (RFC 6052, 2.1)."""
_UNICAST = ip_network("2000::/3")
"""All of IPv6 that was given out as global unicast addresses (RFC 4291, 2.4)."""
_NOT_PUBLIC = tuple(
    ip_network(each)
    for each in (
        # A tunnel with an IPv4 address inside, 6to4, and its relays (RFC 7526).
        "2002::/16",
        "192.88.99.0/24",
        # For protocols, the Teredo tunnel among them (RFC 6890), and for documentation (RFC 9637). Which of these
        # Python itself leaves out differs from one version to the next: some clouds' keys are at 192.0.0.192.
        "2001::/23",
        "192.0.0.0/24",
        "3fff::/20",
        # The same for all machines of one cloud, and the host of each.
        "168.63.129.16/32",
    )
)


def is_public(host: str) -> bool:
    """Tell whether an IP address belongs to the public internet; what is no plain address does not."""
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        inner = _inside(address)
        if inner is not None:
            return is_public(str(inner))
        if address not in _UNICAST or address.scope_id:
            return False
    return address.is_global and not address.is_multicast and not any(address in each for each in _NOT_PUBLIC)


def _inside(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
