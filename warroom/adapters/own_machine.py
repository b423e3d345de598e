"""Which connections leave this machine: a server on it goes by the clock that somebody has just set."""

from __future__ import annotations

from ipaddress import ip_address


def is_elsewhere(ours: object, theirs: object) -> bool:
    """Whether a connection between these two addresses of sockets goes to another machine; False where one of them is
    not of the network."""
    here, there = _host(ours), _host(theirs)
    return bool(here and there) and here != there and not ip_address(there).is_loopback


def _host(address: object) -> str:
    return str(address[0]) if isinstance(address, tuple) and address else ""
