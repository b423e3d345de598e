"""The one sanitiser of foreign text.

Whatever comes from outside (HTTP, commands, playbooks, people) passes `clean` once, at the boundary. What it
returns can be written to any terminal, file or message: control characters, terminal escapes, bidirectional
overrides, zero-width characters and lone surrogates are turned into visible escapes, never dropped, so that a
reader sees that they were there.
"""

from __future__ import annotations

import unicodedata

CUT = "… (+"
"""Stands where a text was cut short; then how many characters were left out."""

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e", "\x00": "\\0"}

# Default-ignorable or layout-changing characters that Unicode does not class as format characters (Cf).
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\u2800\u2028\u2029")


def _visible(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _is_hostile(char: str) -> bool:
    if " " <= char <= "~":
        return False
    category = unicodedata.category(char)
    if category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or char in _INVISIBLE:
        return True
    return 0xFE00 <= ord(char) <= 0xFE0E or 0xE0100 <= ord(char) <= 0xE01EF


def clean(text: str, *, limit: int = 2_000, lines: bool = False) -> str:
    """`text` made safe to show, at most `limit` characters (then `…` and how many were left out).

    With `lines` a line feed stays a line feed and a tab becomes spaces; otherwise both become visible escapes.
    """
    cut = text[:limit]
    if not cut.isascii() or not cut.isprintable():
        keep = "\n" if lines else ""
        source = cut.expandtabs(4).replace("\r\n", "\n") if lines else cut
        cut = "".join(_visible(c) if c not in keep and _is_hostile(c) else c for c in source)
    left_out = len(text) - limit
    return f"{cut}{CUT}{left_out:,} characters)" if left_out > 0 else cut


def clean_bytes(raw: bytes, *, limit: int = 2_000, lines: bool = False) -> str:
    """`raw` read as UTF-8 and made safe to show; bytes that are not UTF-8 appear as `\\xNN`."""
    return clean(raw.decode("utf-8", "backslashreplace"), limit=limit, lines=lines)


def one_line(text: str, *, limit: int = 200) -> str:
    """`text` cleaned, its white space folded to single spaces, at most `limit` characters."""
    seen = text[: limit * 4]
    folded = " ".join(seen.split())
    if len(seen) == len(text) or len(folded) > limit:
        return clean(folded, limit=limit)
    return f"{clean(folded, limit=limit)}{CUT}{len(text) - len(seen):,} characters)"


def plural(count: int, noun: str, plural_noun: str = "") -> str:
    """`1 check`, `2 checks`; `plural_noun` where an s is not enough."""
    return f"{count:,} {noun if count == 1 else plural_noun or noun + 's'}"


def did_you_mean(word: str, known: list[str]) -> str:
    """`did you mean 'status'?`, or an empty string when nothing known is near."""
    import difflib

    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else ""
