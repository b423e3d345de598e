"""Probes and posts do not depend on a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import terminals
from tests.soak.proof import proved
from tests.soak.scenarios import Scenario


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(terminals.headless, id="its terminal stops reading and closes"),
        pytest.param(terminals.console, id="its console's terminal stops reading and closes"),
        pytest.param(terminals.signals, id="SIGHUP comes, and SIGTERM while a suite hangs"),
    ],
)
def test_the_launch_goes_on_when(scenario: Scenario, tmp_path: Path) -> None:
    proved(scenario, tmp_path)
