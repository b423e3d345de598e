"""What the console of a launch knows: the launch as last told, whether that still counts, and what to list of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from warroom.client import Fresh, Lost, Seen
from warroom.client.action_values import LeverNow, ProcedureNow
from warroom.client.signal_values import SignalNow, TriggerNow
from warroom.client.values import (
    CheckNow,
    GateNow,
    IncidentNow,
    LaunchNow,
    NoteNow,
    PhaseNow,
    PostNow,
    StepNow,
    SuiteNow,
)
from warroom.screens.launch_actions import other_actions, urgent_actions

# Below this the two clocks agree; the news need time to come.
_SAME_CLOCK = timedelta(seconds=2)
_OPEN_STANDINGS = frozenset(("scheduled", "due", "to do", "held", "sending", "checking whether it arrived"))
_UNDER_WAY = frozenset(("sending", "checking whether it arrived"))
_HELD_BY_ENGINE = " (engine)"
_LINES_STAY = (NoteNow, PostNow, IncidentNow)


@dataclass(frozen=True, slots=True)
class LaunchView:
    """A launch on one person's screen.

    `launch` is None until the first news. `heard_at` is when the last ones came, by the engine's clock, which is
    ahead of this console's by `skew`. `lost` is there while the engine does not answer: what `launch` says is then
    only what was last known. `scenario` is how the simulated services of a demo behave, empty for a real launch.
    """

    name: str
    read_only: bool = False
    launch: LaunchNow | None = None
    heard_at: datetime | None = None
    skew: timedelta = timedelta(0)
    lost: Lost | None = None
    scenario: str = ""

    def heard(self, seen: Seen, at: datetime) -> LaunchView:
        """The view after news that came at `at` by this console's clock."""
        if isinstance(seen, Lost):
            return replace(self, lost=one_lined(seen))
        ahead = seen.launch.now - at
        skew = ahead if abs(ahead) >= _SAME_CLOCK else timedelta(0)
        return replace(self, launch=one_lined(seen.launch), heard_at=at + skew, skew=skew, lost=None)

    def now(self, at: datetime) -> datetime:
        """The engine's time when this console's clock says `at`."""
        return at + self.skew


