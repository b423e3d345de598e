"""Reads the levers while a launch runs, each as often as its playbook says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from warroom.clock import Clock
from warroom.engine.ports import ActionsPort
from warroom.launch.levers import LeverReading, believed_for
from warroom.playbook.procedures import LeverPlan

_NS: Final = 1e9
_LONGEST_CALL_S: Final = 10.0


class LeverWatch:
    """Remembers when each lever was asked, and what it was last: that stands until it is too old to be believed, so
    that one question without an answer changes nothing."""

    def __init__(self, actions: ActionsPort, clock: Clock) -> None:
        self._actions = actions
        self._clock = clock
        self._asked_ns: dict[str, int] = {}
        self._good: dict[str, tuple[LeverReading, datetime, int]] = {}

    def due(self, plans: Mapping[str, LeverPlan]) -> list[str]:
        """The levers that are to be read now."""
        return [plan.id for plan in plans.values() if not plan.attest and self._is_due(plan)]

    def _is_due(self, plan: LeverPlan) -> bool:
        asked = self._asked_ns.get(plan.id)
        return asked is None or self._clock.boottime_ns() - asked >= plan.every.total_seconds() * _NS

    async def read(self, plans: Sequence[LeverPlan]) -> list[LeverReading]:
        """What the levers are, in the order of `plans`: as read now, or as read last while that may be believed."""
        at, asked_ns = self._clock.now(), self._clock.boottime_ns()
        self._asked_ns |= {plan.id: asked_ns for plan in plans}
        found = await self._actions.levers([plan.id for plan in plans], _LONGEST_CALL_S)
        # One that changes while it is read is as old as the question.
        self._good |= {one.id: (one, at, asked_ns) for one in found if one.actual is not None}
        return [self._believed(plan, one) for plan, one in zip(plans, found, strict=True)]

    def _believed(self, plan: LeverPlan, read: LeverReading) -> LeverReading:
        good = self._good.get(plan.id)
        if good is None or self._clock.boottime_ns() - good[2] >= believed_for(plan).total_seconds() * _NS:
            return read
        return good[0]

    def read_soon(self, levers: Sequence[str]) -> None:
        """These are due, whenever they were read."""
        for lever in levers:
            self._asked_ns.pop(lever, None)

    def read_at(self) -> dict[str, datetime]:
        """When each lever was read last."""
        return {lever: at for lever, (_, at, _) in self._good.items()}
