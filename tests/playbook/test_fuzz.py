"""Whatever a file holds, loading it ends in a playbook or in problems, never in a traceback or with a secret."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.playbook.small import KINDS, SMALL, load
from tests.playbook.test_shipped import AUTO_COM_CENTER, ENVIRON
from tests.playbook.test_shipped import KINDS as BUILTIN
from warroom.contract import AnyKind
from warroom.errors import PlaybookError
from warroom.playbook.load import check_playbook
from warroom.text import clean

CANARY = "swordfishcanary"
SHIPPED = AUTO_COM_CENTER.read_text()
ALL_KINDS: dict[str, AnyKind] = {**BUILTIN, **KINDS}
EVERYTHING = {**ENVIRON, "APP_URL": "http://127.0.0.1:9", "M2M_CLIENT_SECRET": CANARY, "TOKEN": CANARY}
QUICK = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])

# Pieces that mean something in YAML or in a playbook.
_MARKS = (
    ": |:|- |-|?|? |,|[|]|{|}|#|&a |*a|!|!!str |'|\"|%|@|`|~|<<|${|$$|\n|\r|\t|\u2028|\x85|\ufeff| |  |---\n|...\n"
)
_WORDS = "null|true|1|1e999|.nan|0x|a|kind|checks|target|include|defaults|environments|${APP_URL}|${TOKEN}"
_LINES = [
    "%YAML 1.2\n",
    "|-\n",
    ">",
    '"\\ud800"',
    "warroom: 1\n",
    "launch: {id: a}\n",
    "${M2M_CLIENT_SECRET}",
    "x" * 300,
]
TOKENS = st.sampled_from([*_MARKS.split("|"), *_WORDS.split("|"), *_LINES])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["${TOKEN}", "5m", "app"]),
)


def load_bytes(data: bytes) -> None:
    """Loading and linting end well, and say no secret."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "play.yaml"
        path.write_bytes(data)
        try:
            shown = repr(load(path, environ=EVERYTHING, kinds=ALL_KINDS))
        except PlaybookError as error:
            shown = str(error) or CANARY
        assert CANARY not in shown
        assert clean(shown, limit=len(shown), lines=True) == shown
        for problem in check_playbook(path, ALL_KINDS):
            assert CANARY not in problem.with_caret()


@QUICK
@given(st.binary(max_size=300))
@example(b"\xff")
@example(b"a: !<tag:yaml.org,2002:int> 0x\n")
@example(b"%TAG ! tag:yaml.org,2002:\n---\na: !int 5\n")
@example(b"a: !!int 5_0\n")
@example(b"a: !!float x\n")
@example(b"a: !!bool yes\n")
@example(b"? a\n")
@example(b"a: |9\n x\n")
@example(b"a: &a &b c\n")
def test_any_bytes(data: bytes) -> None:
    load_bytes(data)


@QUICK
@given(st.lists(TOKENS, max_size=40))
def test_any_tokens(pieces: list[str]) -> None:
    load_bytes("".join(pieces).encode("utf-8", "surrogatepass"))


@QUICK
@given(st.integers(0, len(SHIPPED)), st.integers(0, 40), st.lists(TOKENS, max_size=4))
def test_the_shipped_playbook_with_a_piece_exchanged(start: int, length: int, pieces: list[str]) -> None:
    text = SHIPPED[:start] + "".join(pieces) + SHIPPED[start + length :]
    load_bytes(text.encode("utf-8", "surrogatepass"))


@QUICK
@given(st.data())
def test_the_small_playbook_with_any_value_at_any_place(data: st.DataObject) -> None:
    lines = SMALL.splitlines()
    index = data.draw(st.integers(0, len(lines) - 1))
    key, colon, _ = lines[index].partition(":")
    value = data.draw(st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | words(inner), max_leaves=6))
    lines[index] = f"{key}{colon} {flow(value)}"
    load_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))


def words(inner: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    keys = st.sampled_from(
        ["kind", "target", "url", "read", "json", "is", "status", "fields", "expect", "check", "a", "as"]
    )
    return st.dictionaries(keys, inner, max_size=4)


def flow(value: object) -> str:
    """A value in YAML's flow style; text in double quotes, so that escapes are escapes."""
    import json

    return json.dumps(value, ensure_ascii=False).replace("NaN", ".nan").replace("Infinity", ".inf")


@pytest.mark.parametrize(
    "text",
    [piece * (1024 * 1024 // len(piece)) for piece in ("[", "{", "a: ", "- ", "? ", "&a ", "a\n", "[a,", '"', "#\n")],
    ids=["brackets", "braces", "keys", "items", "questions", "anchors", "words", "lists", "quotes", "comments"],
)
def test_hostile_shapes_end_soon(text: str) -> None:
    load_bytes(text.encode())
