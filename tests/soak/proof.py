"""The short form of a scenario, as a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.needs import missing
from tests.soak.row import SHORT, NotHere, Row
from tests.soak.scenarios import Scenario


def proved(scenario: Scenario, folder: Path) -> list[Row]:
    """What the scenario found, all of it well; skipped where the machine does not let it (CI: failed where the
    missing part can be installed)."""
    try:
        rows = list(scenario(folder, SHORT))
    except NotHere as reason:
        if reason.installable:
            missing(str(reason))
        pytest.skip(str(reason))
    assert [row for row in rows if not row.is_well] == []
    return rows
