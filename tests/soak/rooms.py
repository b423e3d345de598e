"""File systems that only the engine under test sees, in a mount namespace of their own; they go with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path

from tests.soak.row import NotHere

_WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Room:
    """A namespace that lives as long as the block. `prefix` starts a program in it."""

    pid: int
    prefix: tuple[str, ...]

    def seen(self, path: Path) -> Path:
        """`path` as those in the room see it."""
        return Path(f"/proc/{self.pid}/root{path}")

    def mount(self, *arguments: str | Path) -> None:
        """Mounts something in the room. Raises NotHere where the system does not let it."""
        self._run("mount", *map(str, arguments))

    def unmount(self, path: Path) -> None:
        """Takes away what was mounted last at `path`."""
        self._run("umount", str(path))

    def _run(self, *command: str) -> None:
        done = subprocess.run([*self.prefix, *command], capture_output=True, text=True, timeout=_WAIT_S, check=False)
        if done.returncode:
            raise NotHere(f"{' '.join(command)}: {done.stderr.strip()}")


@contextlib.contextmanager
def room() -> Iterator[Room]:
    """A room of its own. Raises NotHere where there can be none."""
    if not (shutil.which("unshare") and shutil.which("nsenter")):
        raise NotHere("unshare and nsenter are not installed", installable=True)
    own: Sequence[str] = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    command = ["unshare", *own, "--mount", "--propagation", "private", "sh", "-c", "echo ready; exec cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stderr
        try:
            if holder.stdout.readline() != b"ready\n":
                raise NotHere(f"no mount namespace: {holder.stderr.read().decode().strip()}")
            users = () if os.geteuid() == 0 else ("--user", "--preserve-credentials")
            yield Room(holder.pid, ("nsenter", f"--target={holder.pid}", "--mount", *users, "--"))
        finally:
            holder.kill()


def fill(ballast: Path) -> None:
    """Writes to `ballast` until the disk is full to the last byte."""
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 512, 1):
            _write_until_full(file, b"x" * size)


def _write_until_full(file: RawIOBase, piece: bytes) -> None:
    with contextlib.suppress(OSError):
        while file.write(piece):
            pass
