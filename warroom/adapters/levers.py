"""Levers as checks read them: over HTTP, or from what a command prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from warroom.adapters.command import printed
from warroom.clock import Clock
from warroom.contract import CommandPort, HttpPort, LeverReading, LeverState, Request, Response
from warroom.errors import GATEWAY, CannotMeasure
from warroom.expect import Body, JsonPath
from warroom.playbook.loaded import Lever
from warroom.text import clean, one_line
from warroom.units import MISSING, show

_Place = tuple[str, str]


def _place(lever: Lever) -> _Place:
    return lever.read.target, lever.read.path


class Levers:
    """Reads the levers of a playbook; those that stand in one answer share one request."""

    def __init__(
        self,
        levers: Mapping[str, Lever],
        http: HttpPort,
        commands: CommandPort,
        clock: Clock,
        *,
        timeout_s: float = 10.0,
    ) -> None:
        self._levers = levers
        self._http = http
        self._commands = commands
        self._clock = clock
        self._timeout_s = timeout_s

    async def read(self, names: Sequence[str]) -> LeverState:
        """Their state now, in the order of `names`.

        Raises CannotMeasure when an answer cannot be had, is not a success or is not JSON, a command fails, and for a
        lever that only people can tell. A lever that the answer
        does not name has None for its value; a value that is not text is given as JSON writes it.
        """
        requests = self._requests(names)
        answers = dict(zip(requests, [await self._answer(each) for each in requests.values()], strict=True))
        levers = [self._lever(name) for name in names]
        readings = [await self._reading(lever, answers.get(_place(lever))) for lever in levers]
        return LeverState(tuple(readings), tuple(answers.values()))

    def curl_of(self, names: Sequence[str]) -> str:
        """See `contract.LeverPort`."""
        return "; ".join(self._http.curl_of(request) for request in self._requests(names).values())

    def _lever(self, name: str) -> Lever:
        if name not in self._levers:
            raise CannotMeasure(f"the playbook has no lever '{clean(name, limit=80)}'", symptom="internal")
        return self._levers[name]

    def _requests(self, names: Sequence[str]) -> dict[_Place, Request]:
        levers = [self._lever(name) for name in names]
        places = list(dict.fromkeys(_place(lever) for lever in levers if lever.read.target))
        labels = ["state"] if len(places) == 1 else [f"state-{number}" for number in range(1, len(places) + 1)]
        return {
            place: Request(*place, timeout_s=self._timeout_s, label=label)
            for place, label in zip(places, labels, strict=True)
        }

    async def _answer(self, request: Request) -> Response:
        answer = await self._http.send(request)
        if not 200 <= answer.status <= 299:
            fault = CannotMeasure(
                f"the state of the levers cannot be read: {one_line(answer.url)} answers {answer.status}",
                symptom="gateway" if answer.status in GATEWAY else "unreadable",
            )
            fault.reproduce = self._http.curl_of(request)
            raise fault
        return answer

    async def _reading(self, lever: Lever, answer: Response | None) -> LeverReading:
        if answer is None:
            return self._as_read(lever, await self._told(lever), self._clock.now())
        try:
            found = Body.of(answer).one(JsonPath.parse(lever.read.json or f"$.levers.{lever.id}"))
        except ValueError as error:
            raise CannotMeasure(f"{lever.id} cannot be read: {error}", symptom="unreadable") from None
        actual = None if found is MISSING else show(found)
        return self._as_read(lever, actual, answer.received_at or self._clock.now())

    async def _told(self, lever: Lever) -> str:
        if lever.read.is_attested:
            said = f"only a person can say what {lever.id} is, in a launch that runs: no check can read it"
            raise CannotMeasure(said, symptom="not_configured")
        return await printed(self._commands, lever.read.command, timeout_s=self._timeout_s)

    def _as_read(self, lever: Lever, actual: str | None, read_at: datetime) -> LeverReading:
        return LeverReading(lever.id, lever.expect, actual, lever.kill_switch, read_at, lever.note)
