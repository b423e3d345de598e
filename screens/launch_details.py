"""Everything known about one part of a launch, as lines: what to do first, then how it stands, then the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from warroom.client.action_values import LeverNow, ProcedureNow
from warroom.client.signal_values import SignalNow, TriggerNow
from warroom.client.values import (
    CheckNow,
    GateNow,
    IncidentNow,
    LaunchNow,
    LogNow,
    NoteNow,
    PhaseNow,
    PostNow,
    StepNow,
    SuiteNow,
    TaskNow,
)
from warroom.clock import stamp
from warroom.screens import palette
from warroom.screens.launch_actions import action_details
from warroom.screens.launch_marks import (
    early_s,
    is_under_way,
    mark_of_gate,
    mark_of_incident,
    mark_of_phase,
    mark_of_post,
    mark_of_step,
    mark_of_suite,
    note_left_s,
)
from warroom.screens.launch_rows import day_and_time, dimmed, post_when, why
from warroom.screens.launch_signals import signal_details
from warroom.screens.launch_view import (
    Item,
    LaunchView,
    SuiteLine,
    first_free,
    is_open,
    needs_of,
    note_of_channel,
    worst_checks,
)
from warroom.screens.lines import (
    EMPTY,
    LABEL_WIDTH,
    ago,
    countdown,
    joined,
    labelled_rows,
    line,
    wrapped,
)
from warroom.screens.marks import Mark, mark_of_verdict
from warroom.text import clean
from warroom.verdict import Verdict

_Lines = list[Content]
_LONGEST_ENTRY = 400
_BAR = line((" │ ", palette.FAINT_INK))


def details_lines(view: LaunchView, item: Item, now: datetime, width: int) -> Sequence[Content]:
    """The lines about `item`, each at most `width` cells; without any colour while the engine is lost."""
    launch = view.launch
    assert launch is not None
    match item:
        case PostNow():
            rows = _post(view, item, now, width)
        case PhaseNow():
            rows = [*_phase(launch, item, now, width), *_following(view, now, width)]
        case StepNow():
            rows = [*_step(launch, item, now, width), *_following(view, now, width)]
        case GateNow():
            rows = _gate(launch, item, now, width)
        case SignalNow() | TriggerNow():
            rows = signal_details(launch, item, now, width)
        case LeverNow() | ProcedureNow():
            rows = action_details(item, now, width, is_over=launch.closed is not None)
        case SuiteLine():
            rows = _suite(launch, item, now, width)
        case _:
            rows = _incident(launch, item, now, width)
    return [dimmed(row) for row in rows] if view.lost else rows


def title_of(item: Item) -> tuple[str, str]:
    """What the item is called, and what it is."""
    match item:
        case PostNow():
            return f"{item.time} {item.title}", f"post {item.slot}"
        case PhaseNow():
            return item.title, f"phase {item.id}"
        case StepNow():
            return item.do, f"step {item.id}"
        case GateNow():
            return f"{item.title} {item.system}", f"gate {item.id}"
        case SignalNow():
            return item.title, f"signal {item.id}"
        case TriggerNow():
            return item.title, f"trigger {item.id}"
        case LeverNow():
            return item.name, "lever"
        case ProcedureNow():
            return item.title, f"procedure {item.run}"
        case SuiteLine():
            return f"Suite {item.id}", "suite"
        case _:
            return item.text.replace("\n", " "), f"incident {item.id}"


def _state(mark: Mark, told: str, width: int) -> _Lines:
    return labelled_rows("State", [line((str(mark), mark.style), f"  {told}" if told else "")], width)


def _texts(label: str, texts: Sequence[str], width: int) -> _Lines:
    return labelled_rows(label, [Content(text) for text in texts if text], width)


def instant(at: datetime, now: datetime, *, alone: bool = False) -> str:
    """`2025-11-01T02:10:00Z, in 1m53s`, or how long ago; `alone`: neither."""
    seconds = (at - now).total_seconds()
    told = f"in {countdown(seconds)}" if seconds > 0 else ago(at, now)
    return _when(at) if alone else f"{_when(at)}, {told}"


def _when(at: datetime) -> str:
    return f"{stamp(at)[:19]}Z"


# --- posts


def _post(view: LaunchView, post: PostNow, now: datetime, width: int) -> _Lines:
    mark, (when, _) = mark_of_post(view, post, now), post_when(view, post, now)
    rows = _state(mark, joined([Content(part) for part in (when, _why(view, post)) if part], ", ").plain, width)
    if post.due:
        counts = is_open(post) or post.due <= now
        rows += _texts("Due", [instant(post.due, now) if counts else _when(post.due)], width)
    if post.sent_at:
        by = f", by {post.by}" if post.by else ""
        again = [f"{_when(post.resent_at)}, once more"] if post.resent_at else []
        rows += _texts("Done" if post.by else "Sent", [f"{_sent(post, post.sent_at)}{by}", *again], width)
    if post.failed_at:
        rows += _texts("Failed", [_when(post.failed_at)], width)
    if is_open(post):
        rows += _needs(view, post, width)
    if post.remark:
        rows += _texts("Remark", [f"{post.remark.text}  ({post.remark.by}, {instant(post.remark.at, now)})"], width)
    rows += labelled_rows("Do", [line((post.do, palette.STRONG))] if post.do else [], width)
    rows += _task(post.task, width, is_told=bool(post.do)) if post.task else []
    rows += _texts("Stands for", [", ".join(post.merged)], width)
    tries = f"{post.attempt} tries" if post.attempt > 1 else ""
    rows += labelled_rows(
        "Channel", [joined([Content(part) for part in (post.channel, post.ref, tries) if part], " · ")], width
    )
    if note := note_of_channel(view.launch, post):
        rows += labelled_rows("", [line((f"▲ {note}", palette.ink(palette.YELLOW, bold=True)))], width)
    return [*rows, EMPTY, *_post_text(post, width)]


def _task(task: TaskNow, width: int, *, is_told: bool) -> _Lines:
    """How a person tells it; the medium and to whom, unless what to do has told that."""
    to = f" to {task.to}" if task.to else ""
    rows = [] if is_told else _texts("By hand", [f"{task.medium}{to}"], width)
    rows += _texts("Subject", [task.subject], width)
    return rows + _texts("Address", [task.link], width)


def _why(view: LaunchView, post: PostNow) -> str:
    said = why(view, post)
    return "" if said.startswith("needs: ") else said


def _needs(view: LaunchView, post: PostNow, width: int) -> _Lines:
    needs = needs_of(view.launch, post) if view.launch else ()
    return labelled_rows("Needs", [line((need, palette.STRONG)) for need in needs], width)


def _sent(post: PostNow, at: datetime) -> str:
    told = _when(at)
    if post.due is None:
        return told
    if early_s(post):
        return f"{told}, early by {countdown(early_s(post))}"
    return f"{told}, LATE by {countdown(post.late_s)}" if post.late_s >= 1 else f"{told}, in time"


def _post_text(post: PostNow, width: int) -> _Lines:
    text = post.text or post.preview
    if not text:
        said = "Its text cannot be shown yet." if is_open(post) else "It has no text."
        return [line((f" {said}", palette.QUIET))]
    rows = _quoted("Text" if post.text else "Preview, as it would be now", text, width)
    below = line((post.delivery, palette.QUIET))
    return [*rows, *(wrapped(below, width, indent=_BAR) if post.delivery else [])]


def _quoted(head: str, text: str, width: int) -> _Lines:
    """A text of several lines behind a bar, below its head."""
    rows = [line((f" {head}", palette.QUIET))]
    for row in text.rstrip("\n").split("\n"):
        rows += wrapped(Content(row), width, indent=_BAR)
    return rows


def _following(view: LaunchView, now: datetime, width: int) -> _Lines:
    """The post that comes next with countdown, needs and preview, below something else; nothing where none does."""
    post = view.launch.next if view.launch else None
    if post is None:
        return []
    when, style = post_when(view, post, now)
    if post.standing == "held":
        when, style = f"HELD: {post.reason}; {when}".rstrip("; "), palette.ink(palette.YELLOW, bold=True)
    head = line(
        (" Next post", palette.QUIET), "  ", (f"{post.time} {post.title}", palette.STRONG), "  ", (when, style)
    )
    needs = _needs(view, post, width)
    text = _post_text(post, width)[1:] if post.text or post.preview else []
    free = first_free(view.launch) if view.launch and post.standing == "held" else None
    then = [] if free is None else [line((" Then", palette.QUIET), f"  {_named(view, free, now)}")]
    return [EMPTY, *wrapped(head, width, indent=""), *then, *needs, *text]


def _named(view: LaunchView, post: PostNow, now: datetime) -> str:
    return f"{post.time} {post.title}  {post_when(view, post, now)[0]}".rstrip()


# --- phases and steps


def _phase(launch: LaunchNow, phase: PhaseNow, now: datetime, width: int) -> _Lines:
    mark = mark_of_phase(phase, now)
    rows = _state(mark, "it was over too late" if phase.late and phase.lifecycle == "done" else "", width)
    begins, ends = (_of_phase(launch, at, now) for at in (phase.begins, phase.ends))
    rows += _texts("Begins", [begins or "with T0"], width)
    rows += _texts("Ends", [ends], width)
    steps = [step for step in launch.steps if step.id in phase.steps]
    ticked = sum(step.ticked is not None for step in steps)
    if steps:
        rows += _texts("Steps", [f"{ticked}/{len(steps)} ticked"], width)
    rows += _texts("Suite", [phase.suite], width)
    rows += _texts("Post", [phase.update], width)
    return rows + _texts("Held", () if phase.lifecycle in ("waiting", "never begun") else phase.held, width)


def _of_phase(launch: LaunchNow, at: datetime | None, now: datetime) -> str:
    """When a phase begins or ends: what a closed launch no longer comes to is not counted down to."""
    if at is None:
        return ""
    is_ahead = launch.closed is not None and at > launch.closed.at
    return f"{_when(at)}, it did not come to that" if is_ahead else instant(at, now)


def _step(launch: LaunchNow, step: StepNow, now: datetime, width: int) -> _Lines:
    mark = mark_of_step(launch, step)
    told = f"{instant(step.ticked.at, now)} by {step.ticked.by}" if step.ticked else ""
    rows = _state(mark, told, width)
    rows += labelled_rows("Do", [line((step.do, palette.STRONG))], width)
    rows += _texts("Address", [step.link], width)
    rows += _texts("Expect", [step.expect], width)
    given = step.ticked.values if step.ticked else {}
    asked = [
        line((ask.text, palette.QUIET), "  ", (given[ask.name], palette.STRONG))
        if ask.name in given
        else Content(ask.text)
        for ask in step.asks
    ]
    rows += labelled_rows("Asks for", asked, width)
    if step.marks_t0 and not launch.closed:
        rows += _texts("T0", ["it is set by ticking this step" if launch.t0 is None else "it was set"], width)
    return rows


# --- gates, suites, incidents


def _gate(launch: LaunchNow, gate: GateNow, now: datetime, width: int) -> _Lines:
    rows = _state(mark_of_gate(gate), gate.reason, width)
    if gate.stale and gate.state in ("green", "red"):
        rows += _texts("Was", [f"{gate.state.upper()}, too long ago to be believed"], width)
    rows += _texts("Since", [gate.since], width)
    rows += _texts("Read", [instant(gate.at, now, alone=launch.closed is not None) if gate.at else "never"], width)
    rows += _texts("Source", [gate.source], width)
    if gate.holds:
        rows += _texts("Holds", [f"{gate.holds} until it is GREEN"], width)
    return rows + _texts("Note", [gate.note], width)


def _suite(launch: LaunchNow, suite: SuiteLine, now: datetime, width: int) -> _Lines:
    run, latest = suite.finished, suite.latest
    rows: _Lines = []
    if run:
        for check in run.checks:
            for said in check.urgent:
                rows += labelled_rows("ACT NOW", [line((said, palette.ink(palette.RED, bold=True)))], width)
    rows += _state(mark_of_suite(suite), run.reason if run else "", width)
    if latest and is_under_way(latest):
        rows += _texts(
            "Running", [f"for {countdown((now - latest.started_at).total_seconds())}, {latest.cause}"], width
        )
    if run and run.finished_at:
        rows += _texts(
            "Finished", [f"{instant(run.finished_at, now, alone=launch.closed is not None)}, for {run.cause}"], width
        )
        rows += _texts("Evidence", [run.evidence_log], width)
    warned = [f"{one.text}  ({instant(one.at, now)})" for one in launch.warnings if one.suite == suite.id]
    rows += _texts("Warned", warned, width)
    return [*rows, EMPTY, *_checks(run, width)] if run else rows


def _checks(run: SuiteNow, width: int) -> _Lines:
    return [row for check in worst_checks(run) for row in _check(check, width)]


def _check(check: CheckNow, width: int) -> _Lines:
    mark = mark_of_verdict(check.verdict, required=check.required)
    optional = "" if check.required else "  (optional)"
    reason = f"  {check.reason}" if check.reason and check.verdict is not Verdict.PASS else ""
    head = line((f" {mark.symbol} {mark.word:<9}", mark.style))
    title = line((check.title, palette.STRONG), (optional, palette.QUIET), reason)
    rows = wrapped(title, width, indent=head)
    for one in check.lines:
        symbol = mark_of_verdict(one.verdict)
        more = f"  {one.reason}" if one.reason and one.reason not in check.reason else ""
        indent = line(" " * LABEL_WIDTH, (f"{symbol.symbol} ", symbol.style))
        rows += wrapped(line(one.say, (more, palette.QUIET)), width, indent=indent)
    return rows


def _incident(launch: LaunchNow, incident: IncidentNow, now: datetime, width: int) -> _Lines:
    left = note_left_s(incident, now)
    rows = _state(mark_of_incident(incident), "", width)
    if left is not None:
        told = f"owed in {countdown(left)}" if left >= 0 else f"LATE by {countdown(-left)}"
        colour = palette.RED if left < 0 else palette.YELLOW
        rows += labelled_rows("Note", [line((told, palette.ink(colour, bold=True)), "  (n writes it)")], width)
    rows += labelled_rows("What", [Content(incident.text)], width)
    rows += _texts("Opened", [f"{instant(incident.opened_at, now)} by {incident.by}"], width)
    if incident.note_at:
        rows += _texts("Last note", [f"{incident.note}  ({instant(incident.note_at, now)})"], width)
    if incident.resolved_at:
        by = f" by {incident.resolved_by}" if incident.resolved_by else ""
        rows += _texts("Resolved", [f"{instant(incident.resolved_at, now)}{by}", incident.reason], width)
    if incident.draft:
        rows += [EMPTY, *_quoted("The post that waits for your note", incident.draft, width)]
    about = [entry for entry in launch.log if entry.kind.startswith("incident.") and incident.id in entry.text]
    return [*rows, EMPTY, *log_lines(about, now, width)] if about else rows


# --- the journal and the notes


def log_lines(entries: Sequence[LogNow], now: datetime, width: int) -> _Lines:
    """The entries in words, oldest first."""
    return [row for entry in entries for row in _entry(entry, now, width)]


def _entry(entry: LogNow, now: datetime, width: int) -> _Lines:
    head = line((f" {day_and_time(entry.at, now):<11} ", palette.QUIET))
    by = "" if entry.by == "engine" else f"{entry.by}: "
    return wrapped(line((by, palette.STRONG), clean(entry.text, limit=_LONGEST_ENTRY)), width, indent=head)


def note_items(notes: Sequence[NoteNow]) -> list[tuple[str, str]]:
    """The notes as names and texts, oldest first."""
    return [(f"{_when(note.at)[11:]} {note.by}", note.text) for note in notes]
