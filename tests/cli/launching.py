"""Runs `warroom run --headless` as a process of its own, and the small commands beside it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.cli.running import PLAYBOOK, Ended, clean_environ, warroom
from tests.contracts.tree import ROOT
from tests.zygote import Fork, needs_own_python, zygote

LAUNCH = "auto_com_center"
PATIENCE_S = 30.0

Process = subprocess.Popen[str] | Fork


def ago(**span: float) -> str:
    """The instant that long ago, as `--t0` takes it."""
    return (datetime.now(UTC) - timedelta(**span)).isoformat(timespec="milliseconds")


@dataclass
class EngineProcess:
    """A running engine: the entries that it wrote on its pipe, and what it complained of."""

    process: Process
    entries: list[Any] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _readers: list[threading.Thread] = field(default_factory=list)

    def follow(self) -> None:
        """Reads what the engine writes, in threads."""
        for stream, take in ((self.process.stdout, self._entry), (self.process.stderr, self.complaints.append)):
            reader = threading.Thread(target=self._read, args=(stream, take), daemon=True)
            reader.start()
            self._readers.append(reader)

    def _read(self, stream: Any, take: Callable[[str], None]) -> None:
        with stream:
            for line in stream:
                with self._news:
                    take(line)
                    self._news.notify_all()

    def _entry(self, line: str) -> None:
        self.entries.append(json.loads(line))

    def wait_for(self, kind: str, **body: object) -> Any:
        """The first entry of that kind with those values in its body."""
        return self.later(0, kind, **body)

    def later(self, after: int, kind: str, **body: object) -> Any:
        """The same among the entries that it wrote after the first `after`."""

        def found() -> Any:
            entries = self.entries[after:]
            return next((e for e in entries if e["kind"] == kind and body.items() <= e["body"].items()), None)

        with self._news:
            assert self._news.wait_for(found, PATIENCE_S), (kind, [e["kind"] for e in self.entries], self.complaints)
            return found()

    def kinds(self) -> list[str]:
        """The kinds of all entries so far."""
        return [entry["kind"] for entry in self.entries]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends the signal and waits for the end; the exit code."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        """Waits until it has ended; the exit code."""
        code = self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return code


@dataclass(frozen=True)
class Desk:
    """A state folder and the inputs of a playbook: whoever sits there starts engines and asks them things."""

    state: Path
    inputs: Mapping[str, str]
    playbook: Path = PLAYBOOK
    prefix: tuple[str, ...] = ()
    """What the engine is started with, such as a mount namespace of its own."""

    def popen(self, *options: str, **more: Any) -> subprocess.Popen[str]:
        """Starts `warroom run --headless`."""
        return subprocess.Popen(
            [*self.prefix, sys.executable, "-m", "warroom", *self._run(options)],
            env=clean_environ(self.inputs),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},
        )

    def _run(self, options: Sequence[str]) -> list[str]:
        return ["run", str(self.playbook), "--headless", "--state", str(self.state), *options]

    @contextmanager
    def engine(self, *options: str, own_python: bool = False) -> Iterator[EngineProcess]:
        """A running engine that answers; killed at the end of the block where it still runs. `own_python`: a child of
        this process, as the system shows it."""
        if own_python or self.prefix or needs_own_python(self.inputs):
            engine = EngineProcess(self.popen(*options))
        else:
            engine = EngineProcess(zygote().start(self._run(options), clean_environ(self.inputs), ROOT))
        engine.follow()
        try:
            engine.wait_for("owner.acquired")
            self.wait_until_it_answers()
            yield engine
        finally:
            engine.process.kill()
            engine.ended()

    def wait_until_it_answers(self) -> None:
        """Returns as soon as the socket is there."""
        end = time.monotonic() + PATIENCE_S
        while not list(self.state.glob("*/engine.sock")):
            assert time.monotonic() < end, "no engine answers"
            time.sleep(0.02)

    def run(self, *options: str) -> Ended:
        """Runs `warroom run --headless` to its end."""
        return warroom(*self._run(options), inputs=self.inputs, evidence=self.state)

    def ask(self, command: str, *arguments: str, launch: str = LAUNCH, stdin: str = "") -> Ended:
        """Runs one of the small commands."""
        given = (command, launch, *arguments, "--state", str(self.state))
        return warroom(*given, evidence=self.state, stdin=stdin)

    def folder(self) -> Path:
        """The folder of the one launch."""
        (folder,) = (path for path in self.state.iterdir() if path.is_dir())
        return folder

    def posts(self) -> list[str]:
        """The slots of the posts in the file, in its order."""
        file = self.folder() / "war-room.txt"
        lines = file.read_text("utf-8").splitlines() if file.exists() else []
        return [line.split()[1].rpartition(":")[2] for line in lines if line.startswith("--- wr:")]
