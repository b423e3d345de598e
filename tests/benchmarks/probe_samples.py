"""A program of its own: twenty probes on their schedule, and how far what they report is from what the server saw.

`python probe_samples.py URL PROBES SECONDS BUSY` prints JSON: the latencies, and the processor time of the child that
takes them and of this program. With BUSY 1 the event loop here is kept busy meanwhile, as by a screen that redraws.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from warroom.adapters.probing import Probing
from warroom.clock import RealClock
from warroom.playbook.loaded import Target
from warroom.slo.samples import ProbeSample
from warroom.slo.source_spec import ProbeSpec

WARM_UP_S = 1.5
# A frame of a console: so long is drawn, so long is waited.
_DRAWN_S, _FRAME_S = 0.05, 0.1


def children() -> list[int]:
    """The processes that this one has started."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    return [int(pid) for pid in listed.split()]


def used_s(pid: int) -> float:
    """Processor time of a process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def redraw() -> None:
    """Keeps the loop busy for half of the time."""
    while True:
        end = time.perf_counter() + _DRAWN_S
        while time.perf_counter() < end:
            pass
        await asyncio.sleep(_FRAME_S - _DRAWN_S)


async def measure(url: str, probes: int, seconds: float, *, busy: bool) -> dict[str, object]:
    """What was found."""
    samples: list[ProbeSample] = []
    probing = Probing({"app": Target("app", url)}, RealClock())
    for at in range(probes):
        spec = ProbeSpec(id=f"probe{at}", target="app", path="/canary", every_s=1.0, timeout_s=1.0)
        probing.add(spec, lambda sample, _: samples.append(sample))
    drawing = asyncio.create_task(redraw()) if busy else None
    await probing.ensure()
    await asyncio.sleep(WARM_UP_S)
    (child,) = children()
    samples.clear()
    began, child_s, own_s = time.time(), used_s(child), time.process_time()
    await asyncio.sleep(seconds)
    ended = time.time()
    child_share, own_share = (used_s(child) - child_s) / seconds, (time.process_time() - own_s) / seconds
    await asyncio.sleep(0.5)
    if drawing:
        drawing.cancel()
    await probing.aclose()
    inside = [one for one in samples if began <= one.sent_at.timestamp() < ended]
    return {
        "began": began,
        "ended": ended,
        "latencies_ms": [one.latency_s * 1000 if one.latency_s is not None else None for one in inside],
        "child": child_share,
        "own": own_share,
    }


def main(url: str, probes: str, seconds: str, busy: str) -> int:
    """Measures and prints."""
    print(json.dumps(asyncio.run(measure(url, int(probes), float(seconds), busy=busy == "1"))))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
