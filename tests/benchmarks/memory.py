"""The most memory that a run held, by the kernel's own count."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.programs import BenchError, environment
from tests.benchmarks.rows import Row, median
from tests.benchmarks.verify import verify_command
from warroom.simulator import SimulatorProcess

ALLOWED_MIB = 80.0
# A child begins with the peak of the process that started it, so a small one starts what is measured.
_LAUNCHER = """
import json, os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
_, status, used = os.wait4(child.pid, 0)
print(json.dumps({"code": os.waitstatus_to_exitcode(status), "peak_kib": used.ru_maxrss}), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Peak:
    """Peaks in MiB: of the largest process of the run, and of its largest child (0 where none was seen)."""

    largest: float
    child: float


def measure(sim: SimulatorProcess, quick: bool) -> list[Row]:
    """Peak memory of a headless verification; its sampler child is stated apart."""
    with tempfile.TemporaryDirectory() as folder:
        peaks = [peak(verify_command(Path(folder)), sim.inputs) for _ in range(2 if quick else 5)]
    note = f"the sampler, its child: {median([one.child for one in peaks]):.3g} MiB"
    largest = median([one.largest for one in peaks])
    return [Row("memory: peak of headless verify", largest, "MiB", ALLOWED_MIB, n=len(peaks), note=note)]


def peak(command: Sequence[str], inputs: Mapping[str, str]) -> Peak:
    """Runs a program and returns its peaks. Raises BenchError unless it ends well."""
    launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            launch, env=environment(inputs), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as launcher,
    ):
        assert launcher.stdout is not None
        pid = int(launcher.stdout.readline())
        child_kib = 0
        while launcher.poll() is None:
            child_kib = max(child_kib, *(_peak_kib(child) for child in _children(pid)), 0)
            time.sleep(0.02)
        end = json.loads(launcher.stdout.readline())
    if end["code"]:
        raise BenchError(f"{Path(command[0]).name} ended with {end['code']}")
    return Peak(end["peak_kib"] / 1024, child_kib / 1024)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _peak_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
