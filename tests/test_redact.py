import base64
import time
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.canaries import SPELLINGS
from warroom.redact import Redactor
from warroom.text import clean, one_line

SECRET = "s3cr3t-Zugang/4711"


def redactor(*secrets: str) -> Redactor:
    made = Redactor()
    for number, secret in enumerate(secrets, 1):
        made.add(f"KEY{number}", secret)
    return made


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(SECRET, id="as it is"),
        pytest.param(urllib.parse.quote(SECRET, safe=""), id="URL-encoded"),
        pytest.param(base64.b64encode(f"user:{SECRET}".encode()).decode(), id="in basic credentials"),
    ],
)
def test_a_secret_is_replaced_by_its_name(spelling: str) -> None:
    shown = redactor(SECRET)(f"before {spelling} after")
    assert "[KEY1]" in shown
    assert SECRET not in shown
    assert spelling not in shown


@given(st.integers(0, 60), st.integers(1, 80), st.sampled_from([clean, one_line]))
def test_a_secret_that_was_cut_short_is_no_longer_there(padding: int, limit: int, cut: object) -> None:
    assert callable(cut)
    shown = redactor(SECRET)(cut("x" * padding + SECRET + "y" * 400, limit=limit))
    assert SECRET[:4] not in shown


@given(st.integers(1, 80), st.integers(0, 400))
def test_white_space_does_not_hide_where_a_line_was_cut(limit: int, padding: int) -> None:
    shown = redactor(SECRET)(one_line("a" + " " * padding + SECRET + " y" * 400, limit=limit))
    assert SECRET[:4] not in shown


def test_the_secret_whose_beginning_is_longest_names_it() -> None:
    shown = redactor("abcdefgh-one", "abcdefgh-two")(clean("abcdefgh-tw" + "o" * 5, limit=11))
    assert shown == "[KEY2]… (+5 characters)"


def test_a_cut_text_without_a_secret_stays_as_it_is() -> None:
    text = clean("an ordinary sentence", limit=11)
    assert redactor(SECRET)(text) == text


def test_a_text_full_of_cuts_does_not_hold_anything_up() -> None:
    hide, text = redactor("e" * 2_000 + "f"), ("e" * 50 + "… (+") * 2_000
    started = time.process_time()
    hide(text)
    assert time.process_time() - started < 2


def test_bytes_are_redacted_whatever_they_hold() -> None:
    assert redactor(SECRET).bytes(b"\xff" + SECRET.encode() + b"\x00") == b"\xff[KEY1]\x00"


HARD = "pa ss/wö&<\"'>\\d+=%41"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_only_the_secret_is_replaced_whatever_escapes_stand_around_it(spelling: str) -> None:
    around = "%41 caf\\u00e9 &amp; a\\/b 🔑 "
    shown = redactor(HARD)(f"{around}{SPELLINGS[spelling](HARD)} {around}")
    assert shown.startswith(around)
    assert shown.endswith(around)
    assert shown.count("[KEY1]") == 1
    # Of base64 up to three characters at either end belong to what stands beside the secret too.
    assert len(shown) <= 2 * len(around) + len(" [KEY1]") + 8


@pytest.mark.parametrize("spelling", [name for name in SPELLINGS if "base64" not in name])
def test_a_spelling_that_was_cut_anywhere_is_no_longer_there(spelling: str) -> None:
    spelled = SPELLINGS[spelling](HARD)
    # From here on at least "pa ss" can be read.
    for length in range(spelled.index("ss") + 2, len(spelled)):
        shown = redactor(HARD)(clean(f"x{spelled}y", limit=1 + length))
        assert shown.startswith("x[KEY1]… (+"), shown


def test_escapes_alone_do_not_hold_anything_up() -> None:
    hide = redactor(SECRET, HARD)
    for text in ("%41" * 300_000, "\\/" * 500_000, "%2525252541" * 100_000, "\\" * 1_000_000, "&" * 1_000_000):
        started = time.process_time()
        assert hide(text) == text
        assert time.process_time() - started < 4
