"""The state machine of a trigger: pure, fed with one observation per slot.

| # | rule |
|---|---|
| 1 | the first true makes it `pending` |
| 2 | missing neither resets nor confirms; it counts against coverage |
| 3 | false resets a pending one |
| 4 | it fires on a true, when it was pending for `hold`, with coverage over that time and enough volume |
| 5 | without data for longer than `max_gap` it is blind, said once |
| 6 | it resolves on data alone: false for `clear`, with the same coverage, in at least two slots |
| 7 | one that latches stays `latched` then until a person resumes |
| 8 | one activation has one number; a breach while it resolves, or while it is latched, belongs to the same |

A slot is one evaluation interval. Where the same sample is the newest in several of them, because its source is
looked at less often, say, the first of them decides: in the others it shows that there are data and confirms nothing.

Whoever asks passes the time of the slot, not of the tick that came a little later
(`slot_at`): then `hold: 5m` fires at five minutes exactly, and `> 5m` one slot after. Slots without an observation,
because the process was down, say, are missing ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from warroom.clock import stamp
from warroom.slo.reading import MIN_COVERAGE
from warroom.units import Json, format_duration, parse_duration

GAP_SLOTS: Final = 3


class Stage(StrEnum):
    """Where a trigger stands."""

    IDLE = "idle"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVING = "resolving"
    LATCHED = "latched"


class Change(StrEnum):
    """What a transition is; `trigger.` and this is its kind in the journal.

    `reset`: what was under way is off. A pending trigger is idle again; one that resolved, or was latched, fires on.
    """

    PENDING = "pending"
    FIRED = "fired"
    RESOLVING = "resolving"
    RESOLVED = "resolved"
    RESET = "reset"
    BLIND = "blind"
    SIGHTED = "sighted"
    LATCHED = "latched"


@dataclass(frozen=True, slots=True)
class Hold:
    """How long a condition has to hold. `strict`: longer than that (`> 5m`)."""

    span: timedelta = timedelta()
    strict: bool = False

    def is_reached(self, held: timedelta) -> bool:
        """Whether `held` is long enough."""
        return held > self.span if self.strict else held >= self.span


def parse_hold(text: str) -> Hold:
    """`0s`, `5m`, `> 5m`. Raises ValueError with a sentence for the author of the playbook."""
    word = text.strip()
    strict = word.startswith(">")
    return Hold(parse_duration(word.removeprefix(">")), strict)


@dataclass(frozen=True, slots=True)
class Rule:
    """How a trigger decides. `every` is the length of a slot.

    `clear` is how long the condition has to be false; None: as long as `hold`. `min_volume` is how many events an
    observation has to rest on (0: any). `max_gap` None: three slots. `latches`: a person ends it.
    """

    every: timedelta
    hold: Hold = field(default_factory=Hold)
    clear: timedelta | None = None
    min_volume: float = 0.0
    min_coverage: float = MIN_COVERAGE
    max_gap: timedelta | None = None
    latches: bool = False

    def __post_init__(self) -> None:
        if self.every <= timedelta():
            raise ValueError("a slot has a length")

    @property
    def clear_for(self) -> timedelta:
        """How long it has to be false: `clear` or `hold`, and at least from one slot to the next."""
        return max(self.hold.span if self.clear is None else self.clear, self.every)

    @property
    def gap(self) -> timedelta:
        """How long it may go without data before it is blind."""
        return GAP_SLOTS * self.every if self.max_gap is None else self.max_gap

    def slots_in(self, span: timedelta) -> int:
        """How many slots lie in `span`, both ends counted; 21 for five minutes of 15 s."""
        return math.ceil(span / self.every) + 1


@dataclass(frozen=True, slots=True)
class Observation:
    """What was found in one slot: the condition holds, does not, or is missing (None). `volume` is how many events it
    rests on, None where nobody counts them. `reason` says it in words, `value` is what was measured. `filling`: it is
    missing only because it is too early, as the window is not full or the baseline not due yet; that makes nobody
    blind. `sample` tells the newest sample that it rests on from others, None where it rests on none."""

    at: datetime
    truth: bool | None
    volume: float | None = None
    value: float | None = None
    reason: str = ""
    filling: bool = False
    sample: float | None = None


@dataclass(frozen=True, slots=True)
class TriggerState:
    """Where a trigger stands after some observations.

    `since` is when its stage began: the first true of a pending one, the first false of one that resolves. `number`
    counts its activations, `fired_at` is when the newest of them fired. `last` is the newest slot, `heard` the newest
    with data, or with one that was too early (or the first of all). `seen` tells which slots had data since the stage
    began: bit 0 is `last`, bit 1 the slot before. `declared`: a person said so, and only a person ends it. `sample`
    is the one that was counted last.
    """

    stage: Stage = Stage.IDLE
    number: int = 0
    since: datetime | None = None
    fired_at: datetime | None = None
    seen: int = 0
    last: datetime | None = None
    heard: datetime | None = None
    blind: bool = False
    declared: bool = False
    sample: float | None = None

    @property
    def is_active(self) -> bool:
        """Whether it has fired and a resolution is still to come."""
        return self.stage in (Stage.FIRING, Stage.RESOLVING, Stage.LATCHED)

    @property
    def shown(self) -> str:
        """The stage for people; `blind` where nothing else is known about it. One that fires is never hidden."""
        return "blind" if self.blind and not self.is_active else self.stage.value


@dataclass(frozen=True, slots=True)
class Transition:
    """A change to be journaled, and the state after it. `number` is the activation that it belongs to; that of a
    pending trigger is the one it would begin."""

    change: Change
    at: datetime
    number: int
    state: TriggerState
    value: float | None = None
    reason: str = ""


Stepped = tuple[TriggerState, tuple[Transition, ...]]

_INSTANTS: Final = ("since", "fired_at", "last", "heard")


def memo_of(state: TriggerState) -> dict[str, Json]:
    """The state as JSON, to be journaled with a transition (or with a roll-up, for one that is not idle)."""
    memo: dict[str, Json] = {name: stamp(at) if (at := getattr(state, name)) else None for name in _INSTANTS}
    return memo | {
        "stage": state.stage.value,
        "number": state.number,
        "seen": f"{state.seen:x}",
        "blind": state.blind,
        "declared": state.declared,
        "sample": state.sample,
    }


def state_from(memo: Mapping[str, Json]) -> TriggerState:
    """The state that `memo_of` wrote. What has passed since counts as missing, as soon as the next slot is observed.

    Raises KeyError or ValueError for something else.
    """
    instants = {name: datetime.fromisoformat(str(memo[name])) if memo[name] else None for name in _INSTANTS}
    return TriggerState(
        stage=Stage(str(memo["stage"])),
        number=int(str(memo["number"])),
        seen=int(str(memo["seen"]), 16),
        blind=memo["blind"] is True,
        declared=memo["declared"] is True,
        sample=None if memo["sample"] is None else float(str(memo["sample"])),
        **instants,
    )


def slot_at(now: datetime, every: timedelta) -> datetime:
    """When the slot began that `now` lies in, UTC. Slots lie on a grid of their own, whenever a process started."""
    return datetime.fromtimestamp(now.timestamp() // every.total_seconds() * every.total_seconds(), UTC)


def step(rule: Rule, state: TriggerState, found: Observation) -> Stepped:
    """The state after an observation, and what changed, in order. A time before the newest slot is a clock that was
    set back: what was held so far stays held."""
    truth, reason = judged(rule, found)
    state = _moved(rule, state, found, truth is not None)
    if truth is None:
        return _missing(rule, state, replace(found, reason=reason))
    is_counted = found.sample is not None and found.sample == state.sample
    was_blind, state = state.blind, replace(state, blind=False, sample=found.sample)
    sighted = (_changed(Change.SIGHTED, state, found),) if was_blind else ()
    if is_counted:
        return state, sighted
    state, more = _decide(rule, state, found, truth)
    return state, (*sighted, *more)


def judged(rule: Rule, found: Observation) -> tuple[bool | None, str]:
    """The truth of an observation, missing (None) where it rests on too few events; and the reason."""
    if found.truth is None or not rule.min_volume:
        return found.truth, found.reason
    if found.volume is None:
        return None, f"nobody counts the events, {rule.min_volume:g} are needed"
    if found.volume < rule.min_volume:
        return None, f"{found.volume:.4g} events in the window, {rule.min_volume:g} are needed"
    return found.truth, found.reason


def resume(state: TriggerState, at: datetime, reason: str = "", *, is_judged: bool = True) -> Stepped:
    """A person ends it: one that is latched, or one that a person declared, and any that has fired while none is
    judged. Nothing changes for any other: what still fires would fire again at once."""
    if state.stage is not Stage.LATCHED and not state.declared and (is_judged or not state.is_active):
        return state, ()
    ended = replace(state, stage=Stage.IDLE, since=None, seen=0, declared=False)
    return ended, (Transition(Change.RESOLVED, at, state.number, ended, reason=reason),)


def declare(state: TriggerState, at: datetime, reason: str) -> Stepped:
    """A person says that it is so: it fires at once, and no data end it. One that fires already stays as it is."""
    if state.is_active:
        return state, ()
    return _fired(replace(state, declared=True), Observation(at, True, reason=reason))


def call_off(state: TriggerState, at: datetime, reason: str) -> Stepped:
    """It is judged no more: one that is pending is idle again, and nothing changes for any other."""
    if state.stage is not Stage.PENDING:
        return state, ()
    return _calm(state, Observation(at, None, reason=reason))


def fires_at(rule: Rule, state: TriggerState) -> datetime | None:
    """The earliest slot in which a pending trigger can fire; None for one that is not pending."""
    if state.stage is not Stage.PENDING or state.since is None:
        return None
    slots = rule.slots_in(rule.hold.span) - 1
    if rule.hold.strict and slots * rule.every == rule.hold.span:
        slots += 1
    return state.since + slots * rule.every


def coverage(rule: Rule, state: TriggerState, span: timedelta) -> float:
    """The share of the slots in the newest `span` that had data since the stage began; 0..1."""
    slots = rule.slots_in(span)
    return (state.seen & ((1 << slots) - 1)).bit_count() / slots


def _moved(rule: Rule, state: TriggerState, found: Observation, has_data: bool) -> TriggerState:
    """The state as it stands in the slot of `found`, before what was found there decides anything."""
    at = found.at
    if state.last is None:
        return replace(state, last=at, heard=at, seen=int(has_data))
    if at < state.last:
        back = at - (state.last + rule.every)
        times = {name: time + back for name in ("since", "heard", "last") if (time := getattr(state, name))}
        state = replace(state, **times)
    assert state.last is not None
    slots = round((at - state.last) / rule.every)
    needed = rule.slots_in(max(rule.hold.span, rule.clear_for))
    kept = (state.seen << slots) & ((1 << needed) - 1) if slots < needed else 0
    return replace(state, last=at, heard=at if has_data or found.filling else state.heard, seen=kept | has_data)


def _missing(rule: Rule, state: TriggerState, found: Observation) -> Stepped:
    assert state.heard is not None
    if state.blind or found.at - state.heard <= rule.gap:
        return state, ()
    state = replace(state, blind=True)
    reason = f"no data for longer than {format_duration(rule.gap)}: {found.reason or 'nothing was measured'}"
    return state, (_changed(Change.BLIND, state, replace(found, reason=reason)),)


def _decide(rule: Rule, state: TriggerState, found: Observation, truth: bool) -> Stepped:
    """What a slot with data changes."""
    if state.declared:
        return state, ()
    if not state.is_active:
        return _rising(rule, state, found) if truth else _calm(state, found)
    if truth:
        return _again(state, found)
    if state.stage is Stage.LATCHED:
        return state, ()
    if state.stage is Stage.FIRING:
        state = replace(state, stage=Stage.RESOLVING, since=found.at, seen=1)
        return state, (_changed(Change.RESOLVING, state, found),)
    return _clearing(rule, state, found)


def _rising(rule: Rule, state: TriggerState, found: Observation) -> Stepped:
    changes: tuple[Transition, ...] = ()
    if state.stage is Stage.IDLE:
        state = replace(state, stage=Stage.PENDING, since=found.at, seen=1)
        changes = (_changed(Change.PENDING, state, found),)
    assert state.since is not None
    if not rule.hold.is_reached(found.at - state.since) or coverage(rule, state, rule.hold.span) < rule.min_coverage:
        return state, changes
    state, fired = _fired(state, found)
    return state, fired


def _calm(state: TriggerState, found: Observation) -> Stepped:
    if state.stage is Stage.IDLE:
        return state, ()
    number = state.number + 1
    state = replace(state, stage=Stage.IDLE, since=None, seen=0)
    return state, (Transition(Change.RESET, found.at, number, state, found.value, found.reason),)


def _fired(state: TriggerState, found: Observation) -> Stepped:
    state = replace(state, stage=Stage.FIRING, number=state.number + 1, since=found.at, fired_at=found.at, seen=1)
    return state, (_changed(Change.FIRED, state, found),)


def _again(state: TriggerState, found: Observation) -> Stepped:
    if state.stage is Stage.FIRING:
        return state, ()
    state = replace(state, stage=Stage.FIRING, since=state.fired_at, seen=1)
    return state, (_changed(Change.RESET, state, found),)


def _clearing(rule: Rule, state: TriggerState, found: Observation) -> Stepped:
    assert state.since is not None
    if found.at - state.since < rule.clear_for or coverage(rule, state, rule.clear_for) < rule.min_coverage:
        return state, ()
    if rule.latches:
        state = replace(state, stage=Stage.LATCHED, since=found.at, seen=0)
        return state, (_changed(Change.LATCHED, state, found),)
    state = replace(state, stage=Stage.IDLE, since=None, seen=0)
    return state, (_changed(Change.RESOLVED, state, found),)


def _changed(change: Change, state: TriggerState, found: Observation) -> Transition:
    number = state.number + 1 if state.stage is Stage.PENDING else state.number
    return Transition(change, found.at, number, state, found.value, found.reason)
