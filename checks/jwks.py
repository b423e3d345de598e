"""Kind `jwks`: an authorization server's key set is there, and every key in it is fit to trust tokens with."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from warroom.checks.http import redirection
from warroom.contract import Context, Findings, Kind, Parameters, Request, Response
from warroom.expect import Body, DurationText, Names
from warroom.jose import ASYMMETRIC, KeySet, read_key_set
from warroom.text import clean, did_you_mean
from warroom.units import parse_duration
from warroom.verdict import Measurement, Result, Verdict


def _known(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in ASYMMETRIC:
            more = did_you_mean(name, list(ASYMMETRIC)) or f"known: {', '.join(ASYMMETRIC)}"
            raise ValueError(f"'{clean(name, limit=60)}' is not an algorithm that a key set may be used with; {more}")
    return names


Algorithms = Annotated[Names, AfterValidator(_known)]
"""Signature algorithms with a public key; `none` and those with a shared secret are refused when a playbook loads."""


class JwksParameters(Parameters):
    """One GET of a JSON Web Key Set."""

    target: str = Field(description="a target of the playbook")
    path: str = Field("", description="appended to the address of the target")
    algorithms: Algorithms = Field(ASYMMETRIC, description="what its keys may be used with")
    min_rsa_bits: int = Field(2048, ge=2048, le=16_384, description="the shortest RSA key that is accepted")
    request_timeout: DurationText = Field(parse_duration("10s"), description="for the whole exchange")


def status_line(what: str, response: Response) -> Result:
    """The line that says whether `what` answered 200; redirects are not followed, so a 308 shows as one."""
    holds = response.status == 200
    return Result(
        Verdict.PASS if holds else Verdict.FAIL,
        say=f"{what}: status {response.status}",
        expected="200",
        actual=str(response.status),
        reason="" if holds else f"{what} answered {response.status}, expected 200{redirection(response)}",
        measurement=Measurement(value=response.status, limit="== 200", source=clean(response.url)),
    )


def _judge(params: JwksParameters, response: Response) -> tuple[tuple[Result, ...], KeySet | None]:
    """The lines, and the key set where the answer is one."""
    status = status_line("Key set", response)
    if status.verdict is not Verdict.PASS:
        return (status,), None
    body = Body.of(response)
    if body.problem:
        reason = f"the key set answered 200, but {body.problem}"
        return (Result(Verdict.FAIL, "Key set: not JSON", "a JWK set", "(not JSON)", reason),), None
    keys = read_key_set(body.document, algorithms=params.algorithms, min_rsa_bits=params.min_rsa_bits)
    return (*keys.alarms, status, *keys.lines), keys


async def run(params: JwksParameters, ctx: Context) -> Findings:
    request = Request(
        params.target,
        params.path,
        headers=(("Accept", "application/jwk-set+json, application/json"),),
        timeout_s=params.request_timeout.total_seconds(),
        label="key_set",
    )
    response = await ctx.http.send(request)
    lines, keys = _judge(params, response)
    for value in keys.leaked if keys else ():
        ctx.add_secret("LEAKED_KEY", value)
    return Findings(
        results=lines,
        measurement=Measurement(
            value=len(keys.usable) if keys else 0,
            limit=">= 1 key",
            n=len(keys.keys) if keys else 0,
            source=clean(response.url),
        ),
        fact=keys,
        symptom={"status": str(response.status)},
        evidence=(response.evidence,) if response.evidence else (),
        reproduce=ctx.http.curl_of(request),
    )


KIND = Kind(
    name="jwks",
    summary="a JSON Web Key Set: it is there, and its keys are fit to trust tokens with",
    params=JwksParameters,
    run=run,
    provides=KeySet,
    targets=lambda params: (params.target,),
    method="GET",
)
