"""Waiting for what another process or thread does, without a fixed sleep."""

from collections.abc import Callable

from warroom.clock import Clock


async def poll_until(clock: Clock, ready: Callable[[], bool], *, every_s: float, timeout_s: float) -> bool:
    """True as soon as `ready()` holds, False when it has not within `timeout_s` seconds."""
    end = clock.monotonic() + timeout_s
    while not ready():
        if clock.monotonic() >= end:
            return False
        await clock.sleep(every_s)
    return True
