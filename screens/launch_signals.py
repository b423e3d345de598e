"""Signals and triggers in a launch's console: how they look, their rows, and everything known about one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from textual.content import Content

from warroom.client.signal_values import LimitNow, SaidNow, SignalNow, SloNow, TriggerNow
from warroom.client.values import LaunchNow
from warroom.clock import stamp
from warroom.screens import palette
from warroom.screens.lines import countdown, joined, labelled_rows, line, number, time_of_day
from warroom.screens.marks import Mark
from warroom.text import plural
from warroom.units import format_duration

_NO_DATA: Final = Mark("?", "NO DATA", palette.UNKNOWN)
_LEVELS: Final = {
    "green": Mark("✔", "GREEN", palette.GREEN),
    "tracked": Mark("·", "TRACKED", palette.TEXT),
    "yellow": Mark("▲", "YELLOW", palette.YELLOW),
    "red": Mark("✖", "RED", palette.RED),
}
_STAGES: Final = {
    "idle": Mark("·", "idle", palette.DIM),
    "pending": Mark("◆", "pending", palette.YELLOW),
    "firing": Mark("✖", "FIRING", palette.RED),
    "resolving": Mark("◐", "resolving", palette.YELLOW),
    "latched": Mark("■", "latched", palette.RED),
    "blind": Mark("?", "BLIND", palette.UNKNOWN),
    "unknown": Mark("?", "UNKNOWN", palette.UNKNOWN),
}
_WITHIN: Final = ("green", "tracked")
"""The own limits of a signal say nothing bad."""
_CALM: Final = ("idle", "unknown")
"""Nothing is the matter, or it is too early to tell."""
_WORST: Final = (palette.RED, palette.UNKNOWN, palette.YELLOW)
"""The colours of what somebody has to look at, the worst first."""
_ARROWS: Final = {"rising": "↑", "falling": "↓", "steady": "→"}
_BARS: Final = "▁▂▃▄▅▆▇█"
_GAP_IN_SPARK: Final = " "
_SPARK_WIDTH: Final = 8
_SPARK_LONG: Final = 60
OLD_S: Final = 60.0
"""A value older than this says so in its row."""
_SMALLEST_SHARE: Final = 0.001
"""What is left of a budget is told down to this, so that a little is never told as nothing."""

SignalItem = SignalNow | TriggerNow


def signal_items(launch: LaunchNow) -> tuple[SignalItem, ...]:
    """The worst first: what is red, what nothing is known of, what is yellow, the other signals, the other triggers;
    in each group the triggers, then the signals, in the playbook's order. So a row moves only with its group."""
    return tuple(sorted((*launch.triggers, *launch.signals), key=_group))


def _group(item: SignalItem) -> int:
    if isinstance(item, TriggerNow) and item.stage in _CALM:
        return len(_WORST) + 1
    colour = mark_of_signal_item(item).colour
    return _WORST.index(colour) if colour in _WORST else len(_WORST)


def worst_signal(launch: LaunchNow) -> SignalItem | None:
    """What is worst, the first of equals in the order of `signal_items`; None where there is nothing."""
    ranked = {colour: place for place, colour in enumerate(_WORST)}
    return min(
        signal_items(launch), key=lambda item: ranked.get(mark_of_signal_item(item).colour, len(_WORST)), default=None
    )


def mark_of_signal_item(item: SignalItem, *, is_over: bool = False) -> Mark:
    """The mark of a signal or of a trigger; `is_over`: its launch is closed."""
    return mark_of_signal(item, is_over=is_over) if isinstance(item, SignalNow) else mark_of_trigger(item)


def mark_of_signal(signal: SignalNow, *, is_over: bool = False) -> Mark:
    """The mark of a signal; what was never measured is no data, whatever else is said, and what nobody measures any
    more, as its launch is closed (`is_over`), is no verdict. Where its own limits say nothing bad, and the condition
    of a trigger holds, it is that trigger's."""
    if signal.at is None:
        return _NO_DATA
    mark = _LEVELS.get(signal.level, Mark("?", "UNKNOWN", palette.UNKNOWN))
    if signal.breach and signal.level in _WITHIN:
        mark = _STAGES.get(signal.breach.stage, mark)
    return Mark("○", f"was {mark.word}", palette.DIM) if is_over else mark


def is_active(trigger: TriggerNow) -> bool:
    """Whether the trigger has fired and is not over."""
    return trigger.stage in ("firing", "resolving", "latched")


