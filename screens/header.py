"""The head of the console: which launch this is, how the other systems stand, and the verdict of it all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content
from textual.style import Style

from warroom.events import GateInfo
from warroom.screens import palette
from warroom.screens.lines import EMPTY, clock_span, fit, joined, labelled, line, packed, span, spread, time_of_day
from warroom.screens.marks import RUNNING_MARK, WAITING_MARK, Mark, colour_of, mark_of_gate
from warroom.screens.view import View
from warroom.text import plural
from warroom.verdict import Verdict, word

_WIDE = 100
_BOX_AT_LEAST, _BOX_AT_MOST = 24, 44
_DOT = " · "


def overall(view: View) -> Mark:
    """The mark of the whole run; while it is under way, RUNNING in the colour of a failure that is already known."""
    state = view.state
    if state.started is None:
        return Mark(WAITING_MARK.symbol, "WAITING", palette.TEXT)
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


def _counted(view: View, now: datetime) -> str:
    """How many checks are done and how long it takes; nothing before the run begins."""
    if view.state.started is None:
        return ""
    elapsed = elapsed_s(view, now)
    took = clock_span(elapsed) if view.under_way else span(elapsed)
    return f"{view.state.done}/{len(view.state.checks)} done  {took}"


def header_lines(view: View, now: datetime, width: int, height: int) -> Sequence[Content]:
    """At most `height` lines of `width` cells: one line, three, or from 100 cells on four with the verdict beside."""
    if height < 3 or width < 50:
        return [_one_line(view, now, width)][:height]
    if width < _WIDE or height < 4:
        return _narrow(view, now, width)
    return _wide(view, now, width, height)


def _one_line(view: View, now: datetime, width: int) -> Content:
    mark = overall(view)
    if width < len(str(mark)):
        return line((fit(mark.symbol, width).plain, _field(mark)))
    chip = (f" {mark} " if width >= 20 else str(mark), _field(mark))
    counted = f" {_counted(view, now)}"
    return fit(line(chip, counted, "  ", (view.state.launch.title, palette.STRONG)), width)


def _narrow(view: View, now: datetime, width: int) -> list[Content]:
    mark = overall(view)
    chip = line((f" {mark} ", _field(mark)))
    counted = line((f"{_counted(view, now)} ", palette.STRONG))
    gates, sums = joined(_gates(view), _DOT), line(tally(view), " ")
    if gates.cell_length + sums.cell_length + 2 > width:
        # Since when, and why, has to give way to how every gate stands.
        gates = joined([_standing(gate) for gate in view.state.gates.values()], _DOT)
    return [
        spread(line(" ", (_title(view), palette.STRONG)), chip, width),
        spread(line(" ", joined(_facts(view), _DOT)), counted, width),
        spread(line(" ", gates), sums, width),
    ]


def _wide(view: View, now: datetime, width: int, height: int) -> list[Content]:
    mark = overall(view)
    said = [fit(f"  {mark}", _BOX_AT_MOST).plain.rstrip(), f"  {_counted(view, now)}"]
    box_width = max(_BOX_AT_LEAST, *(len(row) + 2 for row in said))
    box = [line((fit(row, box_width).plain, _field(mark))) for row in ("", *said, *[""] * (height - 3))]
    room = width - box_width - 2
    parts = [line((_title(view), palette.STRONG)), *_facts(view), *_about(view)]
    rows = packed(parts, room, height - 2, _DOT)
    rows += [joined(_gates(view), _DOT), joined([tally(view), *_result(view)], _DOT)]
    return [line(" ", fit(row, room), " ", side) for row, side in zip(_padded(rows, height), box, strict=False)]


def _field(mark: Mark) -> Style:
    """The verdict's colour as a field; quiet as long as nothing is decided."""
    return palette.QUIET_FIELD if mark.colour == palette.TEXT else palette.fill(mark.colour)


def _padded(rows: list[Content], height: int) -> list[Content]:
    return (rows + [EMPTY] * height)[:height]


def _title(view: View) -> str:
    if view.state.started is None:
        return "Nothing has been reported yet"
    return view.state.launch.title or view.state.launch.id


def _facts(view: View) -> list[Content]:
    launch = view.state.launch
    named = [("Owner", launch.owner), ("Mode", launch.mode), *launch.facts]
    return [labelled(name, value) for name, value in named]


def _about(view: View) -> list[Content]:
    started = view.state.started
    if started is None:
        return []
    begun = f"{time_of_day(view.begun_at)}" if view.begun_at else ""
    playbook = f"{started.playbook_path} {started.playbook_sha256[:8]}".strip()
    return [labelled("Suite", started.suite), labelled("Begun", begun), labelled("Playbook", playbook)]


def _gates(view: View) -> list[Content]:
    return [_gate(gate) for gate in view.state.gates.values()]


def _gate(gate: GateInfo) -> Content:
    mark = mark_of_gate(gate)
    more = gate.reason if mark.word == "UNKNOWN" else f"since {gate.since}" if gate.since else ""
    told = f" {more}" if more else f" ({gate.source})" if gate.source else ""
    return line(_standing(gate), (told, palette.QUIET))


def _standing(gate: GateInfo) -> Content:
    mark = mark_of_gate(gate)
    return line(gate.title or gate.id, " ", (str(mark), mark.style))


def _result(view: View) -> list[Content]:
    finished, started = view.state.finished, view.state.started
    if finished is None or view.under_way:
        return [line(("Evidence ", palette.QUIET), started.evidence_dir)] if started and started.evidence_dir else []
    return [Content(finished.reason), labelled("Evidence", finished.evidence_log)]


def tally(view: View) -> Content:
    """How many checks came to what, the best first: `✔ 6 GREEN  ✖ 1 RED`; nothing before one is done."""
    counted: dict[str, tuple[str, str, int]] = {}
    for verdict, count in view.tally.items():
        name = word(verdict, required=verdict is not Verdict.SKIPPED)
        before = counted[name][2] if name in counted else 0
        counted[name] = (verdict.symbol, colour_of(verdict), before + count)
    parts = [
        line((f"{symbol} {count} {name}", palette.ink(colour, bold=True)))
        for name, (symbol, colour, count) in counted.items()
    ]
    return joined(parts, "  ")


def launch_items(view: View) -> list[tuple[str, str]]:
    """The launch in full, for which the head may have no room: owner, mode, facts, links, how each gate stands,
    and why it is done so."""
    launch = view.state.launch
    named = [("Owner", launch.owner), ("Mode", launch.mode), *launch.facts]
    named += [(name, address) for name, address in launch.links]
    for gate in view.state.gates.values():
        since = f"since {gate.since}" if gate.since else ""
        said = "; ".join(filter(None, (gate.reason, since, gate.source, gate.note)))
        named.append((gate.title or gate.id, f"{mark_of_gate(gate)}  {said}".rstrip()))
    named += launch.rationale
    return [(name, value) for name, value in named if value]


def result_items(view: View) -> list[tuple[str, str]]:
    """How the run ended and where its evidence is, as names and texts; empty before its end."""
    finished, started = view.state.finished, view.state.started
    if finished is None or started is None:
        return []
    named = [
        ("Verdict", f"{overall(view)}  {finished.reason}".strip()),
        ("Evidence log", finished.evidence_log),
        ("Evidence", started.evidence_dir),
        ("Manifest", finished.manifest_sha256),
        ("Playbook", started.playbook_path),
        ("sha256", started.playbook_sha256),
        ("Run", f"{started.run_id}, {plural(len(view.state.checks), 'check')}"),
    ]
    return [(name, value) for name, value in named if value]
