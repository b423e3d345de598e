"""Keeps the status message and the dead-man switch of a launch: performs what is decided on them, one thing at a
time, beside the posts and never in their way."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from warroom.clock import Clock
from warroom.engine import status_drafts as drafts
from warroom.engine.complaints import Complaints
from warroom.engine.contained import defect
from warroom.engine.kept_channels import KeptChannels, told, tried
from warroom.engine.notebook import Notebook
from warroom.engine.ports import Former
from warroom.engine.work import Work
from warroom.errors import WarroomError
from warroom.launch.dead_man import (
    Answer,
    Arm,
    Disarm,
    LookFor,
    Sweep,
    SwitchDecision,
    is_pressing,
    rests_at_most,
    stopped,
    switch_owed,
)
from warroom.launch.entries import Draft
from warroom.launch.liveness import Alarm, MessageStage, StatusMessage, status_channel
from warroom.launch.status_message import (
    EditStatus,
    FindStatus,
    MoveStatus,
    PostStatus,
    StatusDecision,
    is_quiet,
    status_owed,
)
from warroom.updates.channel import Channel, Delivery, Fate, KeepsStatus, Post, place_of
from warroom.updates.status_text import alarm_text, answer_text, at_second, digest_of, moved_text, status_text

_CALLED: Final[Mapping[type, str]] = {
    PostStatus: "status message",
    FindStatus: "status message, looked up",
    MoveStatus: "status message, left",
    EditStatus: "status message, edited",
    Arm: "dead-man switch",
    Disarm: "dead-man switch, deleting the last",
    Sweep: "dead-man switch, listing",
    LookFor: "dead-man switch, looked up",
    Answer: "dead-man switch, answering",
}
LastWord = SwitchDecision | StatusDecision | None
_GONE: Final = "its channel is no longer there, or gives no access"
LANE: Final = "status"
"""By which these effects are known: one at a time."""


@dataclass(frozen=True, slots=True)
class StatusPace:
    """Seconds: the shortest time between two edits, and between any two calls; the first pause after a failure, which
    doubles up to `longest_rest_s` (less where an alarm comes sooner); and how long the last calls may take, of real
    time, when the engine is stopped and when the launch is closed. `doubt_s`: so long an edit without an answer may
    still take effect."""

    edit_s: float = 10.0
    rest_s: float = 1.1
    doubt_s: float = 10.0
    failed_s: float = 5.0
    longest_rest_s: float = 300.0
    stop_s: float = 5.0
    close_s: float = 20.0

    def rest_after(self, failures: int, delivery: Delivery, most: timedelta = timedelta.max) -> float:
        """How many seconds what failed so often in a row rests, `most` of them or as long as Slack asks for."""
        wait_s = min(self.failed_s * 2.0 ** min(failures - 1, 16), self.longest_rest_s, most.total_seconds())
        return max(wait_s, delivery.wait_s)


@dataclass(frozen=True, slots=True)
class StatusPorts:
    """What it acts through: `insist` journals what has happened, however long that takes."""

    clock: Clock
    book: Notebook
    channels: Mapping[str, Channel]
    insist: Callable[[Sequence[Draft]], Awaitable[None]]
    complaints: Complaints
    former: Former | None = None


@dataclass(slots=True)
class _Rest:
    """Until when something that failed is left alone, by the monotonic clock."""

    until: float = 0.0
    failures: int = 0


class StatusKeeper:
    """`next` is asked at every tick; what it returns is one effect, and the next is decided when that is over."""

    def __init__(self, ports: StatusPorts, pace: StatusPace | None = None) -> None:
        self._ports = ports
        self._clock = ports.clock
        self._book = ports.book
        self._channels = KeptChannels(ports.channels, ports.former)
        self._pace = pace or StatusPace()
        self._rests: dict[object, _Rest] = {}
        self._idle_until = 0.0
        self._edited_at = -self._pace.edit_s
        self._doubt_until = 0.0
        self.shown_at: datetime | None = None
        """When this engine edited the message last; None where it has not yet."""

    def next(self) -> Callable[[], Awaitable[object]] | None:
        """The effect that is to be begun now; None: none."""
        if self._clock.monotonic() < self._idle_until or not self._ports.complaints.can_write:
            return None
        decision = next((one for one in self._owed() if self._may(one)), None)
        return partial(self._perform, decision) if decision else None

    def _owed(self) -> Sequence[SwitchDecision | StatusDecision]:
        state, now = self._book.state, self._clock.now()
        owed: list[SwitchDecision | StatusDecision] = list(switch_owed(state, now))
        if self._clock.monotonic() - self._edited_at >= self._pace.edit_s and (message := self._message_owed()):
            owed.append(message)
        return owed

    def _message_owed(self, stopped_by: str = "") -> StatusDecision | None:
        state, now = self._book.state, self._clock.now()
        if state.status_message is None and status_channel(state.course) is None:
            return None
        message = state.status_message
        place = place_of(self._channels.now.get(message.channel)) if message else ""
        return status_owed(state, now, digest_of(status_text(state, now, stopped_by)), self.shown_at, place)

    def _may(self, decision: SwitchDecision | StatusDecision) -> bool:
        if (rest := self._rests.get(_lane_of(decision))) and self._clock.monotonic() < rest.until:
            return False
        state, now = self._book.state, self._clock.now()
        return is_pressing(state, decision, now) or is_quiet(state, now, _channel_of(decision))

    async def leave(self, work: Work, stopped_by: str = "") -> None:
        """The last calls, once nothing else is begun: the launch is closed, or somebody stops the engine. Bounded in
        time; what is not done by then is on record."""
        limit_s = self._pace.stop_s if stopped_by else self._pace.close_s
        until = self._clock.monotonic() + limit_s
        await self._bounded(self._leave(work, stopped_by, until), limit_s)

    async def _bounded(self, work: Coroutine[Any, Any, None], limit_s: float) -> None:
        last = asyncio.ensure_future(work)
        try:
            await asyncio.wait((last,), timeout=limit_s)
        finally:
            if not last.done():
                last.cancel()
                self._ports.complaints.failed(
                    LANE, "Slack does not answer: the last word of this engine is not there"
                )
        await asyncio.wait((last,), timeout=1.0)
        error = last.exception() if last.done() and not last.cancelled() else None
        if error is not None:
            said = error.message if isinstance(error, WarroomError) else defect(error)
            self._ports.complaints.failed(LANE, said)

    async def _leave(self, work: Work, stopped_by: str, until: float) -> None:
        await work.finish((LANE,), self._pace.close_s)
        began = self._clock.now()
        # Each round tries each of them, so that one that fails takes no other's time.
        for number in itertools.count(1):
            waits = [await self._went_through(owed, stopped_by) for owed in self._last_words(began, stopped_by)]
            wait_s = max(waits, default=0.0)
            pause_s = max(wait_s, self._pace.rest_s * number)
            if not wait_s or self._clock.monotonic() + pause_s >= until:
                break
            await self._clock.sleep(pause_s)
        await self._say_again(stopped_by, until)

    def _last_words(self, began: datetime, stopped_by: str) -> Sequence[Callable[[], LastWord]]:
        """What is owed at the end, as long as it is."""

        def alarm() -> LastWord:
            return stopped(self._book.state, self._clock.now(), stopped_by) if stopped_by else None

        def to_clear() -> LastWord:
            # Of one that nobody knows of it is asked first whether it is there; what fails takes no other's turn.
            owed = switch_owed(self._book.state, self._clock.now())
            found = (one for one in owed if isinstance(one, Disarm | Sweep))
            return min(found, key=lambda one: self._rests.get(_lane_of(one), _Rest()).failures, default=None)

        def message() -> LastWord:
            is_said = self.shown_at is not None and self.shown_at >= began
            is_there = self._book.state.status_message is not None
            return self._message_owed(stopped_by) if is_there and not is_said else None

        return alarm, to_clear, message

    async def _went_through(self, owed: Callable[[], LastWord], stopped_by: str) -> float:
        """Does what is `owed` until it is owed no more, 0, or something fails: for how many seconds it is to rest."""
        while (decision := owed()) is not None:
            await self._clock.sleep(self._idle_until - self._clock.monotonic())
            delivery = await self._perform(decision, stopped_by)
            if delivery.fate is not Fate.CONFIRMED:
                return max(delivery.wait_s, self._pace.rest_s)
        return 0.0

    async def _say_again(self, stopped_by: str, until: float) -> None:
        """An edit whose answer did not come may take effect after the last one: that one is made once more."""
        message = self._book.state.status_message
        at = max(self._idle_until, min(self._doubt_until, until - self._pace.rest_s))
        is_in_doubt = self._doubt_until > self._clock.monotonic() and at < until
        if message is None or message.stage is not MessageStage.POSTED or not is_in_doubt:
            return
        await self._clock.sleep(at - self._clock.monotonic())
        await self._perform(EditStatus(message, is_new=False), stopped_by)

    async def _perform(self, decision: SwitchDecision | StatusDecision, stopped_by: str = "") -> Delivery:
        """Does it, and has what failed rest for a while."""
        match decision:
            case PostStatus() | EditStatus() | FindStatus() | MoveStatus():
                delivery = await self._on_message(decision, stopped_by)
            case _:
                delivery = await self._on_switch(decision)
        self._idle_until = self._clock.monotonic() + self._pace.rest_s
        self._rested(decision, delivery)
        is_done = delivery.fate is Fate.CONFIRMED
        self._ports.complaints.failed(_CALLED[type(decision)], "" if is_done else delivery.reason)
        return delivery

    def _rested(self, decision: SwitchDecision | StatusDecision, delivery: Delivery) -> None:
        lane = _lane_of(decision)
        if delivery.fate is Fate.CONFIRMED:
            self._rests.pop(lane, None)
            return
        rest = self._rests.setdefault(lane, _Rest())
        most = rests_at_most(self._book.state, decision, self._clock.now())
        rest.failures += 1
        rest.until = self._clock.monotonic() + self._pace.rest_after(rest.failures, delivery, most)

    # The message

    async def _on_message(self, decision: StatusDecision, stopped_by: str) -> Delivery:
        self._edited_at = self._clock.monotonic()
        match decision:
            case PostStatus():
                return await self._post(decision, stopped_by)
            case FindStatus():
                return await self._find(decision)
            case MoveStatus(message):
                return await self._move(message)
            case _:
                return await self._edit(decision, stopped_by)

    async def _post(self, post: PostStatus, stopped_by: str) -> Delivery:
        channel = self._channels.now.get(post.channel)
        place = place_of(channel)
        if not await self._book.write(lambda state: drafts.posting(post, state, self._clock.now(), place)):
            return Delivery(Fate.CONFIRMED)
        text, message = self._message(post.key, stopped_by)
        delivery = await tried(channel, lambda channel: channel.post(message))
        now = self._clock.now()
        await self._ports.insist([drafts.posted(post, delivery, digest_of(text), now, self._pace.failed_s)])
        if delivery.fate is Fate.CONFIRMED:
            self.shown_at = now
        return delivery

    async def _find(self, find: FindStatus) -> Delivery:
        message = find.message
        since = message.tried_at or self._clock.now()
        channel = await self._channels.of_message(message, self._book.state)
        ref = await told(channel, lambda channel: channel.find(message.key, since, message.place))
        if isinstance(ref, Delivery):
            return ref
        await self._ports.insist([drafts.found(find, ref)])
        return Delivery(Fate.CONFIRMED)

    async def _edit(self, edit: EditStatus, stopped_by: str) -> Delivery:
        text, message = self._message(edit.message.key, stopped_by)
        digest = digest_of(text)
        if edit.is_new:
            await self._book.write(lambda _: drafts.editing(edit.message, digest))
        channel = self._channels.now.get(edit.message.channel)
        delivery = await tried(channel, lambda channel: channel.edit(edit.message.ref, message))
        if delivery.fate is Fate.UNKNOWN:
            self._doubt_until = self._clock.monotonic() + self._pace.doubt_s
        outcome = drafts.edited(edit, delivery, digest, self._book.state.status_message)
        if outcome:
            await self._ports.insist(outcome)
        if delivery.fate is Fate.CONFIRMED:
            self.shown_at = self._clock.now()
        return delivery

    async def _move(self, message: StatusMessage) -> Delivery:
        """Says where it stands that it goes on elsewhere, once: the new one waits for no channel of before."""
        state = self._book.state
        place = self._channels.place_now(state)
        text = moved_text(state, place)
        await self._book.write(lambda _: drafts.editing(message, digest_of(text)))
        channel = await self._channels.of_message(message, state)
        delivery = await tried(channel, lambda channel: channel.edit(message.ref, Post(message.key, text)))
        await self._ports.insist([drafts.moved(message, place, delivery)])
        return Delivery(Fate.CONFIRMED)

    def _message(self, key: str, stopped_by: str = "") -> tuple[str, Post]:
        state, now = self._book.state, self._clock.now()
        text = status_text(state, now, stopped_by)
        alive = "" if state.closed or stopped_by else f"engine alive as of {at_second(now)}"
        return text, Post(key, text, alive)

    # The switch

    async def _on_switch(self, decision: SwitchDecision) -> Delivery:
        match decision:
            case Arm():
                return await self._arm(decision)
            case Disarm(alarm):
                return await self._disarm(alarm)
            case Sweep():
                return await self._sweep(decision)
            case LookFor(alarm):
                return await self._look_for(alarm)
            case _:
                return await self._answer(decision.alarm)

    async def _arm(self, arm: Arm) -> Delivery:
        post = Post(arm.key, alarm_text(self._book.state, arm))
        channel = self._channels.now.get(arm.channel)
        intent = drafts.arming(arm, place_of(channel))
        if not await self._book.write(lambda state: () if state.is_handed_over else (intent,)):
            return Delivery(Fate.CONFIRMED)
        after_s = (arm.fires_at - self._clock.now()).total_seconds()
        delivery = await tried(channel, lambda channel: channel.schedule(post, after_s))
        await self._ports.insist([drafts.armed(arm, delivery)])
        return delivery

    async def _disarm(self, alarm: Alarm) -> Delivery:
        channel = await self._channels.of(alarm, self._book.state)
        if not isinstance(channel, KeepsStatus):
            return Delivery(Fate.REFUSED, reason=f"{_GONE}: it is posted at {at_second(alarm.fires_at)}")
        await self._book.write(lambda _: [drafts.disarming(alarm)])
        delivery = await tried(channel, lambda channel: channel.unschedule(alarm.id))
        await self._ports.insist([drafts.disarmed(alarm, delivery, self._clock.now())])
        return delivery

    async def _sweep(self, sweep: Sweep) -> Delivery:
        channel = await self._channels.of(sweep.alarms[0], self._book.state)
        found = await told(channel, lambda channel: channel.scheduled(sweep.place))
        if isinstance(found, Delivery):
            return found
        await self._ports.insist([drafts.listed(one, found.get(one.key)) for one in sweep.alarms])
        return Delivery(Fate.CONFIRMED)

    async def _look_for(self, alarm: Alarm) -> Delivery:
        channel = await self._channels.of(alarm, self._book.state)
        if not isinstance(channel, KeepsStatus):
            await self._ports.insist([drafts.looked_for(alarm, None, _GONE)])
            return Delivery(Fate.CONFIRMED)
        ref = await told(channel, lambda channel: channel.posted(alarm.key, alarm.fires_at, alarm.place))
        if isinstance(ref, Delivery):
            return ref
        await self._ports.insist([drafts.looked_for(alarm, ref)])
        return Delivery(Fate.CONFIRMED)

    async def _answer(self, alarm: Alarm) -> Delivery:
        post = Post(alarm.key, answer_text(self._book.state, alarm, self._clock.now()))
        await self._book.write(lambda _: [drafts.answering(alarm)])
        channel = await self._channels.of(alarm, self._book.state)
        delivery = await tried(channel, lambda channel: channel.edit(alarm.ref, post))
        if outcome := drafts.answered(alarm, delivery):
            await self._ports.insist(outcome)
        return delivery


def _lane_of(decision: SwitchDecision | StatusDecision) -> object:
    """What rests together where one of it fails."""
    match decision:
        case Disarm(alarm) | LookFor(alarm) | Answer(alarm):
            return type(decision), alarm.number
        case Sweep():
            return Sweep, decision.channel, decision.place
        case _:
            return type(decision)


def _channel_of(decision: SwitchDecision | StatusDecision) -> str:
    match decision:
        case PostStatus(channel=channel) | Arm(channel=channel) | Sweep(channel=channel):
            return channel
        case FindStatus(message=message) | EditStatus(message=message) | MoveStatus(message=message):
            return message.channel
        case Disarm(alarm) | LookFor(alarm) | Answer(alarm):
            return alarm.channel
