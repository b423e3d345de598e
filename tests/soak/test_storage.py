"""Files that are taken away or not safe: nothing is lost, and the reason is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import storage
from tests.soak.proof import proved
from tests.soak.scenarios import Scenario


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(storage.taken_away, id="the journal is renamed under a running engine, and removed"),
        pytest.param(storage.refused, id="the state folder or the journal is refused"),
        pytest.param(storage.evidence_full, id="the disk of the evidence is full"),
    ],
)
def test_nothing_is_lost_and_the_reason_is_told_when(scenario: Scenario, tmp_path: Path) -> None:
    proved(scenario, tmp_path)
