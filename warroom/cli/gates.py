"""The gates of a launch, asked over HTTP for as long as it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from warroom.adapters.gates import Gates, declared_gates
from warroom.adapters.http import Heard, HttpAdapter
from warroom.clock import Clock
from warroom.engine.ports import Poll
from warroom.engine.requests import StateGate
from warroom.events import GateInfo
from warroom.launch.state import LaunchState
from warroom.playbook.loaded import Playbook


def stated_gates(given: Sequence[str], state: LaunchState) -> Iterator[StateGate]:
    """What `--gate NAME=green|red` says of gates that nobody has stated: an engine that starts again with the same
    options must not take back what a person said since."""
    for gate, said in declared_gates(given, state.course.gates).items():
        known = state.gates.get(gate)
        if known is None or not known.by:
            yield StateGate(gate, said, "declared with --gate")


class LaunchGates:
    """Asks the gates of `playbook`. What it asks leaves no evidence: the runs that depend on a gate keep theirs."""

    def __init__(self, playbook: Playbook, clock: Clock, heard: Heard | None = None) -> None:
        self._polled = {
            gate.id: Poll(gate.poll_s, gate.ttl_s) for gate in playbook.gates.values() if gate.poll_s is not None
        }
        self._http = HttpAdapter(playbook.targets, clock, secrets=playbook.secrets, heard=heard)
        self._gates = Gates(playbook.gates, self._http, clock)

    def polled(self) -> Mapping[str, Poll]:
        """The gates whose playbook says how often they are asked."""
        return self._polled

    async def ask(self, gate: str) -> GateInfo:
        """How the gate stands now."""
        return await self._gates.ask(gate)

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._http.aclose()
