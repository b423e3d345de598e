"""`verify` written plainly is read without the command-line library, and means what it means to the library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from warroom.cli import command_line
from warroom.cli.commands import app
from warroom.cli.options import VerifyOptions
from warroom.cli.plainly import verify_options

VERIFY: Any = typer.main.get_command(app).commands["verify"]  # type: ignore[attr-defined]
OPTIONS = {option: each for each in VERIFY.params for option in each.opts if option.startswith("--")}
FLAGS = sorted(name for name, each in OPTIONS.items() if each.is_flag and name != "--help")
VALUED = sorted(name for name, each in OPTIONS.items() if not each.is_flag)
WORDS = [*FLAGS, *VALUED, "play.yaml", "a=b", "", "-", "--", "-h", "--suite=x", "--no-such"]


def by_library(argv: list[str]) -> VerifyOptions:
    """What the command-line library makes of `verify`."""
    from warroom.cli import verify as module

    found: list[VerifyOptions] = []

    def run(options: VerifyOptions) -> int:
        found.append(options)
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "verify", run)
        typer.main.get_command(app).main(args=argv, prog_name="warroom", standalone_mode=False)
    return found[0]


def test_the_library_knows_options_of_both_sorts() -> None:
    assert "--headless" in FLAGS
    assert "--evidence" in VALUED


@pytest.mark.parametrize("flag", FLAGS)
def test_each_flag_is_read_as_by_the_library(flag: str) -> None:
    argv = ["verify", "play.yaml", flag]
    assert verify_options(argv) == by_library(argv)


@pytest.mark.parametrize("name", VALUED)
def test_each_option_with_a_value_is_read_as_by_the_library(name: str) -> None:
    argv = ["verify", name, "one=two", "play.yaml"]
    assert verify_options(argv) == by_library(argv)


def test_what_can_be_repeated_keeps_its_order() -> None:
    argv = ["verify", "--only", "b", "play.yaml", "--only", "a", "--headless", "--input", "X=1", "--input", "Y=2"]
    read = verify_options(argv)
    assert read == by_library(argv)
    assert read is not None
    assert read.only == ("b", "a")


LEFT = {
    "nothing": [],
    "another command": ["lint", "play.yaml"],
    "no playbook": ["verify", "--headless"],
    "two playbooks": ["verify", "a.yaml", "b.yaml"],
    "help": ["verify", "play.yaml", "--help"],
    "an equals sign": ["verify", "play.yaml", "--suite=x"],
    "an unknown option": ["verify", "play.yaml", "--no-such"],
    "an option whose value is missing": ["verify", "play.yaml", "--suite"],
    "a value that looks like an option": ["verify", "play.yaml", "--suite", "--headless"],
    "an option that is given twice and means one thing": ["verify", "play.yaml", "--suite", "a", "--suite", "b"],
    "an empty name of a playbook": ["verify", ""],
}


@pytest.mark.parametrize("argv", LEFT.values(), ids=LEFT)
def test_everything_else_is_left_to_the_library(argv: list[str]) -> None:
    assert verify_options(argv) is None


@given(st.lists(st.sampled_from(WORDS), max_size=6))
def test_whatever_is_read_plainly_means_the_same_to_the_library(words: list[str]) -> None:
    read = verify_options(["verify", *words])
    assert read is None or read == by_library(["verify", *words])


def test_both_ways_end_alike(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from warroom.errors import PlaybookError

    missing = str(tmp_path / "missing.yaml")
    for argv in (["verify", missing, "--suite", "x"], ["verify", missing, "--suite=x"]):
        with pytest.raises(PlaybookError, match="no such file"):
            command_line(argv)
