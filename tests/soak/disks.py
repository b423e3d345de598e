"""Disks that are full, read-only, failing or hanging, under a running engine."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.cli.launching import EngineProcess
from tests.soak.oracle import judge, received
from tests.soak.people import is_head, note
from tests.soak.rooms import Room, fill, room
from tests.soak.row import NotHere, Row, Scale
from tests.soak.yard import Beats, Yard, ago, in_lines, until

_RESUMES_S = 5.0
_ENDS_S = 10.0
# The first transactions are those of the opening.
_HANGS = {"inside a transaction": 6, "before the bytes": 1, "in the loop": 3}
_DISK = "size=6m,mode=700"
_READER = """
import pathlib, sqlite3, sys
(path,) = pathlib.Path(sys.argv[1]).glob("*/journal.db")
reads = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
reads.execute("BEGIN")
for wait in (lambda: None, sys.stdin.read):
    wait()
    print(reads.execute("SELECT count(*) FROM entries").fetchone()[0], flush=True)
"""
_WRITES = "write,pwrite64,writev,fsync,fdatasync,ftruncate"


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the disk of an engine for the length of `while_it_lasts`, and the word that people get.

    `notices` are how many the engine may give: one for each reason that the disk has.
    """

    name: str
    word: str
    while_it_lasts: Callable[[EngineProcess], AbstractContextManager[None]]
    simulated: str = ""
    notices: tuple[int, ...] = (1,)


def full(folder: Path, scale: Scale) -> Iterator[Row]:
    """A disk of 6 MB that somebody else fills to the last byte."""
    with _on_a_small_disk(folder) as (yard, own, disk):
        ballast = own.seen(disk) / "ballast"

        @contextmanager
        def lasts(_: EngineProcess) -> Iterator[None]:
            fill(ballast)
            yield
            ballast.unlink()

        yield from _disturbed(yard, Fault("the disk is full", "the disk is full", lasts), scale)


def failing(folder: Path, scale: Scale) -> Iterator[Row]:
    """Every call of the engine that writes to one of the launch's files, or flushes it, ends with EIO."""
    yard = Yard(folder, Beats(last_s=900), ago(0))

    @contextmanager
    def lasts(engine: EngineProcess) -> Iterator[None]:
        with _no_calls(engine.process.pid, yard.launch()):
            yield

    how = "EIO in the place of each such call of the running engine, by strace"
    yield from _disturbed(yard, Fault("every write is EIO", "the disk reports an error", lasts, how), scale)


@contextmanager
def _no_calls(pid: int, launch: Path) -> Iterator[None]:
    if not shutil.which("strace"):
        raise NotHere("strace is not installed", installable=True)
    files = [option for file in sorted(launch.iterdir()) if file.is_file() for option in ("-P", str(file))]
    which = f"-einject={_WRITES}:error=EIO"
    command = ["strace", "-f", "-qq", "-o", os.devnull, f"-etrace={_WRITES}", which, *files, "-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        try:
            until(lambda: tracer.poll() is not None or _is_traced(pid), "the engine is traced")
            if tracer.poll() is not None and tracer.stderr:
                raise NotHere(f"strace: {tracer.stderr.read().strip()}")
            yield
        finally:
            tracer.terminate()


def _is_traced(pid: int) -> bool:
    threads = Path(f"/proc/{pid}/task").iterdir()
    return all("TracerPid:\t0\n" not in (thread / "status").read_text("utf-8") for thread in threads)


def read_only(folder: Path, scale: Scale) -> Iterator[Row]:
    """The file system becomes read-only, and writable again."""
    with _on_a_small_disk(folder) as (yard, own, disk):

        @contextmanager
        def lasts(engine: EngineProcess) -> Iterator[None]:
            own.mount("--bind", disk, disk)
            own.mount("-o", "remount,bind,ro", disk)
            with _no_writes(engine):
                until(lambda: not is_head(note(yard.launch())), "a request is refused")
            yield
            own.unmount(disk)

        how = "a read-only mount over the folder, and one failed write, so that files are opened anew"
        yield from _disturbed(yard, Fault("the file system is read-only", "ead-only", lasts, how, (1, 2)), scale)


def broken(folder: Path, scale: Scale) -> Iterator[Row]:
    """ext4 meets an error of its own and refuses everything until it is mounted anew; so does the next engine."""
    with room() as own:
        disk, image = folder / "disk", folder / "image"
        _make_ext4(image)
        disk.mkdir(mode=0o700)
        own.mount("-o", "loop,errors=remount-ro", image, disk)
        yard = _yard(folder, own, disk)
        heads, wrong = [], []
        with yard.engine() as engine:
            until(lambda: len(yard.known()) > 2, "the first posts")
            heads = [answer for _ in range(50) if is_head(answer := note(yard.launch()))]
            _break_ext4(own, disk)
            sentence = until(lambda: _refusal(yard), "a request is refused")
            began = time.monotonic()
            wrong += [] if engine.end() == 143 else ["SIGTERM did not end it"]
            took_s = time.monotonic() - began
        own.unmount(disk)
        own.mount("-o", "loop", image, disk)
        owed = yard.catch_up()
        judged = judge(yard.kept(), yard.t0, owed, heads, in_time_s=None)
    wrong += [] if took_s <= _ENDS_S * scale.slack else [f"SIGTERM took {took_s:.1f} s"]
    wrong += [] if sentence.startswith("the journal is not available") else [f"a request was told: {sentence}"]
    yield Row(
        "ext4 refuses everything after an error, then is mounted anew",
        n=1,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*wrong, *judged.wrong),
        figures={"acknowledged requests": len(heads), "SIGTERM s": took_s},
    )


