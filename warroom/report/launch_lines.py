"""An entry of a launch as a line for people who watch a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from warroom.launch.entries import Entry
from warroom.launch.values import utc
from warroom.report import procedure_lines
from warroom.report.signal_lines import SIGNALS
from warroom.text import clean, plural
from warroom.units import format_seconds

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LogLine:
    """Entry `seq` of a journal in words. `by` is `engine` or a person."""

    seq: int
    at: datetime
    by: str
    kind: str
    text: str

    def __str__(self) -> str:
        by = f" ({self.by})" if self.by != "engine" else ""
        return f"{utc(self.at)} {self.text}{by}"


def log_line(entry: Entry) -> LogLine | None:
    """The entry in words; None for one that says nothing to a person.

    A post that was sent is followed by its delivery, its text stands in the entry that made it due.
    """
    told = _TOLD.get(entry.kind)
    said = told(entry.body) if told else ""
    if not said:
        return None
    return LogLine(entry.seq, entry.at, clean(entry.actor, limit=80), entry.kind, clean(said))


def _prepared(body: Body) -> str:
    if "text" not in body:
        return f"post {body['slot']} not sent: {body.get('reason', '')}; it is tried again"
    late = f", LATE by {format_seconds(round(body['late_s']))}" if body.get("late_s") else ""
    merged = f", stands for {', '.join(body['merged'])} too" if body.get("merged") else ""
    return f"post {body['slot']} written{late}{merged}"


def _confirmed(body: Body) -> str:
    if not body.get("by"):
        return f"post {body['slot']} sent"
    late = f", LATE by {format_seconds(round(body['late_s']))}" if body.get("late_s") else ""
    return f"post {body['slot']} done by hand{late}" + (f": {body['ref']}" if body.get("ref") else "")


def _finished(body: Body) -> str:
    why = f": {body['reason']}" if body.get("reason") else ""
    return f"{_what_runs(body)} for {body['cause']}: {body['word']}{why}"


def _what_runs(body: Body) -> str:
    return f"suite {body['suite']}" if body["suite"] else f"checks {', '.join(body.get('only', ()))}".strip()


def _gate(body: Body) -> str:
    why = f": {body['reason']}" if body.get("reason") else ""
    return f"gate {body['gate']}: {str(body['state']).upper()}{why}"


def _amended(body: Body) -> str:
    gone = f"; no longer owed: {', '.join(body['vanished'])}" if body["vanished"] else ""
    new = f"; newly owed: {', '.join(body['added'])}" if body["added"] else ""
    anew = f"; triggers that begin anew: {', '.join(body['begun_anew'])}" if body.get("begun_anew") else ""
    return f"the playbook is now {body['to'][:12]} from {body['path']}{gone}{new}{anew}"


def _ticked(body: Body) -> str:
    values = ", ".join(f"{name}={value}" for name, value in body.get("values", {}).items())
    return f"step {body['step']} done" + (f": {values}" if values else "")


def _gravely(body: Body) -> str:
    return f" ({body['severity']})" if body.get("severity", "warning") != "warning" else ""


def _setup(body: Body) -> str:
    open_ones = [one for one in body["findings"] if one["verdict"] not in ("pass", "skipped")]
    told = "; ".join(f"{one['about']}: {one['found']}" for one in open_ones)
    return f"set-up: {plural(len(open_ones), 'finding')}: {told}" if open_ones else "set-up: no findings"


def _closed(body: Body) -> str:
    said, first = f"launch closed: {body['reason']}", body.get("first", ())
    if body.get("incidents"):
        said += f"; never resolved: {', '.join(body['incidents'])}"
    if body.get("under_way"):
        said += f"; under way: {', '.join(body['under_way'])}"
    if body.get("unclear"):
        said += f"; not known whether it arrived: {', '.join(body['unclear'])}"
    if not body.get("unsent"):
        return said
    more = ", …" if body["unsent"] > len(first) else ""
    were_due = f" ({body['due']} due by now)" if body.get("due") else ""
    return f"{said}; {plural(body['unsent'], 'owed update')} will never be sent{were_due}: {', '.join(first)}{more}"


def _status_message(body: Body) -> str:
    """Of edits only that they work again: the message is edited all the time."""
    return "status message edited again" if body.get("again") else ""


def _stays(body: Body) -> str:
    then = f"Slack may post it at {body['comes_at']}" if "comes_at" in body else "tried again"
    return f"dead-man switch: the last one is not deleted: {body['reason']}; {then}"


def _armed(body: Body) -> str:
    """That the switch is kept ahead is no news; that an engine leaves its last word is."""
    if not body.get("by"):
        return ""
    return f"Slack says at {body['fires_at']} that {body['by']} stopped the engine, unless one runs by then"


_TOLD: Final[Mapping[str, Callable[[Body], str]]] = {
    "owner.acquired": lambda body: f"engine {body['epoch']} owns the launch (process {body['pid']})",
    "owner.ended": lambda body: (
        f"process {body['pid']} {'handed back' if body['handed_back'] else 'was killed'}: the launch was taken over"
    ),
    "launch.opened": lambda body: "launch opened" + (f", T0 {body['t0']}" if body.get("t0") else ", T0 is not set"),
    "playbook.amended": _amended,
    "launch.closed": _closed,
    "launch.kept_open": lambda body: f"every update is resolved; not closed: {'; '.join(body['held'])}",
    "setup.checked": _setup,
    "t0.set": lambda body: f"T0 is {body['at']}" + (f": {body['reason']}" if body.get("reason") else ""),
    "t0.scrubbed": lambda body: f"T0 scrubbed: {body['reason']}",
    "step.ticked": _ticked,
    "note": lambda body: f"note: {body['text']}",
    "suite.started": lambda body: f"{_what_runs(body)} for {body['cause']} begins",
    "suite.finished": _finished,
    "suite.warned": lambda body: f"suite {body['suite']} warns: {body['text']}",
    "gate.read": _gate,
    "gate.asked": lambda body: f"gate {body['gate']} is asked again",
    "gate.flipped": lambda body: f"gate {body['gate']} flipped to {str(body['to']).upper()}",
    "incident.opened": lambda body: f"incident {body['id']} opened{_gravely(body)}: {body['text']}",
    "incident.noted": lambda body: f"incident {body['id']} note: {body['text']}",
    "incident.resolved": lambda body: f"incident {body['id']} resolved: {body['reason']}",
    "update.due": _prepared,
    "update.confirmed": _confirmed,
    "update.resent": lambda body: f"post {body['slot']}, which is {body['was']}, is sent again: {body['reason']}",
    "update.skipped": lambda body: f"post {body['slot']} skipped: {body['reason']}",
    "update.unknown": lambda body: f"post {body['slot']}: not known whether it arrived ({body.get('reason', '')})",
    "update.absent": lambda body: f"post {body['slot']}: it has not arrived so far, another look follows",
    "update.dead": lambda body: f"post {body['slot']} FAILED: {body.get('reason', '')}",
    "file.attached": lambda body: f"evidence file of post {body['slot']} attached",
    "file.due": lambda body: (
        f"evidence file of post {body['slot']} not attached: {body['reason']}; it is tried again"
    ),
    "file.failed": lambda body: (
        f"evidence file of post {body['slot']} NOT attached: {body['reason']}; it is {body['file']}"
    ),
    "rest.attached": lambda body: f"the rest of post {body['slot']} is in its thread",
    "rest.due": lambda body: f"the rest of post {body['slot']} is not in its thread: {body['reason']}; tried again",
    "rest.failed": lambda body: f"post {body['slot']} FAILED: its rest is not in its thread: {body['reason']}",
    "update.held": lambda body: f"post {body['slot']} held: {body['reason']}",
    "update.released": lambda body: f"post {body['slot']} released",
    "update.requested": lambda body: f"post {body['slot']} asked for now",
    "update.remarked": lambda body: f"remark on {body['slot']}: {body['text'] or 'none any more'}",
    "clock.agreed": lambda body: f"the wall clock is right, says {body['source']}",
    "api.refused": lambda body: f"refused {body['count']}x, the last from {body['from']}: {body['reason']}",
    "engine.stopping": lambda body: f"the engine is stopped by {body['by']}",
    "live.posted": lambda body: f"status message {body['number']} stands in Slack",
    "live.due": lambda body: f"status message not posted: {body['reason']}; it is tried again",
    "live.unclear": lambda body: f"status message: checking whether it arrived ({body['reason']})",
    "live.edited": _status_message,
    "live.failing": lambda body: f"status message not edited: {body['reason']}; it is tried again",
    "live.gone": lambda body: f"status message {body['number']} takes no more edits: {body['reason']}",
    "deadman.arming": _armed,
    "deadman.failing": lambda body: f"dead-man switch not renewed: {body['reason']}; it is tried again",
    "deadman.stays": _stays,
    "deadman.fired": lambda body: f"dead-man switch: Slack posted alarm {body['number']}, it is answered",
    "clock.step": lambda body: (
        f"the wall clock was set by {'+' if body['by_s'] > 0 else ''}{format_seconds(body['by_s'])}"
    ),
    **SIGNALS,
    **procedure_lines.TOLD,
}
