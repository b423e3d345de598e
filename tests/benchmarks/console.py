"""A launch with a long past: how long until its engine answers, and until a console that is opened on it is drawn."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.benchmarks.programs import LONGEST_S, PYTHON, WARROOM, BenchError, environment, run, take_turns
from tests.benchmarks.rows import Row, median, spread

PROGRAM = Path(__file__).parent / "long_journal.py"
SIZES = (1_000, 10_000, 100_000)
OPENS_S = 2.0
GROWS = 1.5
SLOT = "beat@T+720h"
TITLE = "A launch with a past"
PLAYBOOK = f"""
warroom: 1
launch: {{id: long, title: {TITLE}}}
channels:
  file: {{kind: file, path: posts.txt}}
updates:
  beat: {{title: Beat, channel: file, template: beat, every: 1h, from: T+30d, until: T+32d}}
templates:
  beat: "beat {{{{ post.time }}}}"
"""
_CONTROLS = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")


def measure(quick: bool) -> list[Row]:
    """The rows. What is compared for growth is the processor time of an entry."""
    rounds = 1 if quick else 5
    with tempfile.TemporaryDirectory() as folder:
        states = {size: _state(Path(folder) / str(size), size) for size in SIZES}
        ready = take_turns(1 if quick else 3, {str(size): _starting(state) for size, state in states.items()})
        with _engine(states[SIZES[-1]]):
            consoles = [_console_drawn_s(states[SIZES[-1]]) for _ in range(rounds)]
        with _engine(states[SIZES[0]]):
            short = [_console_drawn_s(states[SIZES[0]]) for _ in range(rounds)]
    cpu_s = {size: median([cpu for _, cpu in ready[str(size)]]) for size in SIZES}
    wall = ", ".join(f"{size:,}: {median([took for took, _ in ready[str(size)]]):.2f} s" for size in SIZES)
    few = (cpu_s[10_000] - cpu_s[1_000]) / 9_000
    many = (cpu_s[100_000] - cpu_s[10_000]) / 90_000
    cost = f"processor: {few * 1e6:.3g} µs an entry to 10,000, {many * 1e6:.3g} µs from there to 100,000"
    beside = f"1,000 entries: {spread(short)} s"
    return [
        Row("console: drawn on 100,000 entries", median(consoles), "s", OPENS_S, n=rounds, peers=beside),
        Row("growth: an entry's cost as an engine starts", many / few, limit=GROWS, peers=cost, note=f"wall: {wall}"),
    ]


def _state(folder: Path, size: int) -> Path:
    folder.mkdir()
    (folder / "long.yaml").write_text(PLAYBOOK, "utf-8")
    with _engine(folder, "--t0", "now"):
        pass
    (launch,) = (path for path in (folder / "state").iterdir() if path.is_dir())
    run([str(PYTHON), "-P", str(PROGRAM), str(launch), launch.name, str(size), SLOT], {})
    return folder


@contextmanager
def running_engine(playbook: Path, state: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """An engine that answers; `state` is the folder of its launch, and of no other."""
    command = [str(WARROOM), "run", str(playbook), "--headless", "--state", str(state)]
    engine = subprocess.Popen(
        [*command, *options], env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + LONGEST_S
        while not list(state.glob("*/engine.sock")):
            if engine.poll() is not None or time.monotonic() > end:
                raise BenchError("the engine does not answer")
            time.sleep(0.005)
        yield engine
    finally:
        engine.send_signal(signal.SIGTERM)
        engine.wait(LONGEST_S)


def _engine(folder: Path, *options: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return running_engine(folder / "long.yaml", folder / "state", *options)


def _starting(folder: Path) -> Callable[[], tuple[float, float]]:
    """Seconds from the start of the engine to its socket, and what it used of the processor until then."""

    def once() -> tuple[float, float]:
        began = time.perf_counter()
        with _engine(folder) as engine:
            took = time.perf_counter() - began
            fields = Path(f"/proc/{engine.pid}/stat").read_text("ascii").rpartition(")")[2].split()
            return took, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    return once


def _console_drawn_s(folder: Path) -> float:
    """Seconds from the start of `warroom console` until the launch and its next post stand on the terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    began = time.perf_counter()
    console = subprocess.Popen(
        [str(WARROOM), "console", "long", "--state", str(folder / "state")],
        env={**environment(), "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    try:
        while not _is_drawn(shown):
            if not select.select([ours], [], [], LONGEST_S / 4)[0]:
                raise BenchError(f"the console draws nothing: {shown[-400:].decode(errors='replace')}")
            shown += os.read(ours, 65536)
        return time.perf_counter() - began
    except OSError as error:
        raise BenchError(f"the console ended: {shown[-400:].decode(errors='replace')}") from error
    finally:
        console.kill()
        console.wait()
        os.close(ours)


def _is_drawn(shown: bytes) -> bool:
    text = _CONTROLS.sub(b"", shown).decode(errors="replace")
    return TITLE in text and "beat" in text.casefold().replace(TITLE.casefold(), "")
