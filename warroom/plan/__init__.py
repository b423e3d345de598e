"""What a launch of a playbook will do, before it does anything: pure, from the playbook alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from warroom.plan.findings import findings
from warroom.plan.kept import planned_messages
from warroom.plan.outside import asked, commands, recipients
from warroom.plan.posts import planned_posts
from warroom.plan.values import Plan, PlannedInput, PlannedPhase, PlannedTrigger
from warroom.playbook.course import Course
from warroom.playbook.load import Partly
from warroom.units import format_offset


def plan_of(loaded: Partly, t0: datetime | None, secrets: Collection[str]) -> Plan:
    """The plan of a launch with T0 at `t0`, or None where nobody knows it yet. `secrets` are the names of all that
    are used."""
    playbook, inputs = loaded.playbook, _inputs(loaded)
    posts = planned_posts(playbook, t0)
    return Plan(
        launch=playbook.launch.id,
        title=playbook.launch.title,
        sha256=playbook.sha256,
        t0=t0,
        phases=_phases(playbook.course),
        posts=posts,
        messages=planned_messages(playbook.course, t0),
        triggers=tuple(
            PlannedTrigger(one.id, one.title, one.severity, one.mode, one.runs)
            for one in playbook.course.watched.triggers.values()
        ),
        recipients=recipients(playbook),
        asked=asked(playbook),
        commands=commands(playbook),
        inputs=inputs,
        secrets=tuple(sorted({*secrets, *(one.name for one in inputs if one.secret)})),
        findings=findings(playbook.course, posts, inputs),
    )


def _inputs(loaded: Partly) -> tuple[PlannedInput, ...]:
    problems = {problem.key.removeprefix("inputs."): problem.message for problem in loaded.problems}
    return tuple(
        PlannedInput(name, one.secret, one.required, name in loaded.given, one.description, problems.get(name, ""))
        for name, one in loaded.declared.items()
    )


def _phases(course: Course) -> tuple[PlannedPhase, ...]:
    return tuple(
        PlannedPhase(
            id=phase.id,
            title=phase.title,
            begins=format_offset(phase.starts),
            ends="" if phase.ends is None else format_offset(phase.ends),
            suite=phase.suite,
            steps=phase.steps,
            signals=phase.exit_signals,
            triggers=phase.exit_triggers,
        )
        for phase in course.phases
    )
