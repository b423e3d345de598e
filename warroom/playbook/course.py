"""The course of a launch as a playbook plans it: steps and phases, and the updates that are owed in the meantime.

Offsets are seen from T0. Everything here is safe to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from warroom.events import LaunchInfo
from warroom.playbook.procedures import LeverPlan, ProcedurePlan
from warroom.playbook.signals import Watched
from warroom.playbook.template import Template


@dataclass(frozen=True, slots=True)
class Ask:
    """A value that a step asks for. `answer_type` is yes_no, text, number or timestamp."""

    name: str
    text: str
    answer_type: str = "text"


@dataclass(frozen=True, slots=True)
class Step:
    """Something a person does and then ticks. `link` is an address for people, `expect` what they should see; both
    may be empty. Ticking one that `marks_t0` sets T0, unless it is set.
    """

    id: str
    do: str
    link: str = ""
    expect: str = ""
    marks_t0: bool = False
    asks: tuple[Ask, ...] = ()


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the launch. `ends` is when it should be over, None where it has no end of its own.

    `steps` are ids of steps that belong to it, in order. `suite` is run once when it starts. `update` is the post
    that ends it. Each of the three may be empty. `exit_signals` have to be GREEN for it to be left, `exit_triggers`
    idle.
    """

    id: str
    title: str
    starts: timedelta
    ends: timedelta | None = None
    suite: str = ""
    steps: tuple[str, ...] = ()
    update: str = ""
    exit_signals: tuple[str, ...] = ()
    exit_triggers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ByHand:
    """A way of telling that only a person has: `medium` is an email, a status page, a banner; `to` is who is told,
    `link` the address where it is done; both may be empty. The text is ready `ahead` of its time.
    """

    medium: str
    to: str = ""
    link: str = ""
    ahead: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Channel:
    """Where posts go. A channel of kind `file` appends to the file `path`, relative to the launch's folder; the other
    kinds are `slack`, `slack_webhook`, `webhook`, and `manual`, whose posts are tasks for people: that one has
    `by_hand`.

    A post whose fate nobody knows is not there when two look-ups, `settle` apart, do not find it. Where nothing can
    be looked up `on_unknown` says what happens to it, `resend` or `hold`; it is empty for the others, and
    `when_blind` says the same where Slack refuses look-ups for good (a scope is missing). `note` is what a person
    should know about it, empty where there is nothing. `threads` says whether posts can reply to others.
    `live` says whether the launch may keep its status message here, and its dead-man switch, which speaks
    `silent_after` the engine's last sign of life.

    A post that it refuses for good, or that has not arrived `fallback_after` its first attempt, is owed to the
    channel `fallback` too; empty: to none.
    """

    id: str
    kind: str
    path: str = ""
    settle: timedelta = timedelta()
    on_unknown: str = ""
    when_blind: str = "resend"
    note: str = ""
    threads: bool = False
    fallback: str = ""
    fallback_after: timedelta = timedelta(minutes=10)
    by_hand: ByHand | None = None
    live: bool = True
    silent_after: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class GatePlan:
    """The state of another system, as the launch follows it.

    `rerun` are checks that run once when it turns green, `holds` is the word for the mode that the launch is in while
    it is not green. Both may be empty. A reading older than `ttl` is no longer known to be true. `is_polled` says
    whether it is asked all the time.
    """

    id: str
    title: str
    system: str = ""
    note: str = ""
    holds: str = ""
    rerun: tuple[str, ...] = ()
    ttl: timedelta = timedelta(seconds=60)
    is_polled: bool = False


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """A check, as the launch follows it. A result older than `max_age` says nothing any more; None: one counts until
    there is another."""

    id: str
    title: str
    required: bool = True
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """A post that is owed: once at `starts` (`every` is None), or again and again until and with `ends`.

    `suite` is the one whose results it tells, empty for none. It is run for each post, `before` ahead of it; where
    that is None the post tells the latest run since T0.

    One that is owed because something happens has no `starts`. It is owed once each time that one of the events `on`
    happens, to one of `subjects` where there are any (ids of gates, triggers or signals), and has `within` to leave;
    or `every` so often as long as what `during` names goes on.

    It goes to `channel` and, each a post of its own, to `copies`. `severity` is info, warning or critical; empty:
    that of what happens, or info. `subject` is for what a person sends, empty for none.
    """

    id: str
    title: str
    channel: str
    template: Template
    starts: timedelta | None = None
    every: timedelta | None = None
    ends: timedelta | None = None
    suite: str = ""
    before: timedelta | None = None
    on: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    within: timedelta = timedelta()
    during: str = ""
    copies: tuple[str, ...] = ()
    severity: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What a launch goes through, from the frozen copy of its playbook. Mappings keep the order of the file.

    Two are equal where they are the same: what is planned of one is worked out once.
    """

    launch: LaunchInfo = field(default_factory=lambda: LaunchInfo("", ""))
    mode_for: timedelta | None = None
    """How long from T0 the mode of the launch lasts; None: to the end."""
    steps: Mapping[str, Step] = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()
    channels: Mapping[str, Channel] = field(default_factory=dict)
    updates: Mapping[str, Update] = field(default_factory=dict)
    routes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The channels that updates of a severity go to beside their own."""
    gates: Mapping[str, GatePlan] = field(default_factory=dict)
    checks: Mapping[str, CheckPlan] = field(default_factory=dict)
    suites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The checks of each suite."""
    watched: Watched = field(default_factory=Watched)
    levers: Mapping[str, LeverPlan] = field(default_factory=dict)
    procedures: Mapping[str, ProcedurePlan] = field(default_factory=dict)
