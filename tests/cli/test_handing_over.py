"""Between the playbook of before and the next one: the launch is taken up anew as soon as its journal lets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from warroom.cli import run
from warroom.cli.ending import Signals
from warroom.cli.opened import LaunchOptions, OpenedLaunch
from warroom.clock import RealClock
from warroom.errors import ExitCode, UsageError, WarroomError
from warroom.journal.failure import JournalUnavailable

OPTIONS = LaunchOptions(playbook=Path("demo-1"), state=Path("state"))
BUSY, FULL = JournalUnavailable("another program holds the file"), JournalUnavailable("the disk is full")


class Heard(Signals):
    """Signals of which one comes with the wait of that number; each wait is over at once."""

    def __init__(self, at: int = 0) -> None:
        super().__init__()
        self.waits, self.at = 0, at

    def heard_within(self, seconds: float) -> ExitCode | None:
        self.waits += 1
        if self.waits == self.at:
            self.take(ExitCode.TERMINATED)
        return super().heard_within(0.0)


def taken_up(monkeypatch: pytest.MonkeyPatch, signals: Heard, *found: WarroomError | str) -> tuple[object, list[str]]:
    """What comes of taking the launch up, where each attempt finds one of these, and what is said meanwhile."""
    said: list[str] = []
    attempts: Iterator[Any] = iter(found)

    def opened(*_: object) -> OpenedLaunch:
        one = next(attempts)
        if isinstance(one, WarroomError):
            raise one
        return cast(OpenedLaunch, one)

    monkeypatch.setattr(run, "open_launch", opened)
    return run.taken_up(OPTIONS, {}, RealClock(), said.append, signals), said


def test_a_journal_that_cannot_be_written_then_is_waited_for_and_it_is_said_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signals = Heard()
    opened, said = taken_up(monkeypatch, signals, BUSY, BUSY, FULL, "opened")
    assert (opened, signals.waits) == ("opened", 3)
    assert said == [BUSY.message, FULL.message]


def test_a_signal_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = taken_up(monkeypatch, Heard(at=2), BUSY, BUSY, BUSY)
    assert found is ExitCode.TERMINATED


def test_what_does_not_pass_by_itself_ends_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="it is not the one in the journal"):
        taken_up(monkeypatch, Heard(), BUSY, UsageError("it is not the one in the journal"))