def unflushed(folder: Path, scale: Scale) -> Iterator[Row]:
    """A device takes what is written and loses it: fsync says so once, and knows nothing of it the next time. Then
    the power fails, so that nothing is left but what is on the device. Once alone, once beside somebody who reads."""
    for name, read in (("alone", _nobody_reads), ("read", _reads)):
        (folder / name).mkdir()
        yield _unflushed(folder / name, scale, read)


def _unflushed(folder: Path, scale: Scale, read: Callable[[Room, Path], AbstractContextManager[str]]) -> Row:
    with room() as own:
        device, disk = folder / "device", folder / "disk"
        device.mkdir()
        disk.mkdir(mode=0o700)
        own.mount("-t", "tmpfs", "-o", "size=24m", "tmpfs", device)
        # One without a journal of its own, which would end with the first error.
        _make_ext4(own.seen(device) / "image", 20, "-t", "ext2")
        mount = ("-o", "loop,errors=continue", device / "image", disk)
        own.mount(*mount)
        yard, ballast = _yard(folder, own, disk), own.seen(device) / "ballast"
        wrong: list[str] = []
        with yard.engine() as engine, contextlib.ExitStack() as stack:
            until(lambda: len(yard.known()) > 2, "the first posts")
            heads = [answer for _ in range(20) if is_head(answer := note(yard.launch()))]
            meanwhile = stack.enter_context(read(own, disk / "state"))
            fill(ballast)
            sentence = until(lambda: _refusal(yard, heads), "a request is refused")
            until(lambda: in_lines(engine.complaints, "the journal is not available"), "the engine says so")
            time.sleep(scale.lasts_s)
            ballast.unlink()
            freed = time.monotonic()
            heads.append(until(lambda: (head := note(yard.launch())) and is_head(head) and head, "one is taken"))
            resumed_s = time.monotonic() - freed
            heads += [answer for _ in range(20) if is_head(answer := note(yard.launch()))]
        own.unmount(disk)
        own.mount(*mount)
        owed = yard.catch_up()
        judged = judge(yard.kept(), yard.t0, owed, heads, in_time_s=None)
    wrong += [] if "the disk reports an error" in sentence else [f"a request was told: {sentence}"]
    wrong += [] if resumed_s <= _RESUMES_S * scale.slack else [f"it took {resumed_s:.1f} s to go on"]
    return Row(
        f"what is flushed is lost for {scale.lasts_s:g} s, {meanwhile}then a power cut",
        n=1,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*wrong, *judged.wrong),
        figures={"acknowledged requests": len(heads), "goes on after s": resumed_s},
        simulated="the device, by a loop over a file on a full disk; the power cut, by kill -9 and a new mount",
    )


@contextmanager
def _nobody_reads(_: Room, __: Path) -> Iterator[str]:
    yield ""


@contextmanager
def _reads(own: Room, state: Path) -> Iterator[str]:
    """Somebody holds one view of the journal all the time."""
    command = [*own.prefix, sys.executable, "-c", _READER, str(state)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdin
        assert reader.stdout
        try:
            first = reader.stdout.readline()
            yield "beside a reader, "
            reader.stdin.close()
            assert reader.stdout.read() == first != b"", "it sees what it saw"
        finally:
            reader.kill()


def hanging(folder: Path, scale: Scale) -> Iterator[Row]:
    """A disk that never answers holds the journal, the file of the posts, or the whole loop; SIGTERM ends it all the
    same."""
    with ThreadPoolExecutor() as pool:
        yield from pool.map(lambda point: _hung(folder / point.replace(" ", "-"), point, scale), _HANGS)


def _hung(folder: Path, point: str, scale: Scale) -> Row:
    yard = Yard(folder, Beats(last_s=600), ago(0))
    with yard.engine(fault=f"hang:{point}:{_HANGS[point]}") as engine:
        until(lambda: in_lines(engine.complaints, "hangs: "), "the disk hangs")
        began = time.monotonic()
        engine.process.send_signal(signal.SIGTERM)
        code = until(lambda: engine.process.poll(), "SIGTERM ends it")
        took_s = time.monotonic() - began
    owed = yard.catch_up()
    judged = judge(yard.kept(), yard.t0, owed, in_time_s=None)
    wrong = [] if took_s <= _ENDS_S * scale.slack else [f"SIGTERM took {took_s:.1f} s"]
    wrong += [] if code == 143 else [f"it ended with {code}"]
    return Row(
        f"SIGTERM while the disk hangs {point}",
        n=1,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*wrong, *judged.wrong),
        figures={"SIGTERM s": took_s},
        simulated="what never comes back; in the kernel such a process ends when the disk answers",
    )


