"""Which processes are still there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def survivors_of(pids: Iterable[int]) -> list[int]:
    """Those of the processes that run; one that has ended and waits to be collected does not."""
    return [pid for pid in pids if _runs(pid)]


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
