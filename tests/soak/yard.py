"""Where the real engine is run and disturbed: a playbook, processes, and patience for facts."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.cli.launching import EngineProcess
from tests.cli.running import clean_environ
from tests.contracts.tree import ROOT
from tests.soak.oracle import received, slot_id, standing
from warroom.errors import WarroomError
from warroom.journal.reading import read_only

FAULTY = "tests.soak.faulty"
PATIENCE_S = 60.0
STILL_RUNNING = 124
"""The exit code of an engine that did not end."""
CHANNELS = ("one", "two", "three")

_HEAD = """
warroom: 1
launch: {id: soak, title: Soak}
templates:
  beat: "beat {{ post.time }}"
"""


@dataclass(frozen=True, slots=True)
class Beats:
    """The updates of a playbook: of each channel one a second from `first_s` to `last_s` after T0.

    `once` are seconds after T0 of posts that are never merged; `suite_url` is asked by the suite that the post after
    those tells.
    """

    last_s: int
    first_s: int = 1
    channels: tuple[str, ...] = CHANNELS
    once: tuple[int, ...] = ()
    suite_url: str = ""

    def owed(self, last_s: int | None = None) -> list[str]:
        """The ids of all slots; with `last_s` only of those up to then."""
        last = max(self.last_s, *self.once, 0) if last_s is None else last_s
        beats = range(self.first_s, min(self.last_s, last) + 1)
        every = [slot_id(name, second) for name in self.channels for second in beats]
        told = [slot_id("told", 1)] if self.suite_url else []
        return [*every, *(slot_id(f"once{second}", second) for second in self.once if second <= last), *told]

    def text(self) -> str:
        """The playbook as YAML."""
        span = f"every: 1s, from: T+{self.first_s}s, until: T+{self.last_s}s"
        names = [*self.channels, "once"]
        lines = [_HEAD, "channels:", *(f"  {name}: {{kind: file, path: {name}.txt}}" for name in names), "updates:"]
        lines += [f"  {n}: {{title: {n}, channel: {n}, template: beat, {span}}}" for n in self.channels]
        lines += [f"  once{s}: {{title: Once, channel: once, template: beat, at: T+{s}s}}" for s in self.once]
        if self.suite_url:
            lines += ["  told: {title: Told, channel: once, template: beat, at: T+1s, suite: look, before: 1s}"]
            lines += [f"targets: {{there: {{url: '{self.suite_url}'}}}}"]
            lines += ["checks: {here: {kind: http, target: there, path: /, expect: [{status: 200}]}}"]
            lines += ["suites: {look: {checks: [here]}}"]
        return "\n".join(lines) + "\n"


@dataclass
class Yard:
    """One launch in `folder`, of any number of engines one after the other.

    `prefix` is what engines are started with; where they see other file systems, `outside` is how their state folder
    is seen from here.
    """

    folder: Path
    beats: Beats
    t0: datetime
    prefix: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    state: Path = Path()
    outside: Path = Path()
    _found: Path | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.state = self.state if self.state != Path() else self.folder / "state"
        self.outside = self.outside if self.outside != Path() else self.state
        self.playbook = self.folder / "soak.yaml"
        self.playbook.write_text(self.beats.text(), "utf-8")
        self.said = self.folder / "said.txt"
        self.said.touch()

    def arguments(self, *options: str) -> tuple[str, ...]:
        """What `warroom` is to be given to run the launch."""
        t0 = self.t0.isoformat(timespec="milliseconds")
        return ("run", str(self.playbook), *options, "--state", str(self.state), "--t0", t0)

    def popen(self, *options: str, fault: str = "", **more: Any) -> subprocess.Popen[str]:
        """Starts an engine, with a fault in it where one is named (see `tests.soak.faulty`)."""
        faults = {"WARROOM_FAULT": fault} if fault else {}
        program = python("-m", FAULTY if fault else "warroom", *self.arguments("--headless", *options))
        return subprocess.Popen(
            [*self.prefix, *program],
            env=clean_environ({**self.environ, **faults}),
            cwd=ROOT,
            text=True,
            encoding="utf-8",
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},
        )

    @contextmanager
    def engine(self, *options: str, fault: str = "") -> Iterator[EngineProcess]:
        """A running engine that owns the launch; killed at the end of the block where it still runs."""
        engine = EngineProcess(self.popen(*options, fault=fault))
        engine.follow()
        try:
            engine.wait_for("owner.acquired")
            yield engine
        finally:
            engine.process.kill()
            engine.ended()
            with self.said.open("a", encoding="utf-8") as said:
                said.writelines(engine.complaints)

    def catch_up(self, patience_s: float = PATIENCE_S) -> list[str]:
        """Runs a sound engine until all that is due now was received, then SIGTERM; the slots that are due now.
        Raises AssertionError with what is owed after `patience_s` and the time that so many posts take."""
        with self.engine() as engine:
            owed = self.beats.owed(int((datetime.now(UTC) - self.t0).total_seconds()))
            patience_s += len(set(owed) - self.known()) * self.post_every_s
            what = "all that was due is posted or named"
            try:
                until(lambda: set(owed) <= self.known(), f"{what} within {patience_s:.0f} s", patience_s)
            except AssertionError as never:
                left = standing(self.kept(), [slot for slot in owed if slot not in self.known()])
                raise AssertionError(f"{never}; owed: {'; '.join(left)}") from None
            assert engine.end() == 143
        return owed

    @property
    def post_every_s(self) -> float:
        """How many seconds the receiving side asks for between two posts."""
        return 0.0

    def known(self) -> set[str]:
        """The slots that were posted or named so far."""
        return {slot for post in received(self.launch()) for slot in (post.slot, *post.named)}

    def complaints(self) -> str:
        """What the engines wrote to stderr."""
        return self.said.read_text("utf-8", "replace")

    def dies(self, fault: str) -> int:
        """Runs an engine with that fault to its end; the exit code, -9 when it was killed."""
        return self._to_the_end(fault=fault)

    def finish(self) -> int:
        """Runs a sound engine until the launch is closed; its exit code."""
        return self._to_the_end()

    def _to_the_end(self, **more: Any) -> int:
        with self.said.open("a", encoding="utf-8") as said:
            process = self.popen(stdout=said, stderr=said, **more)
            try:
                return process.wait(PATIENCE_S + self.beats.last_s)
            except subprocess.TimeoutExpired:
                return STILL_RUNNING
            finally:
                process.kill()
                process.wait()

    def launch(self) -> Path:
        """The folder of the launch, once it was opened."""
        if self._found is None:
            self._found = Path(until(self._opened, "a launch is opened")[0])
        return self._found

    def kept(self) -> Path:
        """The folder of the launch for who judges it, after its engines have ended."""
        found = self._opened()
        assert len(found) == 1, f"{len(found)} launches were opened"
        return _readable(found[0], self.folder / "kept")

    def _opened(self) -> list[Path]:
        # A launch whose engine died before it said what it is of is none.
        return [one for one in sorted(self.outside.glob("soak-*")) if _is_opened(one, self.folder / "look")]

    def socket(self) -> Path | None:
        """The folder with the engine's socket, None while there is none."""
        return next((path.parent for path in self.outside.glob("*/engine.sock")), None)


def _is_opened(folder: Path, copy: Path) -> bool:
    try:
        return any(entry.kind == "launch.opened" for entry in read_only(_readable(folder, copy)).entries())
    except (WarroomError, OSError):
        return False


def _readable(folder: Path, copy: Path) -> Path:
    """`folder`, or a copy of it: SQLite follows no path into the file systems of somebody else."""
    if not folder.is_relative_to("/proc"):
        return folder
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("*.sock", "*-shm", "playbook", "evidence"))
    return copy


def ago(seconds: float) -> datetime:
    """The instant that many seconds ago, to the millisecond."""
    at = datetime.now(UTC) - timedelta(seconds=seconds)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def until(fact: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """The first true answer of `fact`. Raises AssertionError with `what` when it never comes."""
    end = time.monotonic() + patience_s
    while not (found := fact()):
        if time.monotonic() > end:
            raise AssertionError(f"never: {what}")
        time.sleep(0.01)
    return found


def python(*arguments: str) -> list[str]:
    """A command of this Python."""
    return [sys.executable, *arguments]


def in_lines(lines: Iterable[str], text: str) -> int:
    """How many of the lines hold the text."""
    return sum(text in line for line in lines)
