"""What the entries about posts make of the state of a launch: written, sent, held, asked for, remarked on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from warroom.launch.entries import ENGINE, Body, Entry, instant
from warroom.launch.state import FileKnown, Hold, LaunchState, Record, Remark, Stage

Apply = Callable[[LaunchState, Entry, Body], LaunchState]
"""What an entry makes of the state; its body is at hand as the third argument."""

_NEW: Final = Record("", Stage.DUE)


def _update_due(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """Rendered, or back from an attempt that sent nothing: then the text stays as it was frozen."""
    slot, before = body["slot"], state.records.get(body["slot"])
    if "text" not in body:
        assert before is not None, "only what was rendered can come back"
        again = instant(body["not_before"]) if body.get("not_before") else None
        # A first copy that may yet become visible is looked for in the thread of the last one, and in the channel.
        was_lost = before.stage is Stage.UNKNOWN or before.epoch < entry.epoch
        is_placed = before.is_placed or "thread" in body or (was_lost and bool(before.thread))
        back = replace(
            before,
            stage=Stage.DUE,
            not_before=again,
            reason=body.get("reason", ""),
            at=entry.at,
            again=before.again or body.get("again", False),
            is_placed=is_placed,
            thread=body.get("thread", before.thread),
        )
        return replace(state, records={**state.records, slot: back})
    merged = tuple(body.get("merged", ()))
    fresh = Record(slot, Stage.DUE, body["key"], body["text"], merged=merged, t0=state.t0, at=entry.at)
    fresh = replace(fresh, late_s=body["late_s"], early_s=body.get("early_s", 0.0))
    fresh = replace(fresh, asked=slot in state.requested, file=body.get("file", ""), channel=body.get("channel", ""))
    named = {
        name: replace(state.records.get(name, _NEW), slot=name, stage=Stage.MERGED, into=slot, at=entry.at)
        for name in merged
    }
    # What its channel has not taken for long does not become new by a post that names it.
    known = [one for one in (before, *named.values()) if one and one.channel in ("", fresh.channel)]
    tried = [one.tried_at for one in known if one.tried_at]
    fresh = replace(fresh, tried_at=min(tried, default=None))
    if before is not None:
        fresh = replace(
            fresh,
            attempt=before.attempt,
            epoch=before.epoch,
            again=before.again,
            thread=before.thread,
            is_placed=before.is_placed,
            resent=before.resent,
            earlier=before.earlier,
            first_at=before.first_at,
            ref=before.ref,
        )
    gone = {slot, *merged}
    holds = {name: hold for name, hold in state.holds.items() if name not in gone}
    return replace(state, records={**state.records, slot: fresh, **named}, holds=holds)


def _to(stage: Stage) -> Callable[[LaunchState, Entry, Body], LaunchState]:
    def apply(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
        before = state.records[body["slot"]]
        after = replace(before, stage=stage, at=entry.at, reason=body.get("reason", ""))
        after = replace(after, ref=body.get("ref", before.ref), thread=body.get("thread", before.thread))
        after = replace(after, by=body.get("by", ""), late_s=body.get("late_s", before.late_s))
        if stage is Stage.CONFIRMED:
            after = replace(after, first_at=before.first_at or entry.at)
        if stage is Stage.SENDING:
            after = replace(after, attempt=body["attempt"], epoch=entry.epoch, not_before=None)
            after = replace(after, early_s=body.get("early_s", before.early_s))
            after = replace(after, place=body.get("place", ""), app=body.get("app", ""))
            after = replace(after, goes_on=body.get("goes_on", False), head=entry.head.short)
            after = replace(after, tried_at=before.tried_at or entry.at, absent_at=None)
        return replace(
            state, records={**state.records, before.slot: after}, requested=state.requested - {before.slot}
        )

    return apply


def _resent(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """A person wants it sent once more: its text stands, and what belongs to a copy that arrived is owed anew."""
    before = state.records[body["slot"]]
    released = _released(state, entry, body)
    if not before.text:
        # It was skipped before it was written: it is owed as if nothing had been.
        left = {name: record for name, record in state.records.items() if name != before.slot}
        return replace(released, records=left)
    arrived = before.stage is Stage.CONFIRMED
    after = replace(
        before,
        stage=Stage.DUE,
        key=body["key"],
        not_before=None,
        reason="",
        t0=state.t0,
        asked=True,
        tried_at=None if arrived else before.tried_at,
        absent_at=None,
        is_placed=before.is_placed or (before.stage is Stage.UNKNOWN and bool(before.thread)),
        by="",
        resent=f"{body['by']}: {body['reason']}",
        earlier=before.earlier + arrived,
        at=entry.at,
    )
    files = {key: file for key, file in state.files.items() if not (arrived and key[0] == before.slot)}
    return replace(released, records={**state.records, before.slot: after}, files=files)


def _skipped(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    slot = body["slot"]
    known = state.records.get(slot, replace(_NEW, slot=slot, t0=state.t0))
    after = replace(known, stage=Stage.SKIPPED, reason=body["reason"], by=body["by"], at=entry.at)
    return replace(_released(state, entry, body), records={**state.records, slot: after})


def _part_sending(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    key = (body["slot"], entry.kind.partition(".")[0])
    known = state.files.get(key)
    began_at = known.began_at if known else entry.at
    file = FileKnown(*key, "sending", body["attempt"], entry.epoch, began_at, entry.at)
    return replace(state, files={**state.files, key: file})


def _part_to(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    part, _, stage = entry.kind.partition(".")
    key = (body["slot"], part)
    known = state.files.get(key)
    if known is None or known.attempt != body["attempt"]:
        return state  # it belongs to a copy before the one that is owed now
    again = instant(body["not_before"]) if body.get("not_before") else None
    reason = body.get("reason", "")
    file = replace(known, stage=stage, at=entry.at, not_before=again, reason=reason)
    return replace(state, files={**state.files, key: file})


def _absent(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """A look-up that found nothing; the message may still become visible."""
    after = replace(state.records[body["slot"]], stage=Stage.UNKNOWN, absent_at=entry.at, reason=body["reason"])
    return replace(state, records={**state.records, after.slot: after})


def _held(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    hold = Hold(body["slot"], body["reason"], body["by"], entry.at)
    requested = state.requested if hold.by == ENGINE else state.requested - {hold.slot}
    return replace(state, holds={**state.holds, hold.slot: hold}, requested=requested)


def _released(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    return replace(state, holds={name: hold for name, hold in state.holds.items() if name != body["slot"]})


def _requested(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """Asking for a post releases it."""
    released = _released(state, entry, body)
    return replace(released, requested=state.requested | {body["slot"]})


def _remarked(state: LaunchState, entry: Entry, body: Body) -> LaunchState:
    """The last remark on a slot counts; an empty one takes it away."""
    slot, text = body["slot"], body["text"]
    others = {name: remark for name, remark in state.remarks.items() if name != slot}
    return replace(state, remarks={**others, slot: Remark(text, entry.at, body["by"])} if text else others)


RECORDS: Final[Mapping[str, Apply]] = {
    "update.due": _update_due,
    "update.sending": _to(Stage.SENDING),
    "update.confirmed": _to(Stage.CONFIRMED),
    "update.unknown": _to(Stage.UNKNOWN),
    "update.absent": _absent,
    "update.dead": _to(Stage.DEAD),
    "update.resent": _resent,
    "update.skipped": _skipped,
    "file.sending": _part_sending,
    "file.due": _part_to,
    "file.attached": _part_to,
    "file.failed": _part_to,
    "rest.sending": _part_sending,
    "rest.due": _part_to,
    "rest.attached": _part_to,
    "rest.failed": _part_to,
    "update.held": _held,
    "update.released": _released,
    "update.requested": _requested,
    "update.remarked": _remarked,
}
"""The kinds of entries about posts, each with what it does."""
