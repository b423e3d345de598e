"""Secrets are replaced by their names before anything is written, shown or sent."""

from __future__ import annotations

import base64
import json
import urllib.parse

from warroom.text import CUT

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
        """`text` with every known secret replaced by its name, also one whose end `text.clean` has cut off."""
        text = self._replaced(text)
        if CUT not in text:
            return text
        *cut, last = text.split(CUT)
        return CUT.join([*map(self._without_beginning, cut), last])

    def bytes(self, raw: bytes) -> bytes:
        """`raw` with every known secret replaced; bytes that are not UTF-8 stay as they are."""
        return self._replaced(raw.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def _replaced(self, text: str) -> str:
        for form, name in self._forms:
            if form in text:
                text = text.replace(form, name)
        return text

    def _without_beginning(self, text: str) -> str:
        """`text` without the longest beginning of a secret (four characters or more) that it ends with."""
        found = [(length, name) for form, name in self._forms if (length := _overlap(text, form))]
        if not found:
            return text
        length, name = max(found)
        return text[:-length] + name


def _overlap(text: str, form: str) -> int:
    """How many characters at the end of `text` are the beginning of `form`; 0 for fewer than four."""
    end = text[-_SHORTEST:]
    at = form.rfind(end, 0, len(text))
    while at >= 0 and len(end) == _SHORTEST:
        if text.endswith(form[: at + _SHORTEST]):
            return at + _SHORTEST
        at = form.rfind(end, 0, at + _SHORTEST - 1)
    return 0
