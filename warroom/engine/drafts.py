"""What the engine writes into the journal: a draft for everything that it decides, and for what became of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from warroom.clock import stamp
from warroom.engine.contained import defect, ends_the_engine
from warroom.errors import ExitCode
from warroom.events import RunFinished
from warroom.launch.entries import CHANNEL, ENGINE, Draft
from warroom.launch.files import GIVE_UP_AFTER, Attach, file_named
from warroom.launch.flips import news
from warroom.launch.ledger import (
    Close,
    Decision,
    GiveUp,
    HoldBack,
    KeepOpen,
    LookUp,
    Prepare,
    RunSuite,
    Send,
    decide,
    off_s,
)
from warroom.launch.procedure_ledger import procedure_drafts
from warroom.launch.results import finished_body
from warroom.launch.schedule import all_slots, channel_of
from warroom.launch.standing import CUT_OFF
from warroom.launch.state import FILE, LaunchState, Record, Stage, believed
from warroom.launch.warnings import warnings_in
from warroom.suite_state import SuiteState
from warroom.updates.answers import UNTOLD
from warroom.updates.channel import CannotTell, Delivery, Fate, Post, thread_in
from warroom.updates.render import delivery_of, post_text, with_remarks
from warroom.updates.slack_message import parts_of
from warroom.verdict import Verdict

_LONGEST_FILE_WAIT_S: Final = 60.0
_LONGEST_UNSURE_WAIT_S: Final = 60.0
_FATES: Final = {
    Fate.CONFIRMED: "update.confirmed",
    Fate.NOT_SENT: "update.due",
    Fate.REFUSED: "update.dead",
    Fate.UNKNOWN: "update.unknown",
}


def to_write(state: LaunchState, decisions: Sequence[Decision], now: datetime) -> list[Draft]:
    """What `decisions` and procedures come to that needs nothing but the journal: texts, holds, moves, the end."""
    drafts: list[Draft] = []
    for decision in decisions:
        match decision:
            case Prepare():
                drafts += _prepared(state, decision)
            case HoldBack(slot, reason):
                drafts.append(_held(slot.id, reason))
            case GiveUp(record, hold):
                drafts += _given_up(record, now, hold=hold)
            case KeepOpen(held, until):
                drafts.append(Draft("launch.kept_open", {"held": list(held), "until": stamp(until)}))
            case Close(reason, held):
                drafts.append(Draft("launch.closed", {"reason": reason, **({"held": list(held)} if held else {})}))
            case _:
                pass
    return [*drafts, *procedure_drafts(state, now)]


def _given_up(record: Record, now: datetime, *, hold: bool) -> list[Draft]:
    """It is sent again after 1, 2, 4 s and so on: each time a copy of it may have arrived."""
    body = {"slot": record.slot, "key": record.key, "attempt": record.attempt, "again": True}
    body["reason"] = f"{UNTOLD}{f': {record.reason}' if record.reason else ''}"
    if not hold:
        again = now + timedelta(seconds=_wait_s(max(record.attempt, 1), _LONGEST_UNSURE_WAIT_S))
        return [Draft("update.due", {**body, "not_before": stamp(again)})]
    reason = "it may have arrived: look, then release it or leave it"
    return [Draft("update.due", body), Draft("update.held", {"slot": record.slot, "reason": reason, "by": CHANNEL})]


def _prepared(state: LaunchState, prepare: Prepare) -> list[Draft]:
    """The text; a post whose text breaks is held, and keeps no other one back."""
    try:
        return [Draft("update.due", _due(state, prepare))]
    except BaseException as error:
        if ends_the_engine(error):
            raise
        reason = f"its text cannot be written: {defect(error)}"
    hold = state.holds.get(prepare.slot.id)
    return [] if hold and hold.reason == reason else [_held(prepare.slot.id, reason)]


def _held(slot: str, reason: str) -> Draft:
    return Draft("update.held", {"slot": slot, "reason": reason, "by": ENGINE})


def _due(state: LaunchState, prepare: Prepare) -> dict[str, object]:
    file = file_named(state, prepare.slot)
    return {
        **({"file": file} if file else {}),
        "slot": prepare.slot.id,
        "channel": prepare.slot.channel,
        "key": prepare.key,
        "due": stamp(prepare.due),
        "text": post_text(state, prepare),
        "late_s": round(prepare.late_s, 3),
        **({"early_s": round(prepare.early_s, 3)} if prepare.early_s else {}),
        "merged": [slot.id for slot in prepare.merged],
    }


def sending(send: Send, state: LaunchState, now: datetime, place: str, app: str = "") -> list[Draft]:
    """The intent to send to that `place`, as that `app`; empty where the launch no longer wants it."""
    if send not in decide(state, now):
        return []
    record = send.record
    body = {"slot": record.slot, "key": record.key, "attempt": send.attempt, **_moved(record.thread, send.thread)}
    late_s, early_s = _off_s(record, state, now)
    body |= {name: value for name, value in (("place", place), ("app", app)) if value}
    body |= {"late_s": late_s} if late_s != record.late_s else {}
    body |= {"early_s": early_s} if early_s != record.early_s else {}
    channel = channel_of(state.course, record.slot)
    goes_on = channel is not None and channel.threads and parts_of(_text(record, state)).goes_on
    return [Draft("update.sending", {**body, **({"goes_on": True} if goes_on else {})})]


def _moved(known: str, thread: str) -> dict[str, object]:
    return {"thread": thread} if thread != known else {}


def _off_s(record: Record, state: LaunchState, now: datetime) -> tuple[float, float]:
    """By how much it is LATE, and EARLY: what arrived once stays as late as it was then."""
    if record.first_at:
        return record.late_s, record.early_s
    slot = next(one for one in all_slots(state, now) if one.id == record.slot)
    late_s, early_s = off_s(slot, record.t0 or now, believed(state, now))
    return round(late_s, 3), round(early_s, 3)


def post_of(send: Send, state: LaunchState, now: datetime) -> Post:
    """The post as it is sent once its intent is in the journal: the frozen text, what people remark on it, and the
    line outside of both."""
    record, known = state.records[send.record.slot], {slot.id: slot for slot in all_slots(state, now)}
    delivery = delivery_of(record, state, known)
    return Post(record.key, _text(record, state), delivery, send.thread, known[record.slot].severity)


def rest_post(record: Record, state: LaunchState) -> Post:
    """The post that was sent, for what is left of its text."""
    return Post(record.key, _text(record, state))


def _text(record: Record, state: LaunchState) -> str:
    return with_remarks(record.text, state, (record.slot, *record.merged))


def delivered(send: Send, delivery: Delivery, now: datetime, longest_wait_s: float) -> Draft:
    """What became of an attempt; one that sent nothing is due again after 1, 2, 4 s and so on."""
    body: dict[str, object] = {"slot": send.record.slot, "key": send.record.key, "attempt": send.attempt}
    untold = f"; {UNTOLD}" if delivery.fate is Fate.REFUSED and send.record.again else ""
    body |= {"reason": f"{delivery.reason}{untold}"} if delivery.reason else {}
    if delivery.fate is Fate.CONFIRMED:
        body |= {"ref": delivery.ref, **_moved(send.thread, thread_in(delivery.ref))}
    if delivery.fate is Fate.NOT_SENT:
        wait_s = max(delivery.wait_s, _wait_s(send.attempt, longest_wait_s))
        body["not_before"] = stamp(now + timedelta(seconds=wait_s))
        body |= {"thread": ""} if delivery.closed else {}
    return Draft(_FATES[delivery.fate], body)


def cut_off(state: LaunchState) -> list[Draft]:
    """The posts that were being sent when the launch was closed: nobody knows whether they arrived, or will look."""
    return [
        Draft("update.unknown", {"slot": one.slot, "key": one.key, "attempt": one.attempt, "reason": CUT_OFF})
        for one in state.records.values()
        if state.closed and one.stage is Stage.SENDING
    ]


def stopped_by(state: LaunchState, by: str, now: datetime) -> list[Draft]:
    """That the engine under way is stopped, and by whom; empty where that was said already."""
    is_said = state.stopping is not None and state.stopping.means(state.epoch, now)
    return [] if is_said else [Draft("engine.stopping", {"by": by})]


def attaching(attach: Attach, state: LaunchState, now: datetime) -> list[Draft]:
    """The intent to attach something to a post; empty where the launch no longer wants it."""
    if attach not in decide(state, now):
        return []
    return [Draft(f"{attach.part}.sending", _of_part(attach))]


def attached(attach: Attach, delivery: Delivery, state: LaunchState, now: datetime) -> Draft:
    """What became of it. What may be there is looked for after the settle time; a file is given up after an hour."""
    slot, body = attach.record.slot, _of_part(attach)
    if delivery.fate is Fate.CONFIRMED:
        return Draft(f"{attach.part}.attached", {**body, "ref": delivery.ref})
    body["reason"] = delivery.reason
    known, channel = state.files.get((slot, attach.part)), channel_of(state.course, slot)
    is_old = known is None or (attach.part == FILE and now - known.began_at >= GIVE_UP_AFTER)
    if delivery.fate is Fate.REFUSED or is_old:
        return Draft(f"{attach.part}.failed", body)
    settle = channel.settle if channel else timedelta()
    unclear_s = settle.total_seconds() if delivery.fate is Fate.UNKNOWN else 0.0
    wait_s = max(unclear_s, delivery.wait_s, _wait_s(attach.attempt, _LONGEST_FILE_WAIT_S))
    return Draft(f"{attach.part}.due", {**body, "not_before": stamp(now + timedelta(seconds=wait_s))})


def _of_part(attach: Attach) -> dict[str, object]:
    record, file = attach.record, {"file": attach.record.file} if attach.part == FILE else {}
    return {"slot": record.slot, **file, "attempt": attach.attempt}


def _wait_s(attempt: int, longest_s: float) -> float:
    return min(2.0 ** min(attempt - 1, 16), longest_s)


def looked_up(look: LookUp, ref: str | None, now: datetime, longest_wait_s: float) -> Draft:
    """What a look-up found: the place of the message, or (None) that there is none. After the last one it is due
    again as after an attempt that sent nothing."""
    record = look.record
    body: dict[str, object] = {"slot": record.slot, "key": record.key, "attempt": record.attempt}
    if ref is None and not look.is_last:
        return Draft("update.absent", {**body, "reason": "it has not arrived so far"})
    if ref is None:
        again = now + timedelta(seconds=_wait_s(max(record.attempt, 1), longest_wait_s))
        return Draft("update.due", {**body, "reason": "it had not arrived", "not_before": stamp(again)})
    found = {"ref": ref, "reason": "found in the channel", **_moved(record.thread, thread_in(ref))}
    return Draft("update.confirmed", {**body, **found})


def untold(look: LookUp, error: CannotTell, state: LaunchState, now: datetime) -> list[Draft]:
    """What becomes of a post that no look-up will ever find: sent again with that said, held, or, where its channel
    takes no posts either, FAILED."""
    record = look.record
    if not error.takes_posts:
        body = {"slot": record.slot, "key": record.key, "attempt": record.attempt}
        return [Draft("update.dead", {**body, "reason": f"{error.reason}; {UNTOLD}"})]
    channel = channel_of(state.course, record.slot)
    is_held = channel is not None and channel.when_blind == "hold"
    return _given_up(replace(record, reason=error.reason), now, hold=is_held)


def finished(
    run: RunSuite, found: SuiteState, state: LaunchState, now: datetime, polled: Collection[str]
) -> list[Draft]:
    """What a run found: the gates that it read and nobody else asks, what it warns of and nobody had yet, then its
    verdict with every check."""
    name = run.suite or ", ".join(run.only)
    warned = warnings_in(found.notes, state.warnings, name)
    gates = [draft for gate in found.gates.values() if gate.id not in polled for draft in news(state, gate, now)]
    end = found.finished or _no_verdict("the run did not finish")
    return [*gates, *warned, Draft("suite.finished", finished_body(run.suite, run.cause, end, found.outcomes))]


def not_run(run: RunSuite, reason: str) -> list[Draft]:
    """A run that was begun and broke off."""
    return [Draft("suite.finished", finished_body(run.suite, run.cause, _no_verdict(reason), ()))]


def _no_verdict(reason: str) -> RunFinished:
    return RunFinished(Verdict.ERROR, "UNKNOWN", int(ExitCode.UNKNOWN), reason)
