"""The usage line of every command says what to type, and no sign more."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer

from warroom.cli.commands import app
from warroom.errors import ExitCode

GROUP: Any = typer.main.get_command(app)
USAGE = {
    "verify": "Usage: warroom verify [OPTIONS] PLAYBOOK",
    "lint": "Usage: warroom lint [OPTIONS] PLAYBOOK...",
    "note": "Usage: warroom note [OPTIONS] LAUNCH TEXT",
    "t0": "Usage: warroom t0 [OPTIONS] LAUNCH [INSTANT]",
}


def usage(name: str) -> str:
    command = GROUP.commands[name]
    return str(command.get_usage(command.make_context(f"warroom {name}", [], resilient_parsing=True)))


@pytest.mark.parametrize("name", USAGE)
def test_arguments_are_named_as_they_are_typed(name: str) -> None:
    assert usage(name) == USAGE[name]


def test_the_help_names_every_exit_code() -> None:
    assert [int(code) for code in re.findall(r"(\d+) [a-zA-Z]", GROUP.epilog)] == [int(code) for code in ExitCode]


@pytest.mark.parametrize("name", GROUP.commands)
def test_no_command_shows_braces(name: str) -> None:
    assert "{" not in usage(name)


@pytest.mark.parametrize("option", ["--read-only", "--ready", "--headles", "--tol"])
def test_nobody_is_offered_an_option_that_is_for_warroom_itself(option: str) -> None:
    with pytest.raises(Exception, match="No such option") as refused:
        GROUP.commands["run"].make_context("warroom run", ["x.yaml", option])
    assert "fd" not in refused.value.format_message()  # type: ignore[attr-defined]
