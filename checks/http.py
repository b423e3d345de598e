"""Kind `http`: one request, and what its answer must be. The base of `canary` and `eventually`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from warroom.contract import Context, Findings, Kind, Parameters, Request, Response
from warroom.expect import Expectations, StatusIs, TimeoutText, evaluate
from warroom.text import clean, one_line
from warroom.units import parse_duration
from warroom.verdict import Measurement, Result, Verdict

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_REPEATABLE = ("POST", "PATCH")


def header_name(name: str) -> str:
    """`name`, when it can be the name of a header. Raises ValueError otherwise."""
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"'{name}' cannot be the name of a header")
    return name


def _header_value(value: str) -> str:
    if any(sign in value for sign in "\r\n\0"):
        raise ValueError("the value of a header cannot hold line ends")
    return value


Headers = Mapping[Annotated[str, AfterValidator(header_name)], Annotated[str, AfterValidator(_header_value)]]


class HttpParameters(Parameters):
    """One HTTP request and the assertions on its answer."""

    target: str = Field(description="a target of the playbook")
    path: str = Field("", description="appended to the address of the target")
    method: Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] = Field(
        "GET", description="the method of the request"
    )
    headers: Headers = Field(default_factory=dict, description="headers of the request, name and value")
    body: str = Field("", description="sent as it is")
    json_body: Any = Field(None, alias="json", description="sent as JSON")
    expect: Expectations = Field((), description="without an assertion on the status, any 2xx is expected")
    request_timeout: TimeoutText = Field(parse_duration("10s"), description="for the whole exchange")
    attempts: int = Field(
        1, ge=1, le=10, description="how often to try when the transport fails; never on an assertion"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.body and self.json_body is not None:
            raise ValueError("give the body as `body` or as `json`, not both")
        keyed = any(name.lower() == "idempotency-key" for name in self.headers)
        if self.attempts > 1 and self.method in _NOT_REPEATABLE and not keyed:
            raise ValueError(
                f"a {self.method} may reach the server twice: `attempts` needs an Idempotency-Key header"
            )
        return self

    def request(self, label: str = "answer") -> Request:
        """The request, its evidence under `label`."""
        headers, body = dict(self.headers), self.body.encode()
        if self.json_body is not None:
            body = json.dumps(self.json_body, allow_nan=False).encode()
            if not any(name.lower() == "content-type" for name in headers):
                headers["Content-Type"] = "application/json"
        return Request(
            target=self.target,
            path=self.path,
            method=self.method,
            headers=tuple(headers.items()),
            body=body,
            timeout_s=self.request_timeout.total_seconds(),
            attempts=self.attempts,
            label=label,
        )


def redirection(response: Response) -> str:
    """Where a redirect leads, to put behind a sentence on its status; empty for any other answer."""
    location = response.header("location") if 300 <= response.status <= 399 else None
    return f" (redirects are not followed; this one leads to {one_line(location)})" if location else ""


def success(response: Response) -> Result:
    """The line that stands for an assertion on the status where the playbook makes none: 2xx."""
    holds = 200 <= response.status <= 299
    return Result(
        Verdict.PASS if holds else Verdict.FAIL,
        say=f"status {response.status}",
        expected="2xx",
        actual=str(response.status),
        reason="" if holds else f"status is {response.status}, expected 2xx{redirection(response)}",
        measurement=Measurement(value=response.status, limit="2xx"),
    )


def with_implied(lines: Sequence[Result], implied: Sequence[Result]) -> tuple[Result, ...]:
    """`lines` with the implied ones before them. One that holds is left out where the playbook's own lines decide."""
    decided = any(line.required for line in lines)
    return (*(line for line in implied if line.verdict is not Verdict.PASS or not decided), *lines)


def judge_answer(params: HttpParameters, response: Response) -> tuple[Result, ...]:
    """Every assertion of `params` held against `response`."""
    lines = evaluate(params.expect, response)
    asserts_status = any(isinstance(expectation, StatusIs) for expectation in params.expect)
    return lines if asserts_status else with_implied(lines, [success(response)])


def summary_of(lines: Sequence[Result], response: Response) -> Measurement:
    """The measurement that stands for the check: that of its only line, else how many of its lines hold."""
    if len(lines) == 1:
        return lines[0].measurement
    held = sum(line.verdict is Verdict.PASS for line in lines)
    return Measurement(value=f"{held}/{len(lines)}", limit=f"{len(lines)}/{len(lines)}", source=clean(response.url))


def findings_of(lines: tuple[Result, ...], request: Request, response: Response, ctx: Context) -> Findings:
    """What a check that sent one request found; its fact is the answer."""
    return Findings(
        results=lines,
        measurement=summary_of(lines, response),
        fact=response,
        symptom={"status": str(response.status)},
        evidence=(response.evidence,) if response.evidence else (),
        reproduce=ctx.http.curl_of(request),
    )


async def run(params: HttpParameters, ctx: Context) -> Findings:
    request = params.request()
    response = await ctx.http.send(request)
    return findings_of(judge_answer(params, response), request, response, ctx)


KIND = Kind(
    name="http",
    summary="one HTTP request, and what its answer must be",
    params=HttpParameters,
    run=run,
    provides=Response,
    targets=lambda params: (params.target,),
)
