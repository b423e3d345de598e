"""The states of other systems: declared by a person, or asked over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from warroom.clock import Clock, stamp
from warroom.contract import HttpPort, Request, Response
from warroom.errors import CannotMeasure, UsageError
from warroom.events import GateInfo
from warroom.expect import Body, JsonPath
from warroom.playbook.loaded import Gate, ReadFrom
from warroom.text import clean, did_you_mean, one_line
from warroom.units import MISSING, Actual, show

GREEN, RED, UNKNOWN = "green", "red", "unknown"


def declared_gates(given: Sequence[str], known: Iterable[str]) -> dict[str, str]:
    """What `--gate NAME=green|red` declares, name -> state.

    Raises UsageError for another form, for a gate that the playbook does not have, and for one declared twice.
    """
    names, declared = list(known), dict[str, str]()
    for text in given:
        name, _, state = (part.strip() for part in text.partition("="))
        if name not in names:
            known_names = ", ".join(names) or "none"
            raise UsageError(
                f"--gate: the playbook has no gate '{one_line(name, limit=60)}'",
                hint=did_you_mean(name, names) or f"its gates: {known_names}",
            )
        if state.lower() not in (GREEN, RED):
            raise UsageError(f"--gate {name}={one_line(state, limit=60)}: a gate is green or red")
        if declared.get(name, state.lower()) != state.lower():
            raise UsageError(f"--gate {name} is declared both green and red")
        declared[name] = state.lower()
    return declared


class Gates:
    """The gates of a playbook. One that is neither declared nor `known` to someone else is asked, once within its
    time to live. `known` is called each time; None: nobody knows.

    Whatever goes wrong while it is asked makes it unknown, with the reason, and unknown tolerates nothing.
    """

    def __init__(
        self,
        gates: Mapping[str, Gate],
        http: HttpPort,
        clock: Clock,
        *,
        declared: Mapping[str, str] | None = None,
        known: Callable[[str], GateInfo | None] = lambda _: None,
        timeout_s: float = 5.0,
    ) -> None:
        self._gates = gates
        self._http = http
        self._clock = clock
        self._declared = dict(declared or {})
        self._known = known
        self._timeout_s = timeout_s
        self._read: dict[str, tuple[float, GateInfo]] = {}
        self._asking = {gate: asyncio.Lock() for gate in gates}

    def ask_anew(self) -> None:
        """Forget what was read: a new run asks again, whatever the time to live says."""
        self._read.clear()

    async def state(self, gate: str) -> str:
        """`green`, `red` or `unknown`."""
        return (await self.info(gate)).state

    def title(self, gate: str) -> str:
        """The gate's title, as people call it; its id for a gate that is not in the playbook."""
        return self._gates[gate].title if gate in self._gates else gate

    async def info(self, gate: str) -> GateInfo:
        """The gate, who said so and since when. Never raises, save for cancellation."""
        known = self._gates.get(gate)
        if known is None:
            return GateInfo(gate, gate, UNKNOWN, "nobody", "the playbook has no such gate")
        if gate in self._declared:
            said = GateInfo(gate, known.title, self._declared[gate], "declared with --gate")
        elif (told := self._known(gate)) is not None:
            said = told
        else:
            async with self._asking[gate]:
                said = await self._fresh(known)
        return replace(said, system=clean(known.system), note=clean(known.note))

    async def ask(self, gate: str) -> GateInfo:
        """The gate, asked now whatever is known. Never raises, save for cancellation."""
        return await self._asked(self._gates[gate])

    async def _fresh(self, gate: Gate) -> GateInfo:
        read_at, info = self._read.get(gate.id, (0.0, None))
        if info is None or self._clock.monotonic() - read_at >= gate.ttl_s:
            # A gate that changes while it is asked is as old as the question.
            read_at = self._clock.monotonic()
            info = await self._asked(gate)
            self._read[gate.id] = read_at, info
        return info

    async def _asked(self, gate: Gate) -> GateInfo:
        if gate.read is None:
            reason = f"nobody declared it; use --gate {gate.id}=green or --gate {gate.id}=red"
            return GateInfo(gate.id, gate.title, UNKNOWN, "nobody", reason)
        try:
            answer = await self._http.send(
                Request(gate.read.target, gate.read.path, timeout_s=self._timeout_s, label=gate.id)
            )
        except CannotMeasure as fault:
            return GateInfo(gate.id, gate.title, UNKNOWN, f"target '{gate.read.target}'", fault.message)
        return self._said(gate, gate.read, answer)

    def _said(self, gate: Gate, read: ReadFrom, answer: Response) -> GateInfo:
        source = f"{one_line(answer.url)} at {stamp(answer.received_at or self._clock.now())}"
        if not 200 <= answer.status <= 299:
            return GateInfo(gate.id, gate.title, UNKNOWN, source, f"it answers {answer.status}")
        body = Body.of(answer)
        try:
            said = body.one(JsonPath.parse(read.json or "$.state"))
            since = body.one(JsonPath.parse(read.since)) if read.since else MISSING
        except ValueError as error:
            return GateInfo(gate.id, gate.title, UNKNOWN, source, str(error))
        state = said.lower() if isinstance(said, str) else ""
        if state not in (GREEN, RED):
            reason = f"it says {one_line(show(said), limit=60)}, which is neither green nor red"
            return GateInfo(gate.id, gate.title, UNKNOWN, source, reason)
        return GateInfo(gate.id, gate.title, state, source, since=_shown(since))


def _shown(since: Actual) -> str:
    return "" if since is MISSING or since is None else clean(show(since), limit=60)
