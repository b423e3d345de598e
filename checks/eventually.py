"""Kind `eventually`: `http`, asked again until every assertion holds or the time is over."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Self

from pydantic import Field, model_validator

from warroom.checks.http import HttpParameters, findings_of, judge_answer
from warroom.contract import Context, Findings, Kind, Request, Response
from warroom.errors import CannotMeasure
from warroom.expect import TimeoutText
from warroom.text import plural
from warroom.units import format_duration
from warroom.verdict import Verdict, of_results


class EventuallyParameters(HttpParameters):
    """One request, sent again every `every` until its answer is as expected, for at most `within`."""

    within: TimeoutText = Field(description="how long it may take")
    every: TimeoutText = Field(description="the pause between the end of one try and the next")
    flaky: Literal["pass", "warn"] = Field("pass", description="the verdict when it did not hold at the first try")

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        if self.every > self.within:
            raise ValueError("`every` is longer than `within`: it would be tried once")
        return self


async def run(params: EventuallyParameters, ctx: Context) -> Findings:
    started = ctx.clock.monotonic()
    within_s, every_s = params.within.total_seconds(), params.every.total_seconds()
    tries = 0
    while True:
        tries += 1
        left_s = within_s - (ctx.clock.monotonic() - started)
        found = await _try(params, ctx, left_s)
        spent_s = ctx.clock.monotonic() - started
        if isinstance(found, Findings) and of_results(found.results) is Verdict.PASS:
            return _held(params, found, tries, spent_s)
        if spent_s + every_s > within_s:
            return _gave_up(params, found, tries)
        await ctx.clock.sleep(every_s)


async def _try(params: EventuallyParameters, ctx: Context, left_s: float) -> Findings | CannotMeasure:
    request = params.request()
    request = replace(request, timeout_s=max(0.01, min(request.timeout_s, left_s)))
    try:
        response = await ctx.http.send(request)
    except CannotMeasure as fault:
        return fault
    return _findings(params, request, response, ctx)


def _findings(params: EventuallyParameters, request: Request, response: Response, ctx: Context) -> Findings:
    return findings_of(judge_answer(params, response), request, response, ctx)


def _held(params: EventuallyParameters, found: Findings, tries: int, spent_s: float) -> Findings:
    measurement = replace(found.measurement, n=tries, method=f"polled, {plural(tries, 'try', 'tries')}")
    if tries == 1:
        return replace(found, measurement=measurement)
    reason = f"held on try {tries}, after {spent_s:.1f} s"
    lines = found.results
    if params.flaky == "warn":
        lines = tuple(line.as_verdict(Verdict.WARN, reason) if line.required else line for line in lines)
    return replace(found, results=lines, measurement=measurement, reason=reason)


def _gave_up(params: EventuallyParameters, found: Findings | CannotMeasure, tries: int) -> Findings:
    span = f"in {plural(tries, 'try', 'tries')} within {format_duration(params.within)}"
    if isinstance(found, CannotMeasure):
        fault = CannotMeasure(f"no answer {span}: {found.message}", symptom=found.symptom, hint=found.hint)
        fault.reproduce = found.reproduce
        raise fault
    bad = [line.reason or line.say for line in found.results if line.required and line.verdict is not Verdict.PASS]
    measurement = replace(found.measurement, n=tries, method=f"polled, {plural(tries, 'try', 'tries')}")
    return replace(found, measurement=measurement, reason=f"did not hold {span}: {'; '.join(bad)}")


KIND = Kind(
    name="eventually",
    summary="one HTTP request, repeated until its answer is as expected",
    params=EventuallyParameters,
    run=run,
    provides=Response,
    targets=lambda params: (params.target,),
    lasts="within",
)
