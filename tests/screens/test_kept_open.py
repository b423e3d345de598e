"""A launch that stays open although everything was posted says so in its head, at any width."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.screens import launches
from tests.screens.launch_views import view_of
from tests.screens.launches import HOUR, T0
from warroom.client.end_values import KeptOpenNow
from warroom.screens import palette
from warroom.screens.launch_head import header_lines

HELD = ("phase publish: step wait is not done: Wait", "phase verify: suite verify is RED")


@pytest.mark.parametrize(
    ("width", "told"),
    [(80, "2 phases"), (240, "; ".join(HELD))],
)
def test_what_keeps_a_launch_open_takes_the_place_of_the_countdowns(width: int, told: str) -> None:
    launch = replace(launches.green(), kept_open=KeptOpenNow(HELD, T0 + 49 * HOUR))
    last = header_lines(view_of(launch), launch.now, None, width, 5)[-1]
    assert f"NOT CLOSED, every update is resolved, closes at 03:05:00Z: {told}" in last.plain
    assert any(span.style == palette.fill(palette.YELLOW) for span in last.spans)
