"""A playbook as the rest of the program sees it: plain values, checked, with every input filled in.

Mappings keep the order of the file. Titles, notes, facts and hints are safe to show; what is compared or sent
(addresses, expected values, parameters) is as the author wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from warroom.contract import AnyKind, Parameters
from warroom.events import CheckInfo, LaunchInfo
from warroom.playbook.course import Course
from warroom.slo.source_spec import SourceSpec
from warroom.units import Condition
from warroom.verdict import Verdict

CHANNEL_ID: Final = re.compile(r"[A-Z][A-Z0-9]{2,20}")
"""The id of a channel of Slack's. No name of one is such: those have no capital letters."""


@dataclass(frozen=True, slots=True)
class Target:
    """A base address. `url` is empty where it is not configured, then `not_configured` says why (`GATE1_URL is not
    set`); otherwise it is http or https with a host and without user info.

    A `human` target is a link for people and is never requested. Paths of files are absolute or relative to the
    working directory. `proxy` is an address, empty for none; with `trust_env` the environment's proxy is
    obeyed. `connections` is how many requests may be under way at once (1 to 50). `basic` is `user:password`.
    `allow_link_local` lets it resolve to link-local and metadata addresses.
    """

    id: str
    url: str
    title: str = ""
    human: bool = False
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""
    proxy: str = field(default="", repr=False)
    trust_env: bool = False
    connections: int = 4
    bearer: str = field(default="", repr=False)
    basic: str = field(default="", repr=False)
    allow_link_local: bool = False
    not_configured: str = ""


@dataclass(frozen=True, slots=True)
class ReadFrom:
    """Where a state is read by GET: a target, the path appended to its address, and JSONPaths into the answer.

    `since` is empty where the answer does not say since when (always so for levers). Without a target a lever is what
    `command` prints; without that, too, it is what people say.
    """

    target: str = ""
    path: str = ""
    json: str = ""
    since: str = ""
    command: tuple[str, ...] = ()

    @property
    def is_attested(self) -> bool:
        """Whether only people can tell."""
        return not (self.target or self.command)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that changes something. `body` is JSON data, or a text that is sent as it is; empty for none.

    In `path` and `body`, `{name}` and `{value}` stand for the lever that is set and its value. Headers and body may
    hold secrets.
    """

    target: str
    method: str
    path: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: Mapping[str, object] | str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Look:
    """Where a state is read, and the `condition` on it (None: that it is another than before): at a JSONPath of the
    answer of a target, or in what a `command` prints. Headers may hold secrets."""

    condition: Condition | None
    target: str = ""
    path: str = ""
    json: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """How something is changed: by a request or a command (neither: by a person), and how that is read back."""

    call: Call | None = None
    command: tuple[str, ...] = ()
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class Lever:
    """A flag or setting and the value it must have, compared as text. A `kill_switch` is one that stops sends.

    `set` is how it is set; it is read back where it is read."""

    id: str
    expect: str
    read: ReadFrom
    kill_switch: bool = False
    note: str = ""
    set: Deed = Deed()


@dataclass(frozen=True, slots=True)
class Gate:
    """The state of another system: green, red, or unknown when it cannot be read or is older than `ttl_s` seconds.

    `read` is None for a gate that only a person can state. A launch asks it every `poll_s` seconds; None: only suites
    do. `rerun` are checks that a launch runs when it turns green, `holds` is the word for the mode of a launch while
    it is not green; both may be empty.
    """

    id: str
    title: str
    system: str = ""
    read: ReadFrom | None = None
    ttl_s: float = 60.0
    note: str = ""
    poll_s: float | None = None
    rerun: tuple[str, ...] = ()
    holds: str = ""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """While `gate` is red, a symptom with one of the `expect`ed values under every name is judged `as_`."""

    gate: str
    expect: Mapping[str, tuple[str, ...]]
    as_: Verdict


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """A check: its kind and the kind's parameters. `timeout_s` bounds the whole check. A result counts for
    `max_age_s`, None: until there is another.

    `needs` maps ids of other checks to the type of fact wanted of each (`object`: only the order counts).
    `place` is `file:line:column`.
    """

    id: str
    kind: AnyKind
    title: str
    params: Parameters = field(repr=False)
    required: bool = True
    timeout_s: float = 30.0
    tolerate: Tolerance | None = None
    max_age_s: float | None = None
    needs: Mapping[str, type] = field(default_factory=dict)
    place: str = ""

    @property
    def info(self) -> CheckInfo:
        """What events and views say about it."""
        limit = str(getattr(self.params, "limit", ""))
        return CheckInfo(self.id, self.kind.name, self.title, self.required, tuple(self.needs), limit)


@dataclass(frozen=True, slots=True)
class Until:
    """Try a suite again every `every_s` seconds until it is GREEN, at most for `timeout_s` seconds."""

    timeout_s: float
    every_s: float


@dataclass(frozen=True, slots=True)
class Suite:
    """Checks in order of display."""

    id: str
    title: str
    checks: tuple[str, ...]
    until: Until | None = None


@dataclass(frozen=True, slots=True)
class HintRule:
    """What a known symptom means. It matches a check among `checks` (empty: any) with one of `verdicts` (empty: any
    that is not a pass) whose symptom has one of the values under every name in `match` (empty: any symptom).
    """

    symptom: str
    cause: str
    fix: str
    severity: str = "info"
    checks: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    match: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SlackAccess:
    """How to post to Slack: with a bot token to `channel`, by its id, or (`token` is empty) through a webhook. Token
    and webhook are secrets. An empty `api_url` is Slack's own.
    """

    token: str = field(repr=False)
    channel: str
    webhook: str = field(repr=False)
    api_url: str = ""


@dataclass(frozen=True, slots=True)
class HookAccess:
    """Where signed posts are sent, and the key that signs them; both are secrets."""

    url: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Playbook:
    """A checked playbook. `path` as it was given; `sha256` covers the file and all that it includes.

    `deeds` is what steps of procedures send and read, by procedure and step; levers have their own. `course` is what
    a launch of it goes through. `environment` is the one chosen, or empty. `slack` is what gives access to Slack, by
    channel, `hooks` to other webhooks, `sources` where signals come from. `secrets` maps input names to values, only
    those set, and has that access too.
    """

    path: str
    sha256: str
    launch: LaunchInfo
    targets: Mapping[str, Target]
    levers: Mapping[str, Lever]
    gates: Mapping[str, Gate]
    checks: Mapping[str, CheckSpec]
    suites: Mapping[str, Suite]
    hints: tuple[HintRule, ...] = ()
    deeds: Mapping[tuple[str, str], Deed] = field(default_factory=dict)
    course: Course = field(default_factory=Course)
    slack: Mapping[str, SlackAccess] = field(default_factory=dict)
    hooks: Mapping[str, HookAccess] = field(default_factory=dict)
    sources: Mapping[str, SourceSpec] = field(default_factory=dict, repr=False)
    environment: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Selected:
    """A check that is to run. `wanted_by` names the checks that need it when it was not selected itself, else empty.

    `without` names the checks it needs that were skipped.
    """

    spec: CheckSpec
    wanted_by: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """What one run runs: checks in order of display, those pulled in by others' needs last.

    `suite` is the suite chosen, or None where checks were named without one. `skipped` names the checks that were
    asked for and left out on request, in order of display.
    """

    suite: Suite | None
    checks: tuple[Selected, ...]
    skipped: tuple[str, ...] = ()
