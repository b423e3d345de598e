"""What the engine writes into the journal about the status message and the dead-man switch."""

from __future__ import annotations

from datetime import datetime, timedelta

from warroom.clock import stamp
from warroom.launch.dead_man import SURE, Arm
from warroom.launch.entries import Draft
from warroom.launch.liveness import Alarm, StatusMessage
from warroom.launch.state import LaunchState
from warroom.launch.status_message import EditStatus, FindStatus, PostStatus, status_owed
from warroom.updates.channel import Delivery, Fate


def posting(post: PostStatus, state: LaunchState, now: datetime, place: str) -> list[Draft]:
    """The intent to post the status message to that `place`; empty where it is no longer wanted so."""
    if status_owed(state, now, "", None) != post:
        return []
    body = {"number": post.number, "key": post.key, "channel": post.channel, "attempt": post.attempt}
    return [Draft("live.posting", {**body, **_at(place)})]


def posted(post: PostStatus, delivery: Delivery, digest: str, now: datetime, wait_s: float) -> Draft:
    """What became of it; one that was not taken is tried again after `wait_s` seconds, or when Slack says."""
    body: dict[str, object] = {"number": post.number}
    match delivery.fate:
        case Fate.CONFIRMED:
            return Draft("live.posted", {**body, "ref": delivery.ref, "digest": digest})
        case Fate.UNKNOWN:
            return Draft("live.unclear", {**body, "reason": delivery.reason})
        case _:
            again = now + timedelta(seconds=max(delivery.wait_s, wait_s))
            return Draft("live.due", {**body, "reason": delivery.reason, "not_before": stamp(again)})


def found(find: FindStatus, ref: str | None) -> Draft:
    """What a look-up found; after the last one that found nothing it is posted again."""
    number = find.message.number
    if ref is not None:
        return Draft("live.posted", {"number": number, "ref": ref, "digest": ""})
    if find.is_last:
        return Draft("live.due", {"number": number, "reason": "it had not arrived"})
    return Draft("live.absent", {"number": number})


def editing(message: StatusMessage, digest: str) -> list[Draft]:
    """The intent to edit it."""
    return [Draft("live.editing", {"number": message.number, "digest": digest})]


def moved(message: StatusMessage, place: str, delivery: Delivery) -> Draft:
    """That it is left for another channel, whatever became of the word about it."""
    unsaid = "" if delivery.fate is Fate.CONFIRMED else f"; that could not be said there: {delivery.reason}"
    return Draft("live.gone", {"number": message.number, "moved": True, "reason": f"it goes on in {place}{unsaid}"})


def edited(edit: EditStatus, delivery: Delivery, digest: str, known: StatusMessage | None) -> list[Draft]:
    """What became of it. Empty for what changes nothing: a sign of life, and a failure for the same reason."""
    number = edit.message.number
    is_failing = known is not None and known.failing_since is not None
    if delivery.fate is Fate.CONFIRMED:
        again = {"again": True} if is_failing else {}
        body = {"number": number, "digest": digest, **again}
        return [Draft("live.edited", body)] if edit.is_new or is_failing else []
    if delivery.closed:
        return [Draft("live.gone", {"number": number, "reason": delivery.reason})]
    is_known = known is not None and is_failing and known.reason == delivery.reason
    return [] if is_known else [Draft("live.failing", {"number": number, "reason": delivery.reason})]


def _at(place: str) -> dict[str, object]:
    return {"place": place} if place else {}


def arming(arm: Arm, place: str = "") -> Draft:
    """The intent to schedule the message at that place."""
    by = {**_at(place), **({"by": arm.by} if arm.by else {})}
    times = {"since": stamp(arm.since), "fires_at": stamp(arm.fires_at)}
    return Draft("deadman.arming", {"number": arm.number, "key": arm.key, "channel": arm.channel, **times, **by})


def armed(arm: Arm, delivery: Delivery) -> Draft:
    """What became of it."""
    body: dict[str, object] = {"number": arm.number}
    if delivery.fate is Fate.CONFIRMED:
        return Draft("deadman.armed", {**body, "id": delivery.ref})
    unclear = {"unclear": True} if delivery.fate is Fate.UNKNOWN else {}
    return Draft("deadman.failing", {**body, "reason": delivery.reason, **unclear})


def disarming(alarm: Alarm) -> Draft:
    """The intent to delete the message."""
    return Draft("deadman.disarming", {"number": alarm.number, "id": alarm.id})


def disarmed(alarm: Alarm, delivery: Delivery, now: datetime) -> Draft:
    """What became of it: gone for sure only where it was not due soon."""
    body = {"number": alarm.number}
    if delivery.fate is not Fate.CONFIRMED:
        return Draft("deadman.stays", {**body, "reason": delivery.reason})
    if alarm.fires_at - now > SURE:
        return Draft("deadman.gone", body)
    return Draft("deadman.leaving", {**body, "reason": "deleted so late that Slack may post it all the same"})


def listed(alarm: Alarm, scheduled: str | None) -> Draft:
    """What a list of the channel says of one that nobody knew of."""
    body = {"number": alarm.number}
    if scheduled:
        return Draft("deadman.armed", {**body, "id": scheduled})
    if alarm.absent_at is None:
        return Draft("deadman.unlisted", body)
    return Draft("deadman.leaving", {**body, "reason": "Slack does not list it"})


def looked_for(alarm: Alarm, ref: str | None, why: str = "") -> Draft:
    """Whether one whose time is past was posted; `why` says why nobody can tell."""
    if ref is not None:
        return Draft("deadman.fired", {"number": alarm.number, "ref": ref})
    return Draft("deadman.gone", {"number": alarm.number, **({"reason": why} if why else {})})


def answering(alarm: Alarm) -> Draft:
    """The intent to edit one that was posted."""
    return Draft("deadman.answering", {"number": alarm.number, "ref": alarm.ref})


def answered(alarm: Alarm, delivery: Delivery) -> list[Draft]:
    """What became of it; where it takes no edits it is left as it is. Empty: it is tried again."""
    if delivery.fate is Fate.CONFIRMED:
        return [Draft("deadman.gone", {"number": alarm.number, "answered": True})]
    return [Draft("deadman.gone", {"number": alarm.number, "reason": delivery.reason})] if delivery.closed else []