def mark_of_trigger(trigger: TriggerNow) -> Mark:
    """The mark of a trigger; that it does not hold is no verdict, so an idle one is not green."""
    return _STAGES.get(trigger.stage, Mark("?", trigger.stage, palette.UNKNOWN))


def spark(values: Sequence[float | None], width: int) -> str:
    """The newest `width` values as bars between nought (or the lowest, where some are below) and the highest; a gap
    where there was none. Empty without any."""
    shown = values[-width:]
    known = [value for value in shown if value is not None]
    if not known:
        return ""
    low, high = min(0.0, *known), max(known)
    steps = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(_GAP_IN_SPARK if value is None else _BARS[int((value - low) * steps + 0.5)] for value in shown)


def signal_parts(item: SignalItem, now: datetime, *, is_over: bool = False) -> tuple[str, str, str]:
    """What the row of an item tells: its title, what is said beside it, and its value or time at the end. Of a launch
    that is closed (`is_over`) that is a signal's last value and when it was measured."""
    if isinstance(item, TriggerNow):
        when = trigger_when(item, now, is_over=is_over)
        # In the last column, as what stands beside the title is cut first.
        return item.title, _trigger_told(item), ", ".join(part for part in (_known_to(item), when) if part)
    if is_over and item.at is not None:
        return item.title, _instant(item.at), item.shown
    value = " ".join(part for part in (spark(item.spark, _SPARK_WIDTH), valued(item)) if part)
    return item.title, _signal_told(item), value


def valued(signal: SignalNow) -> str:
    """The value for people, with where it goes; empty without data."""
    arrow = _ARROWS.get(signal.trend, "")
    return f"{signal.shown} {arrow}".strip() if signal.shown else ""


def _signal_told(signal: SignalNow) -> str:
    """Why nothing is known, or the limit that counts now and how old the value is."""
    if mark_of_signal(signal).colour == palette.UNKNOWN:
        return signal.reason
    limit = limit_in_force(signal) or nearest_limit(signal)
    old = f"{countdown(signal.age_s)} old" if signal.age_s is not None and signal.age_s > OLD_S else ""
    breach = breach_told(signal)
    left = f"budget {share_left(signal.slo.budget_left)}" if signal.slo and signal.slo.budget_left is not None else ""
    return ", ".join(part for part in (breach, f"{limit.role} {limit.text}" if limit else "", left, old) if part)


def breach_told(signal: SignalNow) -> str:
    """The trigger whose condition holds, and where it stands: `pause_5xx FIRING`; empty for none."""
    if signal.breach is None:
        return ""
    mark = _STAGES.get(signal.breach.stage)
    return f"{signal.breach.trigger} {mark.word if mark else signal.breach.stage}"


def limit_in_force(signal: SignalNow) -> LimitNow | None:
    """The limit that makes the signal yellow or red; None where none does."""
    role = {"yellow": "warn", "red": "page"}.get(signal.level)
    return next((one for one in signal.limits if one.role == role), None)


def nearest_limit(signal: SignalNow) -> LimitNow | None:
    """The limit that comes next; the first where no distance can be told, None where there are none."""
    ahead = [one for one in signal.limits if one.distance is not None]
    return min(ahead, key=lambda one: one.distance or 0.0, default=next(iter(signal.limits), None))


def _known_to(trigger: TriggerNow) -> str:
    return "snoozed" if trigger.snoozed else "acked" if trigger.acked else ""


def _trigger_told(trigger: TriggerNow) -> str:
    said = f"acknowledged by {trigger.acked.by}" if trigger.acked else ""
    quiet = f"snoozed by {trigger.snoozed.by}" if trigger.snoozed else ""
    why = trigger.reason if trigger.stage in ("blind", "unknown") else ""
    return ", ".join(part for part in (condition_told(trigger), why, said, quiet) if part)


def condition_told(trigger: TriggerNow) -> str:
    """What it waits for, and for how long that has to hold."""
    span = f" for {'more than ' if trigger.strict else ''}{_span(trigger.for_s)}" if trigger.for_s else ""
    return f"{trigger.condition}{span}"


def _has_to_hold(trigger: TriggerNow) -> str:
    if not (trigger.signal or trigger.slo or trigger.lever):
        return ""
    if not trigger.for_s:
        return "fires as soon as it holds"
    return f"has to hold for {'more than ' if trigger.strict else ''}{_span(trigger.for_s)} before it fires"


