from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warroom.clock import VirtualClock
from warroom.journal.journal import Journal

BEGAN = datetime(2025, 11, 1, 2, 0, tzinfo=UTC)
Open = Callable[[], Journal]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the launch keeps its journal; not there yet."""
    return tmp_path / "state" / "demo"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(BEGAN)


@pytest.fixture
def open_journal(folder: Path, clock: VirtualClock) -> Iterator[Open]:
    """Opens the journal of `folder`; what is still open at the end of the test is closed."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Journal.open(folder, "demo", clock))


@pytest.fixture
def journal(open_journal: Open) -> Journal:
    return open_journal()
