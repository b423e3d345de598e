"""The head of the console: which launch this is, how the other systems stand, and the verdict of it all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from warroom.events import GateInfo
from warroom.screens import palette
from warroom.screens.lines import EMPTY, clock_span, fit, joined, labelled, line, spread, time_of_day
from warroom.screens.marks import RUNNING_MARK, WAITING_MARK, Mark, colour_of, mark_of_gate
from warroom.screens.view import View
from warroom.verdict import Verdict, word

_BOX = 34
_WIDE = 100


def overall(view: View) -> Mark:
    """The mark of the whole run; while it is under way, RUNNING in the colour of a failure that is already known."""
    state = view.state
    if state.started is None:
        return Mark(WAITING_MARK.symbol, "WAITING", palette.DIM)
    if view.under_way or state.finished is None:
        failed = any(o.verdict is Verdict.FAIL and o.required for o in state.outcomes)
        return Mark(RUNNING_MARK.symbol, RUNNING_MARK.word, palette.RED if failed else palette.TEXT)
    verdict = state.finished.verdict
    return Mark(verdict.symbol, state.finished.word, colour_of(verdict))


def elapsed_s(view: View, now: datetime) -> float:
    """Seconds since the run, or the rerun, began; up to its end where it has one."""
    if view.begun_at is None:
        return 0.0
    end = now if view.under_way else view.state.finished_at or now
    return max(0.0, (end - view.begun_at).total_seconds())


def header_lines(view: View, now: datetime, width: int, height: int) -> Sequence[Content]:
    """At most `height` lines of `width` cells."""
    if height < 2 or width < 50:
        return [_one_line(view, now, width)][:height]
    if width < _WIDE:
        return _narrow(view, now, width)[:height]
    box = _box(view, now)
    rows = [_title(view), _who(view), _facts(view), _gates(view)][:height]
    left = width - _BOX - 1
    return [line(fit(line(" ", row), left), " ", side) for row, side in zip(rows, box, strict=False)]


def _one_line(view: View, now: datetime, width: int) -> Content:
    mark = overall(view)
    chip = (f" {mark} ", palette.fill(mark.colour))
    counted = f" {_done(view)} {clock_span(elapsed_s(view, now))}"
    return fit(line(chip, counted, "  ", (view.state.launch.title, palette.STRONG)), width)


def _narrow(view: View, now: datetime, width: int) -> list[Content]:
    mark = overall(view)
    chip = line((f" {mark} ", palette.fill(mark.colour)))
    counted = line((f"{_done(view)}  {clock_span(elapsed_s(view, now))} ", palette.STRONG))
    second = joined([_who(view), _facts(view)])
    return [
        spread(line(" ", (view.state.launch.title, palette.STRONG)), chip, width),
        spread(line(" ", second), counted, width),
        spread(line(" ", _gates(view)), line(_tally(view), " "), width),
    ]


def _box(view: View, now: datetime) -> list[Content]:
    mark = overall(view)
    style = palette.fill(mark.colour)
    begun = f"  {time_of_day(view.begun_at)}" if view.begun_at else ""
    rows = [
        f"  {mark}",
        f"  {_done(view)} checks  {clock_span(elapsed_s(view, now))}{begun}",
    ]
    filled = [line((fit(row, _BOX).plain, style)) for row in ("", *rows)]
    return [*filled, fit(line("  ", _tally(view)), _BOX)]


def _done(view: View) -> str:
    return f"{view.state.done}/{len(view.state.checks)}"


def _title(view: View) -> Content:
    launch, started = view.state.launch, view.state.started
    if started is None:
        return line(("Nothing has been reported yet", palette.STRONG))
    suite = f"suite {started.suite}" if started.suite else ""
    return joined([line((launch.title or launch.id, palette.STRONG)), line((suite, palette.QUIET))])


def _who(view: View) -> Content:
    launch, started = view.state.launch, view.state.started
    if started is None:
        return line(("waiting for the run to begin", palette.QUIET))
    playbook = f"{started.playbook_path} {started.playbook_sha256[:8]}".strip()
    return joined([labelled("Owner", launch.owner), labelled("Mode", launch.mode), line((playbook, palette.QUIET))])


def _facts(view: View) -> Content:
    return joined([labelled(name, value) for name, value in view.state.launch.facts])


def _gates(view: View) -> Content:
    gates = [_gate(gate) for gate in view.state.gates.values()]
    return joined(gates) if gates else EMPTY


def _gate(gate: GateInfo) -> Content:
    mark = mark_of_gate(gate)
    more = gate.reason if mark.word == "UNKNOWN" else f"since {gate.since}" if gate.since else ""
    told = f" {more}" if more else f" ({gate.source})" if gate.source else ""
    return line(gate.title or gate.id, " ", (str(mark), mark.style), (told, palette.QUIET))


def _tally(view: View) -> Content:
    counted: dict[str, tuple[str, int]] = {}
    for verdict, count in view.tally.items():
        name = word(verdict, required=verdict is not Verdict.SKIPPED)
        before = counted.get(name, (verdict.symbol, 0))[1]
        counted[name] = (verdict.symbol, before + count)
    colours = {word(v, required=v is not Verdict.SKIPPED): colour_of(v) for v in view.tally}
    return joined(
        [line((f"{symbol} {count} {name}", palette.ink(colours[name]))) for name, (symbol, count) in counted.items()],
        "  ",
    )
