"""An engine in the foreground: of a terminal, where it tells in words what happens, or of systemd, which hears."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

from tests.cli.launching import PATIENCE_S, Desk, ago
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


def test_systemd_hears_when_it_is_ready_that_it_is_alive_and_when_it_stops(tmp_path: Path) -> None:
    playbook = tmp_path / "small.yaml"
    playbook.write_text(PLAYBOOK, "utf-8")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"}
        desk = Desk(tmp_path / "state", environ, playbook)
        with desk.engine("--t0", ago(minutes=7)) as engine:
            heard: list[bytes] = []
            while not (heard.count(b"WATCHDOG=1") > 2 and any(one.startswith(b"READY=1") for one in heard)):
                heard.append(manager.recv(200))
            engine.process.send_signal(signal.SIGTERM)
            while not heard[-1].startswith(b"STOPPING=1"):
                heard.append(manager.recv(200))
            assert engine.ended() == 143
