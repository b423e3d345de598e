"""Terminals that hang and close, and signals: the launch goes on, or is handed back in time."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tests.cli.terminal import Terminal, at_terminal
from tests.soak.oracle import judge
from tests.soak.people import is_head, metric, note
from tests.soak.row import Row, Scale
from tests.soak.service import service
from tests.soak.yard import Beats, Yard, ago, until

_GAP_S = 1.5
_BUSY = 0.05
_ENDS_S = 10.0
# A terminal's own buffers hold some 70 KB at most.
_FLOOD = ["x" * 3_900] * 40


def headless(folder: Path, scale: Scale) -> Iterator[Row]:
    """The engine in the foreground of a terminal that nobody reads, and that is closed then."""
    yard = _yard(folder)
    with at_terminal(*yard.arguments("--headless")) as terminal:
        until(yard.socket, "it answers")
        yield _hung(f"its terminal hangs for {scale.lasts_s:g} s, then closes", yard, terminal, scale)


def console(folder: Path, scale: Scale) -> Iterator[Row]:
    """The same with a console, whose engine runs in the background."""
    yard = _yard(folder)
    with at_terminal(*yard.arguments()) as terminal:
        until(yard.socket, "it answers")
        engine = _owner(yard)
        try:
            terminal.wait_for("Soak")
            yield _hung(f"the console's terminal hangs for {scale.lasts_s:g} s, then closes", yard, terminal, scale)
        finally:
            _end(engine)


def _hung(name: str, yard: Yard, terminal: Terminal, scale: Scale) -> Row:
    until(yard.known, "the first post")
    heads = [answer for text in _FLOOD if is_head(answer := note(yard.launch(), text))]
    time.sleep(scale.lasts_s)
    pids = {terminal.process.pid, _owner(yard)}
    gap_s = metric(yard.launch(), "warroom_tick_gap_p99_seconds")
    terminal.hang_up()
    # What ends because its terminal is gone may take a moment.
    time.sleep(2)
    busy = _busiest(pids, min(scale.lasts_s, 20.0))
    heads.append(until(lambda: is_head(head := note(yard.launch())) and head, "a request is taken"))
    owed = yard.beats.owed(int((datetime.now(UTC) - yard.t0).total_seconds()))
    until(lambda: set(owed) <= yard.known(), "all that was due is posted or named")
    ended_s = _end(_owner(yard))
    judged = judge(yard.kept(), yard.t0, owed, heads, slack=scale.slack)
    wrong = [] if gap_s <= _GAP_S * scale.slack else [f"from tick to tick it took {gap_s:.2f} s (p99)"]
    wrong += [] if busy <= _BUSY * scale.slack else [f"a process used {busy:.0%} of a core afterwards"]
    wrong += [] if ended_s <= _ENDS_S * scale.slack else [f"SIGTERM took {ended_s:.1f} s"]
    return Row(
        name,
        n=1,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*wrong, *judged.wrong),
        figures={"tick gap p99 s": gap_s, "CPU afterwards %": 100 * busy, "SIGTERM s": ended_s},
    )


def signals(folder: Path, scale: Scale) -> Iterator[Row]:
    """SIGHUP changes nothing; SIGTERM hands the launch back, also while a suite waits for who does not answer."""
    with service(answers=False) as url:
        yard = Yard(folder, Beats(last_s=600, channels=("one",), suite_url=url), ago(0))
        wrong: list[str] = []
        with yard.engine() as engine:
            engine.wait_for("suite.started")
            engine.process.send_signal(signal.SIGHUP)
            before = len(yard.known())
            until(lambda: len(yard.known()) > before, "it posts after SIGHUP")
            began = time.monotonic()
            wrong += [] if engine.end() == 143 else ["SIGTERM did not end it"]
            took_s = time.monotonic() - began
    owed = [
        slot for slot in yard.beats.owed(int((datetime.now(UTC) - yard.t0).total_seconds())) if "told" not in slot
    ]
    with yard.engine() as engine:
        until(lambda: set(owed) <= yard.known(), "the next engine posts all that was due")
        wrong += [] if engine.end() == 143 else ["SIGTERM did not end it"]
    judged = judge(yard.kept(), yard.t0, owed, slack=scale.slack)
    wrong += [] if took_s <= _ENDS_S * scale.slack else [f"SIGTERM took {took_s:.1f} s"]
    yield Row(
        "SIGHUP, then SIGTERM while a suite hangs",
        n=1,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*wrong, *judged.wrong),
        figures={"SIGTERM s": took_s},
    )


def _yard(folder: Path) -> Yard:
    return Yard(folder, Beats(last_s=900, channels=("one",)), ago(0))


def _owner(yard: Yard) -> int:
    """The process that runs the launch."""
    return int(json.loads((yard.launch() / "owner.lock").read_text("utf-8"))["pid"])


def _end(pid: int) -> float:
    """Ends the process with SIGTERM; how many seconds it took."""
    began = time.monotonic()
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        until(lambda: _is_gone(pid), "SIGTERM ends it")
    return time.monotonic() - began


def _is_gone(pid: int) -> bool:
    return _stat(pid)[:1] in ([], ["Z"])


def _busiest(pids: set[int], span_s: float) -> float:
    """The largest share of a core that one of the processes, or of what they have started, used in that time."""
    family = {pid for pid in _processes() if pids & _ancestors(pid)}
    before = {pid: _cpu_s(pid) for pid in family}
    began = time.monotonic()
    time.sleep(span_s)
    took_s = time.monotonic() - began
    return max((_cpu_s(pid) - used) / took_s for pid, used in before.items())


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def _ancestors(pid: int) -> set[int]:
    found: set[int] = set()
    while pid > 1 and (fields := _stat(pid)):
        found.add(pid)
        pid = int(fields[1])
    return found


def _cpu_s(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty for a process that is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return []
