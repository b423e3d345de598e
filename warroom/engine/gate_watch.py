"""Asks the gates while a launch runs: how they stand, how old that is, and what of it is worth an entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from warroom.clock import Clock
from warroom.engine.ports import GatesPort
from warroom.events import GateInfo
from warroom.launch.state import CLEAR, LaunchState

_NS: Final = 1e9


@dataclass(frozen=True, slots=True)
class Reading:
    """A clear answer of a gate, and the wall clock when it was asked."""

    info: GateInfo
    at: datetime


class GateWatch:
    """Remembers when each gate was asked, and its last clear answer: that stands until it is older than its time to
    live, so that one question without an answer changes nothing."""

    def __init__(self, gates: GatesPort, clock: Clock) -> None:
        self._gates = gates
        self._clock = clock
        self._asked_ns: dict[str, int] = {}
        self._clear: dict[str, tuple[GateInfo, datetime, int]] = {}

    def due(self) -> Iterator[str]:
        """The gates that are to be asked now."""
        for gate, poll in self._gates.polled().items():
            asked = self._asked_ns.get(gate)
            if asked is None or self._clock.boottime_ns() - asked >= poll.every_s * _NS:
                yield gate

    async def ask(self, gate: str) -> GateInfo:
        """Asks, and returns what is known now: the answer, or the last clear one while that may be believed."""
        at, asked_ns = self._clock.now(), self._clock.boottime_ns()
        self._asked_ns[gate] = asked_ns
        said = await self._gates.ask(gate)
        if said.state in CLEAR:
            # A gate that changes while it is asked is as old as the question.
            self._clear[gate] = said, at, asked_ns
        known = self.known(gate)
        return known.info if known else said

    def read_at(self) -> dict[str, datetime]:
        """When those gates were asked whose answer may be believed."""
        readings = {gate: self.known(gate) for gate in self._clear}
        return {gate: reading.at for gate, reading in readings.items() if reading}

    def ask_soon(self, gate: str) -> None:
        """The gate is due, whenever it was asked."""
        self._asked_ns.pop(gate, None)

    def stands(self, gate: str, state: LaunchState) -> GateInfo | None:
        """How the gate stands, where a person has stated it or it was read not long ago."""
        reading = self.known(gate)
        return stated(gate, state) or (reading.info if reading else None)

    def known(self, gate: str) -> Reading | None:
        """The last clear answer of a gate that is polled, while it may be believed; None where there is none."""
        poll, clear = self._gates.polled().get(gate), self._clear.get(gate)
        if poll is None or clear is None:
            return None
        info, at, asked_ns = clear
        age_s = (self._clock.boottime_ns() - asked_ns) / _NS
        return Reading(info, at) if age_s < poll.ttl_s else None


def stated(gate: str, state: LaunchState) -> GateInfo | None:
    """How the gate stands as a person has stated it; None where nobody has."""
    known, plan = state.gates.get(gate), state.course.gates.get(gate)
    if plan is None or known is None or not known.by:
        return None
    return GateInfo(gate, plan.title, known.state, known.source, known.reason)
