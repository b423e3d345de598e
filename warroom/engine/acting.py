"""Actions as effects. What is meant is on disk before it is sent; what came of it is read back before it counts.

However an engine ends, the next one finds on record whether something may have been sent, and then looks for it
before it sends anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from warroom.clock import Clock
from warroom.engine.contained import defect, ends_the_engine
from warroom.engine.lever_watch import LeverWatch
from warroom.engine.notebook import Notebook
from warroom.engine.ports import ActionsPort
from warroom.engine.posting import Insist
from warroom.launch.entries import Draft
from warroom.launch.levers import lever_news
from warroom.launch.outcomes import Answer, Fate, Found, Next, Verdict, after_answer, after_look, before_sending
from warroom.launch.procedure_ledger import Act, procedure_draft, procedure_effects
from warroom.launch.procedures import Before, StepStage
from warroom.launch.state import LaunchState

_LONGEST_CALL_S: Final = 10.0
_PAUSES_S: Final = (0.5, 1.0, 2.0)
"""Between two tries, the last one again and again."""
_KINDS: Final[Mapping[StepStage, str]] = {
    StepStage.NOOP: "step_noop",
    StepStage.UNSENT: "step_unsent",
    StepStage.SENT: "step_sent",
    StepStage.UNKNOWN: "step_unknown",
    StepStage.PROBING: "step_probing",
    StepStage.VERIFIED: "step_verified",
    StepStage.FAILED: "step_failed",
}


class Acting:
    """Carries out steps of procedures that change something outside, and reads the levers all the time."""

    def __init__(self, clock: Clock, book: Notebook, actions: ActionsPort, insist: Insist) -> None:
        self._clock = clock
        self._book = book
        self._actions = actions
        self._insist = insist
        self._levers = LeverWatch(actions, clock)

    async def act(self, act: Act) -> None:
        """Does a step, or goes on with one that was begun. Raises WarroomError where what is meant cannot be
        journaled: then nothing was sent."""
        await _Deed(self._clock, self._book, self._actions, self._insist, act).run()
        self._levers.read_soon([act.step.lever] if act.step.lever else [])

    def levers_due(self) -> list[str]:
        """The levers that are to be read now."""
        return self._levers.due(self._book.state.course.levers)

    async def read_levers(self, names: Sequence[str]) -> None:
        """Reads levers, and journals those that are not what they were."""
        plans = self._book.state.course.levers
        readings = await self._levers.read([plans[name] for name in names])
        await self._book.write(lambda state: () if state.closed else lever_news(state, readings))

    def levers_read_at(self) -> Mapping[str, datetime]:
        """When each lever was read last, by name."""
        return self._levers.read_at()


class _Deed:
    """One step, from where it stands to its end."""

    def __init__(self, clock: Clock, book: Notebook, actions: ActionsPort, insist: Insist, act: Act) -> None:
        self._clock = clock
        self._book = book
        self._actions = actions
        self._insist = insist
        self._act = act
        self._ends = clock.monotonic() + act.step.within.total_seconds()
        known = book.state.procedures[act.run].steps.get(act.step.id)
        self._attempt = known.attempt if known else 0
        self._stage = act.stage
        self._said = known.reason if known else ""
        self._before = known.before if known else None
        self._tries = 0

    async def run(self) -> None:
        """Until it is verified, failed or a no-op."""
        verdict = await self._begin() if self._act.begins else Verdict(Next.LOOK)
        await self._note(verdict)
        while verdict.next is not Next.END:
            if verdict.next is Next.SEND:
                if not await self._book.write(self._intent) or self._act.step.by_person:
                    return
                answer = await self._send()
                verdict = after_answer(answer, in_time=self._left_s > 0)
            else:
                found = await self._look(self._before)
                idempotent = self._act.step.idempotent
                verdict = after_look(self._stage, found, self._said, idempotent=idempotent, in_time=self._left_s > 0)
            await self._note(verdict)
            if verdict.next is not Next.END and verdict.stage is not StepStage.SENT:
                await self._rest()

    async def _begin(self) -> Verdict:
        found = await self._look(None)
        self._before = found.read
        return before_sending(found)

    @property
    def _left_s(self) -> float:
        return self._ends - self._clock.monotonic()

    async def _look(self, before: Before | None) -> Found:
        try:
            return await self._actions.look(self._procedure, self._act.step, before, self._call_s)
        except BaseException as error:
            if ends_the_engine(error):
                raise
            return Found(None, defect(error))

    async def _send(self) -> Answer:
        try:
            return await self._actions.send(self._procedure, self._act.step, self._call_s)
        except BaseException as error:
            if ends_the_engine(error):
                raise
            return Answer(Fate.UNKNOWN, defect(error))

    @property
    def _call_s(self) -> float:
        return max(1.0, min(self._left_s, _LONGEST_CALL_S))

    @property
    def _procedure(self) -> str:
        return self._book.state.procedures[self._act.run].procedure

    def _intent(self, state: LaunchState) -> list[Draft]:
        """That it is about to be sent, or that a person has to do it; empty where the launch no longer wants it."""
        wanted = [one for one in procedure_effects(state, self._clock.now()) if isinstance(one, Act)]
        if not any((one.run, one.step) == (self._act.run, self._act.step) for one in wanted):
            return []
        if self._act.step.by_person:
            return [self._draft("waiting", {"for": StepStage.TO_DO.value}, state)]
        self._attempt += 1
        self._stage = StepStage.REQUESTED
        body: dict[str, object] = {"attempt": self._attempt, "what": self._act.step.text}
        body |= {} if self._before is None else {"before": asdict(self._before)}
        return [self._draft("step_requested", body, state)]

    async def _note(self, verdict: Verdict) -> None:
        """Journals where it stands, however long that takes. One that is proved by its behaviour too is probed."""
        if verdict.stage is None:
            return
        self._stage, self._said = verdict.stage, verdict.reason
        is_read = verdict.stage is StepStage.VERIFIED and self._act.step.probe
        kind = _KINDS[StepStage.PROBING if is_read else verdict.stage]
        await self._insist([self._draft(kind, {"reason": verdict.reason}, self._book.state)])

    async def _rest(self) -> None:
        pause_s = _PAUSES_S[min(self._tries, len(_PAUSES_S) - 1)]
        self._tries += 1
        await self._clock.sleep(max(0.0, min(pause_s, self._left_s)))

    def _draft(self, kind: str, body: Mapping[str, object], state: LaunchState) -> Draft:
        return procedure_draft(state.procedures[self._act.run], kind, body, self._act.step.id)
