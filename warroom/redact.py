"""Secrets are replaced by their names before anything is written, shown or sent."""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from warroom.spelling import Decoded, levels, without_begun
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
    """What a text that holds the secret holds, as it is or once its escapes are read: the secret, or base64 of it."""
    raw = value.encode("utf-8", "surrogatepass")
    # A form spells a space as `+`, which is no escape that could be read everywhere.
    plain = {value, value.strip(), value.replace(" ", "+"), value.strip().replace(" ", "+")}
    # A secret that looks escaped itself is read as if it were where it stands among escapes.
    read = {level.text for form in plain for level in levels(form)}
    # Basic credentials are form-encoded before they are base64-encoded (RFC 6749 2.3.1).
    encoded = {urllib.parse.quote(raw, safe=""), urllib.parse.quote(raw), urllib.parse.quote_plus(raw)}
    cores = set().union(*(_base64_cores(form.encode()) for form in encoded), _base64_cores(raw))
    return {form for form in plain | read | cores if len(form) >= _SHORTEST}


class Redactor:
    """Knows the secrets of a run, and replaces every spelling of them by `[NAME]`.

    A spelling is the secret itself, base64 of it, and either with any of its characters escaped as in JSON, in an
    address or in HTML, also twice and mixed.

    Secrets can be added while a run goes on (an access token is one from the moment it is received). A value
    shorter than four characters cannot be told from ordinary text and is not replaced; of a secret input the loader
    wants eight.
    """

    def __init__(self) -> None:
        self._forms: list[tuple[str, str]] = []

    @classmethod
    def of(cls, secrets: Mapping[str, str]) -> Redactor:
        """One that knows `secrets`, by their names."""
        redactor = cls()
        for name, value in secrets.items():
            redactor.add(name, value)
        return redactor

    def add(self, name: str, value: str) -> None:
        """Replace `value` by `[name]` from now on. Empty and very short values are ignored."""
        known = {form for form, _ in self._forms}
        self._forms += [(form, f"[{name}]") for form in _forms(value) if form not in known]
        # The longest first, so that a secret that contains another is replaced whole.
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
        if not self._forms:
            return text
        for form, name in self._forms:
            if form in text:
                text = text.replace(form, name)
        spans = [span for level in islice(levels(text), 1, None) for span in self._spans(level)]
        pieces, done = [], 0
        for start, end, name in _merged(spans):
            pieces += [text[done:start], name]
            done = end
        return "".join([*pieces, text[done:]])

    def _spans(self, level: Decoded) -> Iterator[tuple[int, int, str]]:
        """Where the secrets that `level` shows stand in the text as it came: begin, end, name."""
        for form, name in self._forms:
            at = level.text.find(form)
            while at >= 0:
                end = at + len(form)
                yield level.source(at), level.source(end), name
                at = level.text.find(form, end)

    def _without_beginning(self, text: str) -> str:
        """`text` without the longest beginning of a secret (four characters or more) that it ends with."""
        found = [
            (level.source(len(shown) - length), -length, name)
            for whole in dict.fromkeys((text, without_begun(text)))
            for level in levels(whole)
            for shown in dict.fromkeys((level.text, without_begun(level.text)))
            for form, name in self._forms
            if (length := _overlap(shown, form))
        ]
        if not found:
            return text
        start, _, name = min(found)
        return text[:start] + name


def _merged(spans: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The spans in their order, those that overlap made one, with the name of the one that begins first."""
    merged: list[tuple[int, int, str]] = []
    for start, end, name in sorted(spans, key=lambda span: (span[0], -span[1])):
        if merged and start < merged[-1][1]:
            first, last, named = merged[-1]
            merged[-1] = (first, max(last, end), named)
        else:
            merged.append((start, end, name))
    return merged


def _overlap(text: str, form: str) -> int:
    """How many characters at the end of `text` are the beginning of `form`; 0 for fewer than four."""
    end = text[-_SHORTEST:]
    at = form.rfind(end, 0, len(text))
    while at >= 0 and len(end) == _SHORTEST:
        if text.endswith(form[: at + _SHORTEST]):
            return at + _SHORTEST
        at = form.rfind(end, 0, at + _SHORTEST - 1)
    return 0
