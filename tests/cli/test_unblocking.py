"""Lines for a reader that may stall or go: whoever writes them never waits."""

from __future__ import annotations

import os
import threading

from warroom.cli.unblocking import UnblockingLines


def read_all(descriptor: int) -> list[str]:
    with open(descriptor, encoding="utf-8") as stream:
        return stream.read().splitlines()


def test_every_line_arrives_in_order() -> None:
    reading, writing = os.pipe()
    lines = UnblockingLines(writing)
    for number in range(1_000):
        lines.write(f"line {number}")
    lines.close()
    os.close(writing)
    assert read_all(reading) == [f"line {number}" for number in range(1_000)]


def test_a_reader_that_stalls_loses_the_oldest_lines_and_is_told_how_many() -> None:
    reading, writing = os.pipe()
    lines = UnblockingLines(writing)
    for number in range(60_000):
        lines.write(f"line {number} {'x' * 80}")
    closing = threading.Thread(target=lines.close, args=(30.0,))
    closing.start()
    closing.join(0.2)
    assert closing.is_alive(), "the pipe is full, so there is something to wait for"
    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.extend(read_all(reading)))
    reader.start()
    closing.join(30)
    os.close(writing)
    reader.join(30)
    told = [line for line in seen if "left out" in line]
    left_out = sum(int(line.split(": ")[1].split(" ")[0].replace(",", "")) for line in told)
    assert told
    assert seen[-1].startswith("line 59999 ")
    assert len(seen) - len(told) + left_out == 60_000


def test_a_reader_that_has_gone_is_not_written_to_and_nothing_is_kept() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    lines = UnblockingLines(writing)
    for number in range(100):
        lines.write(f"line {number}")
    lines.close()
    lines.write("more")
    os.close(writing)
