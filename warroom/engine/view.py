"""A launch and its entries as JSON data: what the API answers and what `run --headless` writes on a pipe."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from warroom.clock import stamp
from warroom.launch.entries import Entry
from warroom.launch.results import Run
from warroom.launch.standing import Owed, Standing, open_questions, owed
from warroom.launch.state import LaunchState

STATE_SCHEMA: Final = "warroom.state/1"
_DONE: Final = (Standing.SENT, Standing.MERGED, Standing.FAILED)


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


def state_json(state: LaunchState, now: datetime) -> dict[str, Any]:
    """The state of the launch at `now`. Instants are UTC text, null where there is none; lists are in time order."""
    posts = owed(state, now)
    ahead = None if state.closed else next((post for post in posts if post.standing not in _DONE), None)
    info = state.course.launch
    return {
        "schema": STATE_SCHEMA,
        "launch": state.launch,
        "title": info.title,
        "mode": info.mode,
        "now": stamp(now),
        "seq": state.seq,
        "epoch": state.epoch,
        "playbook_sha256": state.playbook_sha256,
        "opened_at": _stamp(state.opened_at),
        "t0": _stamp(state.t0),
        "attempt": state.attempt,
        "closed": {"at": stamp(state.closed.at), "reason": state.closed.reason} if state.closed else None,
        "clock_set_s": state.clock_set_s,
        "next": _post(ahead, now) if ahead else None,
        "updates": [_post(post, now) for post in posts],
        "questions": _questions(state),
        "steps": _steps(state),
        "suites": [_suite(run) for run in state.runs.values()],
        "gates": [{"id": gate.id, "state": gate.state, "at": stamp(gate.at)} for gate in state.gates.values()],
        "incidents": [
            {
                "id": one.id,
                "text": one.text,
                "opened_at": stamp(one.opened_at),
                "resolved_at": _stamp(one.resolved_at),
            }
            for one in state.incidents.values()
        ],
        "notes": [{"text": note.text, "at": stamp(note.at), "by": note.by} for note in state.notes],
    }


def _stamp(instant: datetime | None) -> str | None:
    return stamp(instant) if instant else None


def _post(post: Owed, now: datetime) -> dict[str, Any]:
    return {
        "slot": post.slot.id,
        "time": post.slot.time,
        "title": post.title,
        "standing": post.standing.value,
        "due": _stamp(post.due),
        "in_s": round((post.due - now).total_seconds(), 3) if post.due else None,
        "late_s": round(post.late_s, 3),
        "into": post.into,
        "reason": post.reason,
        "sent_at": _stamp(post.record.at) if post.record and post.standing is Standing.SENT else None,
        "text": post.record.text if post.record else "",
    }


def _questions(state: LaunchState) -> list[dict[str, Any]]:
    return [
        {
            "step": question.step.id,
            "name": question.ask.name,
            "text": question.ask.text,
            "type": question.ask.answer_type,
            "needed_by": _stamp(question.due),
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


def _suite(run: Run) -> dict[str, Any]:
    return {
        "suite": run.suite,
        "cause": run.cause,
        "started_at": stamp(run.started_at),
        "finished_at": _stamp(run.finished_at),
        "verdict": run.verdict.value if run.finished_at else None,
        "word": run.word,
        "reason": run.reason,
        "evidence_log": run.evidence_log,
    }
