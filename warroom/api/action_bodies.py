"""What the body of a request about levers and procedures may hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from warroom.api.body import Body, Name, Text
from warroom.engine import requests

_NameOrNone = Annotated[str, Field(max_length=200)]


class Procedure(Body):
    """Start a procedure."""

    request: Literal["procedure"]
    procedure: Name
    reason: Text = ""
    typed: _NameOrNone = ""

    def meant(self) -> requests.Request:
        """The request."""
        return requests.StartProcedure(self.procedure, self.reason, self.typed)


class Lever(Body):
    """Set a lever."""

    request: Literal["lever"]
    lever: Name
    value: Annotated[str, Field(max_length=1_000)]
    reason: Text = ""
    typed: _NameOrNone = ""

    def meant(self) -> requests.Request:
        """The request."""
        return requests.SetLever(self.lever, self.value, self.reason, self.typed)


class Attest(Body):
    """Say what a lever is."""

    request: Literal["attest"]
    lever: Name
    value: Annotated[str, Field(max_length=1_000)]
    reason: Text = ""

    def meant(self) -> requests.Request:
        """The request."""
        return requests.AttestLever(self.lever, self.value, self.reason)


class KillSwitch(Body):
    """Pull the kill switch."""

    request: Literal["kill_switch"]
    reason: Text = ""

    def meant(self) -> requests.Request:
        """The request."""
        return requests.PullKillSwitch(self.reason)


class Confirm(Body):
    """Let a procedure begin, or its step be done."""

    request: Literal["confirm"]
    run: Name
    step: _NameOrNone = ""
    typed: _NameOrNone = ""

    def meant(self) -> requests.Request:
        """The request."""
        return requests.ConfirmStep(self.run, self.step, self.typed)


class Done(Body):
    """A step of a procedure was done by hand."""

    request: Literal["done"]
    run: Name
    step: _NameOrNone = ""
    reason: Text = ""

    def meant(self) -> requests.Request:
        """The request."""
        return requests.FinishStep(self.run, self.step, self.reason)


class Skip(Body):
    """Leave out a step, or stop a procedure."""

    request: Literal["skip"]
    run: Name
    step: _NameOrNone = ""
    reason: Text

    def meant(self) -> requests.Request:
        """The request."""
        return requests.SkipStep(self.run, self.step, self.reason)


Actions = Procedure | Lever | Attest | KillSwitch | Confirm | Done | Skip
