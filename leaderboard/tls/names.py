"""What this machine is called, and at which addresses others in the same network reach it."""

import ipaddress
import re
import socket
from contextlib import closing, suppress

LABEL = re.compile(r"[a-z0-9_-]{1,63}")
LONGEST = 253
"""Letters that a host name may have."""

BEYOND = ("192.0.2.1", "10.255.255.254", "172.31.255.254", "192.168.255.254")
"""Addresses of nobody, and at the edges of private networks: which way they lie says what this machine has."""


def own_names() -> list[str]:
    """Return what this machine calls itself: its host's name, and that name as its network's neighbours find it."""
    own = socket.gethostname().lower()
    return list(dict.fromkeys([own, f"{own.partition('.')[0]}.local"]))


def own_addresses() -> list[str]:
    """Return the addresses that packets of this machine bear, without sending one; of IPv6 none, for they change."""
    found: dict[str, None] = {}
    for beyond in BEYOND:
        with suppress(OSError), closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
            probe.connect((beyond, 9))  # of a datagram's socket this asks the table of routes, and sends nothing
            found[probe.getsockname()[0]] = None
    return [one for one in found if not ipaddress.ip_address(one).is_loopback]


def is_address(name: str) -> bool:
    """Return whether a name is an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_host(name: str) -> bool:
    """Return whether a name can be a host's, or is an address.

    Examples
    --------
    >>> [name for name in ("hack.example", "10.0.0.7", "fe80::1", "*.example", "a b", "-x") if is_host(name)]
    ['hack.example', '10.0.0.7', 'fe80::1']
    """
    labels = name.split(".")
    return is_address(name) or (
        len(name) <= LONGEST and all(LABEL.fullmatch(one) and one.strip("-") == one for one in labels)
    )


def in_an_address(host: str) -> str:
    """Return a host as it stands in a URL.

    >>> in_an_address("::1"), in_an_address("hack.example")
    ('[::1]', 'hack.example')
    """
    return f"[{host}]" if ":" in host else host
