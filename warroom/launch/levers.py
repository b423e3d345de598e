"""Levers as a launch sees them: what they should be now, what they are, and what of that is news."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from warroom.launch.entries import Draft
from warroom.launch.procedures import LeverKnown
from warroom.launch.state import LONG_AGO, LaunchState, believed, phases_in_time
from warroom.playbook.procedures import LeverPlan
from warroom.text import clean
from warroom.units import format_duration

_BELIEVED_FOR = 3
"""A lever that could not be read for so many times its interval is unknown."""


@dataclass(frozen=True, slots=True)
class LeverReading:
    """What a lever was when it was read; `actual` is None where it could not be, for `reason`."""

    id: str
    actual: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LeverStanding:
    """A lever now. `actual` is None where nobody knows, for `reason`; `as_expected` is None then too. It was last
    read at `read_at`, None: never."""

    plan: LeverPlan
    expected: str
    actual: str | None
    read_at: datetime | None
    reason: str = ""

    @property
    def as_expected(self) -> bool | None:
        """Whether it is as it should be; None where nobody knows."""
        return None if self.actual is None else self.actual == clean(self.expected)


def believed_for(plan: LeverPlan) -> timedelta:
    """How long a reading may be believed."""
    return _BELIEVED_FOR * plan.every


def expected_now(state: LaunchState, plan: LeverPlan, now: datetime) -> str:
    """What the lever should be: what it should be in the last phase that runs and says so, else always."""
    named = [phase for phase in phases_in_time(state, now) if phase in plan.expect_in]
    return plan.expect_in[named[-1]] if named else plan.expect


def lever_standing(state: LaunchState, plan: LeverPlan, read_at: datetime | None, now: datetime) -> LeverStanding:
    """How the lever stands. `read_at` is when the running engine read it last, None where it has not."""
    known, expected = state.levers.get(plan.id), expected_now(state, plan, now)
    if plan.attest:
        return _attested(plan, expected, known, believed(state, now))
    if known is None:
        return LeverStanding(plan, expected, None, None, "it was not read yet")
    at = read_at or known.at
    if known.actual is not None and believed(state, now) - at >= believed_for(plan):
        return LeverStanding(plan, expected, None, at, f"it was {known.actual} when it was last read")
    return LeverStanding(plan, expected, known.actual, at, known.reason)


def last_found(state: LaunchState, plan: LeverPlan, at: datetime | None) -> LeverStanding:
    """How the lever stands at `at` (None: nobody knows when), by what was found last: the journal has each change
    and that it cannot be read.
    """
    known = state.levers.get(plan.id)
    now = at or (known.at if known else LONG_AGO)
    return lever_standing(state, plan, now, now)


def lever_problem(stands: LeverStanding) -> str:
    """What is wrong with it, a sentence; empty where it is as it should be."""
    if stands.as_expected is None:
        return f"{stands.plan.id} UNKNOWN: {stands.reason}"
    return "" if stands.as_expected else f"{stands.plan.id} is {stands.actual}, it should be {stands.expected}"


def _attested(plan: LeverPlan, expected: str, known: LeverKnown | None, now: datetime) -> LeverStanding:
    if known is None or not known.by:
        return LeverStanding(plan, expected, None, None, f"nobody has said what it is: {plan.attest}")
    said, limit = f"{known.by} said so", format_duration(plan.max_age)
    if now - known.at >= plan.max_age:
        too_old = f"{known.by} said that it is {known.actual}, more than {limit} ago: {plan.attest}"
        return LeverStanding(plan, expected, None, known.at, too_old)
    why = f": {known.reason}" if known.reason else ""
    return LeverStanding(plan, expected, known.actual, known.at, f"{said}, which counts for {limit}{why}")


def lever_news(state: LaunchState, readings: Iterable[LeverReading]) -> list[Draft]:
    """What to journal of readings: those that differ from what was known."""
    return [
        Draft("lever.read", {"lever": one.id, "value": one.actual, **({"reason": one.reason} if one.reason else {})})
        for one in readings
        if one.id not in state.levers or state.levers[one.id].actual != one.actual
    ]
