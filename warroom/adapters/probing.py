"""All probes of a launch in one child process: it is started, told what to send when, and heard."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import warroom
from warroom.adapters.http_body import MAX_BYTES
from warroom.adapters.http_request import address_of, usable
from warroom.adapters.sampler_child import SamplerChild
from warroom.adapters.sampler_job import job_of
from warroom.clock import Clock
from warroom.contract import Request
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target
from warroom.slo.samples import ProbeSample
from warroom.slo.source_spec import ProbeSpec
from warroom.text import one_line

PROBER: Final = Path(warroom.__file__).with_name("prober.py")

Take = Callable[[ProbeSample, str], object]
"""Is handed each sample, with what was wrong with it; empty for nothing."""


@dataclass(frozen=True, slots=True)
class _Probe:
    spec: ProbeSpec
    take: Take


class Probing:
    """Sends the probes that were added, from the first `ensure` on until it is closed."""

    def __init__(self, targets: Mapping[str, Target], clock: Clock, *, script: Path = PROBER) -> None:
        self._targets = targets
        self._clock = clock
        self._script = script
        self._probes: list[_Probe] = []
        self._child: SamplerChild | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._ended = ""
        self._sent = 0

    def add(self, spec: ProbeSpec, take: Take) -> None:
        """One more probe. Raises CannotMeasure for a request that cannot be sent."""
        self._job(spec)
        self._probes.append(_Probe(spec, take))

    async def ensure(self) -> str:
        """Sees to it that the child runs. Returns how it ended where it had to be started again, else empty.

        Raises CannotMeasure where it cannot be started.
        """
        async with self._starting:
            if self._hearing is not None and not self._hearing.done() and self._sent == len(self._probes):
                return ""
            await self._end()
            ended, self._ended = self._ended, ""
            self._child = SamplerChild(self._script)
            self._sent = len(self._probes)
            jobs = [self._job(one.spec) for one in self._probes]
            told = {"now": self._clock.now().timestamp(), "boot_ns": self._clock.boottime_ns(), "probes": jobs}
            lines = await self._child.begin(json.dumps(told).encode() + b"\n")
            self._hearing = asyncio.create_task(self._hear(self._child, lines))
            return ended

    async def aclose(self) -> None:
        """Ends the child."""
        async with self._starting:
            await self._end()

    async def _end(self) -> None:
        hearing, self._hearing = self._hearing, None
        if hearing is not None:
            hearing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await hearing
        child, self._child = self._child, None
        if child is not None:
            await child.end()

    def _job(self, spec: ProbeSpec) -> dict[str, Any]:
        target = usable(self._targets, spec.target)
        address = address_of(target, spec.path)
        request = Request(spec.target, spec.path, spec.method, spec.headers)
        rest = {"every_s": spec.every_s, "timeout_s": min(spec.timeout_s, spec.every_s), "max_bytes": MAX_BYTES}
        return job_of(request, target, address, keep_alive=True) | rest

    async def _hear(self, child: SamplerChild, lines: asyncio.StreamReader) -> None:
        """Until the child ends, which it does not by itself."""
        try:
            async for raw in lines:
                if raw.endswith(b"\n"):
                    self._take(json.loads(raw))
            await child.check_end()
            self._ended = "the sampler ended without a word"
        except CannotMeasure as error:
            self._ended = error.message

    def _take(self, line: dict[str, Any]) -> None:
        probe = self._probes[line["probe"]]
        wrong = _wrong(line, probe.spec)
        latency = line["latency_ns"]
        sent_at = datetime.fromtimestamp(line["at"], UTC)
        sample = ProbeSample(sent_at, None if latency is None else latency / 1e9, not wrong)
        probe.take(sample, wrong)


def _wrong(line: dict[str, Any], spec: ProbeSpec) -> str:
    if word := line["error"]:
        detail = one_line(str(line["detail"]), limit=120)
        return f"{word}: {detail}" if detail else str(word)
    status = line["status"]
    good = status in spec.statuses if spec.statuses else 200 <= status <= 299
    return "" if good else f"it answers {status}"
