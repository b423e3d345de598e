"""A program of its own: lengthens the journal of a launch as days of trouble would, to COUNT entries.

`python long_journal.py FOLDER LAUNCH COUNT SLOT`: a channel that is down (SLOT is tried again and again), a gate
that is read, people who make notes, suites that run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

from warroom.clock import RealClock
from warroom.journal.journal import Journal
from warroom.launch.entries import Draft
from warroom.launch.results import started_body

BATCH = 2_000
CHECKS = 9


def drafts(launch: str, slot: str) -> Iterator[Draft]:
    """What happened, without end."""
    post: dict[str, Any] = {"slot": slot, "key": f"wr:{launch}:{slot}"}
    due = {"due": "2025-11-01T03:00:00.000Z", "text": "The text of a post.", "late_s": 0.0, "merged": []}
    yield Draft("update.due", {**post, **due})
    for number in count(1):
        yield Draft("update.sending", {**post, "attempt": number})
        yield Draft("update.due", {**post, "attempt": number, "reason": "posts.txt: No space left on device"})
        if number % 4 == 0:
            yield Draft("note", {"text": f"note {number}: the deployment is slow today", "by": "ada"}, "ada")
        if number % 5 == 0:
            yield Draft("gate.read", {"gate": "gate1", "state": "red", "source": "status page", "reason": ""})
        if number % 50 == 0:
            yield Draft("suite.started", started_body("verify", "phase:verify"))
            yield Draft("suite.finished", _finished(number))


def _finished(number: int) -> dict[str, Any]:
    line = {"say": "answers as it should", "verdict": "pass", "reason": "", "required": True}
    check = {"verdict": "pass", "word": "GREEN", "reason": "", "required": True, "results": [line] * 4, "hints": []}
    return {
        **started_body("verify", "phase:verify"),
        "verdict": "pass",
        "word": "GREEN",
        "exit_code": 0,
        "reason": "",
        "evidence_log": f"run-{number}.log",
        "manifest_sha256": "0" * 64,
        "outcomes": [{"id": f"check_{each}", "title": f"Check {each}", **check} for each in range(CHECKS)],
    }


def main(folder: str, launch: str, wanted: str, slot: str) -> int:
    """Appends what is missing."""
    with Journal.open(Path(folder), launch, RealClock()) as journal:
        coming = drafts(launch, slot)
        while (missing := int(wanted) - journal.head.seq) > 0:
            journal.append_many(islice(coming, min(missing, BATCH)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
