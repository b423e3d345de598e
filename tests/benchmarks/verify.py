"""`warroom verify` beside the curl script: both do the eight checks on the same server, in turns."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import oracle
from tests.benchmarks.programs import PLAYBOOK, SCRIPT, WARROOM, BenchError, Run, find, run, take_turns
from tests.benchmarks.rows import Row, median, not_measured, spread
from warroom.simulator import SimulatorProcess

OURS, SCRIPTED = "warroom verify", "bash + curl + jq"


@dataclass(frozen=True, slots=True)
class Verification:
    """One verification as seen from outside. `before_s` is from the start of the program to its first request, by the
    server's log, `decided_s` from there to the last output, which is the verdict; `held_s` how long the server held
    the 30 samples."""

    wall_s: float
    before_s: float
    decided_s: float
    held_s: float
    p95_ms: float
    server_p95_ms: float

    @property
    def overhead_s(self) -> float:
        """What the program took beyond the time that the server held its samples."""
        return self.wall_s - self.held_s

    @property
    def after_s(self) -> float:
        """From the verdict to the end of the program."""
        return self.wall_s - self.before_s - self.decided_s

    @property
    def error_ms(self) -> float:
        """How far the reported P95 is from the server's own."""
        return abs(self.p95_ms - self.server_p95_ms)


def verify_command(evidence: Path, playbook: Path = PLAYBOOK) -> list[str]:
    """Warroom as a pipeline calls it: lines for people on stdout, as the script prints them, and evidence."""
    return [str(WARROOM), "verify", str(playbook), "--headless", "--evidence", str(evidence)]


def warroom_once(sim: SimulatorProcess, folder: Path) -> Verification:
    """One run of Warroom. Raises BenchError unless it ends GREEN."""
    return _observed(sim, verify_command(folder), {}, lambda done: _said(r"P95 latency +([0-9.]+)ms", done))


def script_once(sim: SimulatorProcess, folder: Path) -> Verification:
    """One run of the script. Raises BenchError unless it ends GREEN."""

    more = {"EVIDENCE_DIR": str(folder)}
    return _observed(sim, ["bash", str(SCRIPT)], more, lambda done: _said(r"P95: ([0-9.]+)ms", done))


def _said(pattern: str, done: Run) -> float:
    """The number that a program printed; what it rounds off counts as its error."""
    found = re.search(pattern, done.out)
    if found is None:
        raise BenchError(f"no {pattern} in what was printed: {done.out[-400:]}")
    return float(found[1])


def measure(sim: SimulatorProcess, quick: bool) -> tuple[list[Row], Mapping[str, Sequence[Verification]]]:
    """The rows, and the single runs for whoever compares their accuracy."""
    rounds = 3 if quick else 15
    with tempfile.TemporaryDirectory() as folder:
        contestants: dict[str, Callable[[], Verification]] = {OURS: lambda: warroom_once(sim, Path(folder))}
        missing = [name for name in ("bash", "curl", "jq") if not find(name)]
        if not missing:
            contestants[SCRIPTED] = lambda: script_once(sim, Path(folder))
        contestants[OURS]()
        found = take_turns(rounds, contestants)
    ours = found[OURS]
    ratio = median([one.decided_s / one.held_s for one in ours])
    rows = [_decided(ours, found.get(SCRIPTED), ratio)]
    if missing:
        return [*rows, not_measured("verify: overhead / script", f"{', '.join(missing)} not installed")], found
    return [*rows, *_against_script(ours, found[SCRIPTED])], found


def _decided(ours: Sequence[Verification], script: Sequence[Verification] | None, ratio: float) -> Row:
    beside = f"script {median([one.decided_s / one.held_s for one in script]):.3g}x" if script else ""
    before, after = median([one.before_s for one in ours]), median([one.after_s for one in ours])
    held = f"server held {spread([one.held_s for one in ours], 1000, ' ms')}"
    held += f", {before * 1000:.0f} ms before the first request, {after * 1000:.0f} ms after the verdict"
    what = "verify: first request to verdict / samples held"
    return Row(what, ratio, limit=1.10, n=len(ours), peers=beside, note=held)


def _against_script(ours: Sequence[Verification], script: Sequence[Verification]) -> list[Row]:
    def both(of: Callable[[Verification], float]) -> tuple[float, str]:
        mine, theirs = [of(one) for one in ours], [of(one) for one in script]
        text = f"warroom {spread(mine, 1000, ' ms')}, script {spread(theirs, 1000, ' ms')}"
        return median(mine) / median(theirs), text

    overhead, overheads = both(lambda one: one.overhead_s)
    total, totals = both(lambda one: one.wall_s)
    return [
        Row("verify: overhead of the process / script's", overhead, limit=0.5, n=len(ours), peers=overheads),
        Row("verify: total time / script's", total, limit=1.0, n=len(ours), peers=totals),
    ]


def _observed(
    sim: SimulatorProcess, command: Sequence[str], more: Mapping[str, str], reported: Callable[[Run], float]
) -> Verification:
    sim.clear_requests()
    done = run(command, {**sim.inputs, **more})
    served = sim.requests
    samples = oracle.samples(served)
    assert done.last_output is not None
    first = min(request.at for request in served)
    return Verification(
        wall_s=done.wall_s,
        before_s=(first - done.began).total_seconds(),
        decided_s=(done.last_output - first).total_seconds(),
        held_s=oracle.held_s(samples),
        p95_ms=reported(done),
        server_p95_ms=oracle.server_p95_ms(samples),
    )
