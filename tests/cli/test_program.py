"""What a person is told to type is what works in their shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from warroom.app import run
from warroom.cli.folders import command_for
from warroom.cli.program import as_called


@pytest.fixture(autouse=True)
def _not_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.parametrize(
    ("called", "name"),
    [
        pytest.param("warroom", "warroom", id="by its name alone"),
        pytest.param(".venv/bin/warroom", ".venv/bin/warroom", id="by its place"),
        pytest.param("my tools/warroom", "'my tools/warroom'", id="by a place that a shell would take apart"),
        pytest.param("/lib/warroom/__main__.py", "warroom", id="as a module"),
    ],
)
def test_a_command_begins_as_this_one_was_called(
    called: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", [called])
    assert command_for(tmp_path / "mine", "status").startswith(f"{name} status mine")
    assert as_called("see `warroom status`") == f"see `{name} status`"


def test_one_that_is_on_the_path_needs_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [".venv/bin/warroom"])
    (tmp_path / "warroom").touch(mode=0o755)
    assert as_called("warroom run") == "warroom run"


def test_what_names_the_program_already_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", [".venv/bin/warroom"])
    told = "start it with: .venv/bin/warroom run x, in /var/warroom state; the file warroom-demo"
    assert as_called(told) == told


def test_a_hint_can_be_typed_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [".venv/bin/warroom"])
    assert run(["console", "--state", str(tmp_path / "none")]) == 2
    assert "hint: start one with: .venv/bin/warroom run PLAYBOOK" in capsys.readouterr().err