def trigger_when(trigger: TriggerNow, now: datetime, *, is_over: bool = False) -> str:
    """When it fires at the earliest, or for how long it has stood where it stands, once its launch is closed
    (`is_over`) since when; empty for an idle one."""
    if is_over and trigger.stage != "idle" and trigger.since:
        return f"since {_instant(trigger.since)}"
    if trigger.fires_at and trigger.stage == "pending":
        return f"fires in {countdown((trigger.fires_at - now).total_seconds())}"
    if trigger.stage == "idle" or trigger.since is None:
        return ""
    return f"for {countdown((now - trigger.since).total_seconds())}"


def _span(seconds: float) -> str:
    """A fixed span as a playbook writes it."""
    return format_duration(timedelta(seconds=seconds))


def share_left(share: float) -> str:
    """What is left of an error budget: `75.0% left`, `USED UP`."""
    if share <= 0:
        return "USED UP"
    return f"{share:.1%} left" if share >= _SMALLEST_SHARE else f"under {_SMALLEST_SHARE:.1%} left"


def signal_details(launch: LaunchNow, item: SignalItem, now: datetime, width: int) -> list[Content]:
    """Everything known about a signal or a trigger, each line at most `width` cells."""
    if isinstance(item, TriggerNow):
        return _trigger(item, now, width, is_over=launch.closed is not None)
    return _signal(launch, item, now, width)


def _rows(label: str, texts: Sequence[str], width: int) -> list[Content]:
    return labelled_rows(label, [Content(text) for text in texts if text], width)


def _state(mark: Mark, told: str, width: int) -> list[Content]:
    return labelled_rows("State", [line((str(mark), mark.style), f"  {told}" if told else "")], width)


def _signal(launch: LaunchNow, signal: SignalNow, now: datetime, width: int) -> list[Content]:
    is_over = launch.closed is not None
    mark = mark_of_signal(signal, is_over=is_over)
    rows = _state(mark, "; ".join(filter(None, (_by_whom(signal), signal.reason))), width)
    rows += _rows("Value", [", ".join(part for part in (valued(signal) or "none", made_of(signal)) if part)], width)
    ago = _instant(signal.at) if signal.at and is_over else f"{countdown(signal.age_s or 0.0)} ago"
    rows += _rows("Measured", [f"{ago if signal.at else 'never'}, by {signal.source}"], width)
    rows += _rows("Next", ["" if is_over else signal.next], width)
    in_force = None if is_over else limit_in_force(signal)
    limits = [_limit_told(one, in_force=one is in_force) for one in signal.limits]
    rows += _rows("Limits", limits or ["none: it is tracked"], width)
    bars = spark(signal.spark, max(_SPARK_WIDTH, min(_SPARK_LONG, width - 24)))
    rows += _rows("Trend", [f"{signal.trend}  {bars}".rstrip()], width)
    rows += _rows(
        "Split", [f"{one.label}: {one.shown or 'no data'} {one.level.upper()}" for one in signal.splits], width
    )
    rows += _budget(signal.slo, now, width) if signal.slo else []
    for trigger in launch.triggers:
        if trigger.signal == signal.id:
            mark = mark_of_trigger(trigger)
            told = joined(
                [
                    Content(part)
                    for part in (trigger.title, condition_told(trigger), trigger_when(trigger, now, is_over=is_over))
                    if part
                ]
            )
            rows += labelled_rows("Trigger", [line((str(mark), mark.style), "  ", told)], width)
    return [*rows, *_rows("As written", [signal.expr_source], width)]


def _by_whom(signal: SignalNow) -> str:
    """The trigger whose condition holds; where its own limits say nothing bad, what it is by these."""
    if signal.breach is None or signal.level not in _WITHIN:
        return breach_told(signal)
    return f"by trigger {signal.breach.trigger}, {signal.word} by its own limits"


def made_of(signal: SignalNow) -> str:
    """What the value was made of: `from 1,234 events in 5m`, `over 5m` where nobody counts them, `as it is now`. The
    events are those between two looks, which may be less apart than the window is long."""
    span = _span(signal.counted_s or signal.window_s) if signal.window_s else ""
    if signal.n is None:
        return f"over {span}" if span else "as it is now"
    events = f"from {number(signal.n)} {'event' if signal.n == 1 else 'events'}"
    return f"{events} in {span}" if span else events


