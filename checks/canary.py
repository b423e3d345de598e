"""Kind `canary`: `http` for a health page, which answers 200 with a JSON object."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from warroom.checks.http import HttpParameters, findings_of, with_implied
from warroom.contract import Context, Findings, Kind, Response
from warroom.expect import Body, StatusIs, evaluate
from warroom.text import clean
from warroom.units import show, type_name
from warroom.verdict import Measurement, Result, Verdict


class CanaryParameters(HttpParameters):
    """One GET of a health page and the assertions on its answer, beside status 200 and a JSON object."""

    path: str = Field("/canary", description="appended to the address of the target")
    method: Literal["GET"] = Field("GET", description="always GET")


def _is_object(response: Response) -> Result:
    body = Body.of(response)
    holds = not body.problem and isinstance(body.document, dict)
    actual = "(not JSON)" if body.problem else clean(show(body.document), limit=80)
    reason = body.problem or f"the answer is not a JSON object but a {type_name[type(body.document)]}: {actual}"
    return Result(
        Verdict.PASS if holds else Verdict.FAIL,
        say="JSON object" if holds else "not a JSON object",
        expected="a JSON object",
        actual="a JSON object" if holds else actual,
        reason="" if holds else reason,
        measurement=Measurement(value=holds, limit="a JSON object"),
    )


async def run(params: CanaryParameters, ctx: Context) -> Findings:
    request = params.request()
    response = await ctx.http.send(request)
    lines = evaluate(params.expect, response)
    implied = [_is_object(response)]
    if not any(isinstance(expectation, StatusIs) for expectation in params.expect):
        implied = [*evaluate([StatusIs(status=(200,))], response), *implied]
    return findings_of(with_implied(lines, implied), request, response, ctx)


KIND = Kind(
    name="canary",
    summary="a health page: status 200, a JSON object, and what it must hold",
    params=CanaryParameters,
    run=run,
    provides=Response,
    targets=lambda params: (params.target,),
)
