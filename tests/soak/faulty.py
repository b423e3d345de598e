"""`warroom` with a fault in it: `WARROOM_FAULT="kill:after the claim:2" python -m tests.soak.faulty run ...`

`kill` ends the process as `kill -9` does when that point is crossed the second time; `hang` never comes back from
there. `wrong:send then record` and `wrong:record then send` are engines as they must not be; the point `between` lies
between their two halves. `mounts:FILE` lets it read the mount table from that file. `scaled` makes every wait for
Slack short, and with `waits` an engine that is refused the launch tries again until it gets it.

The product knows nothing of this: what is named here is wrapped from outside before it starts.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from sqlalchemy import event

from tests.soak import action_points, slack_points, wrong
from warroom.adapters import file_channel
from warroom.adapters.evidence import EvidenceStore
from warroom.adapters.systemd import Notices
from warroom.api import listener
from warroom.journal import folder
from warroom.journal.journal import Journal
from warroom.launch.entries import Draft, Entry
from warroom.updates.channel import Delivery, Post

POINTS: Final = (
    "while the launch is made",
    "inside a transaction",
    "while the socket is made",
    "before the claim",
    "after the claim",
    "before the bytes",
    "in the middle of the bytes",
    "after the bytes",
    "after the answer",
    "before the confirmation",
    "while a suite runs",
)
_BEFORE: Final = {
    "update.sending": "before the claim",
    "update.confirmed": "before the confirmation",
    "update.dead": "before the refusal",
    "file.attached": "before its confirmation",
    "rest.attached": "before its confirmation",
    **action_points.BEFORE,
}
_AFTER: Final = {"update.sending": "after the claim", **action_points.AFTER}
Cross = Callable[[str], None]


class Point:
    """Acts when the point is crossed for the `at`-th time."""

    def __init__(self, act: str, name: str, at: int) -> None:
        self._act = act
        self._name = name
        self._left = at

    def cross(self, name: str) -> None:
        """Passes the point `name`."""
        self._left -= name == self._name
        if name != self._name or self._left > 0:
            return
        if self._act == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        print(f"hangs: {name}", file=sys.stderr, flush=True)
        while True:
            time.sleep(3600)


def _journal(cross: Cross) -> None:
    append = Journal.append_many

    def append_many(self: Journal, drafts: Iterable[Draft]) -> tuple[Entry, ...]:
        written = list(drafts)
        kinds = {draft.kind for draft in written}
        for kind, name in _BEFORE.items():
            if kind in kinds:
                cross(name)
        entries = append(self, written)
        for kind, name in _AFTER.items():
            if kind in kinds:
                cross(name)
        return entries

    Journal.append_many = append_many  # type: ignore[method-assign]
    event.listen(sqlalchemy.Engine, "commit", lambda _: cross("inside a transaction"))


def _channel(cross: Cross) -> None:
    cls = file_channel.FileChannel
    append, write = cls._append, cls._write

    def whole(self: Any, post: Post) -> Delivery:
        cross("before the bytes")
        delivery = append(self, post)
        cross("after the answer")
        return delivery

    def half(self: Any, file: int, before: int, block: bytes) -> Delivery:
        # What a process leaves that dies on the way is what it had written by then, so it is written in two steps.
        os.write(file, block[: len(block) // 2])
        cross("in the middle of the bytes")
        os.ftruncate(file, before)
        os.write(file, block)
        cross("after the bytes")
        os.ftruncate(file, before)
        return write(self, file, before, block)

    cls._append = whole  # type: ignore[method-assign]
    cls._write = half  # type: ignore[method-assign]


def _rest(cross: Cross) -> None:
    bound, append, record = listener._bound, Journal.append, EvidenceStore.record_exchange

    def socket_of(where: Path) -> socket.socket:
        made = bound(where)
        cross("while the socket is made")
        return made

    def first(self: Journal, kind: str, *arguments: Any) -> Entry:
        # The folder and the journal are there by then, and do not say yet what launch they are of.
        cross("while the launch is made")
        return append(self, kind, *arguments)

    def exchange(self: EvidenceStore, *arguments: Any, **more: Any) -> str:
        cross("while a suite runs")
        return record(self, *arguments, **more)

    def alive(self: Notices) -> None:
        # Called by the loop itself, at every tick.
        cross("in the loop")

    Notices.alive = alive  # type: ignore[method-assign]
    listener._bound = socket_of  # type: ignore[assignment]
    Journal.append = first  # type: ignore[assignment, method-assign]
    EvidenceStore.record_exchange = exchange  # type: ignore[method-assign]


def install(faults: str) -> None:
    """Builds the faults in; several are separated by `;`."""
    for fault in faults.split(";"):
        act, name, at = (*fault.split(":"), "", "1")[:3]
        match act:
            case "mounts":
                folder.MOUNTS = Path(name)  # type: ignore[misc]
            case "scaled":
                slack_points.scale()
            case "wrong":
                wrong.install(name, Point("kill", "between", int(at or 1)).cross)
            case "kill" | "hang":
                cross = Point(act, name, int(at or 1)).cross
                for wrap in (_journal, _channel, slack_points.install, action_points.install, _rest):
                    wrap(cross)


if __name__ == "__main__":
    install(os.environ["WARROOM_FAULT"])
    if "waits" in os.environ["WARROOM_FAULT"].split(";"):
        sys.exit(slack_points.run_when_free())
    from warroom.__main__ import main

    sys.exit(main())