def _disturbed(yard: Yard, fault: Fault, scale: Scale) -> Iterator[Row]:
    """The fault comes and goes under one engine, which must go on by itself."""
    heads: list[str] = []
    wrong: list[str] = []
    with yard.engine() as engine:
        until(lambda: len(yard.known()) > 2, "the first posts")
        heads += [answer for _ in range(20) if is_head(answer := note(yard.launch()))]
        with fault.while_it_lasts(engine):
            sentence = until(lambda: _refusal(yard, heads), "a request is refused")
            until(lambda: in_lines(engine.complaints, "the journal is not available"), "the engine says so")
            before = _posts_at_rest(yard)
            time.sleep(scale.lasts_s)
            wrong += [] if len(received(yard.launch())) == before else ["it posted what it could not journal"]
        freed = time.monotonic()
        answer = until(lambda: (head := note(yard.launch())) and is_head(head) and head, "a request is taken")
        heads.append(answer)
        until(lambda: len(received(yard.launch())) > before, "it posts again")
        resumed_s = time.monotonic() - freed
        owed = yard.beats.owed(int((datetime.now(UTC) - yard.t0).total_seconds()))
        until(lambda: set(owed) <= yard.known(), "all that was due is posted or named")
        wrong += [] if engine.end() == 143 else ["SIGTERM did not end it"]
    told = in_lines(engine.complaints, "the journal is not"), in_lines(engine.complaints, "can be written again")
    wrong += [] if told[0] in fault.notices and told[1] == 1 else [f"it said so {told} times: {engine.complaints}"]
    wrong += [] if resumed_s <= _RESUMES_S * scale.slack else [f"it took {resumed_s:.1f} s to go on"]
    wrong += [] if fault.word in sentence else [f"a request was told: {sentence}"]
    judged = judge(yard.kept(), yard.t0, owed, heads, in_time_s=scale.lasts_s + 15, slack=scale.slack)
    yield Row(
        f"{fault.name} for {scale.lasts_s:g} s",
        n=1,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*wrong, *judged.wrong),
        figures={"acknowledged requests": len(heads), "goes on after s": resumed_s},
        simulated=fault.simulated,
    )


def _refusal(yard: Yard, heads: list[str] | None = None) -> str:
    """The sentence with which a long note is refused; empty where it is taken, then its head is kept."""
    answer = note(yard.launch(), "x" * 3_900)
    if is_head(answer) and heads is not None:
        heads.append(answer)
    return "" if is_head(answer) else answer


def _posts_at_rest(yard: Yard) -> int:
    """How many posts there are, once what was under way when the journal failed has ended."""
    time.sleep(0.5)
    return len(received(yard.launch()))


@contextmanager
def _no_writes(engine: EngineProcess) -> Iterator[None]:
    pid, unlimited = engine.process.pid, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)


@contextmanager
def _on_a_small_disk(folder: Path) -> Iterator[tuple[Yard, Room, Path]]:
    disk = folder / "disk"
    disk.mkdir(mode=0o700)
    with room() as own:
        own.mount("-t", "tmpfs", "-o", _DISK, "tmpfs", disk)
        yield _yard(folder, own, disk), own, disk


def _yard(folder: Path, own: Room, disk: Path) -> Yard:
    state = disk / "state"
    return Yard(folder, Beats(last_s=900), ago(0), own.prefix, state=state, outside=own.seen(state))


def _make_ext4(image: Path, megabytes: int = 40, *options: str) -> None:
    if os.geteuid() != 0:
        raise NotHere("only root can mount an ext4 of its own")
    if not shutil.which("mkfs.ext4"):
        raise NotHere("mkfs.ext4 is not installed (Debian package: e2fsprogs)", installable=True)
    with image.open("wb") as file:
        file.truncate(megabytes * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", *options, str(image)], check=True, capture_output=True, timeout=60)


def _break_ext4(own: Room, disk: Path) -> None:
    mounts = Path(f"/proc/{own.pid}/mounts").read_text("utf-8").splitlines()
    device = next(line.split()[0] for line in mounts if line.split()[1] == str(disk))
    trigger = Path("/sys/fs/ext4") / Path(device).name / "trigger_fs_error"
    if not trigger.exists():
        raise NotHere("this kernel does not offer to break an ext4")
    trigger.write_text("1")
