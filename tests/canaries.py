"""Secrets of awkward kinds, in the spellings in which they turn up, to see where they went.

Twelve can be inputs of a playbook; one with line ends can only turn up later, as a key that a service sends.
"""

import base64
import html
import json
import re
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
    "HEX": "c0ffee00deadbeef5eed",
}


def _json(secret: str, escaped: str = "", form: str = "\\u{:04x}", ascii_only: bool = False) -> str:
    """The inside of a JSON string in which the characters of `escaped` are escaped by number."""
    text = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
    return "".join(form.format(ord(char)) if char in escaped else char for char in text)


def _percent_in_lower_case(secret: str) -> str:
    return re.sub("%..", lambda found: found[0].lower(), urllib.parse.quote(secret, safe=""))


def _mixed(secret: str) -> str:
    """Every way in turn: as a template that fills one text into another by hand makes it."""
    ways = (
        lambda char: char,
        _percent_in_lower_case,
        html.escape,
        lambda char: _json(char, "&<>'/", "\\u{:04X}"),
        lambda char: char.replace("/", "\\/"),
    )
    return "".join(ways[number % 5](char) if not char.isalnum() else char for number, char in enumerate(secret))


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "raw": lambda secret: secret,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 within": lambda secret: base64.b64encode(f"id:{secret}".encode()).decode(),
    "URL-encoded": lambda secret: urllib.parse.quote(secret, safe=""),
    "form-encoded": lambda secret: urllib.parse.quote_plus(secret),
    "URL-encoded in lower case": _percent_in_lower_case,
    "URL-encoded twice": lambda secret: urllib.parse.quote(urllib.parse.quote(secret, safe=""), safe=""),
    "JSON": lambda secret: _json(secret),
    "JSON as Python writes it": lambda secret: _json(secret, ascii_only=True),
    "JSON as PHP writes it": lambda secret: _json(secret, ascii_only=True).replace("/", "\\/"),
    "JSON as Go writes it": lambda secret: _json(secret, "&<>"),
    "JSON as Rails writes it": lambda secret: _json(secret, "&<>'"),
    "JSON as .NET writes it": lambda secret: _json(secret.replace('"', "\x00"), "&<>'+`", "\\u{:04X}").replace(
        "\\u0000", "\\u0022"
    ),
    "JSON within JSON": lambda secret: _json(_json(secret, "&<>")),
    "base64 in JSON as PHP writes it": lambda secret: (
        base64.b64encode(f"id:{secret}".encode()).decode().replace("/", "\\/")
    ),
    "HTML": lambda secret: html.escape(secret),
    "HTML by decimal numbers": lambda secret: re.sub("[&<>\"'/=]", lambda found: f"&#{ord(found[0])};", secret),
    "HTML within JSON": lambda secret: _json(html.escape(secret), "&<>"),
    "mixed": _mixed,
}


def spelled(secret: str) -> Iterator[str]:
    return (spell(secret) for spell in SPELLINGS.values())


def redactor_of_all() -> Redactor:
    """A redactor that knows every canary by its name."""
    redactor = Redactor()
    for name, value in CANARIES.items():
        redactor.add(name, value)
    return redactor


def texts(value: object) -> Iterator[str]:
    """All names and texts of JSON data."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    else:
        yield str(value)
