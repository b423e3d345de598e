"""A disk that fails loses nothing that was acknowledged, is told once, and the engine goes on by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import disks
from tests.soak.proof import proved
from tests.soak.scenarios import Scenario


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(disks.full, id="a full disk"),
        pytest.param(disks.failing, id="a disk on which every write is EIO"),
        pytest.param(disks.read_only, id="a file system that becomes read-only"),
        pytest.param(disks.broken, id="an ext4 that refuses everything after an error"),
        pytest.param(disks.unflushed, id="a device that loses what is flushed, and a power cut"),
        pytest.param(disks.hanging, id="a disk that hangs, and SIGTERM"),
    ],
)
def test_nothing_acknowledged_is_lost_by(scenario: Scenario, tmp_path: Path) -> None:
    proved(scenario, tmp_path)
