"""A process of its own for the tests: takes one command a line on stdin, answers with one line of JSON on stdout.

`open FOLDER`, `close`, `append` (one entry), `flood` (entries without end, a line for each that is acknowledged),
`audit FOLDER`, `limit BYTES` (no file may grow beyond it; 0 lifts it).
"""

import json
import resource
import signal
import sys
from pathlib import Path

from warroom.clock import RealClock
from warroom.errors import WarroomError
from warroom.journal.audit import audit
from warroom.journal.journal import Journal


class Child:
    def __init__(self) -> None:
        self.journal: Journal | None = None

    def answer(self, command: str, argument: str) -> object:
        match command:
            case "open":
                self.journal = Journal.open(Path(argument), "demo", RealClock())
                return {"epoch": self.journal.epoch}
            case "close" if self.journal:
                self.journal.close()
                self.journal = None
            case "append" if self.journal:
                entry = self.journal.append("note", {"text": "x" * 300})
                return {"head": entry.head.short}
            case "flood" if self.journal:
                while True:
                    say({"head": self.journal.append("note", {"text": "x" * 300}).head.short})
            case "audit":
                report = audit(Path(argument))
                return {"ok": report.ok, "entries": report.entries}
            case "limit":
                most = int(argument) or resource.RLIM_INFINITY
                resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
        return {}


def say(answer: object) -> None:
    print(json.dumps(answer), flush=True)


def main() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    child = Child()
    say({"ready": True})
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        try:
            say(child.answer(command, argument))
        except WarroomError as error:
            say({"error": type(error).__name__, "message": error.message, "hint": error.hint})


if __name__ == "__main__":
    main()
