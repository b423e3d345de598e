"""The example of docs/signals.md is what the shipped launch does, second by second."""

import re
from pathlib import Path

from tests.contracts.tree import ROOT
from tests.engine.auto_com_center import Launch
from tests.engine.feeding import MINUTE
from warroom.simulator.scenarios import Latency


async def test_the_example_goes_as_the_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "signals.md").read_text("utf-8")
    told = re.findall(r"^\| (\d\d:\d\d:\d\d) \| `(\w+)` \| (\w+) \|", page, re.MULTILINE)
    launch = Launch(tmp_path, watch_s=0.0)
    async with launch.engine():
        await launch.advance(10 * MINUTE)
        launch.service.behave(latency=Latency(375.0, 0.0), errors_5xx=0.02)
        await launch.advance(10 * MINUTE)
        launch.service.behave()
        await launch.advance(7 * MINUTE)
    changes = [one for one in launch.told if one.kind.startswith("trigger.")]
    found = [(f"{one.at:%H:%M:%S}", one.body["trigger"], one.kind.partition(".")[2]) for one in changes]
    assert found == told
    reasons = {(one.kind, one.body["trigger"]): one.body["reason"] for one in changes}
    assert reasons["trigger.fired", "pause_5xx"] == "1.017% is >= 1%"
    assert reasons["trigger.resolving", "pause_5xx"] == "0.9898% is not >= 1%"
