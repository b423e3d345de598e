"""Looks at the sources of signals, judges signals and triggers slot by slot, and journals what changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from warroom.clock import Clock, SteadyClock
from warroom.engine.baseline_watch import BaselineWatch
from warroom.engine.contained_source import ContainedSource
from warroom.engine.live import Live, SignalLive
from warroom.engine.ports import SamplesPort
from warroom.engine.signal_samples import SignalSamples
from warroom.launch.entries import Draft, Entry
from warroom.launch.levers import lever_standing
from warroom.launch.observing import LOOKS, Context, baselines_of, rule_of
from warroom.launch.signal_asking import change_body
from warroom.launch.signal_memory import SignalMemory, Slice
from warroom.launch.signal_round import Found, SignalRound
from warroom.launch.signals import CALLED_OFF, QUIET, Given, moved
from warroom.launch.state import LaunchState, believed, phases_in_time
from warroom.launch.trigger_watch import TriggerWatch
from warroom.playbook.signals import SignalPlan, TriggerPlan, Watched
from warroom.slo.budget import Budget
from warroom.slo.conditions import TREND_OVER
from warroom.slo.levels import Level
from warroom.slo.manual import ManualSource
from warroom.slo.query import SignalSource
from warroom.slo.stopwatch import StopwatchSource
from warroom.slo.trend import Trend, trend_of
from warroom.slo.trigger import Observation, Stage, Transition, TriggerState, memo_of, slot_at

SLOWEST_S: Final = 5.0
FASTEST_S: Final = 1.0
"""Everything is judged as often as its fastest source is looked at, within these bounds; what comes by itself, from a
probe or from people, makes nothing faster."""

_LOOKED: Final = ("metrics", "prometheus", "http_json", "command", "log")
_LEAD_S: Final = 1.0
_MINUTE: Final = timedelta(minutes=1)
_JITTER: Final = timedelta(seconds=0.5)
_BAD: Final = (Level.YELLOW, Level.RED)


Owed = Callable[[timedelta], Draft]
"""Something for the journal, by how far the wall clock is ahead of the one that nobody sets."""


class SignalWatch:
    """`steady` is the clock of the sources. What was found is owed to the journal until it is `written`."""

    def __init__(
        self,
        watched: Watched,
        sources: Mapping[str, SignalSource],
        wall: Clock,
        steady: SteadyClock,
        samples: SamplesPort,
        redact: Callable[[str], str],
    ) -> None:
        self._watched = watched
        self._sources = sources
        self._readable = {name: ContainedSource(source, redact) for name, source in sources.items()}
        self._wall = wall
        self._clock = steady
        looked = [
            sources[name].every_s for name, one in watched.sources.items() if one.kind in _LOOKED and name in sources
        ]
        fastest = min(looked, default=SLOWEST_S)
        self.every: Final = timedelta(seconds=min(max(fastest, FASTEST_S), SLOWEST_S))
        self._memory = SignalMemory(watched)
        self._triggers = TriggerWatch(self.every)
        self._samples = SignalSamples(samples, wall, steady)
        self._began = steady.now()
        self._slot = slot_at(self._began, self.every)
        self._ahead = timedelta()
        self._looked: dict[str, int] = {}
        self._heard: set[str] = set()
        self._owed: list[Owed] = []
        self._levels: dict[str, Level] = {}
        self._breaches: dict[str, datetime] = {}
        self._warned: dict[str, tuple[int, datetime, Level]] = {}
        self._baselines = BaselineWatch()
        self._given: dict[str, int] = {}
        self._found: dict[str, Found] = {}
        self._good: dict[str, datetime] = {}
        self._trends: dict[str, Trend] = {}
        self._budgets: dict[str, Budget] = {}
        self._waiting: dict[str, str] = {}

    # Looking

    def due(self) -> Iterator[str]:
        """The sources that are to be looked at now. They are looked at shortly before a slot begins."""
        return (name for name, source in self._sources.items() if self._place(source) != self._looked.get(name))

    async def look(self, name: str) -> None:
        """Looks at a source once."""
        source = self._sources[name]
        self._looked[name] = self._place(source)
        await source.look()
        self._heard.add(name)
        self._samples.of_source(name, source)

    def next_s(self) -> float | None:
        """Seconds until there is something to look at or to judge, above 0; None where nothing is watched."""
        if not self._sources and not self._watched.triggers:
            return None
        now = self._clock.now().timestamp()
        waits = [source.every_s - (now + _lead_s(source)) % source.every_s for source in self._sources.values()]
        return min([*waits, self.every.total_seconds() - now % self.every.total_seconds()])

    def _place(self, source: SignalSource) -> int:
        return int((self._clock.now().timestamp() + _lead_s(source)) // source.every_s)

    # Judging

    def remember(self, entry: Entry) -> None:
        """An entry that was there before this process: what of it signals are judged by."""
        if entry.kind == "clock.step":
            self._memory.shift(timedelta(seconds=entry.body["by_s"]))
        elif entry.kind == "signals.rollup":
            for name, found in entry.body["values"].items():
                self._memory.add(name, entry.at, found.get("value"))
                self._memory.add_minute(name, entry.at, found.get("value"))
            for name, spent in entry.body.get("slices", {}).items():
                span = timedelta(seconds=spent["span_s"])
                at = datetime.fromisoformat(entry.body["at"])
                self._memory.spend(name, Slice(at, span, spent["bad"], spent["total"]))

    @property
    def has_samples(self) -> bool:
        """Whether there is something to `keep`."""
        return self._samples.is_waiting

    async def keep(self) -> None:
        """Puts what was found on the disk, for another process. Raises WarroomError; then that is lost."""
        await self._samples.write()

    async def restore(self, state: LaunchState) -> str:
        """Goes on from what the journal says, when all of it was remembered, and from what an earlier process kept;
        what is wrong with that as a sentence, empty for nothing."""
        self._set_ahead()
        self.take_over(state)
        for known in state.signals.values():
            if not known.is_former:
                self._levels[known.id] = known.level
            if known.warned_at:
                self._warned[known.id] = known.warnings, known.warned_at - self._ahead, known.level
            is_told = known.warnings > known.recovered and known.level is not Level.GREEN
            if is_told or known.level in _BAD:
                # People were told of a breach that goes on, or will be when they may be.
                began = min(known.since, known.warned_at or known.since) if is_told else known.since
                self._breaches[known.id] = began - self._ahead
        return await self._samples.restore(self._sources, self._memory, self._triggers)

    def observe(self, state: LaunchState, levers_read_at: Mapping[str, datetime]) -> None:
        """Judges everything, where a new slot has begun. `levers_read_at` is when the levers were read last."""
        now = self._clock.now()
        slot, before = slot_at(now, self.every), self._slot
        if slot <= before:
            return
        self._slot = slot
        self._trends.clear()
        self._set_ahead()
        self.take_over(state)
        began = self._begun(state)
        self._take_given(state)
        self._capture(state)
        wall = self._wall.now()
        watched = self._watched.during(phases_in_time(state, wall))
        context = Context(watched, now, self.every, baselines_of(state, wall), self._memory.histories)
        levers = partial(_lever, state, levers_read_at, wall)
        looked = SignalRound(context, self._readable, self._memory, levers, began)
        for plan in watched.signals.values():
            if self._is_heard(plan.source, now):
                self._judge(plan, looked, is_told=began is not None)
        is_minute = slot_at(slot, _MINUTE) > slot_at(before, _MINUTE)
        slices = self._slices(looked) if is_minute else {}
        self._decide(context, looked, slot, has_begun=began is not None)
        self._samples.of_slot({name: found.reading.value for name, found in self._found.items()}, self._busy())
        if is_minute:
            self._roll_up(looked, began, now, slices)

    def take_over(self, state: LaunchState) -> None:
        """Where people have put triggers is where they stand, before anything is judged again."""
        self._triggers.take_over(state.triggers.values(), self._ahead)

    def live(self) -> Live:
        """Everything as it was judged last."""
        ahead = self._ahead
        signals = {name: self._signal(name, found, ahead) for name, found in self._found.items()}
        triggers = {name: moved(state, ahead) for name, state in self._triggers.states.items()}
        return Live(self.every, signals, triggers, self._budgets, self._waiting)

    def _signal(self, name: str, found: Found, ahead: timedelta) -> SignalLive:
        if name not in self._trends:
            # Whoever looks often does not need it more often than it can change.
            self._trends[name] = trend_of(self._memory.histories[name], TREND_OVER, self._clock.now())
        at, minutes = self._good.get(name), self._memory.minutes(name)
        seen = at + ahead if at else None
        return SignalLive(found.reading, found.judged, seen, found.splits, tuple(minutes), self._trends[name])

    def drafts(self) -> Sequence[Draft]:
        """What is owed to the journal, in order."""
        self._set_ahead()
        return [owed(self._ahead) for owed in self._owed]

    def written(self, count: int) -> None:
        """The first `count` of what is owed are on disk."""
        del self._owed[:count]

    def _set_ahead(self) -> None:
        ahead = self._wall.now() - self._clock.now()
        if abs(ahead - self._ahead) > _JITTER:
            self._ahead = ahead

    def _begun(self, state: LaunchState) -> datetime | None:
        """T0, once it is there."""
        if state.t0 is None or believed(state, self._wall.now()) < state.t0:
            return None
        return state.t0 - self._ahead

    def _is_heard(self, source: str, now: datetime) -> bool:
        """Whether a source was looked at, or had the time for it: before that there is nothing to be said."""
        patience = LOOKS * max(self.every, timedelta(seconds=self._sources[source].every_s))
        return source in self._heard or now - self._began > patience

    def _judge(self, plan: SignalPlan, looked: SignalRound, *, is_told: bool) -> None:
        found = self._found[plan.id] = looked.found(plan)
        level, now = found.judged.level, self._clock.now()
        if found.reading.is_known:
            self._good[plan.id] = now
        if level is not self._levels.get(plan.id):
            self._levels[plan.id] = level
            self._owe_body("signal.level", {"signal": plan.id, "level": level.value, **_measured(found)})
        if level in _BAD:
            self._breaches.setdefault(plan.id, now)
            if is_told:
                self._warn(plan, found, now)
        elif level is not Level.UNKNOWN:
            self._recover(plan, found)

    def _warn(self, plan: SignalPlan, found: Found, now: datetime) -> None:
        """People are told of a breach once, and not so soon after the last one; but at once where it becomes RED."""
        number, at, level = self._warned.get(plan.id, (0, None, None))
        is_graver = found.judged.level is Level.RED and level is Level.YELLOW
        if at is not None and not is_graver and (at >= self._breaches[plan.id] or now - at < QUIET):
            return
        self._warned[plan.id] = number + 1, now, found.judged.level
        body = {"signal": plan.id, "number": number + 1, "level": found.judged.level.value, **_measured(found)}
        self._owe_body("signal.warned", body)

    def _recover(self, plan: SignalPlan, found: Found) -> None:
        """People who were told of a breach are told that it is over."""
        began = self._breaches.pop(plan.id, None)
        number, at, _ = self._warned.get(plan.id, (0, None, None))
        if began is not None and at is not None and at >= began:
            self._owe_body("signal.recovered", {"signal": plan.id, "number": number, **_measured(found)})

    def _decide(self, context: Context, looked: SignalRound, slot: datetime, *, has_begun: bool) -> None:
        """What triggers change. Where T0 was moved ahead, or taken back, what has fired goes on to its end."""
        for plan in self._watched.triggers.values():
            signal = self._watched.signals.get(plan.signal)
            if plan.declared or (signal and not self._is_heard(signal.source, context.now)):
                continue
            if has_begun or (self._triggers.is_active(plan) and not plan.slo):
                changes = self._judged(context, looked, plan, slot)
            else:
                self._waiting.pop(plan.id, None)
                changes = self._triggers.call_off(plan, slot, CALLED_OFF)
            for change in changes:
                self._owe(plan, change)

    def _judged(
        self, context: Context, looked: SignalRound, plan: TriggerPlan, slot: datetime
    ) -> tuple[Transition, ...]:
        rule, found = rule_of(context, plan), looked.observation(plan, slot)
        self._waiting[plan.id] = found.reason if found.truth is None and found.filling else ""
        changes = self._triggers.step(plan, rule, found)
        if self._triggers.is_to_resume(plan):
            changes += self._triggers.resume_by(plan, rule, looked.observation(plan, slot, to_resume=True))
        return changes

    def _owe(self, plan: TriggerPlan, change: Transition) -> None:
        def draft(ahead: timedelta) -> Draft:
            seen = replace(change, at=change.at + ahead, state=moved(change.state, ahead))
            return Draft(f"trigger.{change.change.value}", change_body(plan, seen))

        self._owed.append(draft)

    # Over time

    def _capture(self, state: LaunchState) -> None:
        """Baselines whose time has come."""
        for due in self._baselines.due(state, believed(state, self._wall.now())):
            body = due.body(self._memory.histories[due.plan.signal], self.every, self._ahead)
            self._owe_body("baseline.captured", body)

    def _owe_body(self, kind: str, body: dict[str, Any]) -> None:
        self._owed.append(lambda _: Draft(kind, body))

    def _take_given(self, state: LaunchState) -> None:
        """What people have said of signals reaches its source."""
        for name, said in state.given.items():
            plan = self._watched.signals.get(name)
            if plan and said.number > self._given.get(name, 0):
                self._given[name] = said.number
                _hand_over(self._sources.get(plan.source), name, said, self._ahead)

    def _roll_up(self, looked: SignalRound, began: datetime | None, now: datetime, slices: dict[str, Any]) -> None:
        """One entry a minute, of everything."""
        values = {}
        for name, found in self._found.items():
            self._memory.add_minute(name, now, found.reading.value)
            values[name] = {"level": found.judged.level.value, **_measured(found)}
        if began is not None:
            self._budgets = {slo.id: left for slo in self._watched.slos.values() if (left := looked.budget(slo))}
        busy = self._busy()
        if not (values or self._waiting):
            return
        body, budgets = {"values": values, "slices": slices, "looks": dict(self._waiting)}, self._budgets
        self._owed.append(lambda ahead: _rolled_up(body, now, budgets, busy, ahead))

    def _busy(self) -> dict[str, TriggerState]:
        return {name: state for name, state in self._triggers.states.items() if state.stage is not Stage.IDLE}

    def _slices(self, looked: SignalRound) -> dict[str, dict[str, float]]:
        """What goes into the error budgets; slices overlap by no more than one tick comes sooner than another."""
        found = {}
        for slo in self._watched.slos.values():
            spent = looked.slice(slo)
            newest = self._memory.newest(slo.id)
            if spent is None or (newest is not None and spent.at - newest < spent.span - _JITTER):
                continue
            self._memory.spend(slo.id, spent)
            found[slo.id] = {"span_s": spent.span.total_seconds(), "bad": spent.bad, "total": spent.total}
        return found


def _lever(
    state: LaunchState, read_at: Mapping[str, datetime], now: datetime, lever: str, slot: datetime
) -> Observation:
    """Whether a lever is not as it should be now."""
    standing = lever_standing(state, state.course.levers[lever], read_at.get(lever), now)
    truth = None if standing.as_expected is None else not standing.as_expected
    wanted = "as it should be" if standing.as_expected else f"it should be {standing.expected}"
    said = f"{lever} is {standing.actual}, {wanted}"
    return Observation(slot, truth, reason=standing.reason if truth is None else said)


def _hand_over(source: SignalSource | None, name: str, said: Given, ahead: timedelta) -> None:
    if isinstance(source, ManualSource) and said.value is not None:
        source.enter(name, said.value, said.by, said.at - ahead)
    elif isinstance(source, StopwatchSource):
        source.start(name, said.by, said.at - ahead)
        if said.stopped_at:
            source.stop(name, said.by, said.stopped_at - ahead)


def _lead_s(source: SignalSource) -> float:
    return min(_LEAD_S, source.every_s / 2)


def _measured(found: Found) -> dict[str, Any]:
    reading = found.reading
    numbers = {"value": reading.value, "low": reading.low, "high": reading.high, "n": reading.n}
    known = {name: number for name, number in numbers.items() if number is not None}
    return {**known, "reason": found.judged.reason, **({"filling": True} if found.judged.filling else {})}


def _rolled_up(
    body: Mapping[str, Any],
    now: datetime,
    budgets: Mapping[str, Budget],
    triggers: Mapping[str, TriggerState],
    ahead: timedelta,
) -> Draft:
    left = {
        name: {
            "left": one.left,
            "burn": one.burn,
            "exhausted_at": (one.exhausted_at + ahead).isoformat() if one.exhausted_at else None,
            "coverage": one.coverage,
        }
        for name, one in budgets.items()
    }
    memos = {name: memo_of(moved(state, ahead)) for name, state in triggers.items()}
    extra = {"at": (now + ahead).isoformat(), "budgets": left, "triggers": memos}
    return Draft("signals.rollup", {**body, **{key: value for key, value in extra.items() if value}})
