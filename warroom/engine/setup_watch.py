"""Has the set-up looked at until T0: again and again, since a token can be revoked at any time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from warroom.clock import Clock
from warroom.engine.ports import SetUpPort
from warroom.launch.setup import Finding
from warroom.launch.state import LaunchState, believed

EVERY_S: Final = 300.0
_NS: Final = 1e9


class SetUpWatch:
    """Remembers when the set-up was looked at last."""

    def __init__(self, setup: SetUpPort | None, clock: Clock) -> None:
        self._setup = setup
        self._clock = clock
        self._looked_ns: int | None = None

    def is_due(self, state: LaunchState, now: datetime) -> bool:
        """Whether it is to be looked at now: at the start and every five minutes, before T0."""
        if self._setup is None or (state.t0 is not None and state.t0 <= believed(state, now)):
            return False
        since = self._looked_ns
        return since is None or self._clock.boottime_ns() - since >= EVERY_S * _NS

    async def look(self) -> Sequence[Finding]:
        """Looks once."""
        assert self._setup is not None, "only what is due is looked at"
        self._looked_ns = self._clock.boottime_ns()
        return await self._setup.examine()