def _limit_told(limit: LimitNow, *, in_force: bool) -> str:
    return f"{limit.role} {limit.text}: {limit.does}{', in force now' if in_force else ''}"


def _budget(slo: SloNow, now: datetime, width: int) -> list[Content]:
    allowed = countdown(slo.allowed_s)
    told = [f"{slo.objective * 100:.10g}% over {_span(slo.window_s)}, {allowed} may be bad"]
    if slo.budget_left is None:
        return _rows("Budget", [*told, "nothing is known of it yet"], width)
    burn = f"burn rate {slo.burn:.1f} (1 is as fast as allowed)" if slo.burn is not None else "burn rate not known"
    told.append(f"{share_left(slo.budget_left)}, {burn}, {slo.coverage:.0%} of the time observed")
    if slo.exhausted_at:
        told.append(f"{'used up since' if slo.exhausted_at <= now else 'used up by'} {_instant(slo.exhausted_at)}")
    return _rows("Budget", told, width)


def _instant(at: datetime) -> str:
    return f"{stamp(at)[:19]}Z"


def _trigger(trigger: TriggerNow, now: datetime, width: int, *, is_over: bool) -> list[Content]:
    rows = _state(
        mark_of_trigger(trigger),
        ", ".join(part for part in (trigger_when(trigger, now, is_over=is_over), trigger.reason) if part),
        width,
    )
    of = trigger.signal or (f"SLO {trigger.slo}:" if trigger.slo else "")
    window = f"measured over the last {_span(trigger.window_s)}" if trigger.window_s else ""
    rows += _rows("Condition", [f"{of} {trigger.condition}".strip(), window, _has_to_hold(trigger)], width)
    rows += _rows("Then", [what_it_does(trigger)], width)
    times = plural(trigger.number, "time")
    rows += _rows("Fired", [f"{times}, last {_instant(trigger.fired_at)}" if trigger.fired_at else "never"], width)
    blind = "nothing is known of it now" if trigger.blind and trigger.stage != "blind" else ""
    rows += _rows("Blind", [blind], width)
    rows += _rows("Known to", [_said(trigger.acked)], width)
    rows += _rows("Snoozed", [_said(trigger.snoozed)], width)
    return [*rows, *_rows("Runbook", [trigger.runbook], width)]


def what_it_does(trigger: TriggerNow) -> str:
    """How grave it is, and what it runs."""
    how = {"auto": "runs {} at once", "confirm": "runs {} when a person confirms it", "shadow": "would run {}"}
    runs = how.get(trigger.mode, f"runs {{}} ({trigger.mode})").format(trigger.runs) if trigger.runs else ""
    return ", ".join(part for part in (trigger.severity, runs) if part)


def _said(said: SaidNow | None) -> str:
    if said is None:
        return ""
    return f"{_until(said)}: {said.reason}"


def _until(said: SaidNow) -> str:
    return f"{said.by} until {time_of_day(said.until)}" if said.until else said.by


def trigger_alarms(launch: LaunchNow, now: datetime) -> Iterator[tuple[str, str]]:
    """Two capital words and a sentence for each trigger that fires, has not come back from that, or is blind; not for
    one that is snoozed, nor once the launch is closed."""
    for one in _troubled(launch):
        if one.snoozed is None:
            known = f" ({one.acked.by} takes care of it)" if one.acked else ""
            yield f"TRIGGER {one.stage.upper()}", f"{_trouble_told(one, now)}{known}"


def snoozed_troubles(launch: LaunchNow, now: datetime) -> Iterator[str]:
    """A sentence for each that is snoozed and would be an alarm without that: it is still so, and nobody is told."""
    for one in _troubled(launch):
        if one.snoozed:
            yield f"snoozed by {_until(one.snoozed)}: {_trouble_told(one, now)}"


def _troubled(launch: LaunchNow) -> Iterator[TriggerNow]:
    if not launch.closed:
        yield from (one for one in launch.triggers if is_active(one) or one.stage == "blind")


def _trouble_told(trigger: TriggerNow, now: datetime) -> str:
    told = " ".join(part for part in (trigger.stage.upper(), trigger_when(trigger, now)) if part)
    key = " (w)" if trigger.stage == "latched" else ""
    return f"{told}: {': '.join(part for part in (trigger.title, trigger.reason) if part)}{key}"
