"""Nobody's clock makes a post early, lost or doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import clocks
from tests.soak.proof import proved
from tests.soak.scenarios import Scenario


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(clocks.stepped, id="a clock set an hour ahead, two hours back, and right again"),
        pytest.param(clocks.corrected, id="a clock that was an hour slow and is set right"),
        pytest.param(clocks.zones, id="T0 at +14:00, or summer time that begins or ends"),
    ],
)
def test_no_post_is_early_lost_or_doubled_by(scenario: Scenario, tmp_path: Path) -> None:
    proved(scenario, tmp_path)
