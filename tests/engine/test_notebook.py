"""What the engine writes: nothing that its own journal could not be read with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.stage import COURSE, LAUNCH, T0, Direct
from warroom.clock import VirtualClock
from warroom.engine.notebook import Notebook
from warroom.journal.journal import Journal
from warroom.launch.entries import Draft
from warroom.launch.folding import fold
from warroom.launch.state import begin


async def test_what_the_launch_cannot_go_on_from_is_not_written_and_what_comes_after_it_is(tmp_path: Path) -> None:
    clock = VirtualClock(T0)
    with Journal.open(tmp_path / "launch", LAUNCH, clock) as journal:
        book = Notebook(clock, Direct(journal), begin(COURSE), lambda _: None)
        await book.catch_up(lambda _: None)
        good, no_such_post = Draft("note", {"text": "hm"}), Draft("update.confirmed", {"slot": "none@T+5m"})
        with pytest.raises(ValueError, match=r"update\.confirmed does not fit the launch as it stands"):
            await book.write(lambda _: (good, no_such_post))
        await book.write(lambda _: (good,))
        entries = list(journal.entries())
    assert [entry.kind for entry in entries] == ["owner.acquired", "note"]
    assert fold(entries, begin(COURSE)) == book.state
