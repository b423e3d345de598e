"""What may stand in a playbook about setting levers and about procedures."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from warroom.expect import ConditionText, JsonPathText, TimeoutText
from warroom.playbook.procedures import COUNTDOWN, WITHIN
from warroom.playbook.section import LEVER_PATTERN, Id, Name, Section, Text, Word
from warroom.units import parse_duration

LeverName = Annotated[str, Field(pattern=LEVER_PATTERN, max_length=64)]
People = Annotated[int, Field(ge=1, le=2)]
Headers = dict[Name, Text]


def _without_nul(word: str) -> str:
    if "\0" in word:
        raise ValueError("it cannot hold a NUL character")
    return word


Argv = Annotated[list[Annotated[Word, AfterValidator(_without_nul)]], Field(min_length=1)]

_CHANGES: Final = ("PUT", "DELETE")
"""Methods of requests that may be sent twice (RFC 9110 9.2.2)."""
_KINDS: Final = ("lever", "request", "command", "check", "post", "do", "wait")


class LeverSet(Section):
    """How a lever is set: by a request, by a command on this machine, or by a person. `argv` and `attest` take the
    place of a request that `defaults` give. In `path`, `body` and `argv`, `{name}` and `{value}` are filled in."""

    target: Id | None = Field(None, description="The target that the request goes to.")
    method: Literal["PUT", "POST", "PATCH"] = Field("PUT", description="Method of the request.")
    path: Text = Field("", description="Appended to the target's address.")
    headers: Headers = Field(
        {}, description="Headers of the request; while one is empty, because its input is not set, a person does it."
    )
    body: dict[Name, Any] | Text = Field({"value": "{value}"}, description="JSON of the request, or a text.")
    argv: Argv | None = Field(None, description="A program and its arguments instead, where commands are allowed.")
    attest: Text = Field("", description="What a person does instead, who then says that it is done.")
    idempotent: bool = Field(
        True, description="Whether setting it twice does no more than once, so that a lost answer may be tried again."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> LeverSet:
        if self.argv and self.attest:
            raise ValueError("`argv` and `attest` exclude each other")
        if not (self.target or self.argv or self.attest):
            raise ValueError("give the `target` of a request, `argv`, or `attest`")
        return self


class ActionRequest(Section):
    """A request that changes something."""

    target: Id = Field(description="The target that it goes to.")
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = Field("POST", description="Its method.")
    path: Text = Field("", description="Appended to the target's address.")
    headers: Headers = Field(
        {}, description="Its headers; while one is empty, because its input is not set, a person does it."
    )
    body: dict[Name, Any] | Text = Field("", description="Its JSON, or a text; empty for none.")


class ReadBack(Section):
    """Where it is read whether a step did what it should, and what must be read there."""

    target: Id | None = Field(None, description="The target that is asked by GET.")
    path: Text = Field("", description="Appended to the target's address.")
    headers: Headers = Field({}, description="Headers of the request.")
    json_path: JsonPathText | None = Field(None, alias="json", description="JSONPath of the value in the answer.")
    argv: Argv | None = Field(None, description="A program instead, whose output is the value.")
    is_: ConditionText | None = Field(None, alias="is", description="What the value must be.")
    changes: Literal[True] | None = Field(None, description="Instead: another one than before the step.")

    @model_validator(mode="after")
    def _makes_sense(self) -> ReadBack:
        if (self.target is None) == (self.argv is None):
            raise ValueError("give either a `target` or `argv`")
        if (self.is_ is None) == (self.changes is None):
            raise ValueError("give either `is` or `changes: true`: what the value must be")
        if (self.target is None) != (self.json_path is None):
            raise ValueError("`json` goes with `target`: where the value stands in the answer")
        return self


class ActionStep(Section):
    """One step: exactly one of `lever`, `request`, `command`, `check`, `post`, `do` and `wait`."""

    id: Id = Field(description="What people call it by.")
    title: Text = Field("", description="What it does, in people's words; made up where it is empty.")
    lever: LeverName | None = Field(None, description="A lever that is set.")
    set_: Word | None = Field(None, alias="set", description="The value that it is set to.")
    request: ActionRequest | None = Field(None, description="A request that is sent.")
    command: Argv | None = Field(None, description="A program and its arguments; where commands are allowed.")
    check: Id | None = Field(None, description="A check that has to pass.")
    post: Id | None = Field(None, description="An update with `on: procedure.post` that is posted.")
    do: Text | None = Field(None, description="What a person does and then ticks.")
    wait: TimeoutText | None = Field(None, description="How long to wait; not counted in the budget.")
    read: ReadBack | None = Field(
        None, description="How a request or a command is read back: the proof that it worked."
    )
    probe: Id | None = Field(
        None, description="A check that shows, once it was read back, that the behaviour follows."
    )
    within: TimeoutText = Field(WITHIN, description="How long it has, from its begin to the proof.")
    idempotent: bool | None = Field(
        None,
        description="Whether doing it twice does no more than once, so that a lost answer may be tried again; PUT "
        "and DELETE do when left out.",
    )
    confirm: bool = Field(False, description="Wait for a person before it is done.")
    people: People = Field(1, description="How many people have to confirm it.")
    link: Id | None = Field(None, description="A target for people that it is done at.")
    expect: Text = Field("", description="What the person should see.")
    opens: Literal["incident"] | None = Field(
        None,
        description="The procedure opens an incident when it starts; this step is done when its note was posted.",
    )

    @property
    def kind(self) -> str:
        """Which of the seven kinds of step it is."""
        return next(kind for kind in _KINDS if getattr(self, kind) is not None)

    @property
    def may_repeat(self) -> bool:
        """Whether doing it twice does no more than once. Levers say so themselves."""
        if self.idempotent is not None:
            return self.idempotent
        return self.request is not None and self.request.method in _CHANGES

    @model_validator(mode="after")
    def _makes_sense(self) -> ActionStep:
        kinds = [kind for kind in _KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            raise ValueError(f"a step has exactly one of {', '.join(_KINDS)}")
        kind = kinds[0]
        self._has_only_its_own(kind)
        if (kind == "lever") != (self.set_ is not None):
            raise ValueError("`set` goes with `lever`: the value that it is set to")
        if kind in ("request", "command") and self.read is None:
            raise ValueError(f"a {kind} needs `read`: nothing counts as done that was not read back")
        if self.people > 1 and not self.confirm:
            raise ValueError("`people` goes with `confirm`")
        return self

    def _has_only_its_own(self, kind: str) -> None:
        given = self.model_fields_set
        foreign = {
            "read": kind not in ("request", "command"),
            "idempotent": kind not in ("request", "command"),
            **dict.fromkeys(("confirm", "people"), kind in ("do", "wait")),
            "within": kind in ("do", "wait", "check"),
            "probe": kind not in ("lever", "request", "command"),
            **dict.fromkeys(("link", "expect", "opens"), kind != "do"),
        }
        if stray := [key for key, is_foreign in foreign.items() if is_foreign and key in given]:
            raise ValueError(f"`{stray[0]}` does not belong to a step of kind {kind}")


class Procedure(Section):
    """What is done, step by step, when a trigger fires or a person starts it. After a step that fails the next one is
    done all the same."""

    title: Text = Field("", description="Name that people call it by; its id where it is empty.")
    steps: Annotated[list[ActionStep], Field(min_length=1)] = Field(description="Its steps, in this order.")
    budget: TimeoutText | None = Field(None, description="How long it may take, from its start, waits left out.")
    countdown: TimeoutText = Field(
        COUNTDOWN, description="How long a person has to confirm; then everybody is told, and nothing is done."
    )
    dangerous: bool = Field(False, description="Whether a person who starts it has to type its id.")
    people: People = Field(1, description="How many people have to agree before it starts.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Procedure:
        ids = [step.id for step in self.steps]
        if twice := [name for name in ids if ids.count(name) > 1]:
            raise ValueError(f"'{twice[0]}' is the id of two steps")
        if sum(step.opens is not None for step in self.steps) > 1:
            raise ValueError("one step at most opens an incident")
        return self


EVERY: Final[timedelta] = parse_duration("15s")
"""How often a lever is read while a launch runs, unless the playbook says otherwise."""
