"""Kind `events`: synthetic events are taken in, and those that nobody vouches for are refused ("no bypasses").

The lever that keeps events harmless is read right before each request that could leave something in the service; once
it is not as expected, nothing more is sent. Ids are made from the run's own, so that an attempt that is repeated
repeats the same events, and the service counts each once. The requests that must be refused go first: a service that
takes them in gets nothing more.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from warroom.checks.event_answers import REFUSED, Sent, findings_of, judge_after, judge_events, judge_probe
from warroom.checks.lever import symptom_of
from warroom.contract import Context, Findings, Kind, LeverReading, LeverState, Parameters, Request
from warroom.errors import CannotMeasure
from warroom.expect import DurationText, Expectations, Said, said_with
from warroom.jose import AccessToken, tampered
from warroom.text import clean, one_line, plural
from warroom.units import parse_duration
from warroom.verdict import Measurement, Result, Verdict

_TRIES: Final = 2
_IDS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:warroom:events")


class OnlyIf(Parameters):
    """What must be proven before anything is sent."""

    check: str = Field(description="id of a lever check that reads the lever")
    lever: str = Field(description="a lever of the playbook; it is read again right before each event")


class After(Parameters):
    """What must hold once the events are in."""

    path: str = Field("", description="appended to the address of the target")
    expect: Expectations = Field(description="on the answer to a GET")


class EventsParameters(Parameters):
    """One POST for each type, and the probes that must be refused."""

    target: str = Field(description="a target of the playbook")
    path: str = Field("", description="appended to the address of the target")
    types: Annotated[tuple[str, ...], Field(strict=False)] = Field((), description="one event is sent of each")
    probe_type: str = Field("", description="type of the events that must be refused; empty: the first of `types`")
    token: str = Field(description="id of the oauth2 check whose token the events carry")
    gate: str = Field(
        "", description="the gate that must be green before tokens are enforced; empty: they always are"
    )
    only_if: OnlyIf = Field(description="what must be proven before anything is sent")
    after: After | None = Field(None, description="what must hold once the events are in")
    say: Annotated[Said, said_with("count", "total")] = Field(
        "{count} synthetic events posted", description="the line it contributes to a post"
    )
    request_timeout: DurationText = Field(parse_duration("5s"), description="for each exchange")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.types and not self.probe_type:
            raise ValueError("without `types`, `probe_type` names the type of the events that must be refused")
        if len(set(self.types)) < len(self.types):
            raise ValueError("`types` names one twice")
        return self


@dataclass(frozen=True, slots=True)
class _Withheld:
    """Why something is not sent; empty (and false) where it may be. `symptom`: the lever that forbids it, as read."""

    reason: str = ""
    symptom: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.reason)


_MAY_BE_SENT: Final = _Withheld()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What may be sent. `withheld` says why nothing may; `bearer` is empty for no token.

    `unprobed` is the line that stands for the probes where they are not sent, None where they are.
    """

    withheld: _Withheld = _MAY_BE_SENT
    bearer: str = ""
    unprobed: Result | None = None


# ---- what may be sent ----------------------------------------------------------------------------------------------


async def _plan(params: EventsParameters, ctx: Context) -> _Plan:
    state = await ctx.gates.state(params.gate) if params.gate else "green"
    title = clean(ctx.gates.title(params.gate)) if params.gate else ""
    needed = ctx.needed[params.token]
    unprobed = None if state == "green" else _unprobed(state, title, required=not params.types)
    if unprobed and not params.types:
        return _Plan(unprobed=unprobed)
    if isinstance(needed.fact, AccessToken):
        return _Plan(bearer=needed.fact.value, unprobed=unprobed)
    if state == "red" and needed.verdict.is_tolerated:
        return _Plan(unprobed=unprobed)
    return _Plan(withheld=_Withheld(f"there is no token to send ({needed.reason or needed.verdict})"))


def _unprobed(state: str, title: str, *, required: bool) -> Result:
    """The line for probes that are not sent. Where they are all there is to the check, it decides."""
    say, wanted = "No bypasses: not probed", "events without a valid token are refused"
    if state == "red":
        verdict = Verdict.DEGRADED
        reason = f"pending {title}: until it is green every event is taken in and queued, and none is dispatched"
    else:
        verdict = Verdict.INCONCLUSIVE
        reason = f"the state of {title} is unknown: nobody can tell whether tokens have to be refused already"
    return Result(verdict if required else Verdict.SKIPPED, say, wanted, reason=reason, required=required)


