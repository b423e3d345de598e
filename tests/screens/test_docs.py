"""The pictures in docs/images are what the program draws.

They are made by `python -m tests.screens.preview SCENE --svg docs/images/NAME.svg --size SIZE`.
"""

from pathlib import Path

import pytest

from tests.screens import replays
from tests.screens.preview import picture

IMAGES = Path(__file__).parents[2] / "docs" / "images"
PICTURES = {
    "console.svg": (replays.gate_red, (120, 36)),
    "console-running.svg": (replays.running, (120, 36)),
    "console-rollback.svg": (replays.kill_switch_off, (80, 24)),
}


@pytest.mark.parametrize("name", PICTURES)
async def test_the_picture_is_up_to_date(name: str) -> None:
    scene, size = PICTURES[name]
    assert (IMAGES / name).read_text(encoding="utf-8") == await picture(scene(), size)
