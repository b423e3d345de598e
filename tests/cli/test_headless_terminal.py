"""An engine in the foreground of a terminal: what happens is told in words, and Ctrl+C hands the launch back."""

from __future__ import annotations

from pathlib import Path

from tests.cli.launching import Desk, ago
from tests.cli.terminal import at_terminal

PLAYBOOK = """\
warroom: 1
launch: {id: small, title: Small}
channels: {room: {kind: file, path: room.txt}}
updates:
  first: {title: First, channel: room, template: first, at: T+5m}
  later: {title: Later, channel: room, template: first, at: T+48h}
templates: {first: "{{ launch.title }}: {{ post.time }} is here"}
"""


def test_run_headless_is_lines_of_json_on_a_pipe_and_words_on_a_terminal(tmp_path: Path) -> None:
    playbook, state = tmp_path / "small.yaml", tmp_path / "state"
    playbook.write_text(PLAYBOOK, "utf-8")
    arguments = ("run", str(playbook), "--headless", "--state", str(state), "--t0", ago(minutes=7))
    with at_terminal(*arguments, columns=160) as terminal:
        shown = terminal.wait_for("post first@T+5m sent")
        assert "Small: T+5m is here" in shown
        assert "LATE by 2m" in shown
        assert '"kind"' not in shown
        terminal.press("\x03")
        assert terminal.ended() == 130
        assert "Traceback" not in terminal.text
    desk = Desk(state, {}, playbook)
    with desk.engine() as engine:
        assert engine.wait_for("owner.acquired")["epoch"] == 2
