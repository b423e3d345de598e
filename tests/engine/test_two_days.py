"""48 hours of the shipped launch in a process of its own: what it holds of memory and files stays what it was."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.simulated import GROWTH_MIB, MEMORY_MIB, POSTS, PROGRAM
from tests.cli.running import PLAYBOOK, clean_environ
from tests.contracts.tree import ROOT

TICK_S = 60.0


@pytest.mark.soak
def test_after_48_hours_memory_and_open_files_are_what_they_were(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(PLAYBOOK), str(tmp_path), str(TICK_S)],
        env={**clean_environ({}), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["posts"] == POSTS
    assert found["last"]["rss"] - found["first"]["rss"] <= GROWTH_MIB
    assert found["last"]["peak"] <= MEMORY_MIB
    assert found["last"]["files"] == found["first"]["files"]
    assert done.stderr == ""
