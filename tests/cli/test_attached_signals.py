"""Behind a console an engine goes on measuring and deciding, whatever becomes of the terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.cli.attaching import WarRoom, until
from tests.cli.launching import ago
from warroom.client.engine_socket import ask

WATCHED = """
warroom: 1
launch: {id: watched, title: Watched launch}
inputs: {AUTO_COM_CENTER_URL: {required: true}}
targets: {app: {url: "${AUTO_COM_CENTER_URL}"}}
sources:
  front: {kind: probe, target: app, path: /healthz, every: 1s, limit: 1s}
  people: {kind: manual}
signals:
  median: {source: front, latency: {p: 50}, window: 3s, unit: ms}
  calls: {source: people, unit: calls}
triggers: {many: {title: Many calls, signal: calls, when: "> 5", severity: notify}}
channels: {file: {kind: file, path: war-room.txt}}
updates: {told: {title: Told, channel: file, template: told, on: trigger.fired, within: 2m}}
templates: {told: "it fired: {{ trigger.reason }}"}
"""


def test_probes_triggers_and_posts_go_on_when_the_terminal_is_closed(room: WarRoom, tmp_path: Path) -> None:
    playbook = tmp_path / "watched.yaml"
    playbook.write_text(WATCHED, "utf-8")
    room = replace(room, desk=replace(room.desk, playbook=playbook))
    with room.run("--t0", ago(minutes=1)) as terminal:
        terminal.wait_for("Watched launch")
        folder = room.engine.folder
        terminal.hang_up()
        terminal.process.wait(15)

    def probed() -> Any:
        return next(one for one in ask(folder, "GET", "/state")["signals"] if one["id"] == "median")

    alone_since = ask(folder, "GET", "/state")["now"]
    until(lambda: (probed()["at"] or "") > alone_since)
    assert probed()["shown"].endswith("ms")
    ask(folder, "POST", "/requests", {"request": "signal", "signal": "calls", "value": "9"})
    posts = folder / "war-room.txt"
    until(lambda: posts.exists() and "it fired: " in posts.read_text("utf-8"))
