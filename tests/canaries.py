"""Twelve secrets of awkward kinds, in the spellings in which they turn up, to see where they went."""

import base64
import urllib.parse
from collections.abc import Callable, Iterator, Mapping

from warroom.redact import Redactor

CANARIES = {
    "PLAIN": "hunter2hunter2",
    "SPACED": "pa ss/wo+rd=",
    "UMLAUTS": "ünïcödé-secret",
    "QUOTED": 'quo"te\\back',
    "DIGITS": "1234567890123",
    "SEPARATED": "a&b=c;d%e#f",
    "LINES": "-----BEGIN KEY-----\nabc\n",
    "BOT_TOKEN": "xoxb-1111-2222-abcdef",
    "ACCESS_KEY": "AKIAIOSFODNN7EXAMPLE",
    "DOTTED": "eyJx.notajwt",
    "MARKUP": "<tag>&amp;secret",
    "EMOJI": "emoji-🔑-secret",
}
SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "raw": lambda secret: secret,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 within": lambda secret: base64.b64encode(f"id:{secret}".encode()).decode(),
    "URL-encoded": lambda secret: urllib.parse.quote(secret, safe=""),
    "form-encoded": lambda secret: urllib.parse.quote_plus(secret),
}


def spelled(secret: str) -> Iterator[str]:
    return (spell(secret) for spell in SPELLINGS.values())


def redactor_of_all() -> Redactor:
    """A redactor that knows every canary by its name."""
    redactor = Redactor()
    for name, value in CANARIES.items():
        redactor.add(name, value)
    return redactor
