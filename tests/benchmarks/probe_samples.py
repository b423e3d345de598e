"""A program of its own: twenty probes on their schedule, and what they cost.

`python probe_samples.py URL PROBES SECONDS SCREEN RESULT` writes JSON: the latencies, and the processor time of the
child that takes them and of this program, as shares of a core. With SCREEN 1, on a terminal, the loop that hears them
redraws twenty panels ten times a second meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path

from warroom.adapters.probing import Probing
from warroom.clock import RealClock
from warroom.playbook.loaded import Target
from warroom.slo.samples import ProbeSample
from warroom.slo.source_spec import ProbeSpec

WARM_UP_S = 1.5


def children() -> list[int]:
    """The processes that this one has started."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    return [int(pid) for pid in listed.split()]


def used_s(pid: int) -> float:
    """Processor time of a process, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(url: str, probes: int, seconds: float) -> dict[str, object]:
    """What was found."""
    samples: list[ProbeSample] = []
    probing = Probing({"app": Target("app", url)}, RealClock())
    for at in range(probes):
        spec = ProbeSpec(id=f"probe{at}", target="app", path="/canary", every_s=1.0, timeout_s=1.0)
        probing.add(spec, lambda sample, _: samples.append(sample))
    await probing.ensure()
    await asyncio.sleep(WARM_UP_S)
    (child,) = children()
    samples.clear()
    began, child_s, own_s = time.time(), used_s(child), time.process_time()
    await asyncio.sleep(seconds)
    ended = time.time()
    child_share, own_share = (used_s(child) - child_s) / seconds, (time.process_time() - own_s) / seconds
    await asyncio.sleep(0.5)
    await probing.aclose()
    inside = [one for one in samples if began <= one.sent_at.timestamp() < ended]
    return {
        "began": began,
        "ended": ended,
        "latencies_ms": [one.latency_s * 1000 if one.latency_s is not None else None for one in inside],
        "child": child_share,
        "own": own_share,
    }


def beside_screen(work: Callable[[], Coroutine[None, None, dict[str, object]]]) -> dict[str, object]:
    """What `work` finds in the loop of a screen that redraws; `hz` is how often it really did."""
    sys.path.append(str(Path(__file__).parents[2]))
    from tests.benchmarks.ui_loop import Dashboard

    found: dict[str, object] = {}

    async def measured() -> float:
        found.update(await work())
        return 0.0

    app = Dashboard(measured)
    app.run()
    return {**found, "hz": app.outcome["redraws"] / app.outcome["seconds"]}


def main(url: str, probes: str, seconds: str, screen: str, result: str) -> int:
    """Measures and writes the result."""
    work = partial(measure, url, int(probes), float(seconds))
    found = beside_screen(work) if screen == "1" else asyncio.run(work())
    Path(result).write_text(json.dumps(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
