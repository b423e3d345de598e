"""`warroom backtest`: when the triggers of a playbook would have fired, by the history that a Prometheus keeps."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from warroom.adapters.credentials import secrets_of
from warroom.adapters.http import HttpAdapter
from warroom.adapters.prometheus_history import PrometheusHistory, Stretch
from warroom.adapters.sources import MAX_BYTES
from warroom.api.models import instant
from warroom.backtest.replay import Replay
from warroom.backtest.scope import Scope, longest_step, scope_of
from warroom.backtest.text import backtest_json, backtest_lines
from warroom.backtest.values import Backtest, Period
from warroom.checks import all_kinds
from warroom.cli.options import pairs
from warroom.cli.plain import narrate, write
from warroom.clock import Clock, RealClock
from warroom.errors import ExitCode, UsageError
from warroom.launch.values import utc
from warroom.playbook.inputs import InputValues
from warroom.playbook.load import load_partly
from warroom.playbook.loaded import Playbook
from warroom.redact import Redactor
from warroom.slo.query import Query
from warroom.slo.reading import Reading
from warroom.slo.trigger import slot_at
from warroom.text import clean, plural
from warroom.units import format_duration, parse_duration

LAST: Final = timedelta(days=7)
STEP: Final = "15s"
LOOKS: Final = 1_000_000
POINTS: Final = 2_000
"""So many points of a series are asked at once: far below what a server refuses, so that answers stay small and it
is seen how far it is."""

_TELL_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestOptions:
    """The options of `warroom backtest`; empty means not given."""

    playbook: Path
    last: str = ""
    since: str = ""
    until: str = ""
    step: str = STEP
    t0: str = ""
    inputs: tuple[str, ...] = ()
    env_file: Path | None = None
    environment: str = ""
    json: bool = False


def backtest(options: BacktestOptions, environ: Mapping[str, str] | None = None) -> int:
    """Prints what was found; 0 where each trigger that history can decide is decided, 3 where one is not.

    Raises WarroomError for a playbook that does not hold, for options that make no period, where history can decide
    nothing at all, and for a server that does not answer.
    """
    clock = RealClock()
    period = period_of(options, clock.now())
    given = InputValues(
        pairs(options.inputs, "--input"), dict(os.environ if environ is None else environ), options.env_file
    )
    loaded = load_partly(options.playbook, kinds=all_kinds(), inputs=given, environment=options.environment or None)
    playbook, redact = loaded.playbook, Redactor()
    secrets = secrets_of(playbook)
    for name, value in secrets.items():
        redact.add(name, value)
    scope = scope_of(playbook, has_t0=period.t0 is not None)
    _check(playbook, scope, period)
    found = asyncio.run(_replayed(playbook, scope, period, clock, secrets))
    if options.json:
        write(sys.stdout, redact(json.dumps(backtest_json(found), indent=2, ensure_ascii=False)))
    else:
        for line in backtest_lines(found, playbook.course):
            write(sys.stdout, redact(clean(line)))
    return int(ExitCode.GREEN if found.is_known else ExitCode.UNKNOWN)


def period_of(options: BacktestOptions, now: datetime) -> Period:
    """The period that the options name. Raises UsageError for none."""
    step = _duration(options.step, "--step")
    if step < timedelta(seconds=1) or step % timedelta(seconds=1):
        raise UsageError("--step takes whole seconds", hint=f"without it, a look every {STEP}")
    if options.last and options.since:
        raise UsageError("--last and --from exclude each other", hint="--to can go with either")
    t0 = _instant(options.t0, now) if options.t0 else None
    until = _instant(options.until, now) if options.until else now
    last = _duration(options.last, "--last") if options.last else LAST
    since = _instant(options.since, now) if options.since else t0 if t0 and not options.last else until - last
    since, until = slot_at(since, step), slot_at(until, step)
    if until > now:
        raise UsageError(f"--to is after now ({utc(now)})", hint="history ends now")
    if since >= until:
        raise UsageError(f"nothing lies between {utc(since)} and {utc(until)}", hint="--from is before --to")
    if t0 and t0 >= until:
        raise UsageError(f"T0 ({utc(t0)}) is not before {utc(until)}", hint="triggers are judged from T0 on")
    if (looks := (until - since) // step) > LOOKS:
        raise UsageError(f"that makes {looks:,} looks, more than {LOOKS:,}", hint="take a longer --step")
    return Period(since, until, step, t0)


def _duration(text: str, option: str) -> timedelta:
    try:
        span = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{option}: {clean(str(error), limit=200)}") from None
    if not span:
        raise UsageError(f"{option} is longer than nothing")
    return span


def _instant(text: str, now: datetime) -> datetime:
    return now if text.strip() == "now" else instant(text)


def _check(playbook: Playbook, scope: Scope, period: Period) -> None:
    """That there is something to replay, and that no look is so late that it misses what a trigger waits for."""
    if not scope.triggers:
        for one in scope.unanswered:
            narrate(sys.stderr, f"warroom: {clean(f'{one.trigger}: {one.reason}', limit=1_000)}")
        there = "history decides none of the triggers" if scope.unanswered else "the playbook has no triggers"
        raise UsageError(there, hint="a trigger on a signal of a Prometheus can be replayed")
    for trigger in scope.triggers:
        longest = longest_step(playbook.course.watched, trigger)
        if longest and period.every > longest:
            message = f"a look every {format_duration(period.every)} is too seldom for {trigger.id}"
            raise UsageError(message, hint=f"take --step {format_duration(longest)}, or shorter")


class _Chunk:
    """What one source was in a part of the history; see `Readable`."""

    def __init__(self, found: Mapping[Query, Stretch]) -> None:
        self._found = found

    def reading(self, query: Query, now: datetime) -> Reading:
        """What `query` was at `now`, one of the slots that were asked for."""
        stretch = self._found[query]
        return Reading.missing(now, stretch.refused) if stretch.refused else stretch.readings[now]

    def splits(self, query: Query, now: datetime) -> Mapping[str, Reading]:
        """Nobody decides by them."""
        return {}


@dataclass(slots=True)
class _Asking:
    """Asks the servers, part by part, and remembers what they refuse: that is not asked again."""

    servers: Mapping[str, PrometheusHistory]
    queries: Mapping[str, tuple[Query, ...]]
    refused: dict[tuple[str, Query], str] = field(default_factory=dict)

    async def part(self, slots: Sequence[datetime], step_s: int) -> dict[str, _Chunk]:
        found: dict[str, dict[Query, Stretch]] = {name: {} for name in self.servers}
        for name, server in self.servers.items():
            for query in self.queries[name]:
                known = self.refused.get((name, query), "")
                stretch = Stretch({}, known) if known else await server.stretch(query, slots, step_s)
                found[name][query] = stretch
                if stretch.refused:
                    self.refused[name, query] = stretch.refused
        return {name: _Chunk(stretches) for name, stretches in found.items()}


async def _replayed(
    playbook: Playbook, scope: Scope, period: Period, clock: Clock, secrets: Mapping[str, str]
) -> Backtest:
    replay = Replay(playbook.course, scope, period)
    http = HttpAdapter(playbook.targets, clock, secrets=secrets, max_bytes=MAX_BYTES)
    asking = _Asking({name: PrometheusHistory(one, http) for name, one in scope.servers.items()}, replay.queries)
    slots = [slot for span in replay.spans for slot in _slots(*span, period.every)]
    told, asked = clock.monotonic(), sum(map(len, replay.queries.values()))
    narrate(sys.stderr, f"warroom: asking for {asked} numbers at each of {plural(len(slots), 'look')}")
    try:
        for parts in _parts(slots, period.every):
            sources = await asking.part(parts, int(period.every.total_seconds()))
            for slot in parts:
                replay.observe(slot, sources)
            if clock.monotonic() - told >= _TELL_S:
                told = clock.monotonic()
                share = (slots.index(parts[-1]) + 1) / len(slots)
                narrate(sys.stderr, f"warroom: {share:.0%}, up to {utc(parts[-1])}")
    finally:
        for server in asking.servers.values():
            await server.aclose()
        await http.aclose()
    return replay.finish(asking.refused)


def _slots(since: datetime, until: datetime, every: timedelta) -> list[datetime]:
    return [since + every * number for number in range((until - since) // every + 1)]


def _parts(slots: Sequence[datetime], every: timedelta) -> list[Sequence[datetime]]:
    """Slots that lie `every` apart, at most `POINTS` of them each."""
    parts: list[list[datetime]] = []
    for slot in slots:
        if not parts or len(parts[-1]) >= POINTS or slot - parts[-1][-1] != every:
            parts.append([])
        parts[-1].append(slot)
    return list(parts)
