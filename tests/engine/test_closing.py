"""What a launch that a person closes leaves undone is said, and stands in its journal."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.engine.stage import Stage
from tests.engine.test_engine import published
from warroom.engine.requests import CloseLaunch
from warroom.launch.entries import Entry
from warroom.report.launch_lines import log_line

_MINUTE = timedelta(minutes=1)


def closed(stage: Stage) -> Entry:
    return next(entry for entry in stage.told if entry.kind == "launch.closed")


async def test_closing_says_how_many_owed_updates_stay_unsent_and_names_the_first(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    async with stage.engine() as engine:
        await published(engine)
        await stage.advance(20 * _MINUTE)
        await engine.ask(CloseLaunch("enough"), "ada")
    sent = len(stage.posts())
    assert sent
    first = ["hourly@T+1h", "hourly@T+2h", "hourly@T+3h"]
    assert (closed(stage).body["unsent"], closed(stage).body["first"]) == (19 - sent, first)
    line = log_line(closed(stage))
    assert line is not None
    assert line.text == f"launch closed: enough; {19 - sent} owed updates will never be sent: {', '.join(first)}, …"


async def test_before_t0_no_update_is_owed_so_none_stays_unsent(tmp_path: Path) -> None:
    stage = Stage(tmp_path, t0=None)
    async with stage.engine() as engine:
        await engine.ask(CloseLaunch("called off"), "ada")
    assert closed(stage).body["unsent"] == 0
    line = log_line(closed(stage))
    assert line is not None
    assert line.text == "launch closed: called off"
