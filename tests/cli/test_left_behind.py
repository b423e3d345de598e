"""A command that an engine left running when it was killed does not act behind the back of the next one."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.adapters.survivors import survivors_of
from tests.cli.launching import Desk, ago
from tests.cli.test_run_slack import wait_until
from warroom.client.engine_socket import ask

PLAYBOOK = """\
warroom: 1
launch: {{id: left}}
procedures:
  tidy:
    steps: [{{id: run, command: {hangs}, read: {{argv: ["true"], is: '== "tidy"'}}, within: 1m}}]
"""
HANGS = """\
import os, pathlib, time
for _ in range(2):
    if os.fork() == 0:
        os.setsid()
with (pathlib.Path(__file__).parent / "pids").open("a") as file:
    print(os.getpid(), file=file)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="they are found in /proc")
def test_it_ends_with_all_that_it_started_when_the_next_engine_begins(tmp_path: Path) -> None:
    (tmp_path / "hangs.py").write_text(HANGS, "utf-8")
    command = json.dumps([sys.executable, str(tmp_path / "hangs.py")])
    (tmp_path / "left.yaml").write_text(PLAYBOOK.format(hangs=command), "utf-8")
    pids = tmp_path / "pids"
    desk = Desk(tmp_path / "state", {}, tmp_path / "left.yaml")

    def running() -> list[int]:
        return [int(pid) for pid in pids.read_text("utf-8").split()] if pids.exists() else []

    try:
        with desk.engine("--t0", ago(minutes=1), "--allow-commands"):
            ask(desk.folder(), "POST", "/requests", {"request": "procedure", "procedure": "tidy"})
            wait_until(lambda: len(running()) == 4)
        # The block has killed the engine, and nothing else.
        assert survivors_of(running()) == running()
        with desk.engine("--allow-commands"):
            assert survivors_of(running()) == []
    finally:
        for pid in survivors_of(running()):
            os.kill(pid, signal.SIGKILL)
