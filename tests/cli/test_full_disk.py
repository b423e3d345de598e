"""A disk that is full or read-only: what is asked is refused with a sentence and its own code, and works later."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.cli.launching import PATIENCE_S, Desk
from tests.cli.running import clean_environ
from tests.contracts.tree import ROOT
from tests.needs import need_mounts
from warroom.journal.audit import audit

PLAYBOOK = """
warroom: 1
launch: {id: quiet, title: Quiet}
channels:
  file: {kind: file, path: posts.txt}
updates:
  once: {title: Once, channel: file, template: once, at: T+1h}
templates:
  once: "once {{ post.time }}"
"""
_MOUNT = "mount -t tmpfs -o size=600k,mode=700 tmpfs {disk}"
_REMOUNT = "mkdir {disk}/state && mount -o remount,ro tmpfs {disk}"


def _desk(folder: Path, *mounts: str) -> Desk:
    """A desk whose state folder lies on a disk of 600 KiB that only its engine has mounted."""
    disk = folder / "disk"
    disk.mkdir(mode=0o700)
    script = " && ".join([*(mount.format(disk=disk) for mount in mounts), 'exec "$@"'])
    prefix = ("unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh")
    need_mounts(*prefix)
    playbook = folder / "quiet.yaml"
    playbook.write_text(PLAYBOOK, "utf-8")
    return Desk(disk / "state", {}, playbook, prefix)


@dataclass(frozen=True)
class Running:
    """An engine on a disk that only it has mounted."""

    pid: int
    state: Path

    @property
    def seen(self) -> Path:
        """The state folder as this process sees it: for plain files, as SQLite follows the link to another place."""
        return Path(f"/proc/{self.pid}/root{self.state}")

    def note(self, text: str) -> subprocess.CompletedProcess[str]:
        """Runs `warroom note` where the engine is."""
        enter = ["nsenter", "--target", str(self.pid), "--user", "--mount", "--preserve-credentials"]
        command = [sys.executable, "-m", "warroom", "note", "quiet", text, "--state", str(self.state)]
        return subprocess.run(
            [*enter, *command],
            cwd=ROOT,
            env=clean_environ({}),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )


@contextlib.contextmanager
def running(desk: Desk) -> Iterator[Running]:
    """A running engine that answers."""
    process = desk.popen()
    try:
        engine = Running(process.pid, desk.state)
        replace(desk, state=engine.seen).wait_until_it_answers()
        yield engine
    finally:
        process.kill()
        process.communicate()


def fill(ballast: Path) -> None:
    """Writes to `ballast` until the disk is full to the last byte."""
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 512):
            pass


def test_a_request_on_a_full_disk_is_undecided_and_works_as_soon_as_there_is_room(tmp_path: Path) -> None:
    with running(_desk(tmp_path, _MOUNT)) as engine:
        assert engine.note("before").returncode == 0
        ballast = engine.seen.parent / "ballast"
        fill(ballast)
        end = time.monotonic() + PATIENCE_S
        while (refused := engine.note("x" * 3_900)).returncode == 0:
            assert time.monotonic() < end, "the disk is not full"
        assert refused.returncode == 3
        assert "the journal is not available: the disk is full" in refused.stderr
        assert "hint: nothing new is started until it can" in refused.stderr
        assert "internal error" not in refused.stderr
        ballast.unlink()
        assert engine.note("after").returncode == 0
        (folder,) = (path for path in engine.seen.iterdir() if path.is_dir())
        shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock"))
    assert audit(tmp_path / "copy").problems == ()


def test_a_launch_is_not_opened_on_a_read_only_disk(tmp_path: Path) -> None:
    process = _desk(tmp_path, _MOUNT, _REMOUNT).popen()
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "cannot be used: Read-only file system" in err
    assert "--state DIR" in err
