"""What of a plan is to be mended before T0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from warroom.launch.schedule import slots
from warroom.plan.values import PlannedInput, PlannedPost, Warned
from warroom.playbook.course import Course, Update
from warroom.text import plural
from warroom.updates.slack_message import MESSAGES

_ACCESS = "give it access: docs/slack.md"
_SHORTER = "shorten its template, or divide it into two updates"


def findings(course: Course, posts: Sequence[PlannedPost], inputs: Sequence[PlannedInput]) -> tuple[Warned, ...]:
    """All of them, those about inputs first."""
    return (*_inputs(inputs), *_channels(course), *_updates(course), *sizes(posts))


def sizes(posts: Sequence[PlannedPost]) -> tuple[Warned, ...]:
    """What may not fit into a message of Slack, one finding for each update."""
    found = {post.update: warned for post in reversed(posts) if (warned := _size(post))}
    return tuple(reversed(found.values()))


def _inputs(inputs: Sequence[PlannedInput]) -> Iterator[Warned]:
    for one in inputs:
        if one.problem:
            yield Warned(f"input {one.name}", one.problem, "")


def _channels(course: Course) -> Iterator[Warned]:
    for channel in course.channels.values():
        if channel.note:
            yield Warned(f"channel {channel.id}", channel.note, _ACCESS)


def _updates(course: Course) -> Iterator[Warned]:
    for update in course.updates.values():
        if update.suite and update.before is None and not _is_run(course, update):
            found = f"it tells suite {update.suite}, which nothing runs by then: it would be held"
            yield Warned(f"update {update.id}", found, "give it `before`, or a phase that begins earlier the suite")


def _is_run(course: Course, update: Update) -> bool:
    """Whether a phase runs the suite that the update tells, before the first of its posts is due."""
    first = min((slot.offset for slot in slots(course) if slot.update == update.id), default=None)
    phases = [phase for phase in course.phases if phase.suite == update.suite]
    return any(first is None or phase.starts <= first for phase in phases)


def _size(post: PlannedPost) -> Warned | None:
    size, about = post.size, f"post {post.slot}"
    if size.messages <= 1:
        return None
    how_long = f"it may have {size.longest:,} characters with long values"
    if not post.place:
        return Warned(about, f"{how_long}: this channel has no threads, and what does not fit is cut", _SHORTER)
    if size.cut:
        return Warned(about, f"{how_long}: {MESSAGES} messages, and the whole text as a file in the thread", _SHORTER)
    said = f"{how_long}: it goes on in the thread, {plural(size.messages, 'message')} in all"
    return Warned(about, said, _SHORTER)
