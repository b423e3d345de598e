"""A program of its own: how many small writes reach the disk in a second, and what an event loop notices of them.

`python appends.py MODE FOLDER COUNT` prints JSON. MODE is `fsync` (a line, then fsync, as plain as it gets),
`sqlalchemy` (one INSERT a transaction, WAL and synchronous=FULL), `journal` (Warroom's own) or `loop`: the journal
behind an event loop while another program holds the file for a second; then the longest stop of the loop is told.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

BODY = {"slot": "hourly@T+1h", "key": "wr:auto_com_center-20251101T020000Z:hourly@T+1h", "attempt": 1}
HELD_S = 1.0


def by_fsync(folder: Path) -> Callable[[], object]:
    """A write of the size of an entry, and fsync."""
    file = os.open(folder / "plain", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    line = b"x" * 511 + b"\n"

    def once() -> None:
        os.write(file, line)
        os.fsync(file)

    return once


def by_sqlalchemy(folder: Path) -> Callable[[], object]:
    """What a program gets that uses the library as its manual says."""
    from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, event, insert

    engine = create_engine(f"sqlite:///{folder / 'plain.db'}")

    @event.listens_for(engine, "connect")
    def _(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    table = Table("entries", MetaData(), Column("seq", Integer, primary_key=True), Column("body", Text))
    table.create(engine)
    body = json.dumps(BODY)
    connection = engine.connect()

    def once() -> None:
        with connection.begin():
            connection.execute(insert(table), {"body": body})

    return once


def by_journal(folder: Path) -> Callable[[], object]:
    """An entry of the journal, on the disk when it comes back."""
    from warroom.clock import RealClock
    from warroom.journal.journal import Journal

    journal = Journal.open(folder / "launch", "bench", RealClock())
    return lambda: journal.append("update.sending", BODY)


def rate(once: Callable[[], object], count: int) -> float:
    """How often in a second."""
    for _ in range(20):
        once()
    began = time.perf_counter()
    for _ in range(count):
        once()
    return count / (time.perf_counter() - began)


async def longest_stop_s(folder: Path, count: int) -> dict[str, float]:
    """Of a loop that journals all the time, and whose journal is held by another for a second."""
    from warroom.clock import RealClock
    from warroom.engine.threaded import ThreadedJournal
    from warroom.journal.journal import Journal
    from warroom.launch.entries import Draft

    journal = ThreadedJournal(Journal.open(folder / "launch", "bench", RealClock()))
    gaps: list[float] = []
    longest = 0.0

    async def look() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    looking = asyncio.create_task(look())
    holding = threading.Timer(0.2, _hold, (folder / "launch" / "journal.db",))
    holding.start()
    done = 0
    while done < count or holding.is_alive():
        began = time.perf_counter()
        await journal.append([Draft("update.sending", BODY)])
        longest = max(longest, time.perf_counter() - began)
        done += 1
    looking.cancel()
    journal.close()
    return {"loop_s": max(gaps), "append_s": longest}


def _hold(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    time.sleep(HELD_S)
    connection.execute("ROLLBACK")
    connection.close()


def main(mode: str, folder: str, count: str) -> int:
    """Measures and prints."""
    if mode == "loop":
        print(json.dumps(asyncio.run(longest_stop_s(Path(folder), int(count)))))
        return 0
    once = {"fsync": by_fsync, "sqlalchemy": by_sqlalchemy, "journal": by_journal}[mode](Path(folder))
    print(json.dumps({"rate": rate(once, int(count))}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
