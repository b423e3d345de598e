"""What may stand in the sections about the course of a launch: steps, phases, channels, updates, templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from warroom.expect import FromText, TimeoutText
from warroom.expect.answers import AnswerType
from warroom.playbook.loaded import CHANNEL_ID
from warroom.playbook.section import Id, Name, Section, Text
from warroom.playbook.template import Template, parse_template
from warroom.playbook.wording import QUOTES_NOTHING
from warroom.units import parse_offset

OffsetText = Annotated[timedelta, FromText(parse_offset, "T+5m")]
TemplateText = Annotated[Template, FromText(parse_template, "'{{ launch.id }}: {}'")]

_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.txt", re.ASCII)

EventName = Literal[
    "gate.green",
    "gate.red",
    "incident.opened",
    "incident.resolved",
    "trigger.fired",
    "trigger.resolved",
    "trigger.blind",
    "signal.warn",
    "signal.recovered",
    "procedure.waiting",
    "procedure.escalated",
    "procedure.finished",
    "procedure.post",
]
"""What a post can be owed for."""

Severity = Literal["info", "warning", "critical"]
"""How grave a post is."""

Ids = Id | Annotated[list[Id], Field(min_length=1)]
"""One name, or several."""

_NO_ID: Final = (
    "should be the id of a Slack channel, such as C0123456789, not its name: Slack finds nothing by a name. "
    "The id is at the bottom of `View channel details` in Slack"
)
_SOONEST_SILENT: Final = timedelta(minutes=10)

MOST_POSTS: Final = 1_000
"""How often an update may recur."""


class Ask(Section):
    """A value that a step asks for."""

    name: Id = Field(description="What templates and `warroom step` call it.")
    text: Text = Field(description="What the person is asked for.")
    type: AnswerType = Field("text", description="What the answer must be; a timestamp is 2025-11-01T02:00:00Z.")


class Step(Section):
    """Something a person does and then ticks."""

    do: Text = Field(description="What to do.")
    link: Id | None = Field(None, description="A target for people that it is done at.")
    expect: Text = Field("", description="What the person should see.")
    marks: Literal["T0"] | None = Field(None, description="Ticking it sets T0, unless T0 is set.")
    ask: list[Ask] = Field([], description="What it asks for.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Step:
        names = [ask.name for ask in self.ask]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"'{twice[0]}' is asked twice")
        if kept := [name for name in names if name in ("at", "by")]:
            raise ValueError(f"'{kept[0]}' cannot be asked: it is when, or by whom, the step was done")
        return self


class PhaseExit(Section):
    """What has to be well for a phase to be left, beside what belongs to it. What is not known holds it."""

    signals: Ids = Field([], description="Signals that have to be GREEN.")
    triggers: Ids = Field(
        [], description="Triggers that have to be idle: not pending, firing, resolving, latched or blind."
    )


class Phase(Section):
    """A stretch of the launch."""

    title: Text = Field("", description="Name that people call it by; its id where it is empty.")
    from_: OffsetText = Field(alias="from", description="When it begins.")
    until: OffsetText | None = Field(None, description="When it should be over.")
    steps: list[Id] = Field([], description="Steps that belong to it.")
    suite: Id | None = Field(None, description="Suite that runs once when it begins.")
    update: Id | None = Field(None, description="The update that ends it.")
    exit: PhaseExit = Field(PhaseExit(), description="Signals and triggers that hold it.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Phase:
        if self.until is not None and self.until <= self.from_:
            raise ValueError("`until` is not after `from`")
        return self


class Channel(Section):
    """Where posts go."""

    kind: Literal["file", "slack", "webhook", "manual"] = Field(
        description="What it is: `file` appends to a file of the launch; `slack` posts with a bot token, or with a "
        "webhook where no token is set; `webhook` posts signed JSON to an address; `manual` is a task for a person. "
        "Slack and webhook post to the file where they have no access."
    )
    path: Name | None = Field(
        None, description="Name of the file, in the folder of the launch; it ends in .txt. Not for manual."
    )
    token: Text = Field("", description="Slack: the app's bot token, from a secret input.")
    channel: Text = Field(
        "",
        validate_default=True,
        description="Slack: the id of the channel that the token posts to, such as C0123456789.",
    )
    webhook: Text = Field("", description="Slack: the address of an incoming webhook, from a secret input.")
    api: Text = Field(
        "", description="Slack: another base address of its Web API, such as https://slack.example.com/api/."
    )
    settle: TimeoutText = Field(
        timedelta(seconds=60),
        description="Slack: how long a message may take to become visible to a look-up; one that is not found twice, "
        "so far apart, is sent again.",
    )
    url: Text = Field("", description="Webhook: the address that posts are sent to, from a secret input.")
    secret: Text = Field(
        "", validate_default=True, description="Webhook: the key that signs them, from a secret input."
    )
    on_unknown: Literal["resend", "hold"] = Field(
        "resend",
        description="Webhooks, Slack's too, and a token that may not look: what happens to a post of which nobody "
        "knows whether it arrived.",
    )
    fallback: Id | None = Field(
        None, description="The channel that gets what this one refuses for good, or does not take for long."
    )
    fallback_after: TimeoutText = Field(
        timedelta(minutes=10),
        description="How long after its first attempt a post that has not arrived is owed to the fallback; a later "
        "one that names it goes there at once.",
    )
    medium: Text = Field("", description="Manual: by what it is told, such as email, status page or banner.")
    to: Text = Field("", description="Manual: to whom.")
    link: Id | None = Field(None, description="Manual: a target for people where it is done.")
    ahead: TimeoutText = Field(
        timedelta(minutes=15), description="Manual: how long before its time the text is ready for the person."
    )
    live: bool = Field(
        True,
        description="Slack, with a token: whether the launch may keep its status message and its dead-man switch "
        "here; the first channel that lets it has both.",
    )
    silent_after: TimeoutText = Field(
        timedelta(minutes=15),
        description="Slack, with a token: how long after the engine's last sign of life Slack says by itself that "
        "it is silent; at least 10m.",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Channel:
        if stray := self.model_fields_set - {"kind", *_KEYS[self.kind]}:
            knowing = [kind for kind, keys in _KEYS.items() if min(stray) in keys]
            raise ValueError(f"`{min(stray)}` is for a channel of kind {', '.join(knowing)}")
        if self.kind == "manual":
            if not self.medium:
                raise ValueError("a manual channel needs `medium`: by what a person tells it, such as email")
            return self
        # The journal lies in the same folder: no playbook may have posts appended to it.
        if self.path is None or not _PLAIN_NAME.fullmatch(self.path):
            raise ValueError("`path` is a plain file name that ends in .txt, such as war-room.txt")
        if self.fallback is None and "fallback_after" in self.model_fields_set:
            raise ValueError("`fallback_after` is for a channel with a `fallback`")
        if self.silent_after < _SOONEST_SILENT:
            # Slack may post what is deleted less than five minutes before its time, so it is replaced before that.
            raise ValueError("`silent_after` is at least 10m: what Slack has scheduled cannot be replaced any later")
        return self

    @field_validator("channel", mode="after")
    @classmethod
    def _an_id_that_a_token_needs(cls, channel: str, info: ValidationInfo) -> str:
        if info.data.get("token") and not channel:
            said = "`channel` is empty while `token` is set: give the id of the Slack channel"
            raise PydanticCustomError(QUOTES_NOTHING, said)
        if channel and not CHANNEL_ID.fullmatch(channel):
            raise PydanticCustomError(QUOTES_NOTHING, _NO_ID)
        return channel

    @field_validator("secret", mode="after")
    @classmethod
    def _a_url_needs_it(cls, secret: str, info: ValidationInfo) -> str:
        if info.data.get("url") and not secret:
            said = "`secret` is empty while `url` is set: give the key that signs the posts"
            raise PydanticCustomError(QUOTES_NOTHING, said)
        return secret


_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "file": ("path", "fallback", "fallback_after"),
    "slack": (
        *("path", "fallback", "fallback_after", "on_unknown"),
        *("token", "channel", "webhook", "api", "settle", "live", "silent_after"),
    ),
    "webhook": ("path", "fallback", "fallback_after", "on_unknown", "url", "secret"),
    "manual": ("medium", "to", "link", "ahead"),
}
"""What a channel of each kind can have beside it."""


class Routes(Section):
    """Where posts go because of how grave they are, beside their own channels."""

    info: Ids | None = Field(None, description="Channels of what is good to know.")
    warning: Ids | None = Field(None, description="Channels of what is not as it should be.")
    critical: Ids | None = Field(None, description="Channels of what needs people at once.")

    @property
    def channels(self) -> dict[str, tuple[str, ...]]:
        """The channels of each severity that has some."""
        found = {"info": self.info, "warning": self.warning, "critical": self.critical}
        return {severity: names_in(ids) for severity, ids in found.items() if ids is not None}


def names_in(ids: str | list[str]) -> tuple[str, ...]:
    """The names, whether there is one or several."""
    return tuple(ids) if isinstance(ids, list) else (ids,)


class Update(Section):
    """A post that is owed: once (`at`), again and again (`every`, `from`, `until`), each time that something happens
    (`on`, `within`), or again and again while something lasts (`while`, `every`)."""

    title: Text = Field("", description="Name that people call it by; its id where it is empty.")
    channel: Ids = Field(description="Where it goes; with several it is owed to each of them.")
    severity: Severity | None = Field(
        None,
        description="How grave it is, which decides by `routes` where else it goes; without it that of what happens, "
        "or info.",
    )
    template: Id = Field(description="Its text.")
    subject: Text = Field("", description="The subject of what a person sends, where it goes to a manual channel.")
    at: OffsetText | None = Field(None, description="When it is due, once.")
    every: TimeoutText | None = Field(None, description="How long from one to the next.")
    from_: OffsetText | None = Field(None, alias="from", description="When the first is due.")
    until: OffsetText | None = Field(None, description="No one is due after this; one may be due at it.")
    on: EventName | Annotated[list[EventName], Field(min_length=1)] | None = Field(
        None, description="What has to happen for one to be due: once each time."
    )
    gate: Id | None = Field(None, description="The gate whose flips are meant; any gate when left out.")
    trigger: Ids | None = Field(None, description="The trigger or triggers that are meant; any when left out.")
    signal: Ids | None = Field(None, description="The signal or signals that are meant; any when left out.")
    within: TimeoutText | None = Field(None, description="How long it has to leave, from what happened.")
    while_: Literal["incident.open"] | None = Field(
        None, alias="while", description="What has to last for one to be due, every so often."
    )
    suite: Id | None = Field(None, description="The suite whose results it tells.")
    before: TimeoutText | None = Field(
        None, description="Run that suite for each post, this long ahead; without it the latest run since T0 is told."
    )

    @property
    def channels(self) -> tuple[str, ...]:
        """Where it goes, in the order of the playbook."""
        return names_in(self.channel)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The gate, or the triggers or signals, that are meant; empty for any."""
        meant = self.gate or self.trigger or self.signal
        return names_in(meant) if meant else ()

    @property
    def events(self) -> tuple[str, ...]:
        """What it is owed for; empty where it is owed at a time."""
        return () if self.on is None else tuple(self.on) if isinstance(self.on, list) else (self.on,)

    @model_validator(mode="after")
    def _makes_sense(self) -> Update:
        again = (self.every, self.from_, self.until)
        if twice := [name for name in self.channels if self.channels.count(name) > 1]:
            raise ValueError(f"`channel` names '{twice[0]}' twice")
        if self.events:
            self._happens()
        elif self.while_ is not None:
            self._lasts()
        elif self.at is not None and any(part is not None for part in again):
            raise ValueError("`at` is for one post; leave it out, or `every`, `from` and `until`")
        elif self.at is None:
            self._recurs()
        if not self.events and any(part is not None for part in (self.within, self.gate, self.trigger, self.signal)):
            raise ValueError("`within`, `gate`, `trigger` and `signal` belong to `on`")
        if self.before is not None and self.suite is None:
            raise ValueError("`before` needs a `suite`")
        return self

    def _happens(self) -> None:
        timed = (self.at, self.every, self.from_, self.until, self.while_, self.before)
        if any(part is not None for part in timed):
            raise ValueError("`on` is for posts that have no time of their own: beside it stands `within`")
        if self.within is None:
            raise ValueError("`on` needs `within`: how long the post has to leave, such as 2m")
        sorts = {event.partition(".")[0] for event in self.events}
        if len(sorts) > 1:
            raise ValueError("`on` names events of one sort: of gates, incidents, triggers, signals or procedures")
        for sort in ("gate", "trigger", "signal"):
            if getattr(self, sort) is not None and sort not in sorts:
                raise ValueError(f"`{sort}` is for events of {sort}s, which begin with {sort}.")

    def _lasts(self) -> None:
        if self.every is None or any(part is not None for part in (self.at, self.from_, self.until)):
            raise ValueError("beside `while` stands `every`, and neither `at`, `from` nor `until`")

    def _recurs(self) -> None:
        if self.every is None or self.from_ is None or self.until is None:
            raise ValueError("give `at` for one post, all of `every`, `from` and `until`, or `on` or `while`")
        if self.until < self.from_:
            raise ValueError("`until` is before `from`")
        if (self.until - self.from_) // self.every >= MOST_POSTS:
            raise ValueError(f"that is more than {MOST_POSTS:,} posts")
