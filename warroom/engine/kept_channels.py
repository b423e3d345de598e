"""The channels of the status message and the dead-man switch, also those of a playbook that the launch ran before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from warroom.engine.contained import defect, ends_the_engine
from warroom.engine.ports import Former
from warroom.launch.liveness import Alarm
from warroom.launch.state import LaunchState
from warroom.text import one_line
from warroom.updates.channel import CannotTell, Channel, Delivery, Fate, KeepsStatus

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeptChannels:
    """The channels of `now`, by id, and how to come by one of before; None: there is no way."""

    now: Mapping[str, Channel]
    former: Former | None = None

    async def of(self, alarm: Alarm, state: LaunchState) -> Channel | None:
        """The channel of the playbook that it was scheduled with, or else the one of now that is called so."""
        former: Channel | None = None
        if self.former is not None and alarm.copy != state.playbook_copy:
            former = await self.former(alarm.copy, alarm.path, alarm.channel)
        return former or self.now.get(alarm.channel)


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
