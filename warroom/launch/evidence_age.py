"""What is too old says nothing of now: the results of a run, as they count at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from warroom.launch.results import CheckFound, Run
from warroom.launch.values import utc
from warroom.playbook.course import CheckPlan
from warroom.units import format_duration
from warroom.verdict import Verdict, word


def at_age(run: Run, checks: Mapping[str, CheckPlan], at: datetime | None) -> Run:
    """The finished run as it counts at `at`: a result that is older than the `max_age` of its check is stale, and so
    is the run where the check is required. What is worse than too old stays what it was, and where nobody knows the
    time (None) nothing is too old."""
    found = {name: _check(checks.get(name), run, one, at) for name, one in run.checks.items()}
    late = [one for one in found.values() if one.required and one.verdict is Verdict.STALE]
    if not late or run.verdict.rank >= Verdict.STALE.rank:
        return replace(run, checks=found)
    reason = ", ".join(f"{one.title} {one.reason}" for one in late)
    return replace(run, checks=found, verdict=Verdict.STALE, word=word(Verdict.STALE), reason=reason)


def _check(plan: CheckPlan | None, run: Run, one: CheckFound, at: datetime | None) -> CheckFound:
    max_age, ended = plan.max_age if plan else None, run.finished_at
    if not (at and max_age and ended) or at - ended <= max_age or one.verdict.rank >= Verdict.STALE.rank:
        return one
    was = f"STALE: {one.word} at {utc(ended)}, more than {format_duration(max_age)} ago"
    return replace(one, verdict=Verdict.STALE, word=word(Verdict.STALE), reason=was)
