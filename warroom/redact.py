"""Secrets are replaced by their names before anything is written, shown or sent."""

from __future__ import annotations

import base64
import json
import urllib.parse

_SHORTEST = 4


def _base64_cores(raw: bytes) -> set[str]:
    """What base64 of any text holding `raw` must contain, for the three alignments `raw` can have in it."""
    cores = set()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode()
        first = (shift * 8 + 5) // 6
        last = (shift + len(raw)) * 8 // 6
        core = encoded[first:last]
        if len(core) >= 6:
            cores |= {core, core.replace("+", "-").replace("/", "_")}
    return cores


def _forms(value: str) -> set[str]:
    """The spellings in which a secret may turn up: raw, URL- and form-encoded, JSON-escaped, base64."""
    raw = value.encode("utf-8", "surrogatepass")
    encoded = {quote(raw) for quote in (_percent, urllib.parse.quote, urllib.parse.quote_plus)}
    plain = {
        value,
        value.strip(),
        _percent(_percent(raw).encode()),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
    }
    # Basic credentials are form-encoded before they are base64-encoded (RFC 6749 2.3.1).
    cores = set().union(*(_base64_cores(form.encode()) for form in encoded), _base64_cores(raw))
    return {form for form in plain | encoded | cores if len(form) >= _SHORTEST}


def _percent(raw: bytes) -> str:
    return urllib.parse.quote(raw, safe="")


class Redactor:
    """Knows the secrets of a run, and replaces every spelling of them by `[NAME]`.

    Secrets can be added while a run goes on (an access token is one from the moment it is received). A value
    shorter than four characters cannot be told from ordinary text and is not replaced; the loader refuses such
    a secret.
    """

    def __init__(self) -> None:
        self._forms: list[tuple[str, str]] = []

    def add(self, name: str, value: str) -> None:
        """Replace `value` by `[name]` from now on. Empty and very short values are ignored."""
        known = {form for form, _ in self._forms}
        self._forms += [(form, f"[{name}]") for form in _forms(value) if form not in known]
        # The longest spelling first, so that a secret that contains another is replaced whole.
        self._forms.sort(key=lambda pair: -len(pair[0]))

    def __call__(self, text: str) -> str:
        """`text` with every known secret replaced by its name."""
        for form, name in self._forms:
            if form in text:
                text = text.replace(form, name)
        return text

    def bytes(self, raw: bytes) -> bytes:
        """`raw` with every known secret replaced; bytes that are not UTF-8 stay as they are."""
        return self(raw.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
