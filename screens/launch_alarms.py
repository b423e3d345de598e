"""What a person has to see to now in a launch: one list, which the head counts and the lines above all spell out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from warroom.client.values import LaunchNow, PostNow
from warroom.screens.launch_actions import action_alarms
from warroom.screens.launch_marks import LATE_PHASE, behind_s, is_late, mark_of_phase, note_left_s, was_owed
from warroom.screens.launch_signals import trigger_alarms
from warroom.screens.launch_view import is_for_needs, needs_of, suites, urgent
from warroom.screens.lines import ago, countdown
from warroom.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Alarm:
    """Two or three capital words, and a sentence."""

    word: str
    text: str


def alarms(launch: LaunchNow, now: datetime) -> tuple[Alarm, ...]:
    """Everything that is wrong, the gravest first."""
    return (
        *(Alarm("ACT AT ONCE", f"{said}   ({title})") for title, said in urgent(launch)),
        *(Alarm(word, said) for word, said in action_alarms(launch, now)),
        *(Alarm(word, said) for word, said in trigger_alarms(launch, now)),
        *_clock(launch),
        *_posts(launch, now),
        *_suites(launch, now),
        *_incidents(launch, now),
        *_phases(launch, now),
    )


def _clock(launch: LaunchNow) -> Iterator[Alarm]:
    if launch.clock_set_s and not launch.closed:
        by = f"{launch.clock_set_s:+g} s"
        yield Alarm(
            "CLOCK WAS SET",
            f"The clock was set by {by}: posts go by it as it was until another clock agrees or T0 is set (t)",
        )


def _posts(launch: LaunchNow, now: datetime) -> Iterator[Alarm]:
    for post in launch.updates:
        if post.standing == "failed":
            yield Alarm("POST FAILED", f"FAILED: {post_name(post)}: {post.reason}")
    if launch.closed:
        yield from _left(launch)
        return
    for post in launch.updates:
        if is_late(post, now):
            needs = "; ".join(needs_of(launch, post)) if is_for_needs(post) else ""
            told = f"needs {needs}" if needs else post.reason
            is_plain = post.standing in ("due", "scheduled") or needs
            standing = "" if is_plain else f", {post.standing}"
            text = (
                f"LATE by {countdown(behind_s(post, now))}: {post_name(post)}{standing}{f': {told}' if told else ''}"
            )
            yield Alarm("POST LATE", text)


def _left(launch: LaunchNow) -> Iterator[Alarm]:
    """What a closed launch owed and did not deliver, or nobody knows whether it did."""
    if owed := ", ".join(post_name(post) for post in launch.updates if was_owed(post)):
        yield Alarm("POST NOT SENT", f"NOT SENT, due when the launch was closed: {owed}")
    unknown = ", ".join(post_name(post) for post in launch.updates if post.standing.startswith("not known"))
    if unknown:
        yield Alarm("POST NOT KNOWN", f"NOT KNOWN whether it arrived: {unknown}")


def _suites(launch: LaunchNow, now: datetime) -> Iterator[Alarm]:
    for line in suites(launch):
        run = line.finished
        if run and run.verdict is Verdict.FAIL and run.finished_at:
            yield Alarm(
                f"SUITE {run.word}", f"Suite {line.id} was {run.word} {ago(run.finished_at, now)}: {run.reason}"
            )


def _incidents(launch: LaunchNow, now: datetime) -> Iterator[Alarm]:
    for one in launch.incidents:
        left = note_left_s(one, now)
        text = one.text.replace("\n", " ")
        if launch.closed and one.resolved_at is None:
            yield Alarm("INCIDENT OPEN", f"Incident {one.id} was open when the launch was closed: {text}")
        elif left is not None and left < 0:
            said = f"A note on incident {one.id} is overdue by {countdown(-left)} (n writes it): {text}"
            yield Alarm("NOTE OVERDUE", said)
        elif one.resolved_at is None:
            owed = f", a note is owed in {countdown(left)} (n writes it)" if left is not None else ""
            yield Alarm("INCIDENT OPEN", f"Incident {one.id} is open{owed}: {text}")


def _phases(launch: LaunchNow, now: datetime) -> Iterator[Alarm]:
    for phase in launch.phases:
        if phase.ends and not launch.closed and mark_of_phase(phase, now) == LATE_PHASE:
            text = f"LATE by {countdown((now - phase.ends).total_seconds())}: {phase.title}"
            yield Alarm("PHASE LATE", text)


def post_name(post: PostNow) -> str:
    """`T+5m Publish confirmation`."""
    return f"{post.time} {post.title}".strip()


def looked_for(launch: LaunchNow, now: datetime) -> tuple[PostNow, ...]:
    """The posts of which nobody knows yet whether they arrived, and that are not late."""
    found = (post for post in launch.updates if post.standing.startswith("checking"))
    return tuple(post for post in found if not is_late(post, now))
