"""Levers and procedures in a launch's console: how they look, their rows, and everything known about one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from textual.content import Content

from warroom.client.action_values import ActionStepNow, LeverNow, ProcedureNow
from warroom.client.values import LaunchNow
from warroom.screens import palette
from warroom.screens.lines import countdown, labelled_rows, line, read_when, time_of_day, wrapped
from warroom.screens.marks import Mark

_STEPS: Final = {
    "pending": Mark("·", "not begun", palette.DIM),
    "confirm": Mark("◆", "confirm", palette.YELLOW),
    "to do": Mark("◆", "to do", palette.YELLOW),
    "waiting": Mark("·", "waiting", palette.TEXT),
    "unknown": Mark("?", "UNKNOWN", palette.UNKNOWN),
    "verified": Mark("✔", "VERIFIED", palette.GREEN),
    "done": Mark("✔", "done", palette.TEXT),
    "no-op": Mark("○", "NO-OP", palette.TEXT),
    "failed": Mark("✖", "FAILED", palette.RED),
    "skipped": Mark("○", "skipped", palette.TEXT),
}
_UNDER_WAY: Final = Mark("▶", "under way", palette.ACCENT)
_OUTCOMES: Final = {
    "done": Mark("✔", "done", palette.TEXT),
    "no-op": Mark("○", "NO-OP", palette.TEXT),
    "failed": Mark("✖", "FAILED", palette.RED),
    "stopped": Mark("■", "stopped", palette.TEXT),
    "shadow": Mark("·", "shadow", palette.DIM),
}
_WAITS: Final = Mark("◆", "WAITS", palette.YELLOW)
_BEGINS: Final = Mark("◆", "BEGINS", palette.YELLOW)
_FINISHED: Final = 3
"""How many runs that are over are listed."""
ActionItem = LeverNow | ProcedureNow


def urgent_actions(launch: LaunchNow) -> tuple[ActionItem, ...]:
    """What a person has to see first: the runs under way, those that wait for somebody before the others, and the
    levers that are not known to be as they should be."""
    under_way = [one for one in launch.procedures if one.run and one.stage != "finished"]
    waiting = [one for one in under_way if one.waits_for]
    off = [one for one in launch.levers if not one.as_expected]
    return (*waiting, *(one for one in under_way if not one.waits_for), *off)


def other_actions(launch: LaunchNow) -> tuple[ActionItem, ...]:
    """The latest runs that are over, the latest first, and the levers that are as they should be."""
    over = [one for one in launch.procedures if one.run and one.stage == "finished"]
    return (*reversed(over[-_FINISHED:]), *(one for one in launch.levers if one.as_expected))


def ready(launch: LaunchNow) -> tuple[ProcedureNow, ...]:
    """The procedures that can be started."""
    return tuple(one for one in launch.procedures if not one.run)


def mark_of_action(item: ActionItem) -> Mark:
    """The mark of a lever or of a run."""
    return mark_of_lever(item) if isinstance(item, LeverNow) else mark_of_run(item)


def mark_of_lever(lever: LeverNow) -> Mark:
    """The mark of a lever: only one that was read and is as it should be is green."""
    if lever.as_expected is None:
        return Mark("?", "UNKNOWN", palette.UNKNOWN)
    return Mark("✔", "GREEN", palette.GREEN) if lever.as_expected else Mark("✖", "DEVIATES", palette.RED)


def mark_of_run(run: ProcedureNow) -> Mark:
    """The mark of a run."""
    if run.stage == "finished":
        return _OUTCOMES.get(run.outcome, Mark("?", run.outcome, palette.UNKNOWN))
    if run.stage == "delayed":
        return _BEGINS
    return _WAITS if run.waits_for else _UNDER_WAY


def mark_of_action_step(step: ActionStepNow) -> Mark:
    """The mark of a step; that a person says it is done is no measurement, so it is not green."""
    return _STEPS.get(step.stage, _UNDER_WAY)


def action_parts(item: ActionItem, now: datetime, *, is_over: bool = False) -> tuple[str, str, str]:
    """What the row of an item tells: its title, what is said beside it, and its time at the end. `is_over`: its
    launch is closed."""
    if isinstance(item, ProcedureNow):
        return f"{item.title} ({item.run})", item.standing, _run_when(item, now)
    value = "?" if item.actual is None else item.actual
    said = [f"expected {item.expected}"] if not item.as_expected else []
    said += ["kill switch"] if item.kill_switch else []
    return f"{item.name}={value}", ", ".join((*said, *filter(None, [item.reason]))), _read(item, now, is_over=is_over)


def _read(lever: LeverNow, now: datetime, *, is_over: bool) -> str:
    read = "said" if lever.attest else "read"
    return f"{read} {read_when(lever.read_at, now, is_over=is_over)}" if lever.read_at else f"never {read}"


def _run_when(run: ProcedureNow, now: datetime) -> str:
    if run.finished_at:
        return time_of_day(run.finished_at)
    if run.waits_for and run.waits_for.until:
        left = (run.waits_for.until - now).total_seconds()
        if run.stage == "delayed":
            return f"in {countdown(max(0.0, left))}"
        return f"within {countdown(left)}" if left >= 0 else f"LATE by {countdown(-left)}"
    return _budget(run)


def _budget(run: ProcedureNow) -> str:
    spent = countdown(run.spent_s)
    if run.budget_s is None:
        return f"for {spent}" if run.stage != "finished" else f"took {spent}"
    of = f"{spent} of {countdown(run.budget_s)}"
    return f"OVER BUDGET: {of}" if run.over_budget else of


def action_details(item: ActionItem, now: datetime, width: int, *, is_over: bool = False) -> list[Content]:
    """Everything known about a lever or a run, each line at most `width` cells. `is_over`: its launch is closed."""
    return _lever(item, now, width, is_over=is_over) if isinstance(item, LeverNow) else _run(item, now, width)


def _rows(label: str, text: str, width: int) -> list[Content]:
    return labelled_rows(label, [Content(text)], width) if text else []


def _state(mark: Mark, told: str, width: int) -> list[Content]:
    return labelled_rows("State", [line((str(mark), mark.style), f"  {told}" if told else "")], width)


def _lever(lever: LeverNow, now: datetime, width: int, *, is_over: bool) -> list[Content]:
    rows = _state(mark_of_lever(lever), lever.reason, width)
    rows += _rows("Value", "nobody knows" if lever.actual is None else lever.actual, width)
    rows += _rows("Expected", lever.expected, width)
    verb = "said" if lever.attest else "read"
    rows += _rows(verb.capitalize(), _read(lever, now, is_over=is_over).replace(verb, "").strip(), width)
    rows += _rows("Does", lever.note, width)
    if lever.kill_switch:
        rows += _rows("Stops", f"sends, with {lever.stops} (K sets it)", width)
    how = f"by hand: {lever.by_person}" if lever.by_person else "Warroom sets it (r)"
    people = f", {lever.people} people have to agree" if lever.people > 1 else ""
    rows += _rows("Look", f"{lever.attest}; then say what it is (r)" if lever.attest else "", width)
    return [*rows, *_rows("Set", f"{how}{people}", width)]


def _run(run: ProcedureNow, now: datetime, width: int) -> list[Content]:
    rows = _state(mark_of_run(run), run.standing, width)
    rows += labelled_rows("Needed", [line((text, palette.STRONG)) for text in needed(run, now)], width)
    rows += _rows("Started", f"{time_of_day(run.started_at)} by {run.cause}" if run.started_at else "", width)
    over = palette.ink(palette.RED, bold=True) if run.over_budget else palette.PLAIN
    rows += labelled_rows("Time", [line((_budget(run), over))], width)
    rows += _rows("Incident", run.incident, width)
    return [*rows, Content(""), *(row for step in run.steps for row in _step(step, width))]


def _step(step: ActionStepNow, width: int) -> list[Content]:
    mark = mark_of_action_step(step)
    head = line((f" {mark.symbol} {mark.word:<9}", mark.style), " ")
    rows = wrapped(line((step.text, palette.STRONG)), width, indent=head)
    for text in (step.said if step.stage != "pending" else "", step.link, step.expect):
        rows += wrapped(Content(text), width, indent=line(" " * 13)) if text else []
    return rows


def needed(run: ProcedureNow, now: datetime) -> list[str]:
    """What a person has to do, with the key for it and the time that is left; empty where nobody has to."""
    waits = run.waits_for
    if waits is None:
        return []
    left = f"{countdown((waits.until - now).total_seconds())}" if waits.until and waits.until > now else ""
    if waits.what == "delay":
        return [f"{waits.text} {f'in {left}' if left else 'now'} (r aborts it)"]
    how = {"confirm": "r confirms it", "note": "n on the incident writes it"}.get(
        waits.what, "r says that it is done"
    )
    left = f", within {left}" if left else ""
    late = ", NOBODY HAS" if waits.escalated else ""
    agreed = f", {' and '.join(waits.people)} agreed" if waits.people and waits.wanted > 1 else ""
    return [f"{waits.text} ({how}{left}{late}{agreed})"]


def action_alarms(launch: LaunchNow, now: datetime) -> Iterator[tuple[str, str]]:
    """Two or three capital words and a sentence for each kill switch that lets messages leave, each run that begins
    by itself or waits for a person, the latest run of a procedure where it failed, each other lever that deviates."""
    if launch.closed:
        return
    off = [one for one in launch.levers if one.as_expected is False]
    for lever in filter(_lets_out, off):
        said = f"{lever.name} is {lever.actual}, expected {lever.expected}: messages may leave (K stops them)"
        yield "KILL SWITCH OFF", said
    for run in launch.procedures:
        if run.stage == "delayed":
            yield from (("ACTION BEGINS", text) for text in needed(run, now))
        elif run.waits_for and run.waits_for.what != "note":
            yield from (("ACTION WAITS", f"{run.title}: {text}") for text in needed(run, now))
    latest = {run.id: run for run in launch.procedures if run.run}
    yield from (("ACTION FAILED", _failed(run)) for run in latest.values() if run.outcome == "failed")
    for lever in off:
        if not _lets_out(lever):
            yield "LEVER DEVIATES", f"{lever.name} is {lever.actual}, expected {lever.expected}"


def _lets_out(lever: LeverNow) -> bool:
    return lever.kill_switch and lever.actual != lever.stops


def _failed(run: ProcedureNow) -> str:
    failed = [f"{step.text}: {step.reason}" for step in run.steps if step.stage == "failed"]
    return f"{run.title} ({run.run}): {'; '.join(failed)}"
