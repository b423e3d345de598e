"""The parts of a launch's state as JSON data, each for whoever shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from warroom.clock import stamp
from warroom.engine.live import Live
from warroom.launch.evidence_age import at_age
from warroom.launch.happenings import Incident
from warroom.launch.modes import holds_in
from warroom.launch.overall import overall, overall_words
from warroom.launch.phases import phases as standings
from warroom.launch.results import CheckFound, Run
from warroom.launch.schedule import Slot, all_slots, slots, update_of
from warroom.launch.setup import setup_body
from warroom.launch.signals import TriggerLook
from warroom.launch.standing import IN_DOUBT, OVER, Owed, Standing, standing_of, tells_note
from warroom.launch.state import LaunchState, Record, as_of
from warroom.launch.status_standing import KeptStanding
from warroom.launch.values import missing
from warroom.updates.advice import advice
from warroom.updates.render import delivery_of, draft_text, preview_text, with_remarks

NO_LONGER: Final = "no longer in the playbook"
"""What is said of a post that was sent before the playbook was amended."""
BROKEN_OFF: Final = "broken off"
"""The word of a run that was under way when the launch was closed."""
PREVIEWS: Final = 3
"""Of how many posts to come the text is shown as it would be now."""

_ARRIVED: Final = (Standing.SENT, Standing.DONE)
_AHEAD: Final = (Standing.SCHEDULED, Standing.DUE, Standing.HELD)


def instant(at: datetime | None) -> str | None:
    """`2025-11-01T02:00:00.000Z`; None where there is none."""
    return stamp(at) if at else None


def posts(state: LaunchState, owed: Sequence[Owed], now: datetime) -> list[dict[str, Any]]:
    """Every post; the next few that have no text yet with a preview and what they need."""
    ahead = [post.slot.id for post in owed if post.standing in _AHEAD and post.record is None][:PREVIEWS]
    slots_now = {post.slot.id: post.slot for post in owed}
    found = [_post(state, post, now, slots_now) | _preview(state, post, post.slot.id in ahead) for post in owed]
    return [*(_gone(state, record) for record in _vanished(state, owed)), *found]


def _vanished(state: LaunchState, owed: Sequence[Owed]) -> list[Record]:
    """What was sent, or may have been, for slots that the playbook no longer has; the earliest first."""
    earlier = {slot.id for attempt in range(1, state.attempt) for slot in slots(state.course, attempt)}
    known = earlier | {post.slot.id for post in owed}
    left = [one for one in state.records.values() if one.slot not in known and (one.attempt or one.by)]
    left = [one for one in left if standing_of(state, one)]
    # The posts for flips before T0 was scrubbed have a number too, and went with their happenings.
    return [one for one in left if update_of(one.slot) not in state.course.updates or "#" not in one.slot]


def _gone(state: LaunchState, record: Record) -> dict[str, Any]:
    in_doubt = state.closed is not None and record.stage in IN_DOUBT
    standing = Standing.NOT_KNOWN if in_doubt else standing_of(state, record) or Standing.DUE
    return {
        "slot": record.slot,
        "time": record.slot.partition("@")[2],
        "title": update_of(record.slot),
        "channel": record.channel,
        "standing": standing.value,
        "due": None,
        "in_s": None,
        "late_s": round(record.late_s, 3),
        "early_s": 0.0,
        "merged": list(record.merged),
        "into": record.into,
        "reason": "; ".join(filter(None, (NO_LONGER, record.reason))),
        **_sent(record, standing),
        "text": with_remarks(record.text, state, (record.slot, *record.merged)),
        "delivery": "",
        "ref": record.ref,
        "attempt": record.attempt,
        "by": record.by,
        "task": None,
        "do": "",
        "remark": None,
        "preview": "",
        "needs": [],
    }


def _post(state: LaunchState, post: Owed, now: datetime, slots_now: Mapping[str, Slot]) -> dict[str, Any]:
    record, remark = post.record, state.remarks.get(post.slot.id)
    return {
        "slot": post.slot.id,
        "time": post.slot.time,
        "title": post.title,
        "channel": post.slot.channel,
        "standing": post.standing.value,
        "due": instant(post.due),
        "in_s": _ahead_s(state, post, now),
        "late_s": round(post.late_s, 3),
        "early_s": _early_s(post),
        "merged": list(record.merged) if record else [],
        "into": post.into,
        "reason": post.reason,
        **_sent(record, post.standing),
        "text": with_remarks(record.text, state, (record.slot, *record.merged)) if record else "",
        "delivery": delivery_of(record, state, slots_now) if record else "",
        "ref": record.ref if record else "",
        "attempt": record.attempt if record else 0,
        "by": record.by if record else "",
        "task": _task(state, post),
        "do": advice(state, post),
        "remark": {"text": remark.text, "by": remark.by, "at": stamp(remark.at)} if remark else None,
    }


def _sent(record: Record | None, standing: Standing) -> dict[str, Any]:
    """When its first copy arrived, when the last did where a person had it sent once more, and when it failed."""
    first = record.first_at if record else None
    last = record.at if record and record.earlier and standing in _ARRIVED else None
    failed = record.at if record and standing is Standing.FAILED else None
    return {"sent_at": instant(first), "resent_at": instant(last), "failed_at": instant(failed)}


def _ahead_s(state: LaunchState, post: Owed, now: datetime) -> float | None:
    """How far ahead its time is, in seconds, negative since; None where it has none, or is over."""
    if post.due is None or (state.closed and post.standing in OVER):
        return None
    return round((post.due - now).total_seconds(), 3)


def _early_s(post: Owed) -> float:
    """How long before its time, by the T0 of then, it was sent, in seconds; 0 for one that leaves as soon as it can
    be written."""
    if post.standing is not Standing.SENT or not (post.due and post.record and post.record.first_at):
        return 0.0
    at_once = post.slot.instead_of or (post.slot.is_event and not post.slot.recurring)
    due = post.slot.due(post.record.t0) if post.record.t0 else post.due
    return 0.0 if at_once else round(max(0.0, (due - post.record.first_at).total_seconds()), 3)


def _task(state: LaunchState, post: Owed) -> dict[str, Any] | None:
    """How a person tells it; None for a post that Warroom makes."""
    by_hand = state.course.channels[post.slot.channel].by_hand
    if by_hand is None:
        return None
    subject = state.course.updates[post.slot.update].subject
    return {"medium": by_hand.medium, "to": by_hand.to, "link": by_hand.link, "subject": subject}


def _preview(state: LaunchState, post: Owed, is_near: bool) -> dict[str, Any]:
    if not is_near:
        return {"preview": "", "needs": []}
    text = with_remarks(preview_text(state, post.slot), state, (post.slot.id,))
    return {"preview": text, "needs": list(missing(state, post.slot))}


def standing(state: LaunchState, now: datetime, live: Live) -> dict[str, Any]:
    """The launch in one verdict; of one that is closed, as it stood then."""
    at = as_of(state, now)
    found = overall(_as_judged(state, live), at, is_watched=live.is_told(state))
    return {
        "verdict": found.verdict.value,
        "word": found.word,
        "said": overall_words(found, at),
        "why": list(found.why),
        "pending": list(found.pending),
        "early": list(found.early),
        "tested_at": instant(found.tested_at),
    }


def _as_judged(state: LaunchState, live: Live) -> LaunchState:
    """The state with what triggers wait for now: the journal has that once a minute."""
    if state.t0 is None or not live.is_watched:
        return state
    before = {name: look.at for name, look in state.looks.items()}
    looks = {name: TriggerLook(before.get(name, state.t0), live.waiting.get(name, "")) for name in live.triggers}
    return replace(state, looks={**state.looks, **looks})


def setup(state: LaunchState) -> dict[str, Any] | None:
    """What was found when the set-up was looked at, and since when it is so; null before it was."""
    return {"at": stamp(state.setup.at), **setup_body(state.setup.findings)} if state.setup else None


def channels(state: LaunchState) -> list[dict[str, Any]]:
    """Where posts go; `note` is what people should know about it, such as that Slack is not reached."""
    return [{"id": one.id, "kind": one.kind, "note": one.note} for one in state.course.channels.values()]


def kept(one: KeptStanding) -> dict[str, Any]:
    """Where the status message stands, or the dead-man switch."""
    times = {"at": instant(one.at), "until": instant(one.until), "since": instant(one.since)}
    return {"word": one.word.value, "reason": one.reason, "channel": one.channel, "ref": one.ref, **times}


def phases(state: LaunchState, now: datetime) -> list[dict[str, Any]]:
    """Every phase, in the order of the playbook; `held` says what keeps it from being left."""
    return [
        {
            "id": one.phase.id,
            "title": one.phase.title,
            "lifecycle": one.lifecycle,
            "begins": instant(one.begins),
            "ends": instant(one.ends),
            "late": one.late,
            "steps": list(one.phase.steps),
            "suite": one.phase.suite,
            "update": one.phase.update,
            "held": list(one.held),
        }
        for one in standings(state, now)
    ]


def suites(state: LaunchState, now: datetime) -> list[dict[str, Any]]:
    """Every run of a suite, or of checks on their own, the latest last; the last finished run of each with its
    checks, as they count at `now`: what is too old is stale."""
    at = as_of(state, now)
    last = {run.name: run.cause for run in state.runs.values() if run.finished_at}
    broken_off = BROKEN_OFF if state.closed else ""
    return [
        _suite(at_age(run, state.course.checks, at), broken_off, with_checks=True)
        if last.get(run.name) == run.cause
        else _suite(run, broken_off, with_checks=False)
        for run in state.runs.values()
    ]


def _suite(run: Run, unfinished: str, *, with_checks: bool) -> dict[str, Any]:
    return {
        "suite": run.name,
        "cause": run.cause,
        "started_at": stamp(run.started_at),
        "finished_at": instant(run.finished_at),
        "verdict": run.verdict.value if run.finished_at else None,
        "word": run.word if run.finished_at else unfinished,
        "reason": run.reason,
        "evidence_log": run.evidence_log,
        "checks": [_check(check) for check in run.checks.values()] if with_checks else [],
    }


def _check(check: CheckFound) -> dict[str, Any]:
    return {
        "id": check.id,
        "title": check.title,
        "verdict": check.verdict.value,
        "word": check.word,
        "reason": check.reason,
        "required": check.required,
        "lines": [{"say": one.say, "verdict": one.verdict.value, "reason": one.reason} for one in check.lines],
        "urgent": list(check.urgent),
    }


def gates(state: LaunchState, now: datetime, read_at: Mapping[str, datetime]) -> list[dict[str, Any]]:
    """Every gate of the playbook; unknown where it was never read. `read_at` is when those were that are polled. Of a
    launch that is closed, as it stood then."""
    at = as_of(state, now)
    return [
        {
            "id": gate,
            "title": plan.title,
            "system": plan.system,
            "state": known.state if known else "unknown",
            "source": known.source if known else "",
            "reason": known.reason if known else "",
            "since": known.since if known else "",
            "at": stamp(read_at.get(gate, known.at)) if known else None,
            "note": plan.note,
            "stale": known is not None and not known.by and at - read_at.get(gate, known.at) >= plan.ttl,
            "holds": "" if state.closed else holds_in(state, gate),
        }
        for gate, plan in state.course.gates.items()
        for known in (state.gates.get(gate),)
    ]


def incidents(state: LaunchState, now: datetime) -> list[dict[str, Any]]:
    """Every incident. A note on it is owed by `note_due`, and `draft` is the post about it as far as it is known;
    null and empty where none is owed, or no more."""
    slots_now = () if state.closed else all_slots(state, now)
    notes = {slot.subject: slot for slot in slots_now if tells_note(state, slot)}
    return [_incident(state, one, notes.get(one.id)) for one in state.incidents.values()]


def _incident(state: LaunchState, one: Incident, note: Slot | None) -> dict[str, Any]:
    last = one.notes[-1] if one.notes else None
    return {
        "id": one.id,
        "text": one.text,
        "severity": one.severity,
        "opened_at": stamp(one.opened_at),
        "by": one.by,
        "resolved_at": instant(one.resolved_at),
        "resolved_by": one.resolved_by,
        "reason": one.reason,
        "note_due": stamp(note.due(None)) if note and not last and one.resolved_at is None else None,
        "note_at": instant(last.at) if last else None,
        "note": last.text if last else "",
        "draft": draft_text(state, note) if note and not last and one.resolved_at is None else "",
    }
