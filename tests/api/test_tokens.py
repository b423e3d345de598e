"""The tokens of a launch: a hash on disk, one person each, taken back at once."""

from __future__ import annotations

import multiprocessing
import os
import stat
import threading
from pathlib import Path

import pytest

from warroom.api.tokens import TOKENS, Tokens
from warroom.errors import UsageError

AT = "2025-11-01T02:00:00.000Z"


def test_a_token_names_its_person_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    ada, bob = tokens.make("ada", "root", AT), tokens.make("bob b@x", "root", AT)
    assert ada != bob
    assert len(ada) > 43
    assert (tokens.name_of(ada), tokens.name_of(bob)) == ("ada", "bob b@x")
    assert tokens.name_of(ada + "x") is None
    assert tokens.name_of("\udcff") is None
    kept = (tmp_path / TOKENS).read_text()
    assert ada not in kept
    assert bob not in kept
    assert stat.S_IMODE((tmp_path / TOKENS).stat().st_mode) == 0o600


def test_a_token_that_was_taken_back_is_known_no_more_also_to_who_had_read_it(tmp_path: Path) -> None:
    running, beside = Tokens(tmp_path), Tokens(tmp_path)
    ada, bob = beside.make("ada", "root", AT), beside.make("bob", "root", AT)
    assert running.name_of(ada) == "ada"
    assert beside.revoke("ada") == 1
    assert (running.name_of(ada), running.name_of(bob)) == (None, "bob")
    with pytest.raises(UsageError, match="no token of 'bo'") as refused:
        beside.revoke("bo")
    assert refused.value.hint == "did you mean 'bob'?"
    (tmp_path / TOKENS).unlink()
    assert running.name_of(bob) is None


@pytest.mark.parametrize(
    "name", ["", " ", "a\nb", "\x1b[31m", "-x-", "a" * 81, "ü", "engine", "Channel", "a (token)"]
)
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be a name"):
        Tokens(tmp_path).make(name, "root", AT)


def test_people_who_change_tokens_at_once_undo_nothing_of_each_other(tmp_path: Path) -> None:
    for number in range(4):
        Tokens(tmp_path).make(f"gone {number}", "root", AT)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(4)
    people = [context.Process(target=_change, args=(tmp_path, number, barrier)) for number in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join(60)
    assert [person.exitcode for person in people] == [0] * 4
    names = sorted(token.name for token in Tokens(tmp_path).all())
    assert names == sorted(f"made {number} {turn}" for number in range(4) for turn in range(20))


def _change(folder: Path, number: int, barrier: threading.Barrier) -> None:
    barrier.wait(60)
    for turn in range(20):
        Tokens(folder).make(f"made {number} {turn}", "root", AT)
        if turn == number:
            Tokens(folder).revoke(f"gone {number}")


def test_a_file_that_others_may_read_or_have_put_there_is_not_trusted(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    ada = tokens.make("ada", "root", AT)
    (tmp_path / TOKENS).chmod(0o644)
    os.utime(tmp_path / TOKENS, ns=(1, 1))
    with pytest.raises(UsageError, match="nobody else can read"):
        tokens.name_of(ada)
    (tmp_path / TOKENS).rename(tmp_path / "elsewhere")
    (tmp_path / TOKENS).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="nobody else can read"):
        tokens.name_of(ada)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"name": "ada"}]', "[" * 10_000, '["x"]'])
def test_a_file_that_is_damaged_lets_nobody_in(text: str, tmp_path: Path) -> None:
    (tmp_path / TOKENS).write_text(text)
    (tmp_path / TOKENS).chmod(0o600)
    with pytest.raises(UsageError, match="cannot be read"):
        Tokens(tmp_path).all()
