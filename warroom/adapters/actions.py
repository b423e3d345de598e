"""Levers and steps of procedures carried out: by requests to the services under launch, and by commands.

Every connection is fresh. One that a server had kept could be cut just as it is used again, and then nobody could
tell whether what was sent had arrived.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import quote

from warroom.adapters.command import printed
from warroom.adapters.http_fault import NotSent
from warroom.contract import CommandPort, HttpPort, Request, Response
from warroom.errors import CannotMeasure
from warroom.expect import Body, JsonPath
from warroom.launch.levers import LeverReading
from warroom.launch.outcomes import Answer, Fate, Found
from warroom.launch.procedures import Before
from warroom.playbook.loaded import Call, Deed, Lever, Look
from warroom.playbook.procedures import ActionStep
from warroom.text import clean, one_line
from warroom.units import MISSING, Actual, Condition, show

_FRESH: Final = ("Connection", "close")
_NOT_CACHED: Final = ("Cache-Control", "no-cache")
_TOO_EARLY: Final = (425, 429)
# Whoever stands between may have passed it on.
_MAYBE_TAKEN: Final = 408
"""Answers that say that nothing was done, and that it may be tried again."""
_FOR_GOOD: Final = ("denied", "not_configured", "internal")
_SHOWN: Final = 120
_LONGEST_LEVER: Final = 1_000
"""No playbook expects a longer value of a lever."""


class Actions:
    """`engine.ports.ActionsPort` for a playbook's levers and the `deeds` of its procedures."""

    def __init__(
        self,
        levers: Mapping[str, Lever],
        deeds: Mapping[tuple[str, str], Deed],
        http: HttpPort,
        commands: CommandPort,
        redact: Callable[[str], str] = str,
    ) -> None:
        self._levers = levers
        self._deeds = deeds
        self._http = http
        self._commands = commands
        self._redact = redact

    async def look(self, procedure: str, step: ActionStep, before: Before | None, timeout_s: float) -> Found:
        """Reads the state that `step` is to bring about."""
        try:
            if step.lever:
                return await self._lever_found(self._levers[step.lever], step.value, timeout_s)
            look = self._deeds[procedure, step.id].look
            assert look is not None
            value, said = await self._read(look, timeout_s)
            if look.condition is None:
                return self._changed(value, before, said)
            return _held(look.condition, value, said)
        except (CannotMeasure, LookupError) as fault:
            return Found(None, _why(fault))

    async def send(self, procedure: str, step: ActionStep, timeout_s: float) -> Answer:
        """Does once what `step` says; a request is never repeated here."""
        try:
            deed = self._levers[step.lever].set if step.lever else self._deeds[procedure, step.id]
        except LookupError as fault:
            return Answer(Fate.REFUSED, _why(fault))
        if deed.call:
            return await self._called(deed.call, step, timeout_s)
        if deed.command:
            return await self._commanded(deed.command, step, timeout_s)
        return Answer(Fate.REFUSED, "only a person can do this")

    async def levers(self, names: Sequence[str], timeout_s: float) -> Sequence[LeverReading]:
        """What the levers are; those that stand in one answer share one request."""
        answers: dict[tuple[str, str], Response | CannotMeasure] = {}
        found = []
        for name in names:
            read = self._levers[name].read
            if read.target and (read.target, read.path) not in answers:
                answers[read.target, read.path] = await self._state(read.target, read.path, (), timeout_s)
            found.append(await self._reading(self._levers[name], answers.get((read.target, read.path)), timeout_s))
        return found

    async def _reading(self, lever: Lever, answer: Response | CannotMeasure | None, timeout_s: float) -> LeverReading:
        try:
            value = await self._lever_value(lever, answer, timeout_s)
        except CannotMeasure as fault:
            return LeverReading(lever.id, None, _why(fault))
        if value is MISSING:
            return LeverReading(lever.id, None, "the state does not name it")
        # As the journal will have it, or a value that holds a secret would be news each time.
        return LeverReading(lever.id, clean(self._redact(show(value)), limit=_LONGEST_LEVER))

    async def _lever_found(self, lever: Lever, value: str, timeout_s: float) -> Found:
        read = lever.read
        answer = await self._state(read.target, read.path, (), timeout_s) if read.target else None
        found = await self._lever_value(lever, answer, timeout_s)
        if found is MISSING:
            return Found(None, f"the state does not name {lever.id}")
        shown = one_line(show(found), limit=_SHOWN)
        return Found(show(found) == value, f"{lever.id} is {shown or '(empty)'}")

    def _changed(self, value: Actual, before: Before | None, said: str) -> Found:
        """What was read against what it was `before`."""
        if value is MISSING:
            return Found(None, said)
        shown, salt = self._redact(one_line(show(value), limit=_SHOWN)), _salt_of(before)
        read = Before(shown, _mark(show(value), salt))
        if before is None:
            return Found(None, f"{said}, and nobody knows what it was before", read)
        is_same = read.mark == before.mark
        return Found(not is_same, f"{said}, {'as before' if is_same else f'it was {before.shown}'}", read)

    async def _lever_value(self, lever: Lever, answer: Response | CannotMeasure | None, timeout_s: float) -> Actual:
        """By the answer of its target, or what its command prints. Raises CannotMeasure."""
        if answer is not None:
            return _value(answer, lever.read.json)
        if lever.read.is_attested:
            raise CannotMeasure("only a person can say what it is", symptom="denied")
        return await printed(self._commands, lever.read.command, timeout_s=timeout_s)

    async def _read(self, look: Look, timeout_s: float) -> tuple[Actual, str]:
        """The value, and a sentence about it. Raises CannotMeasure."""
        if look.command:
            return await self._printed(look.command, timeout_s)
        found = _value(await self._state(look.target, look.path, look.headers, timeout_s), look.json)
        return found, f"{clean(look.json, limit=_SHOWN)} is {one_line(show(found), limit=_SHOWN)}"

    async def _printed(self, argv: Sequence[str], timeout_s: float) -> tuple[Actual, str]:
        value = await printed(self._commands, argv, timeout_s=timeout_s)
        return value, f'{clean(argv[0], limit=_SHOWN)} prints "{one_line(value, limit=_SHOWN)}"'

    async def _state(
        self, target: str, path: str, headers: tuple[tuple[str, str], ...], timeout_s: float
    ) -> Response | CannotMeasure:
        request = Request(target, path, headers=(*headers, _FRESH, _NOT_CACHED), timeout_s=timeout_s)
        try:
            return await self._http.send(request)
        except CannotMeasure as fault:
            return fault

    async def _called(self, call: Call, step: ActionStep, timeout_s: float) -> Answer:
        request = _request(call, step, timeout_s)
        try:
            answer = await self._http.send(request)
        except CannotMeasure as fault:
            return Answer(_fate_of(fault), _why(fault))
        said = f"it answers {answer.status}{_words(answer)}"
        if 200 <= answer.status <= 299:
            return Answer(Fate.ACCEPTED, said)
        if answer.status in _TOO_EARLY:
            return Answer(Fate.NOT_SENT, said)
        is_refused = 400 <= answer.status <= 499 and answer.status != _MAYBE_TAKEN
        return Answer(Fate.REFUSED if is_refused else Fate.UNKNOWN, said)

    async def _commanded(self, argv: Sequence[str], step: ActionStep, timeout_s: float) -> Answer:
        words = [_filled(word, step) for word in argv]
        try:
            result = await self._commands.run(words, timeout_s=timeout_s, env={})
        except CannotMeasure as fault:
            # One that could not be started for a reason that lasts, or may not be run, is not tried again.
            return Answer(Fate.REFUSED if fault.symptom in ("denied", "command") else Fate.UNKNOWN, _why(fault))
        if result.exit_code == 0:
            return Answer(Fate.ACCEPTED, "it ended with 0")
        shown = one_line(result.stderr or result.stdout, limit=_SHOWN)
        return Answer(Fate.UNKNOWN, f"it ended with {result.exit_code}" + (f': "{shown}"' if shown else ""))


