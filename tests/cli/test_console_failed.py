"""A console that fails by itself ends `run` and `console` with 70, whatever becomes of the launch."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.left import left
from warroom.cli import attached
from warroom.cli.output import Terminal
from warroom.screens.launch import LaunchScreen
from warroom.screens.launch_app import LaunchConsole


def _fails(*_: object) -> None:
    raise KeyError("no choices")


@pytest.mark.parametrize("launch_counts", [True, False], ids=["run", "console"])
def test_a_console_that_fails_is_70_and_says_what_goes_on(
    launch_counts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LaunchConsole.run
    # Without a terminal of its own; all else is as at one.
    monkeypatch.setattr(LaunchConsole, "run", lambda self, **more: real(self, headless=True, **more))
    monkeypatch.setattr(LaunchScreen, "on_mount", _fails)
    monkeypatch.setattr(attached, "end_with_terminal", lambda _: None)
    out: Any = io.StringIO()
    terminal = Terminal(out=out, err=io.StringIO(), color=False, ascii_only=False, is_console=True)
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        code = attached._shown(left(tmp_path).folder, terminal, read_only=False, launch_counts=launch_counts)
    assert code == 70
    assert "NO ENGINE runs the launch" in out.getvalue()
