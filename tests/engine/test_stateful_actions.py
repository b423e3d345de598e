"""Whatever happens in whatever order, a launch that acts keeps its word; the judge is the log of the service."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.engine.acted import BROKEN, LAGS, LIES, LOST, LOST_UNDONE, OK, REFUSES, UNREACHED, Acted
from tests.engine.any_order import EXAMPLES, cancel_the_rest, hold_the_laws
from tests.launch.acted import COURSE
from tests.launch.course import T0
from warroom.clock import settle
from warroom.engine.engine import Engine
from warroom.engine.requests import (
    ConfirmStep,
    DeclareTrigger,
    FinishStep,
    NoteIncident,
    PullKillSwitch,
    Request,
    ResumeTrigger,
    SetLever,
    StartProcedure,
)
from warroom.engine.requests import SetT0 as Publish
from warroom.engine.requests import SkipStep as Skip
from warroom.errors import WarroomError
from warroom.launch.entries import Draft, Entry
from warroom.launch.folding import fold
from warroom.launch.procedures import StepStage, is_acting, open_runs, plan_of
from warroom.launch.state import begin

T = TypeVar("T")
STEPS = 15
ACTS = {"send": "lever", "pause": "request", "revert": "request", "set": "lever", "stop-1": "lever"}
"""The steps that change something, whatever procedure they are of."""

SECONDS = st.sampled_from([1, 2, 5, 12, 35, 70])
TRIGGERS = st.sampled_from(["at_once", "asked", "told", "back", "soon"])
PROCEDURES = st.sampled_from(["stop", "probed", "revert", "two", "all", "incident", "by_hand"])
PEOPLE = st.sampled_from(["ann", "bob"])
MANNERS = st.sampled_from([OK, LOST, LOST_UNDONE, BROKEN, LIES, LAGS, REFUSES, UNREACHED])
MANNERS_AHEAD = st.lists(MANNERS, max_size=3)
"""How the service behaves to the next requests; to those after them as it should."""


class Watching(Acted):
    """The launch; what is written is judged at the moment at which it is."""

    def __init__(self) -> None:
        super().__init__()
        self.broken_laws: list[str] = []

    def judge(self, drafts: Sequence[Draft]) -> None:
        """What is about to be journaled has to be so."""
        for draft in drafts:
            step = draft.body.get("step", "")
            if step not in ACTS:
                continue
            found = self.service.looks.get(step)
            if draft.kind == "procedure.step_verified" and found is not True:
                self.broken_laws.append(f"{step} is said to be done, and was read as {found}")
            if draft.kind == "procedure.step_noop" and (
                found is not True or self._requested(draft.body["run"], step)
            ):
                self.broken_laws.append(f"{step} is said to be a no-op, and was read as {found}")

    def _requested(self, run: str, step: str) -> bool:
        return any(one.kind == "procedure.step_requested" for one in self.about(run) if one.body.get("step") == step)

    def about(self, run: str) -> list[Entry]:
        """The entries about a run, oldest first."""
        return [one for one in self.entries if one.kind.startswith("procedure.") and one.body.get("run") == run]

    def intents(self) -> Counter[str]:
        """How often each step was meant to be sent."""
        return Counter(one.body["step"] for one in self.entries if one.kind == "procedure.step_requested")


class Acts(RuleBasedStateMachine):
    """One launch, from its opening on."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.acted = Watching()
        self.process: contextlib.AbstractAsyncContextManager[Engine] | None = None
        self.engine: Engine | None = None
        self.asked: list[asyncio.Future[Any]] = []
        self.undone = True

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize()
    def opens(self) -> None:
        self.run(self._start())
        self._ask(Publish(T0), "ann")

    async def _start(self) -> None:
        self.process = self.acted.engine()
        self.engine = await self.process.__aenter__()
        written = self.acted.journal.append

        async def judged(drafts: Sequence[Draft]) -> Sequence[Entry]:
            self.acted.judge(drafts)
            return await written(drafts)

        self.acted.journal.append = judged  # type: ignore[method-assign]

    async def _end(self, *, kill: bool) -> None:
        assert self.process is not None
        self.acted.process.is_dead = self.acted.process.is_dead or kill
        self.acted.journal.broken = False
        for one in self.asked:
            one.cancel()
        self.asked = []
        await self.process.__aexit__(None, None, None)
        self.process = self.engine = None

    def _meets(self, manners: list[Any]) -> None:
        """How the service behaves to what is asked next."""
        self.acted.service.manners = list(manners)
        if self.undone:
            self.acted.service.done.clear()
        self.undone = True

    def _ask(self, request: Request, by: str) -> None:
        """What a person asks; it may be refused, and an engine that dies over it never answers."""

        async def asking() -> None:
            assert self.engine is not None
            task = asyncio.ensure_future(self.engine.ask(request, by))
            self.asked.append(task)
            await settle(40)
            if task.done() and not task.cancelled() and (error := task.exception()):
                assert isinstance(error, WarroomError), error

        self.run(asking())

    # Time and processes

    @rule(seconds=SECONDS)
    def time_goes_by(self, seconds: int) -> None:
        self.run(self.acted.advance(seconds))

    @rule(seconds=SECONDS, kill=st.booleans())
    def the_engine_ends_and_another_takes_over(self, seconds: int, kill: bool) -> None:
        self.run(self._end(kill=kill))
        self.run(self.acted.clock.advance(seconds))
        self.run(self._start())

    @rule(manners=MANNERS_AHEAD, entries=st.integers(1, 5), when=st.sampled_from(["before", "after"]))
    def the_engine_dies_amid_a_step(self, manners: list[Any], entries: int, when: str) -> None:
        """Whatever somebody has just let go on is being done then."""
        self._meets(manners)
        self._ask(StartProcedure("revert"), "ann")
        self.run(self.acted.advance(2))
        self._confirm_all("bob")
        self.acted.journal.dies_at = (len(self.acted.entries) + entries, when)
        self.run(self.acted.advance(12))
        self.the_engine_ends_and_another_takes_over(1, kill=True)
        self.run(self.acted.advance(35))

    def _confirm_all(self, by: str) -> None:
        assert self.engine is not None
        for run in list(open_runs(self.engine.state.procedures)):
            for step in run.steps.values():
                if step.stage is StepStage.CONFIRM:
                    self._ask(ConfirmStep(run.id, step.id), by)

    @rule(seconds=SECONDS)
    def the_disk_is_full_for_a_while(self, seconds: int) -> None:
        self.acted.journal.broken = True
        self.run(self.acted.advance(seconds))
        self.acted.journal.broken = False

    # People

    @rule(name=TRIGGERS, seconds=SECONDS)
    def a_trigger_fires_and_is_over(self, name: str, seconds: int) -> None:
        self._ask(DeclareTrigger(name, "so it is"), "ann")
        self.run(self.acted.advance(seconds))
        self._ask(ResumeTrigger(name, "over"), "ann")

    @rule(name=PROCEDURES, manners=MANNERS_AHEAD, seconds=SECONDS, by=PEOPLE)
    def somebody_starts(self, name: str, manners: list[Any], seconds: int, by: str) -> None:
        """What waits to be confirmed is confirmed, where that other person may do it."""
        self._meets(manners)
        self._ask(StartProcedure(name), "ann")
        self.run(self.acted.advance(2))
        self._confirm_all(by)
        self.run(self.acted.advance(seconds))

    @rule(manners=MANNERS_AHEAD, pulls=st.booleans())
    def somebody_sets_a_lever(self, manners: list[Any], pulls: bool) -> None:
        self._meets(manners)
        self._ask(PullKillSwitch() if pulls else SetLever("SEND", "false"), "bob")
        self.run(self.acted.advance(12))

    @rule(place=st.integers(0, 3), by=PEOPLE, does=st.sampled_from(["confirm", "done", "skip", "abort"]))
    def somebody_deals_with_a_run(self, place: int, by: str, does: str) -> None:
        assert self.engine is not None
        runs = list(open_runs(self.engine.state.procedures))
        if place >= len(runs):
            return
        run = runs[place]
        step = next(reversed(list(run.steps)), "")
        requests: dict[str, Request] = {
            "confirm": ConfirmStep(run.id, step),
            "done": FinishStep(run.id, step),
            "skip": Skip(run.id, step or "send", "not now"),
            "abort": Skip(run.id, "", "not now"),
        }
        self._ask(requests[does], by)

    @rule(number=st.integers(1, 2))
    def somebody_writes_the_note(self, number: int) -> None:
        self._ask(NoteIncident(f"inc-{number}", "looking"), "ann")

    # The service

    @rule()
    def what_was_done_stays_done(self) -> None:
        """Most is undone elsewhere before it is wanted again; what is not is a no-op."""
        self.undone = False

    @rule(says=st.sampled_from(["", "no answer within 10 s"]))
    def the_state_can_be_read_or_not(self, says: str) -> None:
        self.acted.service.unreadable = says

    @rule()
    def nothing_hinders_for_a_while(self) -> None:
        """Then nothing is half done any more."""
        self.acted.service.manners, self.acted.service.unreadable = [], ""
        self.run(self.acted.advance(150))
        assert self.engine is not None
        state = self.engine.state
        assert [run.id for run in open_runs(state.procedures) if is_acting(plan_of(state.course, run), run)] == []

    # The laws

    @invariant()
    def what_is_said_is_so(self) -> None:
        assert self.acted.broken_laws == []
        assert [text for text in self.acted.trouble if "defect" in text] == []

    @invariant()
    def each_activation_acts_once(self) -> None:
        causes = Counter(
            one.body["cause"]
            for one in self.acted.entries
            if one.kind == "procedure.started" and one.body.get("cause")
        )
        assert [cause for cause, count in causes.items() if count > 1] == []

    @invariant()
    def nothing_arrives_that_was_not_journaled_before_and_what_may_not_be_repeated_arrives_once(self) -> None:
        arrived, meant = Counter(self.acted.sent()), self.acted.intents()
        assert [step for step, count in arrived.items() if count > meant[step]] == []
        runs = {
            one.body["run"]
            for one in self.acted.entries
            if one.kind == "procedure.step_requested" and one.body["step"] == "revert"
        }
        assert arrived["revert"] <= len(runs)

    @invariant()
    def nothing_is_done_that_a_person_has_yet_to_confirm(self) -> None:
        runs = {one.body["run"] for one in self.acted.entries if one.kind == "procedure.started"}
        for run in runs:
            kinds = [(one.kind, one.body) for one in self.acted.about(run)]
            for place, (kind, body) in enumerate(kinds):
                if kind != "procedure.step_requested":
                    continue
                before = kinds[:place]
                assert any(kind == "procedure.begun" for kind, _ in before), run
                if kinds[0][1].get("mode") == "confirm":
                    assert any(kind == "procedure.agreed" for kind, _ in before), run
                if body["step"] == "revert":
                    assert any(kind == "procedure.step_confirmed" and said["done"] for kind, said in before), run
            if "procedure.finished" in [kind for kind, _ in kinds]:
                assert kinds[-1][0] == "procedure.finished", "a run that is over is over"
            assert kinds[0][1].get("mode") != "shadow" or len(kinds) <= 2, "what would be done is not done"

    @invariant()
    def the_state_is_the_fold_of_the_journal(self) -> None:
        if self.engine is not None and not self.acted.process.is_dead:
            self.run(settle(40))
            if not self.acted.process.is_dead:
                assert self.engine.state == fold(self.acted.entries, begin(COURSE))

    def teardown(self) -> None:
        try:
            if self.process is not None:
                self.run(self._end(kill=True))
            self.run(cancel_the_rest())
        finally:
            self.loop.close()


@pytest.mark.timeout(120 + EXAMPLES)
def test_whatever_happens_each_activation_acts_once_and_tells_the_truth() -> None:
    hold_the_laws(Acts, 20, STEPS)
