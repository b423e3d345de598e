"""What the value of a security header must be for the header to protect anyone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

_DIGITS = re.compile(r'(?P<quote>"?)(\d{1,18})(?P=quote)', re.ASCII)
_POLICY_MEMBER = re.compile(
    r"[ \t]*[a-z*][a-z0-9_.*-]*=(?:\*|[A-Za-z][A-Za-z0-9_.:/-]*|\((?:[^()\"]|\"[^\"]*\")*\))(?:;[^,;]*)*[ \t]*(?:,|$)"
)
_REFERRER_POLICIES = frozenset(
    (
        "no-referrer",
        "no-referrer-when-downgrade",
        "origin",
        "origin-when-cross-origin",
        "same-origin",
        "strict-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    )
)


def _strict_transport_security(value: str) -> str:
    directives = [part.strip().partition("=") for part in value.split(";") if part.strip()]
    names = [name.strip().lower() for name, _, _ in directives]
    if len(set(names)) != len(names):
        return "it gives a directive twice"
    ages = [given.strip() for name, _, given in directives if name.strip().lower() == "max-age"]
    if not ages:
        return "it has no max-age"
    age = _DIGITS.fullmatch(ages[0])
    if not age:
        return "its max-age is not a number of seconds"
    return "" if int(age[2]) > 0 else "max-age=0 switches it off"


def _content_security_policy(value: str) -> str:
    return "" if any(part.strip() for part in value.split(";")) else "it holds no directive"


def _x_frame_options(value: str) -> str:
    return "" if value.strip().upper() in ("DENY", "SAMEORIGIN") else "only DENY and SAMEORIGIN protect"


def _x_content_type_options(value: str) -> str:
    return "" if value.strip().lower() == "nosniff" else "only nosniff protects"


def _referrer_policy(value: str) -> str:
    policies = [part.strip().lower() for part in value.split(",")]
    if not all(policy in _REFERRER_POLICIES for policy in policies):
        return "it names a policy that does not exist"
    return "unsafe-url gives the whole address away" if policies[-1] == "unsafe-url" else ""


def _permissions_policy(value: str) -> str:
    at = 0
    while at < len(value):
        member = _POLICY_MEMBER.match(value, at)
        if not member:
            return "it is not a list such as geolocation=(), camera=(self)"
        at = member.end()
    return "it ends with a comma" if value.rstrip().endswith(",") else ""


# RFC 6797; CSP 3; RFC 7034; Fetch; Referrer Policy; Permissions Policy (a structured dictionary, RFC 8941).
RULES: Final[Mapping[str, Callable[[str], str]]] = {
    "strict-transport-security": _strict_transport_security,
    "content-security-policy": _content_security_policy,
    "x-frame-options": _x_frame_options,
    "x-content-type-options": _x_content_type_options,
    "referrer-policy": _referrer_policy,
    "permissions-policy": _permissions_policy,
}


def weakness(name: str, value: str) -> str:
    """Why `value` does not protect, as a sentence part; empty when it does. Headers without a rule need any value."""
    if not value.strip():
        return "it is empty"
    rule = RULES.get(name.lower())
    return rule(value) if rule else ""
