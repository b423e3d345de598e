"""Signals from a command that ends: what it prints, or how it ends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from warroom.adapters.last_numbers import LastNumbers, number_at, paths_of
from warroom.clock import Clock
from warroom.contract import CommandPort, CommandResult
from warroom.errors import CannotMeasure
from warroom.slo.query import Query
from warroom.slo.reading import Reading
from warroom.slo.source_spec import CommandSpec
from warroom.strict_json import parse_json
from warroom.text import one_line

EXIT_CODE = "exit_code"


class CommandSource:
    """`slo.query.SignalSource` of one command, run once a look."""

    def __init__(self, spec: CommandSpec, queries: Sequence[Query], commands: CommandPort, clock: Clock) -> None:
        """Raises ValueError for a path that is no JSONPath."""
        self._spec = spec
        self._commands = commands
        self._clock = clock
        self._paths = paths_of(queries)
        self._last = LastNumbers(spec.every_s)

    @property
    def every_s(self) -> float:
        """See `SignalSource`."""
        return self._spec.every_s

    async def look(self) -> None:
        """See `SignalSource`."""
        at, spec = self._clock.now(), self._spec
        try:
            ended = await self._commands.run(spec.argv, timeout_s=spec.timeout_s, env=spec.env)
        except CannotMeasure as error:
            self._last.failed(error.message)
        else:
            self._last.found(at, {EXIT_CODE: float(ended.exit_code), **self._printed(ended)})

    def _printed(self, ended: CommandResult) -> dict[str, float | str]:
        """The numbers in what a command printed; one that failed has printed nothing to go by."""
        if ended.exit_code:
            last = one_line(ended.stderr.strip().rpartition("\n")[2], limit=120)
            why = (
                f"{one_line(self._spec.argv[0])} ended with exit code {ended.exit_code}{f': {last}' if last else ''}"
            )
            return dict.fromkeys(("", *self._paths), why)
        numbers = {"": _number(ended.stdout)}
        if self._paths:
            try:
                document = parse_json(ended.stdout.encode())
            except ValueError as error:
                return numbers | dict.fromkeys(self._paths, f"what it prints is {error}")
            numbers |= {text: number_at(path, lambda one: one.one(document)) for text, path in self._paths.items()}
        return numbers

    def reading(self, query: Query, now: datetime) -> Reading:
        """See `SignalSource`."""
        return self._last.reading(query, now)

    def splits(self, query: Query, now: datetime) -> dict[str, Reading]:
        """See `SignalSource`: one number has no parts."""
        return {}


def _number(text: str) -> float | str:
    try:
        number = float(text.strip())
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        return number
    return f"it prints {one_line(text, limit=60) or 'nothing'}, which is no number"
