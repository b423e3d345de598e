"""Kind `lever`: flags and settings, each against the value that the playbook wants; a kill switch loudest.

Values are compared as text, letter by letter: the JSON values true and 10 count as the texts "true" and "10", because
flags come from environments that know only text; "True" is another value than "true". A lever that the state does not
name is unknown, and unknown is never GREEN.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from warroom.clock import stamp
from warroom.contract import Context, Findings, Kind, LeverReading, LeverState, Parameters
from warroom.expect import Expectations, Names, evaluate
from warroom.text import clean, one_line
from warroom.verdict import Measurement, Result, Verdict


class LeverParameters(Parameters):
    """Levers of the playbook, and further assertions on the answer that they were read from."""

    levers: Names = Field(description="levers of the playbook")
    expect: Expectations = Field((), description="on the answer that names the levers")


def _line(reading: LeverReading) -> Result:
    name, wanted = clean(reading.name, limit=80), clean(reading.expected, limit=200)
    what = f"KILL SWITCH {name}" if reading.kill_switch else name
    if reading.actual is None:
        reason = (
            f"the state does not name {'the kill switch ' if reading.kill_switch else ''}{name}: it may be anything"
        )
        return Result(
            Verdict.ERROR,
            say=f"{name} is unknown",
            expected=wanted,
            actual="(missing)",
            reason=reason,
            measurement=Measurement(limit=f"== {wanted}", n=0),
        )
    actual = one_line(reading.actual) or "(empty)"
    note = f" ({one_line(reading.note)})" if reading.note else ""
    return Result(
        Verdict.PASS if reading.as_expected else Verdict.FAIL,
        say=f"{name}={actual}",
        expected=wanted,
        actual=actual,
        reason="" if reading.as_expected else f"{what} is {actual}, expected {wanted}{note}",
        measurement=Measurement(value=actual, limit=f"== {wanted}", source=f"read at {stamp(reading.read_at)}"),
    )


def _asserted(params: LeverParameters, state: LeverState) -> tuple[Result, ...]:
    if not params.expect:
        return ()
    if len(state.responses) == 1:
        return evaluate(params.expect, state.responses[0])
    reason = f"the levers were read from {len(state.responses)} answers, and `expect` is about one"
    return (Result(Verdict.ERROR, say="assertions on the state", reason=reason, measurement=Measurement(n=0)),)


def symptom_of(readings: Sequence[LeverReading]) -> dict[str, str]:
    """What hints may match: each lever's value, and what the kill switches among them come to: as_expected, deviates
    or unknown."""
    symptom = {r.name: "(missing)" if r.actual is None else one_line(r.actual) for r in readings}
    switches = [reading for reading in readings if reading.kill_switch]
    if any(switch.actual is not None and not switch.as_expected for switch in switches):
        symptom["kill_switch"] = "deviates"
    elif switches:
        symptom["kill_switch"] = "as_expected" if all(switch.as_expected for switch in switches) else "unknown"
    return symptom


async def run(params: LeverParameters, ctx: Context) -> Findings:
    state = await ctx.levers.read(params.levers)
    readings = [state.of(name) for name in params.levers]
    held = sum(reading.as_expected for reading in readings)
    return Findings(
        results=(*map(_line, readings), *_asserted(params, state)),
        measurement=Measurement(
            value=f"{held}/{len(readings)}",
            limit=f"{len(readings)}/{len(readings)}",
            unit="levers",
            n=sum(reading.actual is not None for reading in readings),
            source=clean(", ".join(response.url for response in state.responses)),
        ),
        fact=state,
        symptom=symptom_of(readings),
        evidence=tuple(response.evidence for response in state.responses if response.evidence),
        reproduce=ctx.levers.curl_of(params.levers),
    )


KIND = Kind(
    name="lever",
    summary="flags and settings against the values that the playbook wants",
    params=LeverParameters,
    run=run,
    provides=LeverState,
    levers=lambda params: params.levers,
)
