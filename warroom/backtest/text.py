"""A backtest as lines for people, and as JSON data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from warroom.backtest.values import AT_ONCE, Activation, Backtest, Blind, Replayed, SignalShares, Unanswered
from warroom.clock import stamp
from warroom.launch.values import utc
from warroom.playbook.course import Course
from warroom.slo.baseline import Baseline
from warroom.text import clean, plural
from warroom.units import format_age, format_duration

SCHEMA: Final = "warroom.backtest/1"

_SHOWN: Final = 20
"""So many activations, and stretches without data, of one trigger are shown to people; JSON has all."""

_SMALLEST: Final = 0.0001

_RULES: Final = (
    "Nothing was run, and nobody was told. A pause or rollback without `resume` ends when its condition is gone.",
    "In vain: the condition was gone before what the trigger runs had to be done (its budget; 10m without one).",
    "History knows no incidents and no people: whether one would have been declared is not part of it.",
)


def backtest_lines(found: Backtest, course: Course) -> Iterator[str]:
    """The backtest, line by line. `course` is that of its playbook."""
    period = found.period
    every = format_duration(period.every)
    yield f"Backtest of {found.launch}: {found.title}"
    yield f"{utc(period.since)} to {utc(period.until)} ({_span(period.until - period.since)}), a look every {every}"
    if period.t0:
        yield f"As a launch with T0 at {utc(period.t0)}: triggers are judged from then on"
    yield from _RULES
    for one in found.triggers:
        yield ""
        yield from _trigger(one)
    yield from _section("Not answered by history", [_unanswered(one) for one in found.unanswered])
    yield from _section("Baselines", [_baseline(one, course) for one in found.baselines.values()])
    yield from _section("Signals, share of the looks", [_signal(one) for one in found.signals])


def backtest_json(found: Backtest) -> dict[str, Any]:
    """The backtest as JSON data: the members of `Backtest`; instants as UTC text, spans in seconds, null for none."""
    triggers = [{**asdict(one), "outcome": outcome(one), "in_vain": one.in_vain} for one in found.triggers]
    signals = [
        {**asdict(one), "shares": {level.value: share for level, share in one.shares.items()}}
        for one in found.signals
    ]
    data = {**asdict(found), "triggers": triggers, "signals": signals}
    return {"schema": SCHEMA, **{name: _plain(value) for name, value in data.items()}}


def outcome(one: Replayed) -> str:
    """`fired`, `not fired`, or `unknown` where too little was seen to say that it did not."""
    if one.activations:
        return "fired"
    return "not fired" if one.is_known else "unknown"


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return stamp(value)
        case timedelta():
            return value.total_seconds()
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield title
        yield from (f"  {line}" for line in lines)


def _trigger(one: Replayed) -> Iterator[str]:
    yield f"{one.trigger}: {_said(one)}"
    yield f"  {one.title}: {one.condition} {one.hold}; {one.severity}, {one.mode}"
    if one.runs and one.activations:
        steps = "; ".join(f"{number}. {step}" for number, step in enumerate(one.would, 1))
        yield f"  each time it would have {_ran(one)} {one.runs}: {steps}"
    yield from _first([f"  {_activation(activation)}" for activation in one.activations])
    yield f"  {_pending(one)}"
    yield f"  decided in {one.coverage:.1%} of the looks{_blind_in_all(one)}"
    yield from _first([f"  {_blind(stretch)}" for stretch in one.blind])


def _said(one: Replayed) -> str:
    if one.activations:
        vain = f", {one.in_vain or 'none'} of them in vain (over within {format_duration(one.patience)})"
        often = plural(len(one.activations), "time")
        return f"✖ FIRED {often}{vain}" + ("" if one.is_known else "; too little was seen to say how often")
    if one.is_known:
        return "✔ DID NOT FIRE"
    return f"? UNKNOWN: it fired in none of the looks that decide, which are {one.coverage:.0%} of them"


def _ran(one: Replayed) -> str:
    if one.delay:
        return f"run, {format_duration(one.delay)} later unless somebody aborts it,"
    return {"auto": "run", "confirm": "asked a person to run", "shadow": "only named"}[one.mode]


def _activation(one: Activation) -> str:
    over = f"over at {utc(one.over_at)}, after {_span(one.over_at - one.fired_at)}" if one.over_at else "not over yet"
    worst = f", at worst {one.worst}" if one.worst else ""
    waited = f" after {_span(one.fired_at - one.pending_at)} pending" if one.fired_at > one.pending_at else ""
    return f"{utc(one.fired_at)} fired{waited}, {over}{worst}{', in vain' if one.in_vain else ''}"


def _pending(one: Replayed) -> str:
    if not one.pending:
        return "never pending" if one.hold != AT_ONCE else "never pending: it fires at once"
    near = f", {plural(len(one.near), 'time')} without firing (at most {_span(max(one.near))})" if one.near else ""
    return f"pending for {_span(one.pending)} in all{near}"


def _blind_in_all(one: Replayed) -> str:
    return f", blind {plural(len(one.blind), 'time')}" if one.blind else ", never blind"


def _blind(one: Blind) -> str:
    until = f"to {utc(one.until)} ({_span(one.until - one.since)})" if one.until else "to the end"
    return clean(f"blind from {utc(one.since)} {until}: {one.reason}", limit=1_000)


def _first(lines: list[str]) -> Iterator[str]:
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"  and {len(lines) - _SHOWN} more (--json has all)"


def _unanswered(one: Unanswered) -> str:
    return clean(f"{one.trigger} ({one.title}): UNKNOWN, {one.reason}", limit=1_000)


def _baseline(one: Baseline, course: Course) -> str:
    plan = course.watched.baselines[one.id]
    signal = course.watched.signals.get(plan.signal)
    if one.value is None:
        return f"{one.id}: UNKNOWN, {one.reason}"
    value = signal.unit.show(one.value) if signal else f"{one.value:g}"
    how = (
        f"mean of {plural(one.n, 'value')} in the {format_duration(one.over)} before {utc(one.at)}"
        if one.at
        else "stated"
    )
    return f"{one.id}: {value} ({how})"


def _signal(one: SignalShares) -> str:
    shares = ", ".join(f"{level.symbol} {level.word} {_share(share)}" for level, share in one.shares.items())
    why = f": {clean(one.unknown, limit=400)}" if one.unknown else ""
    return f"{one.signal}: {shares or 'never looked at'}{why}"


def _share(share: float) -> str:
    """A little is never told as nothing."""
    return f"{share:.2%}" if share >= _SMALLEST else f"<{_SMALLEST:.2%}"


def _span(span: timedelta) -> str:
    return format_age(span)
