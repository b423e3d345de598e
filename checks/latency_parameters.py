"""The parameters of the kind `latency`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from warroom.checks.http import Headers
from warroom.contract import Parameters, Request
from warroom.expect import FromText, Said, TimeoutText, said_with
from warroom.units import Condition, is_time_unit, parse_duration, parse_limit


def _time_limit(text: str) -> Condition:
    limit = parse_limit(text)
    if not limit.op.startswith("<"):
        raise ValueError(f"'{text}': a latency has an upper limit; write <= or <")
    if not is_time_unit(limit.unit):
        raise ValueError(f"'{text}' needs a unit of time: <= 120ms or <= 0.5s")
    return limit


def _share(text: str) -> float:
    number = text.removesuffix("%").strip()
    try:
        share = float(Decimal(number) / 100) if text.endswith("%") else 0.0
    except ArithmeticError:
        share = 0.0
    if not 0.5 <= share < 1:
        raise ValueError(f"'{text}' is not a confidence such as 95%, from 50% to below 100%")
    return share


class LatencyParameters(Parameters):
    """Which request is timed, how often, and what the percentile must be."""

    target: str = Field(description="a target of the playbook")
    path: str = Field("", description="appended to the address of the target")
    method: Literal["GET", "HEAD", "POST"] = Field("GET", description="the method of the request")
    headers: Headers = Field(default_factory=dict, description="headers of the request, name and value")
    samples: int = Field(30, ge=1, le=10_000, description="how many requests are timed")
    percentile: int | float = Field(95, gt=0, le=100, description="which percentile is held against the limit")
    limit: Annotated[Condition, FromText(_time_limit, "<= 120ms")] = Field(
        description="what the percentile must be, such as <= 120ms"
    )
    warmup: int = Field(0, ge=0, le=1_000, description="requests before the first sample, not counted")
    reuse: bool = Field(True, description="one kept connection; false: a new one for each sample")
    sample_timeout: TimeoutText = Field(parse_duration("5s"), description="for each sample, to the last byte")
    confidence: Annotated[float, FromText(_share, "95%")] | None = Field(
        None, description="such as 95%: go on until the samples prove the percentile within or over the limit"
    )
    max_samples: int | None = Field(
        None, ge=1, le=10_000, description="with `confidence`: after so many, inconclusive"
    )
    say: Annotated[Said, said_with("actual", "limit", "n", "percentile")] = Field(
        "P{percentile}: {actual} ({limit} target)", description="the line it contributes to a post"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.max_samples is not None and self.confidence is None:
            raise ValueError("`max_samples` goes with `confidence`")
        if self.max_samples is not None and self.max_samples < self.samples:
            raise ValueError("`max_samples` is less than `samples`")
        return self

    @property
    def p(self) -> float:
        """The percentile as a share, 0..1."""
        return float(Decimal(str(self.percentile)) / 100)

    @property
    def most(self) -> int:
        """How many samples there are at most."""
        return self.max_samples or self.samples

    def request(self) -> Request:
        """The request that is timed."""
        return Request(self.target, self.path, self.method, tuple(self.headers.items()), label="sample")
