"""A plan as lines for people, and as JSON data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from warroom.clock import stamp
from warroom.launch.values import utc
from warroom.plan.values import Asked, Plan, PlannedInput, PlannedMessage, PlannedPhase, PlannedPost, PlannedTrigger
from warroom.text import clean
from warroom.updates.slack_message import SECTION, SECTIONS

SCHEMA: Final = "warroom.plan/1"
_BAR: Final = "    | "


def plan_lines(plan: Plan) -> Iterator[str]:
    """The plan, line by line. Of an update that recurs the text is shown once."""
    yield f"Plan of {plan.launch}: {plan.title} (playbook {plan.sha256[:12]}). Nothing was sent."
    yield f"T0 is {_when(plan.t0)}" if plan.t0 else "T0 is not given: times are from T0 (--t0 INSTANT shows them)"
    yield from _section("Phases", [_phase(phase) for phase in plan.phases])
    yield from _section("Posts", list(_posts(plan.posts)))
    yield from _section("Kept in Slack", [line for one in plan.messages for line in _message(one)])
    yield from _section("Triggers", [_trigger(one) for one in plan.triggers])
    yield from _section("Channels", [f"{one.channel} ({one.kind}): {one.where}" for one in plan.recipients])
    yield from _section("Requests", [_asked(one) for one in plan.asked])
    yield from _section("Commands", [f"{' '.join(one.argv)} ({one.by})" for one in plan.commands])
    yield from _section("Inputs", [_input(one) for one in plan.inputs])
    yield from _section("Secrets, by name", list(plan.secrets))
    told = [f"{one.about}: {one.found}{f' -> {one.repair}' if one.repair else ''}" for one in plan.findings]
    yield from _section("Findings", told)


def plan_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON data: the members of `Plan`, instants as UTC text, null where there is none."""
    posts = [{**asdict(post), "due": _instant(post.due)} for post in plan.posts]
    return {"schema": SCHEMA, **asdict(plan), "t0": _instant(plan.t0), "posts": posts}


def _instant(at: datetime | None) -> str | None:
    return stamp(at) if at else None


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield ""
    yield title
    yield from (f"  {line}".rstrip() for line in lines or ["none"])


def _when(at: datetime) -> str:
    """`2025-11-01T02:00:00Z (03:00 CET)`: UTC, and as clocks here show it."""
    return f"{utc(at)} ({at.astimezone():%a %H:%M %Z})"


def _phase(phase: PlannedPhase) -> str:
    until = f" to {phase.ends}" if phase.ends else ""
    runs = f"; runs suite {phase.suite}" if phase.suite else ""
    does = f"; steps {', '.join(phase.steps)}" if phase.steps else ""
    well = [
        f"{', '.join(names)} {word}" for names, word in ((phase.signals, "GREEN"), (phase.triggers, "idle")) if names
    ]
    left = f"; left with {' and '.join(well)}" if well else ""
    return f"{phase.begins}{until}  {phase.id}: {phase.title}{runs}{does}{left}"


def _posts(posts: Sequence[PlannedPost]) -> Iterator[str]:
    shown: dict[tuple[str, int], str] = {}
    for post in posts:
        head = f"{post.when}{f'  {_when(post.due)}' if post.due else ''}  {post.slot}: {post.title}"
        # The text of a gate's flip differs from gate to gate, that of a later hour in the hour alone.
        known = shown.setdefault((post.update, post.text.count("\n")), post.slot) if post.is_timed else post.slot
        if known != post.slot:
            yield f"{head}, as {known}{f', to {post.channel}' if '/' in post.slot else ''}"
            continue
        yield head
        where = f"to {post.channel}" + (f", {post.place}" if post.place else "")
        yield "    " + "; ".join(part for part in (where, post.suite, _size(post)) if part)
        if post.needs:
            yield f"    needs {', '.join(post.needs)}"
        yield from (f"{_BAR}{clean(line)}" for line in post.text.split("\n"))


def _message(one: PlannedMessage) -> Iterator[str]:
    yield f"{one.title}, in {one.channel}: {one.when}"
    yield from (f"{_BAR}{clean(line)}" for line in one.text.split("\n"))


def _size(post: PlannedPost) -> str:
    """What a message of Slack takes is said for what goes there."""
    of = f" of {SECTION * SECTIONS:,}" if post.size.messages else ""
    return f"up to {post.size.longest:,}{of} characters"


def _trigger(one: PlannedTrigger) -> str:
    runs = f", runs {one.runs}" if one.runs else ""
    return f"{one.id}: {one.title}; {one.severity}, {one.mode}{runs}"


def _asked(one: Asked) -> str:
    how = f" {one.note}" if one.note else ""
    return f"{one.method or 'asks'} {one.address}{how} ({', '.join(one.by)})"


def _input(one: PlannedInput) -> str:
    state = "set" if one.is_set else "MISSING" if one.required else "not set"
    secret = ", secret" if one.secret else ""
    return f"{one.name}: {state}{secret}" + (f" - {one.description}" if one.description else "")
