"""`contract.SamplerPort`: starts the sampler child, hands it the job and reads its samples."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from warroom.adapters.http_body import MAX_BYTES
from warroom.adapters.http_request import Address, address_of, usable
from warroom.adapters.sampler_child import SCRIPT, SamplerChild
from warroom.adapters.sampler_job import fault_of, job_of
from warroom.contract import Sample, SampleJob
from warroom.playbook.loaded import Target

# A service that hangs is known to hang after this many time-outs in a row; waiting for more says nothing new.
_GIVE_UP = 3
_SPARE_S = 10.0


class SamplerProcess:
    """Takes samples of the playbook's targets in a child process of its own for each job.

    `waiting` is a child for the first job that was started ahead; whoever made it ends it when no job came.
    """

    def __init__(
        self,
        targets: Mapping[str, Target],
        *,
        max_bytes: int = MAX_BYTES,
        script: Path = SCRIPT,
        waiting: SamplerChild | None = None,
    ) -> None:
        self._targets = targets
        self._max_bytes = max_bytes
        self._script = script
        self._waiting = waiting

    def how(self) -> str:
        """See `contract.SamplerPort`."""
        return (
            "in a child process on a blocking socket by perf_counter, from the send to the last byte;"
            " connect and TLS apart"
        )

    async def sample(self, job: SampleJob, on_sample: Callable[[Sample], None]) -> tuple[Sample, ...]:
        """See `contract.SamplerPort`. Stops early after three time-outs in a row.

        When it is cancelled, or `on_sample` raises, the child is ended.
        """
        target = usable(self._targets, job.request.target)
        address = address_of(target, job.request.path)
        line = json.dumps(self._child_job(job, target, address)).encode() + b"\n"
        child, self._waiting = self._waiting or SamplerChild(self._script), None
        try:
            return await self._collect(child, await child.begin(line), on_sample, target, address)
        finally:
            await child.end()

    def _child_job(self, job: SampleJob, target: Target, address: Address) -> dict[str, Any]:
        return {
            **job_of(job.request, target, address, keep_alive=job.reuse),
            "count": job.count,
            "warmup": job.warmup,
            "reuse": job.reuse,
            "timeout_s": job.timeout_s,
            "max_bytes": self._max_bytes,
            "give_up": _GIVE_UP,
            # Connecting and answering are bounded each; a stale connection costs one more.
            "deadline_s": (job.count + job.warmup) * 4 * job.timeout_s + _SPARE_S,
        }

    async def _collect(
        self,
        child: SamplerChild,
        lines: asyncio.StreamReader,
        on_sample: Callable[[Sample], None],
        target: Target,
        address: Address,
    ) -> tuple[Sample, ...]:
        samples = []
        async for raw in lines:
            if not raw.endswith(b"\n"):
                break  # it ended in the middle of a line, and its exit code says why
            line = json.loads(raw)
            if "fatal" in line:
                raise await fault_of(line["fatal"], line["detail"], line["code"], target, address)
            samples.append(_sample(line))
            on_sample(samples[-1])
        await child.check_end()
        return tuple(samples)


def _sample(line: dict[str, Any]) -> Sample:
    latency = line["latency_ns"]
    return Sample(
        index=line["index"],
        latency_s=None if latency is None else latency / 1e9,
        status=line["status"],
        connect_s=line["connect_ns"] / 1e9,
        sent_at_s=line["sent_ns"] / 1e9,
        error=line["error"],
    )
