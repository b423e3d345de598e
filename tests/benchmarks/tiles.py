"""A console that shows 200 signals as tiles while each of them changes every second."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import pty
import random
import select
import struct
import subprocess
import tempfile
import termios
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.benchmarks.console import running_engine
from tests.benchmarks.programs import LONGEST_S, PYTHON, WARROOM, BenchError, environment, take_turns, timed
from tests.benchmarks.rows import Row, median, spread

SIGNALS = 200
TITLE = "A wide launch"
CPU_PERCENT, KEY_MS, KEY_RATIO, MEMORY_RATIO, PAINT_RATIO = 15.0, 20.0, 3.0, 1.3, 3.0
_DOWN, _UP = b"\x1b[B", b"\x1b[A"
_QUIET_S = 0.06
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Used:
    """What a console came to: of a core (%), from a key to what it draws (ms each), resident KiB."""

    cpu_percent: float
    keys_ms: Sequence[float]
    rss_kib: float


def measure(quick: bool) -> list[Row]:
    """The rows: the console beside the same console of a launch that watches nothing."""
    rounds, watch_s, keys = (1, 5.0, 20) if quick else (3, 10.0, 40)
    with tempfile.TemporaryDirectory() as folder, _service() as url:
        wide, idle = _launch(Path(folder), "wide", _watching(url)), _launch(Path(folder), "idle", "")
        with running_engine(*wide, "--t0", "now"), running_engine(*idle, "--t0", "now"):
            found = take_turns(
                rounds,
                {
                    "wide": lambda: _used(wide[1], b"v", watch_s, keys),
                    "idle": lambda: _used(idle[1], b"", watch_s, keys),
                },
            )
            imports = take_turns(2 * rounds + 1, {"import": _imports, "paint": lambda: _drawn_s(idle[1])})
    return _rows(found["wide"], found["idle"], keys, median(imports["paint"]) / median(imports["import"]), imports)


def _rows(
    ours: Sequence[Used], idle: Sequence[Used], keys: int, paint: float, imports: Mapping[str, Sequence[float]]
) -> list[Row]:
    p95, calm_p95 = (median([_p95(one.keys_ms) for one in runs]) for runs in (ours, idle))
    rss, calm_rss = (median([one.rss_kib for one in runs]) for runs in (ours, idle))
    what, rounds = f"console: {SIGNALS} signals as tiles", len(ours)
    calm_cpu = spread([one.cpu_percent for one in idle])
    return [
        Row(f"{what}, of a core", median([one.cpu_percent for one in ours]), "%", CPU_PERCENT, n=rounds,
            peers=f"idle: {calm_cpu} %"),
        Row(f"{what}, key to paint, p95", p95, "ms", max(KEY_MS, KEY_RATIO * calm_p95), n=rounds * keys,
            peers=f"idle: {calm_p95:.3g} ms"),
        Row(f"{what}, memory beside the idle one", rss / calm_rss, limit=MEMORY_RATIO, n=rounds,
            peers=f"idle: {calm_rss / 1024:.0f} MiB"),
        Row("console: first paint beside `import textual.app`", paint, limit=PAINT_RATIO, n=len(imports["paint"]),
            peers=f"import {spread(imports['import'], 1000, ' ms')}"),
    ]  # fmt: skip


def _imports() -> float:
    return timed([str(PYTHON), "-I", "-c", "import textual.app"])


def _launch(folder: Path, name: str, watched: str) -> tuple[Path, Path]:
    """A playbook, and the folder of its launch."""
    playbook = folder / f"{name}.yaml"
    playbook.write_text(
        f"""
warroom: 1
launch: {{id: {name}, title: {TITLE}}}
{watched}
channels:
  file: {{kind: file, path: posts.txt}}
updates:
  beat: {{channel: file, template: beat, at: T+30d}}
templates:
  beat: "beat"
""",
        "utf-8",
    )
    return playbook, folder / name


def _watching(url: str) -> str:
    signals = "\n".join(
        f'  s{i}: {{title: Signal {i}, source: app, json: "$.s[{i}]", unit: ms, warn: "> 90ms", page: "> 200ms"}}'
        for i in range(SIGNALS)
    )
    return f"""
targets: {{app: {{url: "{url}"}}}}
sources:
  app: {{kind: http_json, target: app, path: /, every: 1s}}
signals:
{signals}
"""


@contextmanager
def _service() -> Iterator[str]:
    """A service whose numbers are others at each request. The first one breaches its limit at every other, so that
    the engine has news each second."""
    breaches = itertools.cycle((True, False))

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            first = 0.1 if next(breaches) else 0.05
            body = json.dumps({"s": [first, *(random.uniform(0.02, 0.08) for _ in range(SIGNALS - 1))]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


@contextmanager
def _console(state: Path) -> Iterator[tuple[int, int, float]]:
    """A console that has drawn its first frame: its process, its terminal, and how long that took."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    environ = {**environment(), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    command = [str(WARROOM), "console", "--state", str(state)]
    began = time.perf_counter()
    child = subprocess.Popen(command, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    try:
        _read_until(ours, (b"CONNECTING", TITLE.encode()))
        yield child.pid, ours, time.perf_counter() - began
    finally:
        child.kill()
        child.wait(LONGEST_S)
        os.close(ours)


def _drawn_s(state: Path) -> float:
    with _console(state) as (_, _, drawn_s):
        return drawn_s


def _used(state: Path, first: bytes, watch_s: float, keys: int) -> Used:
    with _console(state) as (pid, terminal, _):
        os.write(terminal, first)
        _read_for(terminal, 3.0)
        before, since = _cpu_s(pid), time.perf_counter()
        _read_for(terminal, watch_s)
        percent = (_cpu_s(pid) - before) / (time.perf_counter() - since) * 100
        pressed = [_key_ms(terminal, _UP if number % 8 > 3 else _DOWN) for number in range(keys)]
        return Used(percent, pressed, _rss_kib(pid))


def _key_ms(terminal: int, key: bytes) -> float:
    """From a key, pressed while nothing is being drawn, to what it draws."""
    while select.select([terminal], [], [], _QUIET_S)[0]:
        os.read(terminal, 65536)
    began = time.perf_counter()
    os.write(terminal, key)
    if not select.select([terminal], [], [], 5.0)[0]:
        raise BenchError("a key draws nothing")
    return (time.perf_counter() - began) * 1000


def _read_until(terminal: int, words: Sequence[bytes]) -> None:
    shown = b""
    while not any(word in shown for word in words):
        if not select.select([terminal], [], [], LONGEST_S / 4)[0]:
            raise BenchError(f"nothing is drawn: {shown[-400:].decode(errors='replace')}")
        shown += os.read(terminal, 65536)


def _read_for(terminal: int, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        if select.select([terminal], [], [], left)[0]:
            os.read(terminal, 65536)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _rss_kib(pid: int) -> float:
    (line,) = (one for one in Path(f"/proc/{pid}/status").read_text("ascii").splitlines() if one.startswith("VmRSS"))
    return float(line.split()[1])


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[-(-len(values) * 95 // 100) - 1]
