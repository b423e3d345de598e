"""Addresses that no request goes to unless its target says so: link-local ones and the metadata services of clouds.

A playbook may come from someone else; it must not be able to read a machine's credentials. What counts is the
address that is connected to, so a name that resolves to one of these is refused as well.
"""

from __future__ import annotations

import socket
from typing import Final

_V4: Final = (
    ("169.254.0.0", 16),  # link-local; AWS, Azure, Google, DigitalOcean, OpenStack
    ("100.100.100.200", 32),  # Alibaba Cloud
    ("192.0.0.192", 32),  # Oracle Cloud, classic
    ("168.63.129.16", 32),  # Azure's wire server
)
_V6: Final = (
    ("fe80::", 10),
    ("fd00:ec2::254", 128),  # AWS
    ("fd20:ce::254", 128),  # Google
)


def _v6_number(address: str) -> int:
    return int.from_bytes(socket.inet_pton(socket.AF_INET6, address), "big")


def _embeddings(address: str, bits: int) -> list[tuple[int, int]]:
    """An IPv4 network as it appears inside IPv6: mapped, compatible, NAT64 (RFC 6052) and 6to4 (RFC 3056)."""
    number = int.from_bytes(socket.inet_pton(socket.AF_INET, address), "big")
    low = [(_v6_number(prefix) | number, 96 + bits) for prefix in ("::ffff:0:0", "::", "64:ff9b::")]
    return [*low, (_v6_number("2002::") | number << 80, 16 + bits)]


# (number, prefix length) in the space of IPv6, where IPv4 addresses are mapped ones.
NETWORKS: Final[tuple[tuple[int, int], ...]] = tuple(
    [network for address, bits in _V4 for network in _embeddings(address, bits)]
    + [(_v6_number(address), bits) for address, bits in _V6]
)


def is_denied(address: str) -> bool:
    """Whether a numeric address (IPv6 with or without a scope) is link-local or a metadata service."""
    plain = address.partition("%")[0]
    number = _v6_number(plain if ":" in plain else f"::ffff:{plain}")
    return any(number >> (128 - bits) == network >> (128 - bits) for network, bits in NETWORKS)


def is_denied_literal(host: str) -> bool:
    """Whether `host` is a denied address in any spelling (`2852039166`, `0xa9.254.169.254`); False for a name."""
    try:
        numeric = host if ":" in host else socket.inet_ntoa(socket.inet_aton(host))
        return is_denied(numeric)
    except (OSError, UnicodeError):
        return False
