"""What the body of a request about signals and triggers may hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from warroom.api.body import Body, Name, Text
from warroom.engine import requests
from warroom.errors import UsageError
from warroom.units import parse_duration

_Duration = Annotated[str, Field(max_length=40)]


class Ack(Body):
    """Take care of a trigger that fires."""

    request: Literal["ack"]
    trigger: Name
    reason: Text
    for_: _Duration = Field("", alias="for")

    def meant(self) -> requests.Request:
        """The request."""
        return requests.AckTrigger(self.trigger, self.reason, _duration(self.for_) if self.for_ else None)


class Snooze(Body):
    """Hear nothing of a trigger for a while; `0s` ends that."""

    request: Literal["snooze"]
    trigger: Name
    reason: Text
    for_: _Duration = Field(alias="for")

    def meant(self) -> requests.Request:
        """The request."""
        return requests.SnoozeTrigger(self.trigger, self.reason, _duration(self.for_))


class Resume(Body):
    """End a pause or rollback whose condition is gone, or what a person declared."""

    request: Literal["resume"]
    trigger: Name
    reason: Text

    def meant(self) -> requests.Request:
        """The request."""
        return requests.ResumeTrigger(self.trigger, self.reason)


class Declare(Body):
    """Say that what a trigger waits for is so."""

    request: Literal["declare"]
    trigger: Name
    reason: Text

    def meant(self) -> requests.Request:
        """The request."""
        return requests.DeclareTrigger(self.trigger, self.reason)


class Signal(Body):
    """Give the number of a signal that people measure, or start or stop its watch."""

    request: Literal["signal"]
    signal: Name
    value: Name

    def meant(self) -> requests.Request:
        """The request."""
        return requests.GiveSignal(self.signal, self.value)


class Baseline(Body):
    """Capture a baseline now."""

    request: Literal["baseline"]
    baseline: Name
    reason: Text

    def meant(self) -> requests.Request:
        """The request."""
        return requests.CaptureBaseline(self.baseline, self.reason)


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


Signals = Ack | Snooze | Resume | Declare | Signal | Baseline