def _not_proven(params: EventsParameters, ctx: Context) -> _Withheld:
    """Why the check that `only_if` names does not prove that events are harmless; empty when it does."""
    name, check = params.only_if.lever, params.only_if.check
    shown, needed = clean(name, limit=80), ctx.needed[check]
    if not isinstance(needed.fact, LeverState):
        return _Withheld(f"'{clean(check)}' did not read {shown} ({needed.reason or needed.verdict})")
    try:
        withheld = _deviation(needed.fact.of(name))
    except (KeyError, StopIteration):
        return _Withheld(f"'{clean(check)}' does not read {shown}")
    if not withheld and needed.verdict not in (Verdict.PASS, Verdict.WARN):
        # The lever is as it must be, and something beside it is not: a service that is live, say.
        why = f": {needed.reason}" if needed.reason else ""
        return _Withheld(f"'{clean(check)}' did not pass{why}")
    return withheld


async def _not_safe_now(params: EventsParameters, ctx: Context) -> _Withheld:
    """Why an event that is sent now might not be harmless; empty when a fresh reading proves that it is."""
    name = params.only_if.lever
    try:
        return _deviation((await ctx.levers.read([name])).of(name))
    except CannotMeasure as fault:
        return _Withheld(f"{clean(name, limit=80)} could not be read right before the next request: {fault.message}")


def _deviation(reading: LeverReading) -> _Withheld:
    """What it means that the lever is not as expected; empty when it is."""
    if reading.as_expected:
        return _MAY_BE_SENT
    name, wanted = clean(reading.name, limit=80), clean(reading.expected, limit=80)
    actual = "not in the state" if reading.actual is None else one_line(reading.actual, limit=80) or "(empty)"
    reason = f"{name} is {actual}, expected {wanted}: an event could lead to a real message"
    return _Withheld(reason, symptom_of([reading]))


def _stops(refusals: Sequence[Result]) -> str:
    """Why no event follows the probes; empty when they may."""
    verdicts = [line.verdict for line in refusals]
    if Verdict.FAIL in verdicts:
        return "a service that takes in events nobody vouches for gets no more of them"
    return "the service did not answer the request before" if Verdict.ERROR in verdicts else ""


def _withheld(what: str, expected: str, reason: str) -> Result:
    return Result(
        Verdict.NOT_EXERCISED,
        say=f"{what}: withheld",
        expected=expected,
        reason=f"not sent: {reason}",
        measurement=Measurement(n=0),
    )


def _all_withheld(params: EventsParameters, reason: str) -> Result:
    """The line for a check that sent none of its events, or of its probes where they are all there is to it."""
    if params.types:
        return _events_withheld(len(params.types), reason)
    return _withheld("Requests that must be refused", REFUSED, reason)


def _events_withheld(count: int, reason: str) -> Result:
    return _withheld(plural(count, "synthetic event"), plural(count, "accepted event"), reason)


# ---- what is sent --------------------------------------------------------------------------------------------------


def _post(params: EventsParameters, ctx: Context, *, what: str, kind: str, label: str, bearer: str) -> Sent:
    event_id = str(uuid.uuid5(_IDS, f"{ctx.run_id}/{ctx.check_id}/{label}"))
    body = {"type": kind, "id": event_id, "synthetic": True, "payload": {}}
    request = Request(
        params.target,
        params.path,
        method="POST",
        headers=(
            ("Content-Type", "application/json"),
            ("Idempotency-Key", event_id),
            # Empty: not even the target's own credentials.
            ("Authorization", f"Bearer {bearer}" if bearer else ""),
        ),
        body=json.dumps(body).encode(),
        timeout_s=params.request_timeout.total_seconds(),
        label=label,
    )
    return Sent(what, event_id, request)


def _event(params: EventsParameters, kind: str, bearer: str, ctx: Context) -> Sent:
    label = f"event_{params.types.index(kind) + 1}"
    return _post(params, ctx, what=clean(kind, limit=80), kind=kind, label=label, bearer=bearer)


