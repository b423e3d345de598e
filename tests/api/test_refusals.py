"""How often the journal says that somebody was refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from warroom.api.refusals import Refusals
from warroom.clock import VirtualClock
from warroom.launch.entries import Draft


async def test_five_are_told_at_once_then_one_in_five_minutes() -> None:
    told: list[object] = []

    async def record(drafts: Sequence[Draft]) -> None:
        told.extend(draft.body["count"] for draft in drafts)

    clock = VirtualClock(datetime(2025, 11, 1, 2, 0, tzinfo=UTC))
    refusals = Refusals(record, clock)
    for _ in range(7):
        await refusals.note("it bears no token", "192.0.2.7")
    assert told == [1] * 5
    for _ in range(3):
        await clock.advance(299)
        await refusals.note("it bears no token", "192.0.2.7")
        told.append("-")
        await clock.advance(1)
        await refusals.note("it bears no token", "192.0.2.7")
    assert told[5:] == ["-", 4, "-", 2, "-", 2]
