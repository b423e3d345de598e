"""A launch and its entries as JSON data: what the API answers and what `run --headless` writes on a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from warroom.clock import stamp
from warroom.engine import shown, shown_actions, shown_signals
from warroom.engine.live import Live, journaled
from warroom.engine.shown import instant
from warroom.launch.ending import ending
from warroom.launch.entries import Entry
from warroom.launch.ledger import kept_open
from warroom.launch.modes import has_ended, mode_until, modes
from warroom.launch.standing import OVER, open_questions, owed
from warroom.launch.state import LaunchState
from warroom.launch.status_standing import message_standing, switch_standing
from warroom.report.launch_lines import LogLine

STATE_SCHEMA: Final = "warroom.state/1"
_NOTES: Final = 20


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry with the names and values that an exported journal gives it."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
    return {
        "actor": entry.actor,
        "at": at,
        "body": dict(entry.body),
        "boot_id": entry.boot_id,
        "boottime_ns": entry.boottime_ns,
        "epoch": entry.epoch,
        "hash": entry.hash,
        "kind": entry.kind,
        "launch": entry.launch,
        "prev_hash": entry.prev_hash,
        "seq": entry.seq,
    }


def state_json(
    state: LaunchState,
    now: datetime,
    log: Iterable[LogLine] = (),
    read_at: Mapping[str, datetime] | None = None,
    live: Live | None = None,
    levers_read_at: Mapping[str, datetime] | None = None,
    shown_at: datetime | None = None,
) -> dict[str, Any]:
    """The state of the launch at `now`, with the last lines of its `log` and signals as they are `live` (None: as the
    journal has them). `read_at` is when the gates were read, `levers_read_at` when the levers were, `shown_at` when
    the status message was edited last. Instants are UTC text, null where there is none; lists are in time order.
    However long the journal is, this costs the same."""
    watched = live or journaled(state)
    posts = shown.posts(state, owed(state, now), now)
    return {
        "schema": STATE_SCHEMA,
        "launch": state.launch,
        **_about(state, now),
        "now": stamp(now),
        "seq": state.seq,
        "epoch": state.epoch,
        "playbook_sha256": state.playbook_sha256,
        "opened_at": instant(state.opened_at),
        "t0": instant(state.t0),
        "attempt": state.attempt,
        "closed": _closed(state),
        "overall": shown.standing(state, now, watched),
        "kept_open": _kept_open(state, now),
        "clock_set_s": state.clock_set_s,
        "next": next((post for post in posts if post["standing"] not in OVER), None),
        "setup": shown.setup(state),
        "channels": shown.channels(state),
        "status_message": shown.kept(message_standing(state, shown_at, is_known=live is not None)),
        "dead_man": shown.kept(switch_standing(state, now, is_known=live is not None)),
        "phases": shown.phases(state, now),
        "updates": posts,
        "questions": _questions(state),
        "steps": _steps(state),
        "suites": shown.suites(state, now),
        "gates": shown.gates(state, now, read_at or {}),
        "incidents": shown.incidents(state, now),
        **_watched(state, now, watched),
        "levers": shown_actions.levers(state, now, levers_read_at or {}),
        "procedures": shown_actions.procedures(state, now),
        "warnings": [{"text": one.text, "suite": one.suite, "at": stamp(one.at)} for one in state.warnings],
        "notes": [{"text": note.text, "at": stamp(note.at), "by": note.by} for note in state.notes[-_NOTES:]],
        "log": [_log_line(line) for line in log],
    }


def _watched(state: LaunchState, now: datetime, live: Live) -> dict[str, Any]:
    return {
        "signals": shown_signals.signals(state, live, now),
        "baselines": shown_signals.baselines(state, now),
        "triggers": shown_signals.triggers(state, live, now),
    }


def _about(state: LaunchState, now: datetime) -> dict[str, Any]:
    """What the playbook says of the launch, and the modes that it is in."""
    info = state.course.launch
    return {
        "title": info.title,
        "owner_name": info.owner,
        "mode": info.mode,
        "mode_until": instant(mode_until(state)),
        "mode_ended": has_ended(state, now),
        "modes": [] if state.closed else list(modes(state, now)),
        "facts": [list(fact) for fact in info.facts],
        "links": [list(link) for link in info.links],
        "rationale": [list(reason) for reason in info.rationale],
    }


def _closed(state: LaunchState) -> dict[str, Any] | None:
    """The end, the exit code that `run` has for it, and why it has that one."""
    ended = ending(state)
    if state.closed is None or ended is None:
        return None
    code, because = int(ended.code), list(ended.reasons)
    return {"at": stamp(state.closed.at), "reason": state.closed.reason, "exit_code": code, "because": because}


def _kept_open(state: LaunchState, now: datetime) -> dict[str, Any] | None:
    """What keeps a launch open that owes nothing any more, and when it closes all the same."""
    found = kept_open(state, now)
    return {"held": list(found.held), "until": stamp(found.until)} if found else None


def _log_line(line: LogLine) -> dict[str, Any]:
    return {"seq": line.seq, "at": stamp(line.at), "by": line.by, "kind": line.kind, "text": line.text}


def _questions(state: LaunchState) -> list[dict[str, Any]]:
    return [
        {
            "step": question.step.id,
            "name": question.ask.name,
            "text": question.ask.text,
            "type": question.ask.answer_type,
            "needed_by": instant(question.due),
        }
        for question in open_questions(state)
    ]


def _steps(state: LaunchState) -> list[dict[str, Any]]:
    return [
        {
            "id": step.id,
            "do": step.do,
            "link": step.link,
            "expect": step.expect,
            "marks_t0": step.marks_t0,
            "asks": [{"name": ask.name, "text": ask.text, "type": ask.answer_type} for ask in step.asks],
            "ticked": {"at": stamp(tick.at), "by": tick.by, "values": dict(tick.values)} if tick else None,
        }
        for step in state.course.steps.values()
        for tick in (state.ticks.get(step.id),)
    ]
