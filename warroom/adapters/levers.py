"""Levers read over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from warroom.clock import Clock
from warroom.contract import HttpPort, LeverReading, LeverState, Request, Response
from warroom.errors import CannotMeasure
from warroom.expect import Body, JsonPath
from warroom.playbook.loaded import Lever
from warroom.text import clean, one_line
from warroom.units import MISSING, show

_Place = tuple[str, str]


class HttpLevers:
    """Reads the levers of a playbook; those that stand in one answer share one request."""

    def __init__(self, levers: Mapping[str, Lever], http: HttpPort, clock: Clock, *, timeout_s: float = 10.0) -> None:
        self._levers = levers
        self._http = http
        self._clock = clock
        self._timeout_s = timeout_s

    async def read(self, names: Sequence[str]) -> LeverState:
        """Their state now, in the order of `names`.

        Raises CannotMeasure when an answer cannot be had, is not a success or is not JSON. A lever that the answer
        does not name has None for its value; a value that is not text is given as JSON writes it.
        """
        levers = [self._lever(name) for name in names]
        places = list(dict.fromkeys((lever.read.target, lever.read.path) for lever in levers))
        answers = dict(zip(places, await self._ask(places), strict=True))
        readings = tuple(self._reading(lever, answers[lever.read.target, lever.read.path]) for lever in levers)
        return LeverState(readings, tuple(answers.values()))

    def _lever(self, name: str) -> Lever:
        if name not in self._levers:
            raise CannotMeasure(f"the playbook has no lever '{clean(name, limit=80)}'", symptom="internal")
        return self._levers[name]

    async def _ask(self, places: Sequence[_Place]) -> list[Response]:
        labels = ["state"] if len(places) == 1 else [f"state-{number}" for number in range(1, len(places) + 1)]
        requests = [
            Request(target, path, timeout_s=self._timeout_s, label=label)
            for (target, path), label in zip(places, labels, strict=True)
        ]
        answers = [await self._http.send(request) for request in requests]
        for answer in answers:
            if not 200 <= answer.status <= 299:
                where = one_line(answer.url)
                raise CannotMeasure(
                    f"the state of the levers cannot be read: {where} answers {answer.status}", symptom="unreadable"
                )
        return answers

    def _reading(self, lever: Lever, answer: Response) -> LeverReading:
        try:
            found = Body.of(answer).one(JsonPath.parse(lever.read.json or f"$.levers.{lever.id}"))
        except ValueError as error:
            raise CannotMeasure(f"{lever.id} cannot be read: {error}", symptom="unreadable") from None
        return LeverReading(
            name=lever.id,
            expected=lever.expect,
            actual=None if found is MISSING else show(found),
            kill_switch=lever.kill_switch,
            read_at=answer.received_at or self._clock.now(),
            note=lever.note,
        )
