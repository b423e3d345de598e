"""The posts of a launch as they will be: those at a time from T0 in their order, then those for what happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from warroom.launch.happenings import CRITICAL, WARNING, severity_of
from warroom.launch.schedule import Slot, copies, slots
from warroom.launch.state import LaunchState, begin
from warroom.launch.threads import phase_of
from warroom.launch.values import value_of
from warroom.plan.sizes import longest_text, size_of
from warroom.plan.values import PlannedPost
from warroom.playbook.course import Channel, Course, Update
from warroom.playbook.loaded import Playbook
from warroom.playbook.template import Call, Picked, Template, Value
from warroom.units import format_duration, format_offset
from warroom.updates.render import draft_text

_SOME_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
# What depends on when it happens, or is measured then: nobody can say it before.
_THEN: Final = (
    *("post.time", "post.due", "gate.source"),
    *("trigger.value", "trigger.reason", "trigger.stage"),
    *("signal.value", "signal.reason", "signal.level"),
)
_WHEN: Final = ("gate.at", "trigger.at", "signal.at", "procedure.at", "incident.at", "incident.resolved_at")


def planned_posts(playbook: Playbook, t0: datetime | None) -> tuple[PlannedPost, ...]:
    """Every post; of one that is owed again and again for what happens the first."""
    course = playbook.course
    state = replace(begin(course), t0=t0)
    seen: set[tuple[str, str]] = set()
    timed = [_post(playbook, state, slot, _time(slot), seen) for slot in slots(course)]
    occasions = (copy for slot, when in _occasions(course, t0) for copy in _copies(course, slot, when))
    return (*timed, *(_post(playbook, state, slot, when, seen) for slot, when in occasions))


def _named(course: Course) -> Course:
    """The course with texts that name what no plan can know: what is measured, and of what happens when."""
    updates = {name: replace(one, template=_template(one)) for name, one in course.updates.items()}
    return replace(course, updates=updates)


def _template(update: Update) -> Template:
    is_event, lines = update.starts is None, update.template.lines
    return Template(tuple(tuple(_name(part, is_event=is_event) for part in line) for line in lines))


def _name(part: str | Value | Call, *, is_event: bool) -> str | Value | Call:
    match part:
        case Value(name) if is_event and name in _WHEN:
            return "[time of the event]"
        case Value(name) if is_event and name in _THEN:
            return f"[{name}]"
        case Call("levers", picks):
            return picks[-1].texts[0]
        case Call(helper, picks):
            return f"[{helper} of {'; '.join(map(_picked, picks))}]" if picks else f"[{helper}]"
    return part


def _picked(pick: Picked) -> str:
    return f"{pick.check}: {', '.join(pick.texts)}" if pick.texts else pick.check


def _occasions(course: Course, t0: datetime | None) -> Iterator[tuple[Slot, str]]:
    """A slot for each thing that a post is owed for, and what that is in words."""
    since = t0 or _SOME_TIME
    for update in course.updates.values():
        for on in update.on:
            for about, subject in _subjects(course, update, on):
                what = (since, about, subject, on)
                slot = Slot(f"{update.id}@{about}", update.id, update.within, False, *what, severity=severity_of(on))
                yield slot, f"on {on}{'' if on.startswith('incident.') else f' of {subject}'}{_within(update)}"
        if update.during and update.every:
            first = f"inc-1+{format_duration(update.every)}"
            slot = Slot(f"{update.id}@{first}", update.id, update.every, True, since, "inc-1", severity=WARNING)
            yield slot, f"every {format_duration(update.every)} while {update.during}"


def _copies(course: Course, slot: Slot, when: str) -> Iterator[tuple[Slot, str]]:
    """The post for each channel that it goes to; those that hear only of a graver incident say so."""
    usual = {copy.id: (copy, when) for copy in copies(course, slot)}
    if slot.about.startswith("inc-"):
        graver = copies(course, replace(slot, severity=CRITICAL))
        usual = {copy.id: (copy, f"{when}, if it is critical") for copy in graver} | usual
    yield from usual.values()


def _subjects(course: Course, update: Update, on: str) -> Iterator[tuple[str, str]]:
    known: Mapping[str, Iterable[str]] = {
        "gate": course.gates,
        "trigger": course.watched.triggers,
        "signal": [name for name, plan in course.watched.signals.items() if plan.is_limited],
    }
    sort = on.partition(".")[0]
    if sort == "procedure":
        yield from _runs(course, update, on)
        return
    if sort not in known:
        yield "inc-1", "inc-1"
    for subject in known.get(sort, ()):
        if not update.subjects or subject in update.subjects:
            yield f"{subject}#1", subject


def _runs(course: Course, update: Update, on: str) -> Iterator[tuple[str, str]]:
    """The first run of a procedure that the post can be about: of the others it is the same."""
    for plan in course.procedures.values():
        posts = [step.id for step in plan.steps if step.update == update.id]
        if on != "procedure.post" or posts:
            what = {"procedure.waiting": ["start"], "procedure.escalated": ["start", "escalated"]}.get(on, posts[:1])
            yield ".".join((f"{plan.id}-1", *what)), plan.id
            return


def _within(update: Update) -> str:
    return f", within {format_duration(update.within)}" if update.within > timedelta() else ""


def _time(slot: Slot) -> str:
    return format_offset(slot.offset)


def _post(playbook: Playbook, state: LaunchState, slot: Slot, when: str, seen: set[tuple[str, str]]) -> PlannedPost:
    course = state.course
    update, channel = course.updates[slot.update], course.channels[slot.channel]
    text = draft_text(replace(state, course=_named(course)), slot)
    longest = longest_text(state, slot, update.template, playbook.checks)
    return PlannedPost(
        slot=slot.id,
        update=update.id,
        title=update.title,
        when=when,
        due=slot.due(state.t0) if state.t0 and not slot.is_event else None,
        channel=channel.id,
        place=_place(course, channel, slot, seen),
        suite=_suite(course, update),
        needs=_needs(state, slot, update.template),
        text=text,
        size=size_of(longest, is_slack=channel.kind in ("slack", "slack_webhook")),
        is_timed=update.starts is not None,
    )


def _place(course: Course, channel: Channel, slot: Slot, seen: set[tuple[str, str]]) -> str:
    phase = phase_of(course, slot) if channel.threads else ""
    if not phase:
        return "in the channel itself" if channel.threads else ""
    is_first = (channel.id, phase) not in seen
    seen.add((channel.id, phase))
    return f"opens the thread of phase {phase}" if is_first else f"in the thread of phase {phase}"


def _suite(course: Course, update: Update) -> str:
    if not update.suite:
        return ""
    if update.before is not None:
        return f"suite {update.suite} runs {format_duration(update.before)} before it"
    phases = [phase for phase in course.phases if phase.suite == update.suite]
    runs = "; ".join(f"phase {phase.id} runs it at {format_offset(phase.starts)}" for phase in phases)
    return f"tells the latest run of suite {update.suite}" + (f": {runs}" if runs else "")


def _needs(state: LaunchState, slot: Slot, template: Template) -> tuple[str, ...]:
    """The values that a person has to give before it can be written, each once."""
    names = [value.name for value in template.values if value_of(state, slot, value.name) is None]
    return tuple(dict.fromkeys(name for name in names if name.startswith("steps.") or name == "incident.note"))
