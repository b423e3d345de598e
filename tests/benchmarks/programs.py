"""The programs that are measured, how they are run and timed, and the order in which they take turns."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools" / "bench"
WARROOM = TOOLS / "run" / "bin" / "warroom"
PYTHON = TOOLS / "run" / "bin" / "python"
PLAYBOOK = ROOT / "playbooks" / "auto_com_center.yaml"
SCRIPT = Path(__file__).parent / "eight_checks.sh"
_ELSEWHERE = ("/usr/sbin", "/usr/lib/nagios/plugins", str(TOOLS / "peers" / "bin"))
LONGEST_S = 120.0


class BenchError(Exception):
    """A program did not do what is to be measured, so that its time says nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program: its exit code and output, when it began, when its last output came, how long it took."""

    code: int
    began: datetime
    out: str
    err: str
    wall_s: float
    cpu_s: float
    last_output: datetime | None


def find(name: str) -> str | None:
    """The program's full path; peers from PyPI are found in their own environment before the PATH."""
    return shutil.which(name, path=os.pathsep.join(reversed(_ELSEWHERE))) or shutil.which(name)


def environment(inputs: Mapping[str, str] | None = None) -> dict[str, str]:
    """A small environment: what the machine's user happens to have set must not count."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {"LANG": "C.UTF-8", **kept, **(inputs or {})}


def timed(command: Sequence[str]) -> float:
    """Seconds from the start of a program to its end, output thrown away. Raises BenchError when it fails."""
    began = time.perf_counter()
    # Not in this folder: some programs would read the settings of the project that lies there.
    code = subprocess.call(
        command,
        env=environment(),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    took = time.perf_counter() - began
    if code:
        raise BenchError(f"{Path(command[0]).name} ended with {code}")
    return took


def run(command: Sequence[str], inputs: Mapping[str, str], *, expect: Sequence[int] = (0,)) -> Run:
    """Runs a program in an empty folder and notes when its output came. Raises BenchError for another exit code."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as errors:
        began_at, began, used_s = datetime.now(UTC), time.perf_counter(), _children_cpu_s()
        child = subprocess.Popen(
            command,
            env=environment(inputs),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        assert child.stdout is not None
        chunks: list[bytes] = []
        last = None
        with child.stdout as stream:
            while chunk := os.read(stream.fileno(), 1 << 20):
                last = datetime.now(UTC)
                chunks.append(chunk)
        code = child.wait(LONGEST_S)
        wall_s = time.perf_counter() - began
        errors.seek(0)
        done = Run(
            code,
            began_at,
            b"".join(chunks).decode(),
            errors.read().decode(errors="replace"),
            wall_s,
            _children_cpu_s() - used_s,
            last,
        )
    if code not in expect:
        tail = (done.err or done.out).strip()[-400:]
        raise BenchError(f"{Path(command[0]).name} ended with {code}: {tail}")
    return done


def _children_cpu_s() -> float:
    """Processor time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def take_turns(rounds: int, contestants: Mapping[str, Callable[[], T]]) -> dict[str, list[T]]:
    """Each contestant `rounds` times: A B C, C B A, A B C, ... so that drift of the machine meets all of them."""
    found: dict[str, list[T]] = {name: [] for name in contestants}
    order = list(contestants)
    for _ in range(rounds):
        for name in order:
            found[name].append(contestants[name]())
        order.reverse()
    return found
