"""Signals from a log: how many of the lines of a window a pattern is found in."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import regex

from warroom.adapters.command import Commands
from warroom.adapters.following import MAX_BYTES, FollowedCommand, FollowedFile, TooMuch
from warroom.clock import Clock
from warroom.errors import CannotMeasure
from warroom.slo.answering import longest_of
from warroom.slo.query import Number, Query
from warroom.slo.reading import Reading, coverage_of
from warroom.slo.source_spec import LogSpec
from warroom.text import one_line
from warroom.units import format_age

_LOOKS_BACK: Final = 3
_MAX_LINE: Final = 64 * 1024
# For all lines of one look together: a pattern that takes longer is not one for a log.
_PATTERN_S: Final = 1.0

Patterns = Mapping[str, regex.Pattern[str]]


@dataclass(frozen=True, slots=True)
class _Look:
    """How many lines each pattern was found in; a text is the reason why that is not known."""

    at: datetime
    counts: Mapping[str, int | str]


class LogSource:
    """`slo.query.SignalSource` of one log, from its end on. Whoever makes it closes it."""

    def __init__(self, spec: LogSpec, queries: Sequence[Query], commands: Commands, clock: Clock) -> None:
        """Raises ValueError for what is no pattern."""
        self._spec = spec
        self._commands = commands
        self._clock = clock
        self._patterns = _compiled(queries)
        self._keep = longest_of(queries)
        self._file = FollowedFile(spec.file)
        self._command: FollowedCommand | None = None
        self._half_line = b""
        self._looks: deque[_Look] = deque()
        self._began = math.inf
        self._failure = "nobody has looked yet"

    @property
    def every_s(self) -> float:
        """See `SignalSource`."""
        return self._spec.every_s

    async def look(self) -> None:
        """See `SignalSource`."""
        at = self._clock.now()
        try:
            written = await (asyncio.to_thread(self._file.take) if self._spec.file else self._printed())
        except CannotMeasure as error:
            self._failure = f"the last look failed: {error.message}"
            return
        except TooMuch:
            self._half_line = b""
            why = f"over {MAX_BYTES >> 20} MiB were written between two looks, which is more than is read"
            counts: Mapping[str, int | str] = dict.fromkeys(self._patterns, why)
        else:
            *lines, rest = (self._half_line + written).split(b"\n")
            self._half_line = rest[-_MAX_LINE:]
            counts = await asyncio.to_thread(_counted, lines, self._patterns, self._clock.monotonic) if lines else {}
        self._failure = ""
        self._looks.append(_Look(at, counts))
        self._began = min(self._began, at.timestamp())
        while self._looks[0].at < at - self._keep:
            self._looks.popleft()

    def reading(self, query: Query, now: datetime) -> Reading:
        """See `SignalSource`."""
        if self._failure or not self._looks:
            return Reading.missing(now, self._failure)
        if (age := now - self._looks[-1].at) > timedelta(seconds=_LOOKS_BACK * self._spec.every_s):
            return Reading.missing(now, f"the last look was {format_age(age)} ago")
        if not query.window:
            return Reading.missing(now, "a window is needed")
        times = [look.at.timestamp() for look in self._looks]
        window_s, until = query.window.total_seconds(), now.timestamp()
        coverage = coverage_of(times, self._spec.every_s, window_s, until, self._began)
        pattern = query.measure.path if isinstance(query.measure, Number) else ""
        counts = [look.counts.get(pattern, 0) for look in self._looks if now - query.window < look.at <= now]
        if unknown := next((count for count in counts if isinstance(count, str)), ""):
            return Reading.missing(now, unknown, coverage.share)
        found = float(sum(int(count) for count in counts))
        seen, filling = coverage.share, coverage.filling
        return Reading(now, found, coverage=seen, filling=filling, at_least=True, sample=times[-1])

    def splits(self, query: Query, now: datetime) -> dict[str, Reading]:
        """See `SignalSource`: lines have no labels."""
        return {}

    async def aclose(self) -> None:
        """The log is no longer followed."""
        self._file.close()
        command, self._command = self._command, None
        if command is not None:
            await command.end()

    async def _printed(self) -> bytes:
        """What the command wrote since the last look. One that has ended is started again by the next."""
        if self._command is None:
            self._command = await self._commands.follow(self._spec.argv, env={})
        try:
            return self._command.take()
        except CannotMeasure:
            command, self._command = self._command, None
            await command.end()
            raise


def _compiled(queries: Sequence[Query]) -> Patterns:
    patterns = {}
    for query in queries:
        if not isinstance(query.measure, Number):
            raise ValueError(f"a log is not asked for {type(query.measure).__name__.lower()}")
        text = query.measure.path
        try:
            patterns[text] = regex.compile(text)
        except regex.error as error:
            raise ValueError(f"'{one_line(text)}' is not a pattern: {error}") from None
    return patterns


def _counted(lines: Sequence[bytes], patterns: Patterns, monotonic: Callable[[], float]) -> dict[str, int | str]:
    read = [line[:_MAX_LINE].decode("utf-8", "replace") for line in lines]
    return {text: _found_in(read, pattern, monotonic) for text, pattern in patterns.items()}


def _found_in(lines: Sequence[str], pattern: regex.Pattern[str], monotonic: Callable[[], float]) -> int | str:
    end, count = monotonic() + _PATTERN_S, 0
    for line in lines:
        try:
            count += pattern.search(line, timeout=_PATTERN_S) is not None
        except TimeoutError:
            return f"the pattern {one_line(pattern.pattern)} takes too long"
        if monotonic() > end:
            return f"the pattern {one_line(pattern.pattern)} takes too long for {len(lines):,} lines"
    return count
