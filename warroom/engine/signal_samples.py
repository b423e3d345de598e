"""Samples of signals from one process to the next: what is kept of them, and on which axis of time it lies then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from warroom.clock import Clock, SteadyClock
from warroom.engine.ports import SamplesPort
from warroom.errors import WarroomError
from warroom.launch.signal_memory import SignalMemory
from warroom.launch.signals import moved
from warroom.launch.trigger_watch import TriggerWatch
from warroom.slo.query import KeepsSamples, SignalSource
from warroom.slo.trigger import TriggerState, memo_of, state_from


class SignalSamples:
    """Keeps what the looks of sources found, and what was judged in each slot, until `write` is called."""

    def __init__(self, port: SamplesPort, wall: Clock, steady: SteadyClock) -> None:
        self._port = port
        self._wall = wall
        self._clock = steady
        self._lines: list[dict[str, Any]] = []

    @property
    def is_waiting(self) -> bool:
        """Whether something is not on the disk yet."""
        return bool(self._lines)

    def of_source(self, name: str, source: SignalSource) -> None:
        """What the last look of a source found."""
        if isinstance(source, KeepsSamples):
            found = [[at.isoformat(), sample] for at, sample in source.fresh()]
            self._keep({"source": name, "found": found} if found else {})

    def of_slot(self, values: Mapping[str, float | None], triggers: Mapping[str, TriggerState]) -> None:
        """What signals were in a slot, and what the triggers that are under way have seen of it."""
        memos = {name: memo_of(state) for name, state in triggers.items()}
        self._keep({"at": self._clock.now().isoformat(), "values": dict(values), "triggers": memos} if values else {})

    def _keep(self, line: dict[str, Any]) -> None:
        if line:
            now = {"boot": self._wall.boot_id(), "ns": self._wall.boottime_ns(), "now": self._clock.now().isoformat()}
            self._lines.append(line | now | {"wall": self._wall.now().isoformat()})

    async def write(self) -> None:
        """Puts on the disk what is not there yet. Raises WarroomError; then it is lost."""
        lines, self._lines = self._lines, []
        if lines:
            try:
                await self._port.append(lines)
            except OSError as error:
                raise WarroomError(f"samples cannot be kept: {error.strerror or type(error).__name__}") from None

    async def restore(self, sources: Mapping[str, SignalSource], memory: SignalMemory, triggers: TriggerWatch) -> str:
        """Hands out what an earlier process kept; what is wrong with it as a sentence, empty for nothing."""
        lines, problem = await self._port.read()
        memos: dict[str, TriggerState] = {}
        values: dict[str, list[tuple[datetime, float | None]]] = {}
        for line in lines:
            try:
                by = self._shift(line)
                _to_source(sources.get(line.get("source", "")), line.get("found", ()), by)
                for name, value in line.get("values", {}).items():
                    values.setdefault(name, []).append((_at(line["at"], by), value))
                memos |= {name: moved(state_from(memo), by) for name, memo in line.get("triggers", {}).items()}
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
                problem = problem or "some samples of an earlier process are not understood; they are missing"
        for name, points in values.items():
            memory.restore(name, points)
        for name, state in memos.items():
            triggers.remember(name, state)
        return problem

    def _shift(self, line: Mapping[str, Any]) -> timedelta:
        """How far the line's axis of time lies before this process's."""
        if line["boot"] and line["boot"] == self._wall.boot_id():
            ago = timedelta(microseconds=(self._wall.boottime_ns() - line["ns"]) // 1000)
        else:
            ago = self._wall.now() - datetime.fromisoformat(line["wall"])
        return self._clock.now() - ago - datetime.fromisoformat(line["now"])


def _to_source(source: SignalSource | None, found: Iterable[Sequence[Any]], by: timedelta) -> None:
    if isinstance(source, KeepsSamples):
        for at, sample in found:
            source.restore(_at(at, by), sample)


def _at(text: str, by: timedelta) -> datetime:
    return datetime.fromisoformat(text) + by
