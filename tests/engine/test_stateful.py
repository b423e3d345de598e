"""Whatever happens in whatever order, the laws of a launch hold."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests.engine.any_order import EXAMPLES, cancel_the_rest, hold_the_laws
from tests.engine.small_course import COURSE
from tests.engine.world import SUITE_S, TICK_S, Outcome, World
from warroom.clock import settle
from warroom.engine.requests import (
    AddNote,
    AgreeWithClock,
    AmendPlaybook,
    CloseLaunch,
    HoldUpdate,
    NoteIncident,
    OpenIncident,
    PostAgain,
    PostNow,
    ReleaseUpdate,
    RemarkOnUpdate,
    Request,
    ResolveIncident,
    ScrubT0,
    SetT0,
    StateGate,
    TickStep,
)
from warroom.journal.audit import audit
from warroom.launch.folding import fold
from warroom.launch.schedule import slots
from warroom.launch.standing import Standing, owed
from warroom.launch.state import Stage, begin
from warroom.updates.channel import Fate

T = TypeVar("T")
STEPS = 40

SECONDS = st.sampled_from([1, 19, 20, 30, 59, 61, 120, 300, 600, 1_800, 5_400])
SLOTS = st.sampled_from([slot.id for slot in slots(COURSE)])
JUMPS = st.sampled_from([-7_200, -600, -50, -5, 5, 30, 50, 59, 61, 90, 600, 3_600])
POINTS = st.sampled_from(["before writing", "after writing", "before the bytes", "after the bytes", "in a suite"])
OUTCOMES = st.one_of(
    st.builds(Outcome, st.just(Fate.CONFIRMED), st.just(True), st.sampled_from([0.0, 45.0])),
    st.builds(Outcome, st.just(Fate.NOT_SENT), st.just(False), st.sampled_from([0.0, 45.0])),
    st.builds(Outcome, st.just(Fate.UNKNOWN), st.booleans(), st.sampled_from([0.0, 45.0])),
    st.builds(Outcome, st.none(), st.booleans()),
    st.just(Outcome(Fate.REFUSED, has_it=False)),
)
EDITIONS = st.sampled_from("123456789abcdef")
MEANT = ("gate gate1", "ConnectionResetError")
UNRESOLVED = (Standing.DUE, Standing.SENDING, Standing.CHECKING)


class Launch(RuleBasedStateMachine):
    """One launch, from its opening on."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        # In memory where there is such a place: an example syncs hundreds of times.
        memory = Path("/dev/shm")
        self.base = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None))
        self.world = World(self.base / "launch")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(published=st.booleans())
    def opens(self, published: bool) -> None:
        self.run(self.world.start())
        if published:
            self.it_is_published("b-1")

    # Time

    @rule(seconds=SECONDS)
    def time_goes_by(self, seconds: int) -> None:
        self.run(self.world.advance(seconds))

    @rule(by_s=JUMPS)
    def somebody_sets_the_clock(self, by_s: int) -> None:
        self.world.clock.step_wall(timedelta(seconds=by_s))

    @rule(seconds=SECONDS)
    def the_machine_is_suspended(self, seconds: int) -> None:
        self.world.clock.suspend(seconds)

    # Processes

    @rule()
    def the_engine_is_stopped_and_started(self) -> None:
        self.run(self.world.stop())
        self.run(self.world.restart_what_died())

    @rule(seconds=SECONDS)
    def the_engine_is_killed_and_started_later(self, seconds: int) -> None:
        self.run(self.world.crash())
        self.run(self.world.advance(seconds))
        self.run(self.world.restart_what_died())

    @rule(point=POINTS, times=st.integers(0, 3))
    def the_engine_will_die(self, point: str, times: int) -> None:
        self.world.dies_at = (point, times)

    @precondition(lambda self: self.world.life is None or self.world.life.over.is_set())
    @rule()
    def a_dead_engine_is_started_again(self) -> None:
        self.run(self.world.restart_what_died())

    # People

    @rule(minutes=st.integers(-100, 60), reason=st.sampled_from(["", "slipped"]))
    def t0_is_set(self, minutes: int, reason: str) -> None:
        at = self.world.clock.now() + timedelta(minutes=minutes)
        if self._asked(SetT0(at, reason)) == "done":
            assert self.world.state.t0 == at
            for post in owed(self.world.state, self.world.clock.now()):
                assert post.due is not None
                assert post.slot.is_event or post.due - at == post.slot.offset

    @rule()
    def t0_is_scrubbed(self) -> None:
        self._asked(ScrubT0("rain"))

    @rule(build_id=st.sampled_from(["b-1", " "]))
    def it_is_published(self, build_id: str) -> None:
        self._asked(TickStep("publish", {"build_id": build_id}))

    @rule(text=st.sampled_from(["a note", " "]))
    def a_note_is_made(self, text: str) -> None:
        self._asked(AddNote(text))

    @rule(slot=SLOTS)
    def a_post_is_held(self, slot: str) -> None:
        self._asked(HoldUpdate(self._now_called(slot), "wording"))

    @rule(slot=SLOTS)
    def a_post_is_released(self, slot: str) -> None:
        self._asked(ReleaseUpdate(self._now_called(slot)))

    @rule(slot=SLOTS)
    def a_post_is_wanted_now(self, slot: str) -> None:
        self._asked(PostNow(self._now_called(slot)))

    @rule()
    def a_post_that_failed_is_sent_again(self) -> None:
        failed = [one.slot for one in self.world.model.records.values() if one.stage is Stage.DEAD]
        self._asked(PostAgain(failed[0] if failed else "nothing", "mended"))

    @rule(slot=SLOTS)
    def a_post_is_sent_again(self, slot: str) -> None:
        self._asked(PostAgain(self._now_called(slot), "nobody saw it"))

    @rule(slot=SLOTS, text=st.sampled_from(["", "ada: it is slow"]))
    def a_post_is_remarked_on(self, slot: str, text: str) -> None:
        self._asked(RemarkOnUpdate(self._now_called(slot), text))

    @rule(text=st.sampled_from(["the queue grows", " "]))
    def an_incident_is_opened(self, text: str) -> None:
        self._asked(OpenIncident(text))

    @rule(number=st.integers(1, 2))
    def an_incident_is_noted(self, number: int) -> None:
        self._asked(NoteIncident(f"inc-{number}", "looking"))

    @rule(number=st.integers(1, 2))
    def an_incident_is_resolved(self, number: int) -> None:
        self._asked(ResolveIncident(f"inc-{number}", "fixed"))

    @rule(state=st.sampled_from(["green", "red", "unknown", "poll"]))
    def a_gate_is_stated(self, state: str) -> None:
        self._asked(StateGate("gate1", state, "seen it"))

    @rule(edition=EDITIONS)
    def the_playbook_is_amended(self, edition: str) -> None:
        if self._asked(AmendPlaybook(edition, "small.yaml")) == "done":
            assert self.world.state.playbook_sha256 == edition * 64

    @precondition(lambda self: self.world.has_posted and not self.world.model.closed)
    @rule(edition=EDITIONS)
    def the_playbook_is_amended_when_posts_were_sent(self, edition: str) -> None:
        """Not at once: while a post may be on its way it is refused."""
        self._hinders_nothing()
        self.run(self.world.advance(450))
        self.the_playbook_is_amended(edition)
        # Whoever forgot what was sent would send it now.
        self.run(self.world.advance(2 * SUITE_S + 4 * TICK_S))

    @rule()
    def somebody_agrees_with_the_clock(self) -> None:
        self._asked(AgreeWithClock())

    @precondition(lambda self: self.world.model.t0 is not None)
    @rule(sure=st.integers(0, 9))
    def the_launch_is_closed(self, sure: int) -> None:
        self._asked(CloseLaunch("enough" if sure == 0 else " "))

    # What surrounds it

    @rule(outcomes=st.lists(OUTCOMES, min_size=1, max_size=3))
    def the_channel_will_do(self, outcomes: list[Outcome]) -> None:
        self.world.plan = outcomes

    @rule(times=st.integers(1, 5))
    def look_ups_will_fail(self, times: int) -> None:
        self.world.look_ups_fail = times

    @rule(seconds=SECONDS)
    def the_disk_is_full_for_a_while(self, seconds: int) -> None:
        self.world.disk_fails = True
        self.run(self.world.advance(min(seconds, 600)))
        self.world.disk_fails = False

    @rule(does=st.sampled_from(["passes", "breaks", "refuses", "takes long"]))
    def suites_will(self, does: str) -> None:
        self.world.suite = does

    @rule(state=st.sampled_from(["green", "red", "unknown", "breaks"]))
    def the_gate_turns(self, state: str) -> None:
        self.world.gate = state

    @rule()
    def nothing_hinders_for_a_while(self) -> None:
        """Then everything that is due is resolved, or held with a reason."""
        world = self.world
        self._hinders_nothing()
        # Whatever hangs comes to its end: a suite that takes long, a post.
        self.run(world.advance(450))
        due_by = world.seen_now()
        self.run(world.advance(2 * SUITE_S + 4 * TICK_S))
        if world.state.closed:
            return
        for post in owed(world.state, world.clock.now()):
            if post.due is not None and post.due <= due_by:
                assert post.standing not in (*UNRESOLVED, Standing.SCHEDULED), post
                assert post.standing is not Standing.HELD or "build_id" in post.reason or "wording" in post.reason

    def _hinders_nothing(self) -> None:
        world = self.world
        world.gate = "red" if world.gate == "breaks" else world.gate
        world.suite, world.plan, world.look_ups_fail, world.disk_fails = "passes", [], 0, False
        self.run(world.restart_what_died())

    def _asked(self, request: Request | AmendPlaybook) -> str:
        before = self.world.acknowledged[-1].seq if self.world.acknowledged else 0
        became = self.run(self.world.ask(request))
        assert became != "failed" or self.world.disk_fails
        assert became != "done" or self.world.acknowledged[-1].seq > before
        return became

    def _now_called(self, slot: str) -> str:
        attempt = self.world.model.attempt
        return f"{slot}#{attempt}" if attempt > 1 else slot

    @invariant()
    def the_laws_hold(self) -> None:
        world = self.world
        assert world.broken_laws == [], "every post leaves when and as it may"
        times = Counter(slot for one in world.arrived for slot in one.stands_for)
        twice = [slot for slot, count in times.items() if count > 1 + world.wanted_again[slot]]
        assert twice == [], "no slot is in the channel twice, unless a person wants it"
        assert [
            text
            for text in world.trouble
            if "defect" in text and "gate1" not in text and "ConnectionReset" not in text
        ] == []
        if world.alive:
            self.run(settle())
        if world.alive:
            world.read()
            assert world.state == world.model, "the engine is the fold of its journal"
            assert world.life is not None
            assert world.life.running is not None
            assert not world.life.running.done() or world.model.closed, "the engine lives until the launch is closed"

    def teardown(self) -> None:
        world = self.world
        try:
            world.disk_fails = False
            self.run(world.restart_what_died())
            world.read()
            assert world.life is not None
            entries = list(world.life.journal.entries())
            assert fold(entries, begin(COURSE)) == world.model
            on_disk = {entry.seq: entry for entry in entries}
            for entry in (*world.acknowledged, *world.told):
                assert on_disk[entry.seq] == entry
            self.run(world.stop())
            heads = [one.delivery.rpartition("journal ")[2] for one in world.arrived]
            report = audit(world.folder, heads)
            assert report.problems == ()
            assert report.heads_checked == len(heads)
        finally:
            self.run(world.crash())
            self.run(cancel_the_rest())
            self.loop.close()
            shutil.rmtree(self.base)


@pytest.mark.timeout(120 + EXAMPLES)
def test_whatever_happens_in_whatever_order_the_laws_hold() -> None:
    hold_the_laws(Launch, 60, STEPS)
