"""What a launch's console says of signals and triggers: tables of the pure functions that draw them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.screens import launches
from tests.screens.launches import HOUR, MINUTE, SIGNAL, SLO, TRIGGER
from warroom.client import LaunchNow
from warroom.client.signal_values import BreachNow, LimitNow, SaidNow, SignalNow, SplitNow, TriggerNow
from warroom.screens import palette
from warroom.screens.launch_details import details_lines
from warroom.screens.launch_rows import item_row
from warroom.screens.launch_signals import (
    mark_of_signal,
    mark_of_trigger,
    signal_details,
    signal_items,
    signal_parts,
    spark,
    trigger_alarms,
    worst_signal,
)
from warroom.screens.launch_tabs import tabs_line
from warroom.screens.launch_view import LaunchView, fresh

NOW = launches.green().now
SECOND = timedelta(seconds=1)
FIRING, HOLDING = BreachNow("pause_5xx", "firing"), BreachNow("pause_5xx", "pending")
ACKED = SaidNow("ann", NOW - MINUTE, NOW + HOUR, "on it")


def _signal(**changes: Any) -> SignalNow:
    return replace(SIGNAL, **changes)


def _trigger(**changes: Any) -> TriggerNow:
    return replace(TRIGGER, **changes)


def _launch(*items: SignalNow | TriggerNow) -> LaunchNow:
    signals = tuple(one for one in items if isinstance(one, SignalNow))
    triggers = tuple(one for one in items if isinstance(one, TriggerNow))
    return replace(launches.green(), signals=signals, triggers=triggers)


def _told(item: SignalNow | TriggerNow, *others: TriggerNow, width: int = 110) -> str:
    return _plain(signal_details(_launch(item, *others), item, NOW, width))


def _plain(lines: Iterable[Any]) -> str:
    return "\n".join(" ".join(one.plain.split()) for one in lines)


SIGNAL_MARKS: dict[str, tuple[SignalNow, str, str]] = {
    "a signal within its limits is green": (_signal(), "✔ GREEN", palette.GREEN),
    "one without limits is tracked, which is no verdict": (_signal(level="tracked"), "· TRACKED", palette.TEXT),
    "one over its warn limit is yellow": (_signal(level="yellow"), "▲ YELLOW", palette.YELLOW),
    "one over its page limit is red": (_signal(level="red"), "✖ RED", palette.RED),
    "one that cannot be judged is unknown": (_signal(level="unknown"), "? UNKNOWN", palette.UNKNOWN),
    "one within its limits whose trigger fires is not green": (_signal(breach=FIRING), "✖ FIRING", palette.RED),
    "one within its limits whose trigger is pending is not green": (
        _signal(breach=HOLDING), "◆ pending", palette.YELLOW),
    "one without limits whose trigger fires": (_signal(level="tracked", breach=FIRING), "✖ FIRING", palette.RED),
    "one over its limits keeps their word": (_signal(level="red", breach=FIRING), "✖ RED", palette.RED),
    "one that cannot be judged stays so": (_signal(level="unknown", breach=FIRING), "? UNKNOWN", palette.UNKNOWN),
    "a level of a newer engine is unknown": (_signal(level="purple"), "? UNKNOWN", palette.UNKNOWN),
    **{f"one that was never measured is no data, also where it is said to be {level}":
       (_signal(at=None, age_s=None, level=level), "? NO DATA", palette.UNKNOWN)
       for level in ("green", "tracked", "yellow", "red", "unknown")},
}  # fmt: skip


@pytest.mark.parametrize(("signal", "shown", "colour"), SIGNAL_MARKS.values(), ids=SIGNAL_MARKS)
def test_the_mark_of_a_signal(signal: SignalNow, shown: str, colour: str) -> None:
    mark = mark_of_signal(signal)
    assert (str(mark), mark.colour) == (shown, colour)


TRIGGER_MARKS = {
    "idle": ("· idle", palette.DIM),
    "pending": ("◆ pending", palette.YELLOW),
    "firing": ("✖ FIRING", palette.RED),
    "resolving": ("◐ resolving", palette.YELLOW),
    "latched": ("■ latched", palette.RED),
    "blind": ("? BLIND", palette.UNKNOWN),
    "of a newer engine": ("? of a newer engine", palette.UNKNOWN),
}


@pytest.mark.parametrize("stage", TRIGGER_MARKS)
def test_the_mark_of_a_trigger(stage: str) -> None:
    mark = mark_of_trigger(_trigger(stage=stage))
    assert (str(mark), mark.colour) == TRIGGER_MARKS[stage]


SPARKS: dict[str, tuple[tuple[float | None, ...], int, str]] = {
    "nothing at all": ((), 8, ""),
    "only gaps": ((None, None), 8, ""),
    "one value is a full bar": ((3.0,), 8, "█"),
    "nought is the lowest bar": ((0.0,), 8, "▁"),
    "a line at nought stays low": ((0.0, 0.0, 0.0), 8, "▁▁▁"),
    "bars stand on nought, not on the lowest value": ((98.0, 99.0), 8, "██"),
    "from nought to the highest": ((0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), 8, "▁▂▃▄▅▆▇█"),
    "below nought the lowest is the floor": ((-1.0, 1.0), 8, "▁█"),
    "a minute without data is a gap": ((1.0, None, 1.0), 8, "█ █"),
    "the newest that there is room for": ((9.0, 0.0, 1.0), 2, "▁█"),
}


@pytest.mark.parametrize(("values", "width", "shown"), SPARKS.values(), ids=SPARKS)
def test_a_spark(values: tuple[float | None, ...], width: int, shown: str) -> None:
    assert spark(values, width) == shown


WARN, PAGE, FIRES = SIGNAL.limits
PASSED = replace(WARN, distance=None)
TWICE = LimitNow("page", "> 2x baseline.queue_depth", "RED", None)

ROWS: dict[str, tuple[SignalNow | TriggerNow, str, str]] = {
    "a green one tells the nearest limit": (_signal(), "warn >= 0.5%", "▅█ 0.2% ↑"),
    "one whose trigger fires says which": (_signal(breach=FIRING), "pause_5xx FIRING, warn >= 0.5%", "▅█ 0.2% ↑"),
    "a red one whose trigger is pending says which": (
        _signal(level="red", breach=HOLDING), "pause_5xx pending, page >= 1%", "▅█ 0.2% ↑"),
    "a yellow one tells its warn limit": (
        _signal(level="yellow", shown="0.6%", limits=(PASSED, PAGE, FIRES)), "warn >= 0.5%", "▅█ 0.6% ↑"),
    "a yellow one does not tell a page limit that nothing is known of": (
        _signal(level="yellow", limits=(PASSED, TWICE)), "warn >= 0.5%", "▅█ 0.2% ↑"),
    "a red one tells its page limit, not the trigger's": (
        _signal(level="red", limits=tuple(replace(one, distance=None) for one in SIGNAL.limits)), "page >= 1%",
        "▅█ 0.2% ↑"),
    "a limit without a distance is told, too": (_signal(limits=(TWICE,)), "page > 2x baseline.queue_depth",
                                                 "▅█ 0.2% ↑"),
    "one that is unknown says why": (
        _signal(level="unknown", value=None, shown="", reason="the source has no http_requests_total"),
        "the source has no http_requests_total", "▅█"),
    "one that was never measured says why, and no limit": (
        _signal(at=None, age_s=None, value=None, shown="", spark=(), trend="unknown", reason="not measured yet"),
        "not measured yet", ""),
    "an old value says its age": (_signal(age_s=130.0), "warn >= 0.5%, 2m10s old", "▅█ 0.2% ↑"),
    "a fresh value does not": (_signal(age_s=60.0), "warn >= 0.5%", "▅█ 0.2% ↑"),
    "one without limits tells none": (_signal(level="tracked", limits=()), "", "▅█ 0.2% ↑"),
    "an interval is shown as it was given": (_signal(shown="100 to 250 ms", trend="steady"), "warn >= 0.5%",
                                             "▅█ 100 to 250 ms →"),
    "a budget is told": (_signal(limits=(), slo=SLO), "budget 75.0% left", "▅█ 0.2% ↑"),
    "a budget that is gone is told": (_signal(limits=(), slo=replace(SLO, budget_left=0.0)), "budget USED UP",
                                      "▅█ 0.2% ↑"),
    "a budget that is overspent is told": (_signal(limits=(), slo=replace(SLO, budget_left=-0.5)), "budget USED UP",
                                           "▅█ 0.2% ↑"),
    "a little of a budget is not told as nothing": (
        _signal(limits=(), slo=replace(SLO, budget_left=0.0004)), "budget under 0.1% left", "▅█ 0.2% ↑"),
    "a budget before T0 is not": (_signal(limits=(), slo=replace(SLO, budget_left=None)), "", "▅█ 0.2% ↑"),
    "an idle trigger tells its condition": (_trigger(stage="idle"), ">= 1% for 5m", ""),
    "one that needs more than its time says so": (_trigger(stage="idle", strict=True), ">= 1% for more than 5m", ""),
    "one that fires at once": (_trigger(stage="idle", for_s=0.0), ">= 1%", ""),
    "a pending one counts down": (
        _trigger(stage="pending", since=NOW - MINUTE, fires_at=NOW + 4 * MINUTE), ">= 1% for 5m", "fires in 4m00s"),
    "a pending one without data does not": (_trigger(stage="pending", since=NOW - MINUTE, fires_at=None),
                                            ">= 1% for 5m", "for 1m00s"),
    "one that fires tells for how long": (_trigger(), ">= 1% for 5m", "for 2m00s"),
    "a blind one says why": (_trigger(stage="blind", reason="the last look failed: HTTP 502"),
                             ">= 1% for 5m, the last look failed: HTTP 502", "for 2m00s"),
    "one that somebody takes care of": (
        _trigger(acked=ACKED), ">= 1% for 5m, acknowledged by ann", "acked, for 2m00s"),
    "one that is snoozed": (_trigger(snoozed=ACKED), ">= 1% for 5m, snoozed by ann", "snoozed, for 2m00s"),
    "an idle one that is snoozed": (_trigger(stage="idle", snoozed=ACKED), ">= 1% for 5m, snoozed by ann", "snoozed"),
    "a lever": (_trigger(signal="", lever="DISABLE_SEND", condition="DISABLE_SEND is not as expected", for_s=0.0),
                "DISABLE_SEND is not as expected", "for 2m00s"),
}  # fmt: skip


@pytest.mark.parametrize(("item", "beside", "end"), ROWS.values(), ids=ROWS)
def test_a_row(item: SignalNow | TriggerNow, beside: str, end: str) -> None:
    assert signal_parts(item, NOW) == (item.title, beside, end)


DETAILS: dict[str, tuple[SignalNow | TriggerNow, list[str]]] = {
    "a signal": (_signal(), ["State ✔ GREEN", "Value 0.2% ↑, from 1,234 events in 5m", "Measured 3 s ago, by app",
                             "Next warn at >= 0.5%, 0.3% away", "Limits warn >= 0.5%: YELLOW", "page >= 1%: RED",
                             "trigger >= 1%: pause by pause_5xx after 5m", "Trend rising ▅█",
                             "As written 5xx errors >= 1%"]),
    "the limit in force": (_signal(level="red"), ["page >= 1%: RED, in force now"]),
    "events between looks": (_signal(n=500.0, window_s=30.0, counted_s=25.0), ["from 500 events in 25s"]),
    "one event": (_signal(n=1.0), ["from 1 event"]),
    "no count": (_signal(n=None), ["Value 0.2% ↑, over 5m"]),
    "a value of the moment": (_signal(window_s=0.0, n=None), ["0.2% ↑, as it is now"]),
    "over the limit of a trigger alone": (
        _signal(breach=FIRING, reason="0.2% is not >= 0.5%"),
        ["State ✖ FIRING by trigger pause_5xx, GREEN by its own limits; 0.2% is not >= 0.5%"]),
    "never measured": (_signal(at=None, age_s=None, shown="", trend="unknown", spark=()),
                       ["State ? NO DATA", "Value none", "Measured never, by app", "Trend unknown"]),
    "no limits": (_signal(level="tracked", limits=()), ["State · TRACKED", "Limits none: it is tracked"]),
    "an interval": (_signal(shown="100 to 250 ms"), ["Value 100 to 250 ms ↑"]),
    "a split": (_signal(splits=(SplitNow("502", 0.001, "0.1%", "yellow"), SplitNow("503", None, "", "unknown"))),
                ["Split 502: 0.1% YELLOW", "503: no data UNKNOWN"]),
    "a budget": (_signal(slo=SLO), ["Budget 99.9% over 48h, 2m53s may be bad",
                                    "75.0% left, burn rate 0.5 (1 is as fast as allowed), 98% of the time observed"]),
    "a budget before T0": (_signal(slo=replace(SLO, budget_left=None)), ["nothing is known of it yet"]),
    "an unknown burn rate": (_signal(slo=replace(SLO, burn=None)), ["75.0% left, burn rate not known"]),
    "a budget that will be gone": (_signal(slo=replace(SLO, exhausted_at=NOW + HOUR)),
                                   ["used up by 2025-11-01T03:25:00Z"]),
    "a budget that is gone": (_signal(slo=replace(SLO, budget_left=0.0, exhausted_at=NOW - HOUR)),
                              ["USED UP, burn rate 0.5", "used up since 2025-11-01T01:25:00Z"]),
    "a trigger": (_trigger(), ["State ✖ FIRING for 2m00s, 1.2% since 02:23",
                               ("Condition errors_5xx >= 1%\nmeasured over the last 5m\n"
                               "has to hold for 5m before it fires"),
                               "Then pause, runs pause_sends when a person confirms it",
                               "Fired 1 time, last 2025-11-01T02:23:00Z", "Runbook https://runbooks.example/5xx"]),
    "one that holds longer than its time": (_trigger(strict=True), ["has to hold for more than 5m before"]),
    "one that fires at once": (_trigger(for_s=0.0), [("Condition errors_5xx >= 1%\nmeasured over the last 5m\n"
                                                     "fires as soon as it holds")]),
    "one that cannot be judged yet": (_trigger(stage="unknown", number=0, fired_at=None, since=None,
                                               reason="the window is filling"),
                                      ["State ? UNKNOWN the window is filling", "Fired never"]),
    "several activations": (_trigger(number=2), ["Fired 2 times, last"]),
    "no activation": (_trigger(stage="idle", number=0, fired_at=None, since=None), ["State · idle", "Fired never"]),
    "an automatic one": (_trigger(mode="auto"), ["Then pause, runs pause_sends at once"]),
    "a shadow": (_trigger(mode="shadow"), ["Then pause, would run pause_sends"]),
    "one that runs nothing": (_trigger(runs="", severity="notify"), ["Then notify\n"]),
    "one of a lever": (_trigger(signal="", lever="DISABLE_SEND", condition="DISABLE_SEND is not as expected",
                                for_s=0.0, window_s=0.0), ["Condition DISABLE_SEND is not as expected\n"]),
    "one of an SLO": (_trigger(signal="", slo="uptime", condition="burn over 19.2 in 15m and 75s", for_s=0.0,
                               window_s=0.0), ["Condition SLO uptime: burn over 19.2 in 15m and 75s\n"]),
    "one that people declare": (_trigger(signal="", condition="a person declares it", for_s=0.0, window_s=0.0),
                                ["Condition a person declares it\n"]),
    "one that fires and of which nothing is known": (_trigger(blind=True), ["Blind nothing is known of it now"]),
    "acknowledged": (_trigger(acked=ACKED), ["Known to ann until 03:25:00Z: on it"]),
    "acknowledged to the end": (_trigger(acked=replace(ACKED, until=None)), ["Known to ann: on it"]),
    "snoozed": (_trigger(snoozed=ACKED), ["Snoozed ann until 03:25:00Z: on it"]),
}  # fmt: skip


@pytest.mark.parametrize(("item", "told"), DETAILS.values(), ids=DETAILS)
def test_the_details(item: SignalNow | TriggerNow, told: list[str]) -> None:
    shown = _told(item)
    assert [part for part in told if part not in shown] == [], shown


def test_a_signal_tells_its_triggers_and_no_others() -> None:
    other = _trigger(id="other", title="Another one", signal="p95")
    pending = _trigger(stage="pending", fires_at=NOW + MINUTE)
    shown = _told(SIGNAL, pending, other)
    assert "Trigger ◆ pending 5xx over 1 % · >= 1% for 5m · fires in 1m00s" in shown
    assert "Another one" not in shown


ALARMS: dict[str, tuple[TriggerNow, list[tuple[str, str]]]] = {
    "one that fires": (_trigger(), [("TRIGGER FIRING", "FIRING for 2m00s: 5xx over 1 %: 1.2% since 02:23")]),
    "one that fires without a reason": (_trigger(reason=""), [("TRIGGER FIRING", "FIRING for 2m00s: 5xx over 1 %")]),
    "one that resolves": (_trigger(stage="resolving"),
                          [("TRIGGER RESOLVING", "RESOLVING for 2m00s: 5xx over 1 %: 1.2% since 02:23")]),
    "one that is latched": (_trigger(stage="latched"),
                            [("TRIGGER LATCHED", "LATCHED for 2m00s: 5xx over 1 %: 1.2% since 02:23 (w)")]),
    "a blind one": (_trigger(stage="blind", since=None),
                    [("TRIGGER BLIND", "BLIND: 5xx over 1 %: 1.2% since 02:23")]),
    "one that somebody takes care of is told still": (
        _trigger(acked=ACKED),
        [("TRIGGER FIRING", "FIRING for 2m00s: 5xx over 1 %: 1.2% since 02:23 (ann takes care of it)")]),
    "a snoozed one": (_trigger(snoozed=ACKED), []),
    "a pending one": (_trigger(stage="pending"), []),
    "an idle one": (_trigger(stage="idle"), []),
}  # fmt: skip


@pytest.mark.parametrize(("trigger", "told"), ALARMS.values(), ids=ALARMS)
def test_what_a_person_has_to_know_of(trigger: TriggerNow, told: list[tuple[str, str]]) -> None:
    assert list(trigger_alarms(_launch(trigger), NOW)) == told


def test_a_closed_launch_alarms_about_no_trigger() -> None:
    closed = replace(launches.closed(), triggers=(TRIGGER,))
    assert list(trigger_alarms(closed, closed.now)) == []


def test_a_signal_of_a_closed_launch_is_no_longer_green() -> None:
    closed = replace(launches.closed(), signals=(SIGNAL, UNKNOWN), triggers=())
    view = fresh(LaunchView(closed.launch), closed)
    row = item_row(view, SIGNAL, closed.now, 80, selected=False)
    assert " ".join(row.plain.split()) == "○ was GREEN 5xx errors 2025-11-01T02:24:57Z 0.2%"
    assert mark_of_signal(SIGNAL, is_over=True).colour == palette.DIM
    assert mark_of_signal(UNKNOWN, is_over=True).word == "NO DATA"
    told = _plain(details_lines(view, SIGNAL, closed.now, 110))
    assert "State ○ was GREEN" in told
    assert "warn at" not in told
    calm = fresh(view, replace(closed, signals=(SIGNAL,)))
    assert "5 SIGNALS was 1 GREEN" in " ".join(tabs_line(calm, closed.now, "signals", "signals", 120).plain.split())


def test_the_worst_comes_first_and_within_a_group_the_order_of_the_playbook() -> None:
    idle, blind, firing = _trigger(id="a", stage="idle"), _trigger(id="b", stage="blind"), _trigger(id="c")
    second, early, pending = _signal(id="p95"), _trigger(id="d", stage="unknown"), _trigger(id="e", stage="pending")
    found = signal_items(_launch(SIGNAL, YELLOW, UNKNOWN, RED, second, idle, blind, pending, firing, early))
    assert found == (firing, RED, blind, UNKNOWN, pending, YELLOW, SIGNAL, second, idle, early)


RED, YELLOW, UNKNOWN = _signal(id="r", level="red"), _signal(id="y", level="yellow"), _signal(id="u", at=None)
IDLE = _trigger(stage="idle")
WORST: dict[str, tuple[LaunchNow, SignalNow | TriggerNow | None]] = {
    "nothing": (_launch(), None),
    "red before unknown": (_launch(UNKNOWN, RED), RED),
    "unknown before yellow": (_launch(YELLOW, UNKNOWN), UNKNOWN),
    "yellow before green": (_launch(SIGNAL, YELLOW), YELLOW),
    "a trigger that fires before a red signal": (_launch(RED, TRIGGER), TRIGGER),
    "a red signal before a blind trigger": (_launch(RED, _trigger(stage="blind")), RED),
    "the first where all is well": (_launch(SIGNAL, IDLE), SIGNAL),
}


@pytest.mark.parametrize(("launch", "worst"), WORST.values(), ids=WORST)
def test_what_is_worst(launch: LaunchNow, worst: SignalNow | TriggerNow | None) -> None:
    assert worst_signal(launch) == worst


_HOSTILE = "[red]\\x1b[2J" + "漢字🙂" * 40
HOSTILE: dict[str, Callable[[], SignalNow | TriggerNow]] = {
    "a signal": lambda: _signal(title=_HOSTILE, reason=_HOSTILE, shown=_HOSTILE, next=_HOSTILE, source=_HOSTILE,
                                expr_source=_HOSTILE, slo=SLO, limits=(replace(PAGE, text=_HOSTILE, does=_HOSTILE),),
                                splits=(SplitNow(_HOSTILE, 1.0, _HOSTILE, "red"),), spark=(1.0, None) * 30),
    "a trigger": lambda: _trigger(title=_HOSTILE, reason=_HOSTILE, condition=_HOSTILE, runbook=_HOSTILE, blind=True,
                                  runs=_HOSTILE, acked=replace(ACKED, by=_HOSTILE, reason=_HOSTILE), snoozed=ACKED),
}  # fmt: skip


@pytest.mark.parametrize("width", [30, 46, 80, 120])
@pytest.mark.parametrize("build", HOSTILE.values(), ids=HOSTILE)
def test_every_line_fits_and_markup_stays_text(build: Callable[[], SignalNow | TriggerNow], width: int) -> None:
    item = build()
    launch = _launch(item, *([TRIGGER] if isinstance(item, SignalNow) else []))
    view = fresh(LaunchView(launch.launch), launch)
    lines = details_lines(view, item, NOW, width)
    assert max(one.cell_length for one in lines) <= width
    assert "[red]\\x1b[2J" in _plain(lines)
    row = item_row(view, item, NOW, width, selected=True)
    assert row.cell_length == width
    assert "[red]" in row.plain or width < 46


def test_a_line_feed_in_a_title_breaks_no_row() -> None:
    launch = _launch(_signal(title="5xx\nerrors"), _trigger(title="a\nb"))
    view = fresh(LaunchView(launch.launch), launch)
    assert view.launch is not None
    for item in signal_items(view.launch):
        assert "\n" not in item_row(view, item, NOW, 80, selected=False).plain


@pytest.mark.parametrize("build", [launches.green, launches.troubled, launches.gate_red])
@pytest.mark.parametrize("focus", ["signals", "log"])
def test_every_list_is_named_in_a_narrow_terminal(build: Callable[[], LaunchNow], focus: str) -> None:
    launch = replace(build(), signals=(RED, UNKNOWN), triggers=(TRIGGER,))
    view = fresh(LaunchView(launch.launch), launch)
    shown = tabs_line(view, launch.now, "signals", focus, 80).plain
    assert [name for name in ("1 STEPS", "2 POSTS", "3 STATE", "4 JOURNAL", "5 SIGNALS") if name not in shown] == []
    assert "…" not in shown
    assert "✖ FIRING +1" in shown


def test_without_signals_too_a_name_is_never_cut_and_trouble_is_said_before_what_is_done() -> None:
    launch = launches.troubled()
    told = tabs_line(fresh(LaunchView(launch.launch), launch), launch.now, "posts", "plan", 80).plain
    assert told.rstrip() == " 1 STEPS  2 POSTS 5/19 done ✖ 1 LATE, 1 FAILED  3 STATE ✖ RED +1  4 JOURNAL"
    told = tabs_line(fresh(LaunchView(launch.launch), launch), launch.now, "posts", "plan", 72).plain
    assert told.rstrip() == " 1 STEPS  2 POSTS ✖ 1 LATE, 1 FAILED  3 STATE ✖ RED +1  4 JOURNAL"
