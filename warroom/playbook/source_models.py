"""What may stand under `sources`: where signals come from, one model for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from warroom.expect import TimeoutText
from warroom.expect.language import Codes
from warroom.playbook.section import Id, Name, Section, Text
from warroom.units import parse_duration

Headers = Annotated[dict[Name, Text], Field(max_length=50)]
Labels = Annotated[dict[Name, Text], Field(max_length=50)]

_HEADERS: Final = "Headers of the request; credentials come from secret inputs."
_LABELS: Final = "Labels that every series has to have."
_TIMEOUT: Final = "How long one look may take."


class Source(Section):
    """What every source has."""

    title: Text = Field("", description="Name that people call it by; its id where it is empty.")


class Through(Section):
    """A Prometheus that scrapes the same endpoint: asked in its place where the target is configured."""

    target: Id = Field(description="The target of the Prometheus.")
    labels: Labels = Field({}, description="Labels that single the endpoint out among all that it scrapes.")
    headers: Headers = Field({}, description=_HEADERS)


class MetricsSource(Source):
    """An endpoint in the text format of OpenMetrics or Prometheus, read directly."""

    kind: Literal["metrics"] = Field(description="What it is.")
    target: Id = Field(description="The target that is asked.")
    path: Text = Field("/metrics", description="Appended to the target's address.")
    headers: Headers = Field({}, description=_HEADERS)
    every: TimeoutText = Field(parse_duration("5s"), description="How often it is looked at.")
    timeout: TimeoutText = Field(parse_duration("4s"), description=_TIMEOUT)
    through: Through | None = Field(None, description="The Prometheus that is asked instead, where it is configured.")


class PrometheusSource(Source):
    """A server with the query API of Prometheus."""

    kind: Literal["prometheus"] = Field(description="What it is.")
    target: Id = Field(description="The target that is asked.")
    labels: Labels = Field({}, description=f"{_LABELS[:-1]}; an `expr` is asked as it is written.")
    headers: Headers = Field({}, description=f"{_HEADERS[:-1]}, a tenant is one of them.")
    every: TimeoutText = Field(parse_duration("15s"), description="How often it is looked at.")
    timeout: TimeoutText = Field(parse_duration("10s"), description=_TIMEOUT)


class ProbeExpect(Section):
    """What the answer to a probe has to be."""

    status: Codes = Field(description="The status code, or a list of those that are right.")


class ProbeSource(Source):
    """One request every so often, timed."""

    kind: Literal["probe"] = Field(description="What it is.")
    target: Id = Field(description="The target that is asked.")
    path: Text = Field("", description="Appended to the target's address.")
    method: Literal["GET", "HEAD"] = Field("GET", description="The method of the request.")
    headers: Headers = Field({}, description=_HEADERS)
    expect: ProbeExpect | None = Field(None, description="What the answer has to be; else any 2xx.")
    every: TimeoutText = Field(parse_duration("2s"), description="From one request to the next.")
    limit: TimeoutText = Field(
        parse_duration("2s"), description="How long a whole answer may take, at most `every`; a later one is none."
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> ProbeSource:
        if self.limit > self.every:
            raise ValueError("`limit` is longer than `every`: requests would wait for each other")
        return self


class HttpJsonSource(Source):
    """A JSON document, read by GET."""

    kind: Literal["http_json"] = Field(description="What it is.")
    target: Id = Field(description="The target that is asked.")
    path: Text = Field("", description="Appended to the target's address.")
    headers: Headers = Field({}, description=_HEADERS)
    every: TimeoutText = Field(parse_duration("10s"), description="How often it is looked at.")
    timeout: TimeoutText = Field(parse_duration("5s"), description=_TIMEOUT)


class CommandSource(Source):
    """A program that prints a number, where commands are allowed."""

    kind: Literal["command"] = Field(description="What it is.")
    argv: Annotated[list[Name], Field(min_length=1)] = Field(description="The program and its arguments, one each.")
    env: Annotated[dict[Name, Text], Field(max_length=50)] = Field(
        {}, description="Variables beside the few that are passed on; a secret comes from an input."
    )
    every: TimeoutText = Field(parse_duration("60s"), description="How often it runs.")
    timeout: TimeoutText = Field(parse_duration("30s"), description="Then it is ended, with all it started.")


class LogSource(Source):
    """A log on this machine, from its end on."""

    kind: Literal["log"] = Field(description="What it is.")
    file: Text = Field("", description="The file.")
    argv: list[Name] = Field([], description="Or a program that goes on printing lines, and its arguments.")
    every: TimeoutText = Field(parse_duration("5s"), description="How often it is looked at.")
    timeout: TimeoutText = Field(parse_duration("4s"), description=_TIMEOUT)

    @model_validator(mode="after")
    def _makes_sense(self) -> LogSource:
        if bool(self.file) == bool(self.argv):
            raise ValueError("give either `file` or `argv`")
        return self


class ManualSource(Source):
    """Numbers that people give."""

    kind: Literal["manual"] = Field(description="What it is.")
    ttl: TimeoutText = Field(parse_duration("24h"), description="A number older than this says nothing.")


class StopwatchSource(Source):
    """Spans of time between two marks that people set."""

    kind: Literal["stopwatch"] = Field(description="What it is.")


AnySource = Annotated[
    MetricsSource
    | PrometheusSource
    | ProbeSource
    | HttpJsonSource
    | CommandSource
    | LogSource
    | ManualSource
    | StopwatchSource,
    Field(discriminator="kind"),
]

SOURCES: Final[Mapping[str, type[AnySource]]] = {
    "metrics": MetricsSource,
    "prometheus": PrometheusSource,
    "probe": ProbeSource,
    "http_json": HttpJsonSource,
    "command": CommandSource,
    "log": LogSource,
    "manual": ManualSource,
    "stopwatch": StopwatchSource,
}
"""The model of each kind."""
