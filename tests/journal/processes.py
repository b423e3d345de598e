"""Starts `tests.journal.child` and talks to it; ends it by its own process id."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Process:
    """A child and its pipes."""

    def __init__(self, popen: subprocess.Popen[str]) -> None:
        self.popen = popen

    def tell(self, command: str) -> None:
        assert self.popen.stdin
        self.popen.stdin.write(f"{command}\n")
        self.popen.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """The next answer; an empty one when the child has ended."""
        assert self.popen.stdout
        line = self.popen.stdout.readline()
        # A killed child may leave half a line, which acknowledges nothing.
        return json.loads(line) if line.endswith("\n") else {}

    def ask(self, command: str) -> dict[str, Any]:
        self.tell(command)
        return self.hear()

    def kill(self) -> list[dict[str, Any]]:
        """Kills it with SIGKILL; returns the answers that had not been heard."""
        self.popen.kill()
        self.popen.wait(timeout=30)
        answers = []
        while answer := self.hear():
            answers.append(answer)
        return answers


@contextmanager
def child(prefix: Sequence[str] = ()) -> Iterator[Process]:
    """A child that is ready; `prefix` is what starts it (`unshare ...`)."""
    command = [*prefix, sys.executable, "-m", "tests.journal.child"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as popen:
        process = Process(popen)
        try:
            assert process.hear() == {"ready": True}
            yield process
        finally:
            popen.kill()
