"""The engine as a process on a terminal that nobody reads: how evenly it ticks, how late its posts are."""

from __future__ import annotations

import os
import pty
import re
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from tests.benchmarks.programs import LONGEST_S, WARROOM, BenchError, environment
from tests.benchmarks.rows import Row, median
from warroom.slo.quantile import nearest_rank
from warroom.units import parse_offset

TICK_GAP_S = 1.5
LATENESS_S = 1.0
LEAD_S = 4
_HEAD = re.compile(r"^--- wr:\S+@(?P<time>T\+\S+) (?P<at>\S+)(?P<delivery>.*)$", re.MULTILINE)
_OTHERS = re.compile(r"T\+\w+")
# Long posts, so that the terminal's own buffer is full within seconds.
PLAYBOOK = """
warroom: 1
launch: {{id: bench, title: Bench}}
channels:
  file: {{kind: file, path: posts.txt}}
updates:
  even: {{title: Even, channel: file, template: long, every: 1s, from: T+{lead}s, until: T+{until}s}}
  odd: {{title: Odd, channel: other, template: long, every: 1700ms, from: T+{lead}300ms, until: T+{until}s}}
templates:
  long: |
{text}
"""


def playbook(seconds: int) -> str:
    """Posts of some 2 KB to two channels, for that long."""
    text = "\n".join(f"    {{{{ post.time }}}} {'a line of the war room, ' * 4}" for _ in range(20))
    found = PLAYBOOK.format(lead=LEAD_S, until=LEAD_S + seconds, text=text)
    channels = "channels:\n  other: {kind: file, path: other.txt}\n"
    return found.replace("channels:\n", channels).replace(f"T+{LEAD_S}300ms", f"T+{LEAD_S}s300ms")


def measure(quick: bool) -> list[Row]:
    """The rows: gaps between ticks as systemd's watchdog sees them, lateness as the file has it."""
    seconds = 15 if quick else 60
    # The journal keeps milliseconds.
    now = datetime.now(UTC)
    t0 = now.replace(microsecond=now.microsecond // 1000 * 1000)
    with tempfile.TemporaryDirectory() as name:
        ticks = _on_hung_terminal(Path(name), seconds, t0)
        late = [seen for file in Path(name).glob("state/*/*.txt") for seen in _lateness(file, t0)]
    gaps = [after - before for before, after in pairwise(ticks)]
    if len(late) < seconds or len(gaps) < seconds:
        raise BenchError(f"{len(late)} posts and {len(gaps)} ticks in {seconds} s")
    return [
        _row("engine: gap between ticks, hung terminal, p99", gaps, TICK_GAP_S, f"longest {max(gaps):.3g} s"),
        *lateness_rows(late),
    ]


def lateness_rows(late: Sequence[float]) -> list[Row]:
    """What the seconds of lateness of all posts come to: one that left before its time fails."""
    early, middle, worst = (f"{found * 1000:.3g} ms" for found in (min(late), median(late), max(late)))
    what = "engine: lateness of posts, hung terminal"
    return [
        _row(f"{what}, p99", late, LATENESS_S, f"from {early}, median {middle}, to {worst}"),
        Row(f"{what}, the least", min(late), "s", 0.0, at_least=True, n=len(late), note="none before its time"),
    ]


def _row(what: str, found: Sequence[float], limit: float, note: str) -> Row:
    p99 = nearest_rank(found, 0.99)
    assert p99 is not None
    return Row(what, p99, "s", limit, n=len(found), note=note)


def _on_hung_terminal(folder: Path, seconds: int, t0: datetime) -> list[float]:
    """Runs the engine until its last post; the times of its ticks."""
    book = folder / "bench.yaml"
    book.write_text(playbook(seconds), "utf-8")
    notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notices.bind(str(folder / "notify"))
    notices.settimeout(0.5)
    ours, theirs = pty.openpty()
    engine = subprocess.Popen(
        [str(WARROOM), "run", str(book), "--headless", "--state", str(folder / "state"), "--t0", t0.isoformat()],
        env={**environment(), "TERM": "xterm", "NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "10000000"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        return _ticks(notices, engine, t0 + timedelta(seconds=LEAD_S + seconds + 2))
    finally:
        engine.send_signal(signal.SIGTERM)
        try:
            engine.wait(LONGEST_S)
        finally:
            engine.kill()
            engine.wait()
            os.close(ours)
            notices.close()


def _ticks(notices: socket.socket, engine: subprocess.Popen[bytes], until: datetime) -> list[float]:
    ticks: list[float] = []
    while datetime.now(UTC) < until:
        try:
            said = notices.recv(4096)
        except TimeoutError:
            # It closes the launch, and ends, once nothing is owed any more.
            if engine.poll() is not None:
                break
            continue
        ticks += [time.monotonic()] if said == b"WATCHDOG=1" else []
    return ticks


def _lateness(file: Path, t0: datetime) -> list[float]:
    """Seconds from the time of each post to its line in the file; of one that stands for others, theirs too."""
    found = _HEAD.finditer(file.read_text("utf-8"))
    return [
        (datetime.fromisoformat(head["at"]) - t0 - parse_offset(time_of)).total_seconds()
        for head in found
        for time_of in (head["time"], *_OTHERS.findall(head["delivery"]))
    ]
