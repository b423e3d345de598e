"""What is left out of the evidence whatever its value: credentials that a header, member or parameter is known for.

The `Redactor` replaces the secrets it was told. A server can hand out others (a cookie, a token in an answer that no
check reads, a private key in a key set), and those are recognised here by where they stand.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

WITHHELD: Final = "[withheld]"

_HEADERS: Final = frozenset(
    ("authorization", "proxy-authorization", "cookie", "set-cookie", "x-internal-key", "x-api-key", "x-auth-token")
)
_MEMBERS: Final = (
    "client_secret",
    "access_token",
    "refresh_token",
    "id_token",
    "assertion",
    "client_assertion",
    "password",
)
# RFC 7517 and 7518: the members of a key that must stay private, and the value of a symmetric one.
_PRIVATE_KEY: Final = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))
_SCHEME: Final = re.compile(r"(basic|bearer|digest|dpop|negotiate) ", re.IGNORECASE)

_NAMES: Final = "|".join(_MEMBERS)
_QUOTED: Final = re.compile(rf'("(?:{_NAMES})"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\Z)', re.IGNORECASE | re.DOTALL)
_ASSIGNED: Final = re.compile(
    rf"""((?<![\w-])(?:{_NAMES})(?:\\*["'])?\s*(?:[:=]|%3[AaDd])\s*(?:\\*["'])?)(?!\[withheld\])[^"'\\&\s,;}}]+""",
    re.IGNORECASE,
)
_USER_INFO: Final = re.compile(r"(://)[^/@\s\"'<>]+@")
_JWT: Final = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{2,}(?:\.[\w-]*)*")


def is_secret_member(name: str, siblings: Iterable[str]) -> bool:
    """Whether a member called `name` carries a credential; `siblings` are all names of the object it stands in."""
    return name.lower() in _MEMBERS or (name in _PRIVATE_KEY and "kty" in siblings)


def header(name: str, value: str) -> str:
    """The value to keep: of a header that carries credentials only the scheme (`Bearer [withheld]`)."""
    if name.lower() not in _HEADERS:
        return text(value)
    scheme = _SCHEME.match(value)
    return f"{scheme[1]} {WITHHELD}" if scheme else WITHHELD


def text(value: str) -> str:
    """`value` without tokens, user info in addresses, and what stands behind `access_token=` and its like."""
    value = _QUOTED.sub(rf'\1"{WITHHELD}"', value)
    value = _ASSIGNED.sub(rf"\1{WITHHELD}", value)
    value = _USER_INFO.sub(rf"\1{WITHHELD}@", value)
    return _JWT.sub(WITHHELD, value)


def body(value: str) -> str:
    """A body without credentials. JSON that holds some is written anew, with everything else as it was.

    A member given twice is kept twice, the second as `name (2)`. JSON that is nested too deeply to be searched
    is withheld whole.
    """
    found: list[str] = []

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = {name for name, _ in pairs}
        kept: dict[str, Any] = {}
        times: Counter[str] = Counter()
        for name, content in pairs:
            hide = is_secret_member(name, names)
            found.extend([name] if hide else [])
            times[name] += 1
            again = f"{name} ({times[name]})" if times[name] > 1 else name
            kept[again] = WITHHELD if hide else content
        return kept

    try:
        parsed = json.loads(value, object_pairs_hook=keep)
        return text(json.dumps(parsed, ensure_ascii=False) if found else value)
    except RecursionError:
        return f"{WITHHELD}: nested too deeply to be searched for credentials"
    except ValueError:
        return text(value)
