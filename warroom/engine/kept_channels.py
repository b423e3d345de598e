"""The channels of the status message and the dead-man switch, also those of a playbook that the launch ran before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from warroom.engine.contained import defect, ends_the_engine
from warroom.engine.ports import Former
from warroom.launch.liveness import Alarm, StatusMessage, status_channel
from warroom.launch.state import LaunchState
from warroom.text import one_line
from warroom.updates.channel import CannotTell, Channel, Delivery, Fate, KeepsStatus, place_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeptChannels:
    """The channels of `now`, by id, and how to come by one of before; None: there is no way."""

    now: Mapping[str, Channel]
    former: Former | None = None

    async def of(self, kept: Alarm | StatusMessage, state: LaunchState) -> Channel | None:
        """The channel of the playbook that it was sent with, or else the one of now that is called so."""
        former: Channel | None = None
        if self.former is not None and kept.copy != state.playbook_copy:
            former = await self.former(kept.copy, kept.path, kept.channel)
        return former or self.now.get(kept.channel)

    async def of_message(self, message: StatusMessage, state: LaunchState) -> Channel | None:
        """The same, or else the one that is to have it now: that one may reach it by where it is."""
        here = status_channel(state.course)
        return await self.of(message, state) or (self.now.get(here.id) if here else None)

    def place_now(self, state: LaunchState) -> str:
        """Where the message is to be now: the place of its channel, or its id in the playbook; empty for none."""
        here = status_channel(state.course)
        return (place_of(self.now.get(here.id)) or here.id) if here else ""


async def tried(channel: Channel | None, call: Callable[[Any], Awaitable[Delivery]]) -> Delivery:
    """What becomes of a call; whatever breaks, its intent does not stay without an outcome."""
    if not isinstance(channel, KeepsStatus):
        return Delivery(Fate.REFUSED, reason="its channel takes no such message")
    try:
        return await call(channel)
    except BaseException as error:
        if ends_the_engine(error):
            raise
        return Delivery(Fate.UNKNOWN, reason=defect(error))


async def told(channel: Channel | None, call: Callable[[Any], Awaitable[T]]) -> T | Delivery:
    """What the channel answers; a Delivery where it cannot be asked now."""
    if not isinstance(channel, KeepsStatus):
        return Delivery(Fate.REFUSED, reason="its channel cannot be asked")
    try:
        return await call(channel)
    except CannotTell as error:
        return Delivery(Fate.NOT_SENT, reason=one_line(error.reason))
    except BaseException as error:
        if ends_the_engine(error):
            raise
        return Delivery(Fate.NOT_SENT, reason=defect(error))
