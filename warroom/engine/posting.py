"""The posts of a launch as effects: sent, looked for, completed by their files; the intent is on disk first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from warroom.clock import Clock
from warroom.engine import drafts
from warroom.engine.contained import defect, ends_the_engine
from warroom.engine.notebook import Notebook
from warroom.errors import WarroomError
from warroom.launch.entries import Draft
from warroom.launch.files import Attach
from warroom.launch.ledger import LookUp, Send
from warroom.launch.schedule import channel_of
from warroom.launch.state import FILE, Record
from warroom.text import one_line
from warroom.updates.channel import CannotTell, Channel, Delivery, Fate, Placed, TakesFiles, app_of, place_of

Insist = Callable[[Sequence[Draft]], Awaitable[None]]
"""Journals what has happened already, however long the journal cannot be written. Raises ValueError where it never
takes that."""

_UNTELLABLE: Final = "what its channel says of it cannot be journaled"


class Posting:
    """Carries out what the ledger decides about posts. `longest_wait_s` is the longest pause between two attempts."""

    def __init__(
        self, clock: Clock, book: Notebook, channels: Mapping[str, Channel], insist: Insist, longest_wait_s: float
    ) -> None:
        self._clock = clock
        self._book = book
        self._channels = channels
        self._insist = insist
        self._longest_wait_s = longest_wait_s

    async def send(self, send: Send) -> None:
        """Posts once. Raises WarroomError where the intent cannot be journaled: then nothing was sent."""
        channel = self._channel(send.record.slot)
        place, app = place_of(channel), app_of(channel)
        if not await self._book.write(lambda state: drafts.sending(send, state, self._clock.now(), place, app)):
            return
        delivery = await self._delivery(send)
        await self._journal_end(
            lambda end: drafts.delivered(send, end, self._clock.now(), self._longest_wait_s), delivery
        )

    async def _delivery(self, send: Send) -> Delivery:
        """What becomes of an attempt whose intent is on disk: whatever breaks, the post does not stay half sent."""
        fate = Fate.NOT_SENT
        try:
            post = drafts.post_of(send, self._book.state, self._clock.now())
            channel = self._channel(send.record.slot)
            fate = Fate.UNKNOWN
            return await channel.post(post)
        except BaseException as error:
            if ends_the_engine(error):
                raise
            return Delivery(fate, reason=defect(error))

    async def look_up(self, look: LookUp) -> None:
        """Looks for a post whose fate nobody knows. Raises WarroomError where its channel cannot tell now."""
        record = look.record
        try:
            since = record.tried_at or self._clock.now()
            channel = self._looking(record)
            ref = await channel.find(record.key, since, record.where)
            if ref is None and (why := _of_another_app(record, channel)):
                raise CannotTell(why, takes_posts=True)
            found = [drafts.looked_up(look, ref, self._clock.now(), self._longest_wait_s)]
        except (CannotTell, OSError) as error:
            if isinstance(error, CannotTell) and error.takes_posts is not None:
                await self._journal_of(record, drafts.untold(look, error, self._book.state, self._clock.now()))
                return
            # An OSError's own text can hold anything; what it stands for cannot.
            said = error.reason if isinstance(error, CannotTell) else error.strerror
            why = one_line(said or type(error).__name__)
            raise WarroomError(f"cannot tell whether it arrived: {why}") from error
        try:
            await self._journal_of(record, found)
        except ValueError:
            if ref is None:
                raise
            await self._journal_of(record, [drafts.looked_up(look, "", self._clock.now(), self._longest_wait_s)])

    def _looking(self, record: Record) -> Channel:
        """What can look where the last attempt went. Raises CannotTell: an input may say since that its channel is
        another one."""
        channel = self._channel(record.slot)
        if record.place and not (isinstance(channel, Placed) and channel.sees(record.place)):
            here = place_of(channel) or "its channel of now"
            raise CannotTell(f"it was sent to {record.place}, and {here} cannot be asked about it", takes_posts=True)
        return channel

    async def _journal_of(self, record: Record, found: Sequence[Draft]) -> None:
        # A person may have had it sent again meanwhile. Where this cannot be journaled it is looked for once more.
        await self._book.write(lambda state: found if state.records.get(record.slot) == record else ())

    async def attach(self, attach: Attach) -> None:
        """Attaches a file, or the rest of a text, once. Raises WarroomError as `send` does."""
        if not await self._book.write(lambda state: drafts.attaching(attach, state, self._clock.now())):
            return
        record = attach.record
        # Another playbook may have taken over since, and post to another channel.
        channel = self._channels.get(record.channel)
        why = "its channel has no threads" if channel else f"the playbook has no channel {record.channel} any more"
        if channel and attach.attempt > 1 and (other := _of_another_app(record, channel)):
            channel, why = None, other
        delivery = Delivery(Fate.REFUSED, reason=why)
        try:
            if isinstance(channel, TakesFiles) and attach.part == FILE:
                delivery = await channel.attach(record.ref, Path(record.file))
            elif isinstance(channel, TakesFiles):
                post = drafts.rest_post(record, self._book.state)
                delivery = await channel.go_on(record.ref, post, again=attach.attempt > 1)
        except BaseException as error:
            if ends_the_engine(error):
                raise
            delivery = Delivery(Fate.UNKNOWN, reason=defect(error))
        await self._journal_end(
            lambda end: drafts.attached(attach, end, self._book.state, self._clock.now()), delivery
        )

    async def _journal_end(self, draft: Callable[[Delivery], Draft], delivery: Delivery) -> None:
        """Journals the end of an attempt. What its channel says of it may be nothing that a journal takes: then only
        the fate, for nothing may stay under way for ever."""
        try:
            await self._insist([draft(delivery)])
        except BaseException as error:
            if ends_the_engine(error):
                raise
            await self._insist([draft(Delivery(delivery.fate, reason=_UNTELLABLE))])

    def _channel(self, slot: str) -> Channel:
        channel = channel_of(self._book.state.course, slot)
        assert channel is not None, "what is posted has a channel"
        return self._channels[channel.id]


def _of_another_app(record: Record, channel: Channel) -> str:
    """Why that something was not found says nothing: an app finds its own messages only. Empty where it does."""
    app = app_of(channel)
    if not (record.app and app and record.app != app):
        return ""
    return f"it was sent by another app ({record.app}), and that of now ({app}) cannot tell what is there"
