"""How entries about signals, triggers and baselines change the state of their launch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from warroom.launch.entries import Body, Entry, instant
from warroom.launch.happenings import CRITICAL, WARNING, Happening
from warroom.launch.record_folding import Apply
from warroom.launch.signals import (
    QUIET,
    Acknowledged,
    BaselineKnown,
    BudgetKnown,
    Given,
    SignalKnown,
    TriggerKnown,
    TriggerLook,
    activation,
    moved,
)
from warroom.launch.state import LaunchState, believed
from warroom.slo.baseline import Baseline
from warroom.slo.budget import Budget
from warroom.slo.levels import Level
from warroom.slo.trigger import TriggerState, state_from

_SEVERITY: Final = {"pause": CRITICAL, "rollback": CRITICAL}
_LATER: Final = ("trigger.fired", "trigger.blind")
"""What people are told later where they want to hear nothing now."""


def _level(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    known, level = state.signals.get(body["signal"]), Level(body["level"])
    fresh = known or SignalKnown(body["signal"], level, entry.at, entry.at)
    since = fresh.since if fresh.level is level else entry.at
    return _with_signal(state, _measured(state, replace(fresh, level=level, since=since), entry, body))


def _rollup(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    signals = dict(state.signals)
    for name, found in body["values"].items():
        known = signals.get(name) or SignalKnown(name, Level(found["level"]), entry.at, entry.at)
        signals[name] = _measured(state, known, entry, found)
    state = replace(state, signals=signals)
    for name, memo in body.get("triggers", {}).items():
        state = _as_remembered(state, name, state_from(memo))
    budgets = {name: BudgetKnown(entry.at, _budget(left)) for name, left in body.get("budgets", {}).items()}
    looks = {name: TriggerLook(entry.at, waits) for name, waits in body.get("looks", {}).items()}
    return replace(state, budgets={**state.budgets, **budgets}, looks={**state.looks, **looks})


def _as_remembered(state: LaunchState, name: str, memo: TriggerState) -> LaunchState:
    """Which slots a trigger has seen; unless a person put it into another state meanwhile."""
    known = state.triggers.get(name)
    is_same = known is not None and (known.state.stage, known.state.number) == (memo.stage, memo.number)
    return _with_trigger(state, replace(known, state=memo)) if known and is_same else state


def _budget(left: Body) -> Budget:
    return Budget(left["left"], left["burn"], _instant(left["exhausted_at"]), left["coverage"])


def _measured(state: LaunchState, known: SignalKnown, entry: Entry, found: Body) -> SignalKnown:
    value, low, high, n = (found.get(name) for name in ("value", "low", "high", "n"))
    reason, filling = found.get("reason", ""), found.get("filling", False)
    was_judged = known.was_judged or known.level is not Level.UNKNOWN
    before = None if known.is_former else known.measured_at
    return replace(
        known,
        at=entry.at,
        measured_at=before if value is None else entry.at,
        value=value,
        low=low,
        high=high,
        n=n,
        reason=reason,
        filling=filling,
        was_judged=was_judged,
        # What the engine of before finds meanwhile is by its own playbook.
        is_former=known.is_former and state.is_handed_over,
    )


def _warned(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    known = replace(state.signals[body["signal"]], warnings=body["number"], warned_at=entry.at)
    about = activation(known.id, known.warnings)
    told = Happening("signal.warn", known.id, about, believed(state, entry.at), WARNING)
    return replace(_with_signal(state, known), happenings=(*state.happenings, told))


def _back(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """Who was told of a breach is told once that it is over."""
    known = state.signals[body["signal"]]
    if known.recovered >= body["number"]:
        return state
    told = Happening(
        "signal.recovered", known.id, activation(known.id, body["number"]), believed(state, entry.at), WARNING
    )
    known = replace(known, recovered=body["number"])
    return replace(_with_signal(state, known), happenings=(*state.happenings, told))


def _with_signal(state: LaunchState, known: SignalKnown) -> LaunchState:
    return replace(state, signals={**state.signals, known.id: known})


def _captured(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """A person who captures nothing that can be compared with takes nothing away: neither what was captured before,
    nor the capture that is still due."""
    over, at = timedelta(seconds=body["over_s"]), _instant(body["at"])
    baseline = Baseline(body["baseline"], body["value"], over, body["n"], at, body.get("reason", ""))
    known = BaselineKnown(baseline, _instant(body.get("t0")), body.get("by", ""))
    before = state.baselines.get(baseline.id)
    if known.by and baseline.problem and before:
        known = replace(before, asked="", baseline=baseline if before.baseline.problem else before.baseline)
    return replace(state, baselines={**state.baselines, baseline.id: known})


def _asked(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """A person wants a baseline captured; until it is, the one before stands."""
    name = body["baseline"]
    before = state.baselines.get(name, BaselineKnown(Baseline(name, None)))
    asked = replace(before, asked=body["by"], asked_number=entry.seq)
    return replace(state, baselines={**state.baselines, name: asked})


def _given(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    at, before = instant(body["at"]), state.given.get(body["signal"])
    said = Given(body["by"], at, body.get("value"), number=entry.seq)
    if body.get("mark") == "stop" and before:
        said = replace(before, by=body["by"], stopped_at=at, number=entry.seq)
    return replace(state, given={**state.given, body["signal"]: said})


def _changed(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """A trigger is in another state; one that a person put there is `changed` by this entry."""
    before = state.triggers.get(body["trigger"], TriggerKnown(body["trigger"]))
    after = state_from(body["state"])
    is_new = after.number != before.state.number
    known = replace(
        before,
        state=after,
        at=entry.at,
        value=body.get("value"),
        reason=body.get("reason", ""),
        changed=entry.seq if body.get("by") else before.changed,
        acked=before.acked if after.is_active and not is_new else None,
    )
    return _with_trigger(state, known)


def _fired(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """Who does not want to hear of it is told when the snooze is over, if it fires still."""
    after = _changed(state, entry, body)
    known, at = after.triggers[body["trigger"]], believed(state, entry.at)
    halts = body.get("severity") in _SEVERITY and body.get("mode") != "shadow"
    known = replace(known, fired_for=known.reason, halted=known.halted or halts)
    after = _with_trigger(after, known)
    return _told(after, "trigger.fired", known, at, body, _snoozed_until(known, entry, at))


def _recovered(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """Its condition is gone: people are told once in an activation, and not of one that they never heard of."""
    after = _changed(state, entry, body)
    known, now = after.triggers[body["trigger"]], believed(state, entry.at)
    unheard = [one for one in _unheard(after, known.id, now) if one.about == known.about]
    if unheard:
        return _without(after, unheard)
    return _told(after, "trigger.resolved", known, now, body)


def _blind(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """Who heard so a short while ago is told when the quiet is over, if it is blind still."""
    after = _changed(state, entry, body)
    known, at = after.triggers[body["trigger"]], believed(state, entry.at)
    known = replace(known, blinds=known.blinds + 1)
    not_before = _quiet_until(after, known, entry, at)
    told = Happening("trigger.blind", known.id, f"{known.id}.blind-{known.blinds}", at, WARNING, "", not_before)
    return replace(_with_trigger(after, known), happenings=(*after.happenings, told))


def _sighted(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    after = _changed(state, entry, body)
    unheard = _unheard(after, body["trigger"], believed(state, entry.at))
    return _without(after, [one for one in unheard if one.on == "trigger.blind"])


def _unheard(state: LaunchState, name: str, now: datetime) -> list[Happening]:
    """What people are told of a trigger later, as nobody wants to hear of it yet."""
    return [one for one in state.happenings if one.subject == name and one.on in _LATER and one.owed_from > now]


def _without(state: LaunchState, these: Sequence[Happening]) -> LaunchState:
    return replace(state, happenings=tuple(one for one in state.happenings if one not in these))


def _snoozed_until(known: TriggerKnown, entry: Entry, at: datetime) -> datetime | None:
    """Until when nobody wants to hear of it, where `at` is what counts as the time of `entry`."""
    until = known.snoozed.until if known.snoozed and known.snoozed.counts(entry.at) else None
    return at + (until - entry.at) if until else None


def _quiet_until(state: LaunchState, known: TriggerKnown, entry: Entry, at: datetime) -> datetime | None:
    """The same of its blindness, of which people are told at most once in `QUIET`."""
    told = [
        one.owed_from + QUIET
        for one in state.happenings
        if (one.on, one.subject) == ("trigger.blind", known.id) and one.owed_from <= at < one.owed_from + QUIET
    ]
    snoozed = _snoozed_until(known, entry, at)
    return max([*told, *([snoozed] if snoozed else [])], default=None)


def _told(
    state: LaunchState, on: str, known: TriggerKnown, at: datetime, body: Body, not_before: datetime | None = None
) -> LaunchState:
    """What people are told of an activation, once; how grave it is follows from what the trigger leads to."""
    if any(one.on == on and one.about == known.about for one in state.happenings):
        return state
    severity = _SEVERITY.get(body.get("severity", ""), WARNING)
    told = Happening(on, known.id, known.about, at, severity, not_before=not_before)
    return replace(state, happenings=(*state.happenings, told))


def _acked(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    known = state.triggers.get(body["trigger"], TriggerKnown(body["trigger"]))
    return _with_trigger(state, replace(known, acked=_acknowledged(entry, body)))


def _snoozed(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """What nobody has heard of yet is told when this snooze is over: later, or now."""
    known = state.triggers.get(body["trigger"], TriggerKnown(body["trigger"]))
    known, at = replace(known, snoozed=_acknowledged(entry, body)), believed(state, entry.at)
    after, unheard = _with_trigger(state, known), _unheard(state, known.id, at)
    quiet = {
        "trigger.fired": _snoozed_until(known, entry, at),
        "trigger.blind": _quiet_until(state, known, entry, at),
    }
    happenings = tuple(
        replace(one, not_before=quiet[one.on] or at) if one in unheard else one for one in state.happenings
    )
    return replace(after, happenings=happenings)


def _acknowledged(entry: Entry, body: Body) -> Acknowledged:
    return Acknowledged(body["by"], entry.at, body["reason"], _instant(body.get("until")))


def _with_trigger(state: LaunchState, known: TriggerKnown) -> LaunchState:
    return replace(state, triggers={**state.triggers, known.id: known})


def to_judge_anew(state: LaunchState, names: Sequence[str]) -> LaunchState:
    """What was found of signals and triggers that another playbook judges by something else says nothing any more."""
    signals = {name: replace(one, is_former=one.is_former or name in names) for name, one in state.signals.items()}
    looks = {name: look for name, look in state.looks.items() if name not in names}
    return replace(state, signals=signals, looks=looks)


def begun_anew(state: LaunchState, triggers: Sequence[str], at: datetime) -> LaunchState:
    """Triggers that another playbook made into something else at `at` stand as at the beginning; their numbers go on.
    What nobody has heard of them yet is over."""
    known = {
        name: replace(state.triggers[name], state=TriggerState(number=state.triggers[name].state.number), acked=None)
        for name in triggers
        if name in state.triggers
    }
    looks = {name: look for name, look in state.looks.items() if name not in triggers}
    state = replace(state, triggers={**state.triggers, **known}, looks=looks)
    return _without(state, [one for name in triggers for one in _unheard(state, name, at)])


def as_long_ago(state: LaunchState, by: timedelta) -> LaunchState:
    """Everything is as long ago as it was before the wall clock was set by `by`."""
    signals = {
        name: replace(one, since=one.since + by, at=one.at + by, warned_at=_moved(one.warned_at, by))
        for name, one in state.signals.items()
    }
    triggers = {
        name: replace(
            one,
            state=moved(one.state, by),
            at=_moved(one.at, by),
            acked=_later(one.acked, by),
            snoozed=_later(one.snoozed, by),
        )
        for name, one in state.triggers.items()
    }
    given = {
        name: replace(one, at=one.at + by, stopped_at=_moved(one.stopped_at, by)) for name, one in state.given.items()
    }
    looks = {name: replace(one, at=one.at + by) for name, one in state.looks.items()}
    return replace(state, signals=signals, triggers=triggers, looks=looks, given=given)


def _later(one: Acknowledged | None, by: timedelta) -> Acknowledged | None:
    return replace(one, at=one.at + by, until=_moved(one.until, by)) if one else None


def _moved(instant: datetime | None, by: timedelta) -> datetime | None:
    return instant + by if instant else None


def _instant(text: str | None) -> datetime | None:
    return instant(text) if text else None


APPLY: Final[Mapping[str, Apply]] = {
    "signal.level": _level,
    "signal.warned": _warned,
    "signal.recovered": _back,
    "signals.rollup": _rollup,
    "signal.given": _given,
    "baseline.asked": _asked,
    "baseline.captured": _captured,
    "trigger.pending": _changed,
    "trigger.fired": _fired,
    "trigger.resolving": _changed,
    "trigger.reset": _changed,
    "trigger.latched": _recovered,
    "trigger.resolved": _recovered,
    "trigger.blind": _blind,
    "trigger.sighted": _sighted,
    "trigger.acked": _acked,
    "trigger.snoozed": _snoozed,
}
