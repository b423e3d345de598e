"""A disk that is full, limited or gone: the run goes on, and says what could not be kept."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.evidences import STEM, store_in
from warroom.adapters.evidence import EvidenceStore
from warroom.errors import UsageError

# What the child does with the evidence after its files were limited: it must live, say what is missing, and answer.
_CHILD = """
import json, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from warroom.adapters.evidence import EvidenceStore
from warroom.clock import VirtualClock
from warroom.redact import Redactor
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
began = datetime(2025, 11, 1, 2, 5, tzinfo=UTC)
store = EvidenceStore(Path(sys.argv[1]), "auto_com_center", began, Redactor(), VirtualClock(began))
store.open()
port = store.for_check("p95")
first = port.save_text("small", "x")
{limit}
second = port.save_text("large", "x" * 1_000_000)
third = port.save_text("also", "x" * 1_000_000)
manifest, problems = store.finish()
print(json.dumps([first, second, third, manifest, problems, store.write_log("x" * 1_000_000)]))
"""


def in_a_child(base: Path, limit: str, **options: object) -> list[object]:
    command = [sys.executable, "-c", _CHILD.replace("{limit}", limit), str(base)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    answer: list[object] = json.loads(done.stdout)
    return answer


def test_a_file_that_cannot_grow_is_a_problem_and_no_exception(tmp_path: Path) -> None:
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))"
    first, second, third, manifest, problems, log = in_a_child(tmp_path, limit)
    assert (first, second, third) == ("p95/small.txt", "", "")
    assert problems == ["2 files (p95/large.txt the first) could not be kept: File too large"]
    assert log == f"{STEM}.log could not be kept: File too large"
    folder = tmp_path / STEM
    assert sorted(path.name for path in folder.rglob("*")) == ["manifest.json", "p95", "small.txt"]
    written = json.loads((folder / "manifest.json").read_bytes())
    assert (written["problems"], hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()) == (
        problems,
        manifest,
    )
    assert "has not written its log" in (tmp_path / f"{STEM}.log").read_text()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB; only root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=64", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small file system needs root and the right to mount")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_a_problem_and_no_exception(small_disk: Path) -> None:
    first, second, third, manifest, problems, log = in_a_child(small_disk, "")
    assert (first, second, third) == ("p95/small.txt", "", "")
    assert problems == ["2 files (p95/large.txt the first) could not be kept: No space left on device"]
    assert manifest
    assert log == f"{STEM}.log could not be kept: No space left on device"


def test_a_disk_that_is_full_at_the_start_ends_the_command_and_leaves_nothing(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"")
    try:
        with (small_disk / "filler").open("wb") as filler:
            filler.write(b"x" * 1_000_000)
    except OSError:
        pass
    with pytest.raises(UsageError, match="No space left on device"):
        store_in(small_disk).open()
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_a_directory_that_disappears_is_a_problem_and_no_exception(store: EvidenceStore) -> None:
    port = store.for_check("p95")
    name = port.save_text("before", "x")
    (store.dir / name).unlink()
    (store.dir / "p95").rmdir()
    store.dir.rmdir()
    store.dir.write_text("a file in the way")
    assert port.save_text("after", "x") == ""
    manifest, problems = store.finish()
    assert manifest == ""
    assert problems == ("3 files (p95/after.txt the first) could not be kept: Not a directory",)


def test_a_base_that_may_not_be_written_ends_the_command(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    script = _CHILD.partition("store.open()")[0] + (
        "import os\n"
        "from warroom.errors import UsageError\n"
        "if os.getuid() == 0:\n"
        "    os.setuid(65534)\n"
        "try:\n"
        "    store.open()\n"
        "except UsageError as error:\n"
        "    print(error.message)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "Permission denied" in done.stdout, done.stderr
