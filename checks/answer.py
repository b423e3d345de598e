"""The answer that a check judges: that of another check, or one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from warroom.contract import Context, Parameters, Request, Response
from warroom.expect import TimeoutText
from warroom.units import parse_duration


class AnswerParameters(Parameters):
    """Whose answer is judged."""

    response: str = Field("", description="the check whose answer is judged; else `target` is asked")
    target: str = Field("", description="the target that is asked, where `response` is not given")
    path: str = Field("", description="appended to the address of the target")
    request_timeout: TimeoutText = Field(parse_duration("10s"), description="for the whole exchange")

    @model_validator(mode="after")
    def _check_answer(self) -> Self:
        if bool(self.response) == bool(self.target):
            raise ValueError("name either the check whose answer is judged (`response`) or a `target`")
        if self.response and self.path:
            raise ValueError("`path` goes with a `target`; the answer of another check is there already")
        return self

    @property
    def needs(self) -> Mapping[str, type]:
        """What it needs of other checks."""
        return {self.response: Response} if self.response else {}

    @property
    def targets(self) -> tuple[str, ...]:
        """What it asks itself."""
        return (self.target,) if self.target else ()


async def answer_of(params: AnswerParameters, ctx: Context) -> Response:
    """The answer. Raises CannotMeasure where there is none."""
    if params.response:
        return ctx.fact(params.response, Response)
    own = Request(params.target, params.path, timeout_s=params.request_timeout.total_seconds(), label="answer")
    return await ctx.http.send(own)
