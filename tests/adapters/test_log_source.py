"""Lines of a log are counted while it is written, rotated, cut or gone."""

import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.polling import poll_until
from warroom.adapters import following, log_source
from warroom.adapters.command import Commands
from warroom.adapters.log_source import LogSource
from warroom.clock import RealClock, VirtualClock
from warroom.slo.query import Number, Query, Value
from warroom.slo.query import Selector as Series
from warroom.slo.reading import Reading
from warroom.slo.source_spec import LogSpec

START = datetime(2025, 11, 1, 2, tzinfo=UTC)
ERRORS = Query(Number(r"\bERROR\b"), timedelta(minutes=1))
ANY = Query(Number(""), timedelta(minutes=1))


class Log:
    """A log file that is looked at every five seconds of a virtual clock."""

    def __init__(self, file: Path, *queries: Query) -> None:
        self.file = file
        self.clock = VirtualClock(START)
        spec = LogSpec(id="log", file=str(file), every_s=5)
        self.source = LogSource(spec, queries or (ERRORS,), Commands(self.clock), self.clock)

    def write(self, *lines: str, end: str = "\n") -> None:
        with self.file.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + end)

    async def look(self, times: int = 1) -> Reading:
        for _ in range(times):
            await self.clock.advance(5)
            await self.source.look()
        return self.said()

    def said(self, query: Query = ERRORS) -> Reading:
        return self.source.reading(query, self.clock.now())


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    one = Log(tmp_path / "app.log")
    one.write("ERROR from before")
    yield one
    await one.source.aclose()


async def test_lines_count_from_the_end_of_the_log_on_and_for_a_window(log: Log) -> None:
    assert log.said().reason == "nobody has looked yet"
    assert (await log.look()).value == 0
    log.write("ERROR one", "NO ERRORS", "two ERROR")
    assert (await log.look()).value == 2
    log.write("ERROR three")
    assert (await log.look()).value == 3
    assert (await log.look(11)).value == 1
    reading = await log.look()
    assert (reading.value, reading.coverage, reading.filling) == (0, 1, False)


async def test_a_window_that_fills_says_so_and_without_one_there_is_nothing_to_count(log: Log) -> None:
    await log.look(6)
    reading = log.said()
    assert (reading.value, reading.coverage, reading.filling) == (0, 0.5, True)
    assert log.said(Query(ERRORS.measure)).reason == "a window is needed"


async def test_after_an_outage_a_window_is_not_said_to_fill(log: Log) -> None:
    await log.look(12)
    await log.clock.advance(600)
    reading = await log.look(6)
    assert (reading.coverage, reading.filling) == (0.5, False)


async def test_a_line_counts_once_it_is_whole(log: Log) -> None:
    await log.look()
    log.write("ERR", end="")
    assert (await log.look()).value == 0
    log.write("OR", end="")
    assert (await log.look()).value == 0
    log.write(" now")
    assert (await log.look()).value == 1


def moved(log: Log) -> None:
    log.file.rename(log.file.with_suffix(".1"))
    log.write("ERROR in the new one")


def copied_and_cut(log: Log) -> None:
    shutil.copy(log.file, log.file.with_suffix(".1"))
    os.truncate(log.file, 0)


@pytest.mark.parametrize(
    ("rotate", "value"),
    [
        pytest.param(moved, 3, id="moved away: the rest of the old one and the new one count"),
        pytest.param(copied_and_cut, 1, id="cut: it is read from its beginning"),
    ],
)
async def test_a_rotated_log_is_followed(log: Log, rotate: Callable[[Log], None], value: int) -> None:
    await log.look()
    log.write("a long line that is longer than what comes after it", "another")
    await log.look()
    if rotate is moved:
        log.write("ERROR in the old one")
    rotate(log)
    log.write("ERROR after it")
    assert (await log.look()).value == value


async def test_a_log_that_is_gone_is_no_data_and_is_read_from_its_beginning_when_it_comes(log: Log) -> None:
    await log.look()
    log.file.unlink()
    gone = await log.look()
    assert gone.value is None
    assert gone.reason.endswith("app.log cannot be read: No such file or directory")
    log.write("ERROR first")
    back = await log.look()
    assert back.value == 1
    assert back.coverage == pytest.approx(2 / 12)