def _fate_of(fault: CannotMeasure) -> Fate:
    if fault.symptom in _FOR_GOOD:
        return Fate.REFUSED
    return Fate.NOT_SENT if isinstance(fault, NotSent) else Fate.UNKNOWN


def _why(fault: CannotMeasure | LookupError) -> str:
    if not isinstance(fault, CannotMeasure):
        return "the playbook does not say how"
    return f"{fault.message}; {fault.hint}" if fault.hint else fault.message


def _words(answer: Response) -> str:
    """The beginning of what a service says about what it refuses."""
    if answer.status < 400:
        return ""
    said = one_line(answer.body[:1_000].decode("utf-8", "replace"), limit=_SHOWN)
    return f": {said}" if said else ""


def _value(answer: Response | CannotMeasure, path: str) -> Actual:
    if isinstance(answer, CannotMeasure):
        raise answer
    if not 200 <= answer.status <= 299:
        raise CannotMeasure(f"{one_line(answer.url)} answers {answer.status}", symptom="unreadable")
    try:
        return Body.of(answer).one(JsonPath.parse(path))
    except ValueError as error:
        raise CannotMeasure(str(error), symptom="unreadable") from None


def _held(condition: Condition, value: Actual, said: str) -> Found:
    """What was read against what is wanted."""
    holds = condition.holds(value)
    return Found(holds, said if holds else f"{said}, expected {clean(str(condition), limit=_SHOWN)}")


def _salt_of(before: Before | None) -> bytes:
    """That of what a value is held against; a fresh one where there is nothing yet."""
    return bytes.fromhex(before.mark.partition(":")[0]) if before else os.urandom(16)


def _mark(text: str, salt: bytes) -> str:
    """What a text is known by in the journal. It takes 10 ms to work out, so that nobody finds a secret by trying."""
    return f"{salt.hex()}:{hashlib.scrypt(text.encode('utf-8', 'surrogatepass'), salt=salt, n=2**12, r=8, p=1).hex()}"


def _request(call: Call, step: ActionStep, timeout_s: float) -> Request:
    body, kind = _body(call, step)
    path = call.path.replace("{name}", quote(step.lever, safe="")).replace("{value}", quote(step.value, safe=""))
    given = {name.lower() for name, _ in call.headers}
    typed = (("Content-Type", kind),) if body and "content-type" not in given else ()
    headers = (*call.headers, *typed, _FRESH)
    return Request(call.target, path, call.method, headers, body, timeout_s)


def _body(call: Call, step: ActionStep) -> tuple[bytes, str]:
    if isinstance(call.body, str):
        return _filled(call.body, step).encode(), "text/plain; charset=utf-8"
    return json.dumps(_filled_in(call.body, step)).encode(), "application/json"


def _filled_in(value: object, step: ActionStep) -> object:
    match value:
        case str():
            return _filled(value, step)
        case Mapping():
            return {key: _filled_in(inner, step) for key, inner in value.items()}
        case list():
            return [_filled_in(inner, step) for inner in value]
    return value


def _filled(text: str, step: ActionStep) -> str:
    """`text` with the lever and its value in their places; what is no lever has no places."""
    return text.replace("{name}", step.lever).replace("{value}", step.value) if step.lever else text
