"""The heads of the lists: what each is about in a few words, and where the focus is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from textual.content import Content

from warroom.client.values import LaunchNow
from warroom.screens import palette
from warroom.screens.launch_actions import mark_of_action, urgent_actions
from warroom.screens.launch_marks import is_late, mark_of_gate, mark_of_incident, mark_of_suite, was_owed
from warroom.screens.launch_signals import mark_of_signal_item, signal_items
from warroom.screens.launch_view import LaunchView, is_open, suites
from warroom.screens.lines import EMPTY, ago, fit, joined, line, spread, time_of_day
from warroom.screens.marks import Mark
from warroom.text import plural

_NAMES: Final = {"plan": "STEPS", "posts": "POSTS", "state": "STATE", "log": "JOURNAL", "signals": "SIGNALS"}
_LONG: Final = {
    "plan": "PHASES AND STEPS",
    "posts": "POSTS",
    "state": "INCIDENTS, GATES, SUITES",
    "log": "JOURNAL",
    "signals": "SIGNALS AND TRIGGERS",
}


def head_line(view: LaunchView, now: datetime, name: str, width: int, *, focused: bool) -> Content:
    """The head of one list, its key before it; while the engine is lost, as of when it counts."""
    key = line((f" {list(_NAMES).index(name) + 1} ", palette.QUIET))
    title = line(key, (_title(view, name), palette.STRONG if focused else palette.QUIET))
    return spread(title, line(_about(view, now, name), " "), width)


def _title(view: LaunchView, name: str) -> str:
    acts = name == "state" and view.launch is not None and (view.launch.levers or view.launch.procedures)
    return "INCIDENTS, ACTIONS, LEVERS" if acts else _LONG[name]


def _about(view: LaunchView, now: datetime, name: str) -> Content:
    if view.lost:
        known = f"as of {time_of_day(view.heard_at)}, {ago(view.heard_at, now)}" if view.heard_at else "not known"
        return line((known, palette.ink(palette.UNKNOWN, bold=True)))
    return _COUNTED[name](view.launch, now) if view.launch else EMPTY


def tabs_line(view: LaunchView, now: datetime, shown: str, focus: str, width: int) -> Content:
    """All lists in one line, for a terminal that has room for one of them at a time."""
    names = [name for name in _NAMES if name != "signals" or (view.launch and signal_items(view.launch))]
    about = {name: _in_short(view, now, name) for name in names}

    def tabs() -> Content:
        return line(*(_tab(name, about[name], is_shown=name == lit) for name in names))

    lit = "log" if focus == "log" else shown
    # What is least urgent is left unsaid before a name is cut.
    for name, less in _less_said(view, now, names):
        if tabs().cell_length <= width:
            break
        about[name] = less
    if view.lost:
        return spread(tabs(), line(_about(view, now, shown), " "), width)
    return fit(tabs(), width)


def _less_said(view: LaunchView, now: datetime, names: Sequence[str]) -> Iterator[tuple[str, Content]]:
    """What may be said in less, the least urgent first: the name of a list, and what is left of it."""
    for name in names:
        if name == "posts" and view.launch and not view.lost:
            yield name, _troubles(view.launch, now)
        yield name, EMPTY


def _tab(name: str, about: Content, *, is_shown: bool) -> Content:
    style = palette.fill(palette.TEXT) if is_shown else palette.QUIET
    return line((f" {list(_NAMES).index(name) + 1} {_NAMES[name]} ", style), about, " " if about else "")


def _in_short(view: LaunchView, now: datetime, name: str) -> Content:
    if view.launch is None or view.lost or name == "log":
        return EMPTY
    return _worst(view.launch) if name == "state" else _COUNTED[name](view.launch, now)


def _plan(launch: LaunchNow, now: datetime) -> Content:
    ticked = sum(step.ticked is not None for step in launch.steps)
    return line((f"{ticked}/{len(launch.steps)} ticked", palette.QUIET)) if launch.steps else EMPTY


def _posts(launch: LaunchNow, now: datetime) -> Content:
    done = sum(not (is_open(post) or post.standing.startswith("not ")) for post in launch.updates)
    told = line((f"{done}/{len(launch.updates)} done", palette.QUIET))
    return joined([told, _troubles(launch, now)], " ")


def _troubles(launch: LaunchNow, now: datetime) -> Content:
    """What is wrong with posts; empty for nothing."""
    counts = {
        "LATE": sum(is_late(post, now) for post in launch.updates),
        "FAILED": sum(post.standing == "failed" for post in launch.updates),
        "NOT SENT": sum(was_owed(post) for post in launch.updates),
    }
    words = [f"{count} {word}" for word, count in counts.items() if count]
    return line((f"✖ {', '.join(words)}" if words else "", palette.ink(palette.RED, bold=True)))


def _state(launch: LaunchNow, now: datetime) -> Content:
    """The worst that is there, and how often; that there is no incident is said, too."""
    is_quiet = all(one.resolved_at for one in launch.incidents)
    return joined([line(("no incident" if is_quiet else "", palette.QUIET)), _worst(launch)], "  ")


def _signals(launch: LaunchNow, now: datetime) -> Content:
    """The worst that is there, and how often; else how many signals are green, or were when the launch was closed."""
    marks = [mark_of_signal_item(item, is_over=launch.closed is not None) for item in signal_items(launch)]
    green = sum(one.level == "green" for one in launch.signals)
    return _worst_of(marks) or line((f"{'was ' if launch.closed else ''}{green} GREEN", palette.QUIET))


def _worst(launch: LaunchNow) -> Content:
    marks = [mark_of_incident(one) for one in launch.incidents if one.resolved_at is None]
    marks += [mark_of_action(one) for one in urgent_actions(launch)]
    marks += [mark_of_suite(one) for one in suites(launch)] + [mark_of_gate(one) for one in launch.gates]
    return _worst_of(marks)


def _worst_of(marks: Sequence[Mark]) -> Content:
    for colour in (palette.RED, palette.UNKNOWN, palette.TOLERATED, palette.YELLOW):
        found = [mark for mark in marks if mark.colour == colour]
        if found:
            more = f" +{len(found) - 1}" if len(found) > 1 else ""
            return line((f"{found[0]}{more}", found[0].style))
    return EMPTY


def _log(launch: LaunchNow, now: datetime) -> Content:
    return line((plural(launch.seq, "entry", "entries"), palette.QUIET))


_COUNTED: Final[dict[str, Callable[[LaunchNow, datetime], Content]]] = {
    "plan": _plan,
    "posts": _posts,
    "state": _state,
    "log": _log,
    "signals": _signals,
}
