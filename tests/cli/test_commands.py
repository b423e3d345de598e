"""A playbook may run a program only where the person at the machine has allowed it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Ended, warroom

PLAYBOOK = """
warroom: 1
launch: {id: local, title: A program here}
checks:
  tool: {kind: command, argv: [echo, all is well], expect: {exit_code: 0, stdout: 'contains "well"'}}
"""


def run(tmp_path: Path, *options: str, mode: int | None = None) -> Ended:
    """Runs the playbook with an allow-file of that mode (None: without one)."""
    (tmp_path / "local.yaml").write_text(PLAYBOOK, encoding="utf-8")
    allowed = tmp_path / "config" / "warroom" / "allow-commands"
    if mode is not None:
        allowed.parent.mkdir(parents=True)
        allowed.touch()
        allowed.chmod(mode)
    arguments = ["verify", str(tmp_path / "local.yaml"), "--headless", "--format", "json"]
    inputs = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    return warroom(*arguments, "--evidence", str(tmp_path / "e"), *options, inputs=inputs, evidence=tmp_path / "e")


ALLOWED = [
    ("nobody allowed it", [], None, 3),
    ("by the option", ["--allow-commands"], None, 0),
    ("by a file of one's own", [], 0o600, 0),
    ("by a file that others may change", [], 0o666, 3),
]


@pytest.mark.parametrize(("options", "mode", "code"), [row[1:] for row in ALLOWED], ids=[row[0] for row in ALLOWED])
def test_who_may_run_a_program(options: list[str], mode: int | None, code: int, tmp_path: Path) -> None:
    ended = run(tmp_path, *options, mode=mode)
    assert ended.code == code, ended.err
    if code:
        assert "commands are not allowed here" in ended.check("tool")["reason"]