def one_lined(value: Any) -> Any:
    """`value` with line feeds made spaces, but for the texts that were written over several lines."""
    if type(value) is str:
        return value.replace("\n", " ") if "\n" in value else value
    if isinstance(value, tuple):
        return tuple(one_lined(item) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kept = ("text", "preview", "draft") if isinstance(value, _LINES_STAY) else ()
        items = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return type(value)(**{name: item if name in kept else one_lined(item) for name, item in items.items()})
    return value


def fresh(view: LaunchView, launch: LaunchNow) -> LaunchView:
    """The view when `launch` has just been told, by a clock that agrees."""
    return view.heard(Fresh(launch), launch.now)


@dataclass(frozen=True, slots=True)
class SuiteLine:
    """A suite: its latest run, and the latest that has finished; None where there is none."""

    id: str
    latest: SuiteNow | None = None
    finished: SuiteNow | None = None


PlanItem = PhaseNow | StepNow
StateItem = IncidentNow | GateNow | SuiteLine | LeverNow | ProcedureNow
Item = PlanItem | StateItem | PostNow | SignalNow | TriggerNow


def key_of(item: Item) -> str:
    """What names an item among those of its list, whatever comes before it."""
    if isinstance(item, PostNow):
        return item.slot
    return f"{type(item).__name__}:{item.run if isinstance(item, ProcedureNow) else item.id}"


def plan_items(launch: LaunchNow) -> tuple[PlanItem, ...]:
    """The phases, each followed by its steps; then the steps of no phase."""
    steps = {step.id: step for step in launch.steps}
    found: list[PlanItem] = []
    for phase in launch.phases:
        found += [phase, *(steps.pop(name) for name in phase.steps if name in steps)]
    return (*found, *steps.values())


def suites(launch: LaunchNow) -> tuple[SuiteLine, ...]:
    """Every suite that ran or belongs to a phase, in the order of first use."""
    names = [phase.suite for phase in launch.phases if phase.suite] + [run.suite for run in launch.suites]
    return tuple(_suite(launch, name) for name in dict.fromkeys(names))


def _suite(launch: LaunchNow, name: str) -> SuiteLine:
    runs = [run for run in launch.suites if run.suite == name]
    done = [run for run in runs if run.finished_at is not None]
    return SuiteLine(name, runs[-1] if runs else None, done[-1] if done else None)


def state_items(launch: LaunchNow) -> tuple[StateItem, ...]:
    """Open incidents, the procedures under way and the levers that deviate, the gates, the suites, the other levers,
    and what is over, the latest first."""
    is_open = [one for one in launch.incidents if one.resolved_at is None]
    resolved = [one for one in launch.incidents if one.resolved_at is not None]
    return (
        *is_open,
        *urgent_actions(launch),
        *launch.gates,
        *suites(launch),
        *other_actions(launch),
        *reversed(resolved),
    )


def is_open(post: PostNow) -> bool:
    """Whether the post is still owed."""
    return post.standing in _OPEN_STANDINGS


def unsent(launch: LaunchNow) -> list[str]:
    """The slots that are never sent if the launch is closed now, the earliest first; without T0 only those that are
    owed for what happened. Those that are under way, or may have arrived, are none of them."""
    still = {post.slot for post in launch.updates if is_open(post) and post.standing not in _UNDER_WAY}
    return [post.slot for post in launch.updates if post.due and (post.slot in still or post.into in still)]


def first_free(launch: LaunchNow) -> PostNow | None:
    """The first post that is owed and that nobody holds back; None where there is none."""
    return next((post for post in launch.updates if post.standing in ("scheduled", "due")), None)


def note_of_channel(launch: LaunchNow | None, post: PostNow) -> str:
    """What people should know of the channel of `post`, such as that Slack is not reached; mostly empty."""
    return next((one.note for one in launch.channels if one.id == post.channel), "") if launch else ""


def needs_of(launch: LaunchNow, post: PostNow) -> tuple[str, ...]:
    """What the post still waits for: where a person has to say it, in the words in which it is asked for."""
    asked = {f"steps.{one.step}.{one.name} is not known": f"{one.text} (step {one.step})" for one in launch.questions}
    return tuple(asked.get(need, need) for need in post.needs)


def is_for_needs(post: PostNow) -> bool:
    """Whether the post waits for what it needs and for nothing else, such as a person who holds it."""
    reason = post.reason.removesuffix(_HELD_BY_ENGINE)
    return not reason or all(part in post.needs for part in reason.split("; "))


def once_only(launch: LaunchNow) -> tuple[PostNow, ...]:
    """The posts that are due once at a fixed time, the earliest first: their countdowns are what people watch."""
    firsts = [post for post in launch.updates if "/" not in post.slot]
    updates = [_update(post) for post in firsts]
    return tuple(post for post in firsts if post.time.startswith("T") and updates.count(_update(post)) == 1)


def _update(post: PostNow) -> str:
    return post.slot.partition("@")[0]


def title_of_post(launch: LaunchNow | None, post: PostNow) -> str:
    """The title of its update; where that goes to several channels, first which one is meant: `on_call: Incident`."""
    whole = post.slot.partition("/")[0]
    copies = sum(one.slot.partition("/")[0] == whole for one in launch.updates) if launch else 1
    return f"{post.channel}: {post.title}" if copies > 1 and post.channel else post.title


def open_steps(launch: LaunchNow) -> tuple[StepNow, ...]:
    """The steps that nobody has ticked, in the order of the list."""
    return tuple(item for item in plan_items(launch) if isinstance(item, StepNow) and item.ticked is None)


def urgent(launch: LaunchNow) -> tuple[tuple[str, str], ...]:
    """What critical hints of the latest results say to do at once: (title of the check, what to do)."""
    checks = [check for line in suites(launch) if line.finished for check in line.finished.checks]
    return tuple(dict.fromkeys((check.title, said) for check in checks for said in check.urgent))


def worst_checks(run: SuiteNow) -> tuple[CheckNow, ...]:
    """The checks of a run, the worst first; equals in its order."""
    return tuple(sorted(run.checks, key=lambda check: -check.verdict.rank))


def plan_of_interest(launch: LaunchNow) -> str | None:
    """The key of the step to do next; without one, of the phase that is under way, or comes next, or was last."""
    steps = open_steps(launch)
    if steps:
        return key_of(steps[0])
    running = [phase for phase in launch.phases if phase.lifecycle == "running"]
    waiting = [phase for phase in launch.phases if phase.lifecycle == "waiting"]
    found = running[-1:] or waiting[:1] or launch.phases[-1:]
    return key_of(found[0]) if found else None


def post_of_interest(launch: LaunchNow) -> str | None:
    """The slot of the post that comes next; where none does, of the first that was left unsent, or of the last; None
    where there are none."""
    left = [post for post in launch.updates if post.standing.startswith("not ")]
    following = (*filter(None, (launch.next,)), *left, *launch.updates[-1:])
    return following[0].slot if following else None


def state_of_interest(launch: LaunchNow) -> str | None:
    """The key of what is worst in the list of states: a procedure that waits for a person, an open incident, else the
    worst suite; None without any."""
    waiting = [run for run in launch.procedures if run.waits_for and run.waits_for.what != "note"]
    incidents = [one for one in launch.incidents if one.resolved_at is None]
    if waiting:
        return key_of(waiting[0])
    if incidents:
        return key_of(incidents[0])
    ranked = [
        (line.finished.verdict.rank, line) for line in suites(launch) if line.finished and line.finished.verdict
    ]
    return key_of(max(ranked, key=lambda pair: pair[0])[1]) if ranked else None