async def test_a_pipe_and_a_folder_are_no_logs(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "."):
        one = Log(tmp_path / name)
        assert "is not a regular file" in (await one.look()).reason


async def test_more_than_is_read_makes_the_window_unknown(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MAX_BYTES", 100)
    await log.look()
    log.write("ERROR " + "x" * 200)
    flooded = await log.look()
    assert flooded.value is None
    assert "were written between two looks" in flooded.reason
    log.write("ERROR again")
    assert (await log.look()).value is None
    assert (await log.look(12)).value == 0


async def test_a_pattern_that_takes_too_long_is_no_data(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_source, "_PATTERN_S", 0.01)
    slow = Query(Number(r"(a|aa)+\d$"), timedelta(minutes=1))
    one = Log(log.file, slow, ANY)
    await one.look()
    one.write("a" * 100 + "!")
    await one.look()
    assert "takes too long" in one.said(slow).reason
    assert one.said(ANY).value == 1
    await one.source.aclose()


async def test_lines_that_are_not_text_count_as_they_can_be_read(log: Log) -> None:
    await log.look()
    with log.file.open("ab") as file:
        file.write(b"\xff\xfe ERROR \x00\x1b[2J\n" + b"y" * 200_000 + b" ERROR\n\n")
    assert (await log.look()).value == 1


async def test_an_old_look_says_nothing_of_now(log: Log) -> None:
    await log.look()
    await log.clock.advance(16)
    assert log.said().reason == "the last look was 16s ago"


@pytest.mark.parametrize("query", [Query(Number("(")), Query(Value(Series("x")))], ids=["an open group", "a gauge"])
def test_what_is_no_pattern_is_refused(tmp_path: Path, query: Query) -> None:
    with pytest.raises(ValueError, match=r"is not a pattern|is not asked for value"):
        Log(tmp_path / "app.log", query)


@contextlib.asynccontextmanager
async def command(*argv: str, allowed: bool = True) -> AsyncIterator[LogSource]:
    clock = RealClock()
    source = LogSource(LogSpec(id="log", argv=argv), (ERRORS,), Commands(clock, allowed=allowed), clock)
    try:
        yield source
    finally:
        await source.aclose()


async def told(source: LogSource, holds: Callable[[Reading], bool]) -> Reading:
    """The reading after the first look for which that holds; fails where none comes for a while."""
    reading = Reading.missing(RealClock().now(), "nobody has looked yet")
    for _ in range(1_000):
        await source.look()
        reading = source.reading(ERRORS, RealClock().now())
        if holds(reading):
            return reading
        await RealClock().sleep(0.01)
    raise AssertionError(reading)


async def test_a_command_that_goes_on_is_followed_and_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = f"echo $$ > {pid}; echo ERROR one; echo ERROR two; exec sleep 600"
    async with command("sh", "-c", script) as source:
        assert (await told(source, lambda reading: bool(reading.value))).value in (1, 2)
        assert (await told(source, lambda reading: reading.value == 2)).value == 2
        number = int(pid.read_text())
        os.kill(number, 0)

    def gone() -> bool:
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return True
        return False

    assert await poll_until(RealClock(), gone, every_s=0.01, timeout_s=10)


async def test_a_command_that_ends_is_no_data_and_is_started_again(tmp_path: Path) -> None:
    count = tmp_path / "count"
    async with command("sh", "-c", f"echo x >> {count}; echo ERROR; echo no luck >&2; exit 3") as source:
        ended = await told(source, lambda reading: "ended" in reading.reason)
        assert ended.reason.endswith("the command sh ended with exit code 3: no luck")
        await told(source, lambda _: count.read_text().count("x") == 2)


async def test_a_command_that_is_not_allowed_is_not_run() -> None:
    async with command("true", allowed=False) as source:
        await source.look()
        assert "commands are not allowed here" in source.reading(ERRORS, RealClock().now()).reason
