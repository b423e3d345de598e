"""What may stand in a playbook, section by section: the one source of its validation, its schema and its reference.

Whatever a default or an environment may lay below an entry is laid there before these models see it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from warroom.expect import JsonPathText, TimeoutText
from warroom.playbook.course_models import Channel, Phase, Routes, Step, TemplateText, Update
from warroom.playbook.procedure_models import EVERY, Argv, LeverSet, People, Procedure
from warroom.playbook.section import INPUT_PATTERN, LEVER_PATTERN, Id, Name, Section, Text, Word, Words
from warroom.playbook.signal_models import Baseline, Signal, Slo, Trigger
from warroom.playbook.source_models import AnySource
from warroom.units import parse_duration
from warroom.verdict import Verdict

VerdictName = Literal[
    "pass", "warn", "degraded", "blocked", "skipped", "not_exercised", "inconclusive", "error", "fail"
]


class Launch(Section):
    """What is launched."""

    id: Id = Field(description="Short name of the launch; names its evidence file.")
    title: Text = Field("", description="Name of the launch as people call it; the id where it is empty.")
    owner: Text = Field("", description="Who decides (DRI).")
    t0: Text = Field("", description="What happens at T0, in people's words.")
    mode: Text = Field("", description="Mode the launch runs in, such as dry-run; shown beside GREEN.")
    mode_for: TimeoutText | None = Field(None, description="How long from T0 the mode lasts; else to the end.")
    facts: dict[Name, Word] = Field({}, description="Further facts for the head of every view: name and value.")
    rationale: dict[Name, Word] = Field(
        {}, description="Why it is done, and done so: name and text, under `a` in a console and in Markdown."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Launch:
        if self.mode_for is not None and not self.mode:
            raise ValueError("`mode_for` needs a `mode`")
        return self


class Input(Section):
    """A value that the playbook does not hold: from --input, the environment, --env-file, a file or a default."""

    required: bool = Field(False, description="Whether nothing can start without it.")
    default: Word | None = Field(None, description="Its value when nothing gives one.")
    secret: bool = Field(False, description="Never shown; not accepted from --input.")
    env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = Field(
        None, description="Name of the environment variable, where it is another than the input's."
    )
    file: Name | None = Field(None, description="File that holds the value, such as /run/secrets/token.")
    description: Text = Field("", description="What it is, for whoever has to set it.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Input:
        if self.required and self.default:
            raise ValueError("a required input has no default; leave one of the two out")
        if self.secret and self.default:
            raise ValueError("a secret has no default: it would stand in the playbook")
        return self


class Target(Section):
    """A base address."""

    url: Text = Field(description="http or https address; empty means not configured.")
    title: Text = Field("", description="Name that people call it by.")
    human: bool = Field(False, description="A link for people, never requested.")
    ca_file: Text = Field("", description="File with the certificates to trust, relative to the playbook.")
    client_cert: Text = Field("", description="File with the client certificate, relative to the playbook.")
    client_key: Text = Field("", description="File with the client certificate's key, relative to the playbook.")
    proxy: Text = Field("", description="Address of the proxy to go through.")
    trust_env: bool = Field(False, description="Obey HTTP_PROXY, HTTPS_PROXY and NO_PROXY.")
    connections: Annotated[int, Field(ge=1, le=50)] = Field(4, description="Requests under way at once, 1 to 50.")
    bearer: Text = Field("", description="Token for `Authorization: Bearer`; take it from a secret input.")
    basic: Text = Field("", description="`user:password` for basic authentication; take it from a secret input.")
    allow_link_local: bool = Field(False, description="Allow link-local and metadata addresses.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Target:
        if self.bearer and self.basic:
            raise ValueError("`bearer` and `basic` exclude each other")
        if self.client_key and not self.client_cert:
            raise ValueError("`client_key` needs a `client_cert`")
        return self


class LeverRead(Section):
    """Where a lever is read: by a request, by a program on this machine, or by a person. `argv` and `attest` take the
    place of a request that `defaults` give."""

    target: Id | None = Field(None, description="The target that is asked.")
    path: Text = Field("", description="Appended to the target's address.")
    json_path: JsonPathText | None = Field(
        None, alias="json", description="JSONPath of the value; $.levers.NAME when left out."
    )
    argv: Argv | None = Field(
        None,
        description="A program and its arguments instead, whose output is the value; where commands are allowed.",
    )
    attest: Text = Field("", description="Where a person looks instead, who then says what it is.")
    max_age: TimeoutText | None = Field(
        None, description="With `attest`: how long what a person said may be believed."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> LeverRead:
        if self.argv and self.attest:
            raise ValueError("`argv` and `attest` exclude each other")
        if not (self.target or self.argv or self.attest):
            raise ValueError("give the `target` of a request, `argv`, or `attest`")
        if bool(self.attest) != (self.max_age is not None):
            raise ValueError("`attest` and `max_age` go together: what a person says is not believed for ever")
        return self


class Lever(Section):
    """A flag or setting, and the value it must have."""

    expect: Word = Field(description="The value it must have.")
    expect_in: dict[Id, Word] = Field({}, description="The value it must have while a phase runs, by phase.")
    values: list[Word] = Field([], description="The values it may have; any when left out.")
    kill_switch: bool = Field(False, description="Whether it stops what the launch sends.")
    stops: Word | None = Field(None, description="The value that stops it; what is expected when left out.")
    note: Text = Field("", description="What it does.")
    read: LeverRead = Field(description="How it is read.")
    every: TimeoutText = Field(EVERY, description="How often it is read while a launch runs.")
    set_: LeverSet | None = Field(None, alias="set", description="How it is set; without it a person does that.")
    dangerous: bool = Field(False, description="Whether a person who sets it has to type its name.")
    people: People = Field(1, description="How many people have to agree before a person's setting is done.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Lever:
        if self.stops is not None and not self.kill_switch:
            raise ValueError("`stops` is for a kill switch: add `kill_switch: true`")
        if self.read.attest and self.set_ and not self.set_.attest:
            raise ValueError("what a person reads, Warroom cannot prove to have set: give `set` an `attest`, too")
        if self.kill_switch and not (self.expect if self.stops is None else self.stops):
            raise ValueError("a kill switch needs `stops`: the value that stops what the launch sends")
        wanted = {"expect": self.expect, "stops": self.stops, **self.expect_in}
        for key, value in wanted.items():
            if self.values and value is not None and value not in self.values:
                raise ValueError(f"`{key}` is '{value}', which is not among `values`: {', '.join(self.values)}")
        return self


class GateRead(Section):
    """Where a gate's state is read."""

    target: Id = Field(description="The target that is asked.")
    path: Text = Field("", description="Appended to the target's address.")
    state: JsonPathText | None = Field(None, alias="json", description="JSONPath of the state; else $.state.")
    since: JsonPathText | None = Field(None, description="JSONPath of since when; else $.since.")


