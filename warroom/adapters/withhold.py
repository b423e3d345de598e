"""What is left out of the evidence whatever its value: credentials that a header, member or parameter is known for.

The `Redactor` replaces the secrets it was told. A server can hand out others (a cookie, a token in an answer that no
check reads, a private key in a key set), and those are recognised here by where they stand.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection
from functools import partial
from typing import Any, Final

WITHHELD: Final = "[withheld]"

_HEADERS: Final = frozenset(
    ("authorization", "proxy-authorization", "cookie", "set-cookie", "x-internal-key", "x-api-key", "x-auth-token")
)
# Withheld whatever they hold.
_MEMBERS: Final = frozenset(
    (
        "client_secret",
        "access_token",
        "refresh_token",
        "id_token",
        "assertion",
        "client_assertion",
        "password",
    )
)
# Ends of names, in lower case without separators. Of the first, every text is withheld; of the others, a text that
# looks like a credential: `credentials: "verified"` is what a check decides by.
_PASSWORDS: Final = ("password", "passwd", "pwd", "passphrase", "secret", "privatekey")
_TOKENS: Final = ("token", "apikey", "accesskey", "secretkey")
_STATES: Final = ("credential", "credentials", "session", "sessionid")
# RFC 7517 and 7518: the members of a key that must stay private, and the value of a symmetric one.
_PRIVATE_KEY: Final = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))

_SCHEME: Final = re.compile(r"(basic|bearer|digest|dpop|negotiate) ", re.IGNORECASE)
_SEPARATORS: Final = re.compile(r"[\s._-]+")
_SHORTEST: Final = 12
# An address, and a name that the redactor put there, are no credentials; words joined are a state.
_READABLE: Final = re.compile(r"(?:https?|wss?)://.*|\[[A-Z][A-Z0-9_]*\]|\[withheld\]", re.DOTALL)
_WORDS: Final = re.compile(r"[a-z]{1,20}(?:[_-][a-z]{1,20}){1,4}", re.IGNORECASE)


# A longer name is known by its end: `accessToken`, `db_password`. The first letter stands apart, so that a body is
# searched for that alone.
_NAMES: Final = (
    r"[aAcCpPsStT](?i:(?<=t)oken|(?<=p)(?:assw(?:or)?d|wd|assphrase|rivate[_-]?key)|(?<=s)ecret(?:[_-]?key)?"
    r"|(?<=s)ession(?:[_-]?id)?|(?<=c)redentials?|(?<=a)(?:uth|ssertion|(?:pi|ccess)[_-]?key))"
)
_QUOTED: Final = re.compile(rf'(?P<head>(?P<name>{_NAMES})"\s*:\s*)"(?P<value>(?:[^"\\]|\\.)*)(?:"|\Z)', re.DOTALL)
_ASSIGNED: Final = re.compile(
    rf"""(?P<head>(?P<name>{_NAMES})(?:\\*["'])?\s*(?:[:=]|%3[AaDd])\s*(?:\\*["'])?)"""
    r"""(?P<value>(?i:(?:basic|bearer)(?:\s|\+|%20)+)?[^"'\\&\s,;}]+)"""
)
_BEFORE: Final = re.compile(r"[\w-]*\Z")
# JSON that is no text, behind a colon: a number, a word, or the begin of more.
_NO_TEXT: Final = re.compile(r"-?[\d.]+(?:[eE][+-]?\d+)?|true|false|null|[\[{].*")
_USER_INFO: Final = re.compile(r"(://)[^/@\s\"'<>]+@")
_JWT: Final = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{2,}(?:\.[\w-]*)*")


def hides(name: str, value: object, siblings: Collection[str] = ()) -> bool:
    """Whether `value`, of a member called `name`, is a credential; `siblings` are all names of its object."""
    if name.lower() in _MEMBERS or (name in _PRIVATE_KEY and "kty" in siblings):
        return True
    if not isinstance(value, str):
        return False
    squashed = _SEPARATORS.sub("", name.lower())
    if squashed.endswith(_PASSWORDS):
        return value != ""
    if squashed.endswith(_TOKENS):
        return _is_opaque(value)
    return (squashed == "auth" or squashed.endswith(_STATES)) and _is_opaque(value) and not _WORDS.fullmatch(value)


def _is_opaque(value: str) -> bool:
    """Whether `value` looks like a credential: long, without spaces, no address; a scheme may stand before it."""
    scheme = _SCHEME.match(value)
    bare = value[scheme.end() :] if scheme else value
    return len(bare) >= _SHORTEST and not re.search(r"\s", bare) and not _READABLE.fullmatch(bare)


def hides_header(name: str, value: str) -> bool:
    """Whether the header called `name` carries a credential."""
    return name.lower() in _HEADERS or hides(name, value)


def bare(value: str) -> str:
    """The value of a header without the scheme that stands before a credential."""
    scheme = _SCHEME.match(value)
    return value[scheme.end() :] if scheme else value


def header(name: str, value: str) -> str:
    """The value to keep: of a header that carries credentials only the scheme (`Bearer [withheld]`)."""
    if not hides_header(name, value):
        return text(value)
    scheme = _SCHEME.match(value)
    return f"{scheme[1]} {WITHHELD}" if scheme else WITHHELD


def text(value: str, named: str = "") -> str:
    """`value` without tokens, user info in addresses, and what stands behind `access_token=` and its like.

    A value that holds `named` (unless that is empty) is kept: it has the name of a secret in place of the secret.
    """
    value = _QUOTED.sub(partial(_quoted, named), value)
    value = _ASSIGNED.sub(partial(_assigned, named), value)
    value = _USER_INFO.sub(rf"\1{WITHHELD}@", value)
    return _JWT.sub(WITHHELD, value)


def _is_named(named: str, value: object) -> bool:
    return named != "" and isinstance(value, str) and named in value


def _quoted(named: str, found: re.Match[str]) -> str:
    hide = hides(_name(found), found["value"]) and not _is_named(named, found["value"])
    return f'{found["head"]}"{WITHHELD}"' if hide else found[0]


def _name(found: re.Match[str]) -> str:
    """The name with what stands before the end of it that was found; 20 characters tell every name apart."""
    start = found.start()
    before = _BEFORE.search(found.string[max(0, start - 20) : start])
    return (before[0] if before else "") + found["name"]


def _assigned(named: str, found: re.Match[str]) -> str:
    head, name, value = found["head"], _name(found), found["value"]
    if value.startswith(WITHHELD) or _is_named(named, value) or not hides(name, value):
        return found[0]
    if name.lower() not in _MEMBERS and head.rstrip().endswith(":") and _NO_TEXT.fullmatch(value):
        return found[0]
    return head + WITHHELD


def body(value: str, named: str = "") -> str:
    """A body without credentials; `named` as in `text`. JSON that holds some is written anew, with everything else
    as it was.

    A member given twice is kept twice, the second as `name (2)`. JSON that is nested too deeply to be searched
    is withheld whole.
    """
    found: list[str] = []

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = {name for name, _ in pairs}
        kept: dict[str, Any] = {}
        times: Counter[str] = Counter()
        for name, content in pairs:
            hide = hides(name, content, names) and not _is_named(named, content)
            found.extend([name] if hide else [])
            times[name] += 1
            again = f"{name} ({times[name]})" if times[name] > 1 else name
            kept[again] = WITHHELD if hide else content
        return kept

    try:
        parsed = json.loads(value, object_pairs_hook=keep)
        return text(json.dumps(parsed, ensure_ascii=False) if found else value, named)
    except RecursionError:
        return f"{WITHHELD}: nested too deeply to be searched for credentials"
    except ValueError:
        return text(value, named)