def _probes(params: EventsParameters, plan: _Plan, ctx: Context) -> list[Sent]:
    kind, forged = params.probe_type or params.types[0], tampered(plan.bearer)
    ctx.add_secret(f"{ctx.check_id.upper()}_TAMPERED_TOKEN", forged)
    return [
        _post(params, ctx, what="a tampered token", kind=kind, label="probe_tampered", bearer=forged),
        _post(params, ctx, what="no token", kind=kind, label="probe_no_token", bearer=""),
    ]


async def _send_all(planned: Sequence[Sent], params: EventsParameters, ctx: Context) -> tuple[list[Sent], _Withheld]:
    """Those that were sent, in turn, and why the rest was withheld (empty: it was not).

    None follows one that had no answer, and none a reading of the lever that is not as expected.
    """
    done: list[Sent] = []
    for item in planned:
        sent, withheld = await _send(item, params, ctx)
        if sent.response or sent.fault:
            done.append(sent)
        if withheld or sent.fault:
            return done, withheld
    return done, _MAY_BE_SENT


async def _send(item: Sent, params: EventsParameters, ctx: Context) -> tuple[Sent, _Withheld]:
    """`item` with what came back, and why it was withheld, the first time or when it had to be repeated."""
    for _ in range(_TRIES):
        if withheld := await _not_safe_now(params, ctx):
            return item, withheld
        try:
            return replace(item, response=await ctx.http.send(item.request), fault=None), _MAY_BE_SENT
        except CannotMeasure as fault:
            item = replace(item, fault=fault)
    return item, _MAY_BE_SENT


async def _state_after(params: EventsParameters, after: After, ctx: Context) -> Sent:
    request = Request(params.target, after.path, timeout_s=params.request_timeout.total_seconds(), label="after")
    asked = Sent("the state afterwards", "", request)
    try:
        return replace(asked, response=await ctx.http.send(request))
    except CannotMeasure as fault:
        return replace(asked, fault=fault)


async def run(params: EventsParameters, ctx: Context) -> Findings:
    plan = await _plan(params, ctx)
    sends = not plan.withheld and (params.types or plan.unprobed is None)
    if withheld := _not_proven(params, ctx) if sends else plan.withheld:
        line = _all_withheld(params, withheld.reason)
        return Findings((line,), measurement=Measurement(n=0), symptom=withheld.symptom)
    planned = [] if plan.unprobed else _probes(params, plan, ctx)
    probes, withheld = await _send_all(planned, params, ctx)
    refusals = [plan.unprobed] if plan.unprobed else [judge_probe(probe) for probe in probes]
    if stops := withheld.reason or _stops(refusals):
        left = planned[len(probes) :] if probes and withheld else []
        lines = [*refusals, *(_withheld(f"Event with {probe.what}", REFUSED, stops) for probe in left)]
        more = [_all_withheld(params, stops)] if params.types or not probes else []
        return _with(withheld, findings_of((*lines, *more), ctx, probes=probes))
    events, lines, withheld = await _events(params, plan, ctx)
    after = []
    if params.after and lines and all(line.verdict is Verdict.PASS for line in lines):
        after = [await _state_after(params, params.after, ctx)]
        lines += judge_after(params.after.expect, after[0])
    return _with(withheld, findings_of((*lines, *refusals), ctx, probes=probes, events=events, after=after))


def _with(withheld: _Withheld, findings: Findings) -> Findings:
    """A lever that was read as it must not be is a symptom, whichever check read it."""
    return replace(findings, symptom={**findings.symptom, **withheld.symptom})


async def _events(params: EventsParameters, plan: _Plan, ctx: Context) -> tuple[list[Sent], list[Result], _Withheld]:
    """The events that were sent, the lines on all of them, and why the rest was withheld."""
    planned = [_event(params, kind, plan.bearer, ctx) for kind in params.types]
    events, withheld = await _send_all(planned, params, ctx)
    lines = [*judge_events(events, len(planned), say=params.say, queued=not plan.bearer)]
    if withheld:
        lines.append(_events_withheld(len(planned) - len(events), withheld.reason))
    return events, lines, withheld


KIND = Kind(
    name="events",
    summary="synthetic events are taken in, and those that nobody vouches for are refused",
    params=EventsParameters,
    run=run,
    needs=lambda params: {params.token: AccessToken, params.only_if.check: LeverState},
    targets=lambda params: (params.target,),
    levers=lambda params: (params.only_if.lever,),
    gates=lambda params: (params.gate,) if params.gate else (),
    method="POST",
)
