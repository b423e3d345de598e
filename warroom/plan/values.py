"""The plan of a launch as values. Everything in it is safe to show, once secrets are replaced by their names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Size:
    """How long a post may become, in characters: with every value that is not known yet as long as it may reasonably
    be. `messages` is into how many messages of Slack that goes, 0 in a channel that takes a text of any length; `cut`
    is how many characters fit into none of them.
    """

    longest: int
    messages: int = 0
    cut: int = 0


@dataclass(frozen=True, slots=True)
class PlannedPost:
    """A post that is owed. `slot` is its id, `when` its time from T0 or what it is owed for, `due` UTC (None without
    T0, and for what happens at no time that anyone planned).

    `place` says where in its channel it stands, `suite` when the suite runs whose results it tells, `needs` the
    values that people still have to give; all three may be empty. `text` is as it will be shown, with what is not
    known yet by its name. `is_timed` says that it is owed at a time.
    """

    slot: str
    update: str
    title: str
    when: str
    due: datetime | None
    channel: str
    place: str
    suite: str
    needs: tuple[str, ...]
    text: str
    size: Size
    is_timed: bool = True


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """What is kept in a channel beside the posts: `when` says how, `text` what it shows."""

    title: str
    channel: str
    when: str
    text: str


@dataclass(frozen=True, slots=True)
class PlannedPhase:
    """A phase: when it begins and should be over (empty: no end of its own), what it runs then, and the signals that
    have to be GREEN and the triggers that have to be idle for it to be left."""

    id: str
    title: str
    begins: str
    ends: str
    suite: str
    steps: tuple[str, ...]
    signals: tuple[str, ...]
    triggers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recipient:
    """A channel, and where its posts go."""

    channel: str
    kind: str
    where: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the launch asks of another system: `what` is `GET https://...`, or `POST`; `by` are the checks, levers and
    gates that ask, `note` how often. A `method` that nobody can tell beforehand is empty."""

    target: str
    method: str
    address: str
    by: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlannedCommand:
    """A program that is run; `by` is the check or the source that runs it."""

    by: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedTrigger:
    """A condition that is watched: how grave it is, whether it acts by itself (`mode`), and the procedure that it
    runs, empty for none."""

    id: str
    title: str
    severity: str
    mode: str
    runs: str


@dataclass(frozen=True, slots=True)
class PlannedInput:
    """An input by its name, never with its value. `problem` says what is wrong with it, empty where nothing is."""

    name: str
    secret: bool
    required: bool
    is_set: bool
    description: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """Something to mend before T0: `about` names it, `found` says what it is, `repair` what to do."""

    about: str
    found: str
    repair: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole. `posts` are in time order, those for what happens last."""

    launch: str
    title: str
    sha256: str
    t0: datetime | None
    phases: tuple[PlannedPhase, ...]
    posts: tuple[PlannedPost, ...]
    messages: tuple[PlannedMessage, ...]
    triggers: tuple[PlannedTrigger, ...]
    recipients: tuple[Recipient, ...]
    asked: tuple[Asked, ...]
    commands: tuple[PlannedCommand, ...]
    inputs: tuple[PlannedInput, ...]
    secrets: tuple[str, ...]
    findings: tuple[Warned, ...]
