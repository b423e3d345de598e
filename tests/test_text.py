"""Foreign text is made visible, and secrets are replaced, before anything is written."""

import base64
import json
import unicodedata
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.redact import Redactor
from warroom.text import clean, clean_bytes, did_you_mean, one_line, plural

HOSTILE = [
    ("terminal escape", "\x1b[2J", "\\e[2J"),
    ("clipboard write (OSC 52)", "\x1b]52;c;aGk=\x07", "\\e]52;c;aGk=\\x07"),
    ("C1 control", "\x9b31m", "\\x9b31m"),
    ("bidirectional override", "a\u202eb", "a\\u202eb"),
    ("zero width", "a\u200bb", "a\\u200bb"),
    ("byte order mark", "\ufeffa", "\\ufeffa"),
    ("lone surrogate", "a\ud800", "a\\ud800"),
    ("line feed", "a\nb", "a\\nb"),
    ("carriage return", "a\rb", "a\\rb"),
    ("line separator", "a\u2028b", "a\\u2028b"),
    ("NUL", "a\0b", "a\\0b"),
    ("tag characters", "a\U000e0041", "a\\U000e0041"),
]


@pytest.mark.parametrize(("text", "shown"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_hostile_characters_become_visible(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text())
def test_clean_text_can_be_written_anywhere(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") for char in cleaned)
    assert clean(cleaned) == cleaned


def test_ordinary_text_stays_as_it_is() -> None:
    assert clean("Überprüfung ✅ 120 ms ≤ 日本") == "Überprüfung ✅ 120 ms ≤ 日本"


def test_lines_are_kept_where_they_are_asked_for() -> None:
    assert clean("a\r\nb\tc\x1b", lines=True) == "a\nb   c\\e"


def test_long_text_says_how_much_was_left_out() -> None:
    assert clean("x" * 3000, limit=10) == "xxxxxxxxxx… (+2,990 characters)"


def test_bytes_that_are_not_text_stay_visible() -> None:
    assert clean_bytes(b"ok \xff\xfe") == "ok \\xff\\xfe"


def test_small_helpers_for_sentences() -> None:
    assert one_line("a \n  b") == "a b"
    assert (plural(1, "check"), plural(2, "check"), plural(2, "retry", "retries")) == (
        "1 check",
        "2 checks",
        "2 retries",
    )
    assert did_you_mean("stauts", ["status", "title"]) == "did you mean 'status'?"
    assert did_you_mean("zzz", ["status"]) == ""


SECRET = "p@ss w/rd+é&~100%"
SPELLINGS = {
    "raw": SECRET,
    "URL-encoded": urllib.parse.quote(SECRET, safe=""),
    "form-encoded": urllib.parse.quote_plus(SECRET),
    "JSON": json.dumps(SECRET),
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 after one byte": base64.b64encode(b"i" + SECRET.encode()).decode(),
    "base64 after two bytes": base64.b64encode(b"id" + SECRET.encode()).decode(),
    "basic credentials": base64.b64encode(b"client:" + SECRET.encode()).decode(),
    "URL-safe base64": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "form-encoded basic credentials": base64.b64encode(b"id:" + urllib.parse.quote_plus(SECRET).encode()).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_no_spelling_of_a_secret_survives(spelling: str) -> None:
    redact = Redactor()
    redact.add("M2M_CLIENT_SECRET", SECRET)
    shown = redact(f"before {spelling} after")
    assert "[M2M_CLIENT_SECRET]" in shown
    assert spelling not in shown


@given(
    st.text(min_size=8, max_size=40, alphabet=st.characters(min_codepoint=33, max_codepoint=126)),
    st.binary(max_size=5),
)
def test_base64_of_anything_around_a_secret_is_noticed(secret: str, before: bytes) -> None:
    redact = Redactor()
    redact.add("S", secret)
    assert "[S]" in redact(base64.b64encode(before + secret.encode() + b"tail").decode())


def test_a_secret_within_another_is_replaced_whole() -> None:
    redact = Redactor()
    redact.add("SHORT", "hunter22")
    redact.add("LONG", "hunter22-and-more")
    assert redact("x hunter22-and-more y") == "x [LONG] y"


def test_bytes_are_redacted_and_other_bytes_kept() -> None:
    redact = Redactor()
    redact.add("S", "hunter22")
    assert redact.bytes(b"\xff hunter22 \x00") == b"\xff [S] \x00"
