"""A simulated service, and who sits before it; tests that want another take one of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.attaching import WarRoom
from tests.cli.launching import Desk
from warroom.simulator import SimulatorProcess


@pytest.fixture(scope="session")
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess("steady") as running:
        yield running


@pytest.fixture
def desk(simulator: SimulatorProcess, tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state", simulator.inputs)


@pytest.fixture
def room(simulator: SimulatorProcess, tmp_path: Path) -> Iterator[WarRoom]:
    room = WarRoom(Desk(tmp_path / "state", simulator.inputs))
    try:
        yield room
    finally:
        room.end()