class OnGreen(Section):
    """What a launch does when a gate turns green."""

    rerun: Annotated[list[Id], Field(min_length=1)] = Field(
        description="Checks that run once, at once, with all that they need."
    )


class Gate(Section):
    """The state of another system: green, red or unknown."""

    title: Text = Field("", description="Name that people call it by.")
    system: Text = Field("", description="The other system.")
    read: GateRead | None = Field(None, description="Where its state is read; without it only a person can state it.")
    ttl: TimeoutText = Field(parse_duration("60s"), description="A state older than this is unknown.")
    poll: TimeoutText | None = Field(
        None, description="How often a launch asks it; without it only suites do, and a person can state it."
    )
    on_green: OnGreen | None = Field(None, description="What a launch does when it turns green.")
    holds: Text = Field("", description="The mode that the launch is in while it is not green, as people call it.")
    note: Text = Field("", description="What it means for this launch.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Gate:
        if self.poll is not None and self.read is None:
            raise ValueError("`poll` needs a `read`: there is nothing to ask")
        if self.poll is not None and self.poll >= self.ttl:
            raise ValueError("`poll` has to be shorter than `ttl`, or the state is unknown between two readings")
        return self


class Tolerate(Section):
    """What a check may show while a gate is red."""

    gate: Id = Field(description="The gate that has to be red.")
    expect: Annotated[dict[Name, Word | Words], Field(min_length=1)] = Field(
        description="The exact symptom, such as {status: [401, 403]}."
    )
    as_: Literal["degraded", "blocked"] = Field(alias="as", description="The verdict it gets instead.")


class Check(Section):
    """What every check has, whatever its kind."""

    kind: Name = Field(description="What the check does.")
    title: Text = Field("", description="Name that people call it by; its id where it is empty.")
    required: bool = Field(True, description="Whether it decides; otherwise it is only listed.")
    timeout: TimeoutText = Field(
        parse_duration("30s"),
        description="Bound for the whole check. Longer by itself where `within` or `command_timeout` asks for it.",
    )
    tolerate: Tolerate | None = Field(None, description="What it may show while a gate is red.")
    max_age: TimeoutText | None = Field(
        None, description="How long a result counts in a launch; then it is UNKNOWN, whatever it was."
    )


class Until(Section):
    """Trying again what could not be reached."""

    timeout: TimeoutText = Field(description="When to give up.")
    every: TimeoutText = Field(description="How long to wait between two tries.")


class Suite(Section):
    """Checks that belong together."""

    title: Text = Field("", description="Name that people call it by; its id where it is empty.")
    checks: Annotated[list[Id], Field(min_length=1)] = Field(description="Ids of checks, in order of display.")
    until: Until | None = Field(None, description="Try again what could not be reached.")


class HintMatch(BaseModel):
    """When a hint applies. Every other key is one of the check's symptom, with the value or values it must have."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, allow_inf_nan=False, hide_input_in_errors=True)
    __pydantic_extra__: dict[str, Word | Words] = Field(init=False)

    check: Id | Annotated[list[Id], Field(min_length=1)] | None = Field(
        None, description="Id or ids of checks; any check when left out."
    )
    verdict: VerdictName | Annotated[list[VerdictName], Field(min_length=1)] | None = Field(
        None, description="Verdict or verdicts; any but pass when left out."
    )

    @property
    def checks(self) -> tuple[str, ...]:
        """Ids of checks; empty for any."""
        return listed(self.check)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Verdicts; empty for any but pass."""
        return tuple(Verdict(name) for name in listed(self.verdict))

    @property
    def symptom(self) -> dict[str, tuple[str, ...]]:
        """The other keys, each with its values."""
        return {key: listed(value) for key, value in (self.__pydantic_extra__ or {}).items()}


def listed(value: Any) -> tuple[str, ...]:
    """One word or several, as several."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)


class Hint(Section):
    """What a known symptom means and what to do now."""

    symptom: Text = Field(description="The symptom in people's words.")
    match: HintMatch = Field(description="When it applies.")
    cause: Text = Field(description="What it means.")
    fix: Text = Field(description="What to do now.")
    severity: Literal["info", "warning", "critical"] = Field("info", description="How loud it is shown.")


class Defaults(Section):
    """What every entry of a section has unless it says otherwise."""

    target: dict[str, Any] = Field({}, description="For every target.")
    lever: dict[str, Any] = Field({}, description="For every lever.")
    check: dict[str, Any] = Field({}, description="For every check whose kind knows the key.")


class Document(Section):
    """A playbook."""

    warroom: Literal[1] = Field(description="Version of the playbook language: 1.")
    launch: Launch = Field(description="What is launched.")
    inputs: dict[Annotated[str, Field(pattern=INPUT_PATTERN, max_length=64)], Input] = Field(
        {}, description="Values from outside: addresses, names, secrets."
    )
    include: list[Name] = Field([], description="Files laid below this one, relative to it, in its folder or deeper.")
    defaults: Defaults = Field(Defaults(), description="What entries have unless they say otherwise.")
    environments: dict[Id, dict[str, Any]] = Field({}, description="What --environment NAME lays over the playbook.")
    targets: dict[Id, Target] = Field({}, description="Base addresses by name.")
    levers: dict[Annotated[str, Field(pattern=LEVER_PATTERN, max_length=64)], Lever] = Field(
        {}, description="Flags and settings, and the values they must have."
    )
    gates: dict[Id, Gate] = Field({}, description="States of other systems.")
    sources: dict[Id, AnySource] = Field({}, description="Where signals come from.")
    signals: dict[Id, Signal] = Field({}, description="The numbers that are watched.")
    slos: dict[Id, Slo] = Field({}, description="What has to hold over a long window: error budgets.")
    baselines: dict[Id, Baseline] = Field({}, description="What signals are held against.")
    triggers: dict[Id, Trigger] = Field({}, description="What is acted upon.")
    checks: dict[Id, dict[str, Any]] = Field({}, description="What is checked, by id.")
    suites: dict[Id, Suite] = Field({}, description="Which checks belong together; the first is the default.")
    hints: list[Hint] = Field([], description="What known symptoms mean, and what to do.")
    steps: dict[Id, Step] = Field({}, description="What people do and then tick, in this order.")
    procedures: dict[Id, Procedure] = Field({}, description="What is done when it goes wrong, step by step.")
    phases: dict[Id, Phase] = Field({}, description="The stretches of the launch, in this order.")
    channels: dict[Id, Channel] = Field({}, description="Where posts go.")
    routes: Routes = Field(Routes(), description="Where posts go because of how grave they are.")
    updates: dict[Id, Update] = Field({}, description="The posts that are owed, and when.")
    templates: dict[Id, TemplateText] = Field({}, description="The texts of posts.")
