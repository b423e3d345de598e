"""What a service's answers to synthetic events come to; part of the kind `events`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from warroom.checks.http import success, with_implied
from warroom.contract import Context, Findings, Request, Response
from warroom.errors import CannotMeasure
from warroom.expect import Body, Expectation, evaluate
from warroom.text import one_line, plural
from warroom.units import MISSING, Actual, Json, show
from warroom.verdict import Measurement, Result, Verdict

REFUSED: Final = "401 or 403"
_REFUSALS: Final = (401, 403)


@dataclass(frozen=True, slots=True)
class Sent:
    """A request and what came back: an answer, a fault, or neither when it was not sent. `what` names it."""

    what: str
    event_id: str
    request: Request
    response: Response | None = None
    fault: CannotMeasure | None = None


def judge_probe(probe: Sent) -> Result:
    """The line for an event that must be refused. A status that neither refuses nor accepts proves nothing."""
    what, wanted = f"Event with {probe.what}", REFUSED
    if probe.response is None:
        return _unanswered(what, probe)
    status = probe.response.status
    measured = Measurement(value=status, limit=wanted)
    if _is_refused(probe):
        return Result(Verdict.PASS, f"{what}: refused ({status})", wanted, str(status), measurement=measured)
    if _is_accepted(probe):
        reason = f"BYPASS: an event with {probe.what} was accepted ({status}); it must be refused"
        return Result(Verdict.FAIL, reason, wanted, str(status), reason, measurement=measured)
    reason = f"an event with {probe.what} was answered {status}, which neither accepts it nor refuses its token"
    return Result(Verdict.INCONCLUSIVE, f"{what}: {status}", wanted, str(status), reason, measurement=measured)


def judge_events(events: Sequence[Sent], total: int, *, say: str, queued: bool) -> tuple[Result, ...]:
    """One line on the `total` events, after one for each that was dispatched; none for no events.

    Where fewer events than `total` were sent, because the others were withheld, the line never passes. With `queued`
    the answers must say that the events wait. `{count}` in `say` is how many were accepted.
    """
    if not events:
        return ()
    alarms = tuple(_alarm(event) for event in events if _said(event, "dispatched") is True)
    if unanswered := next((event for event in events if event.fault), None):
        return (*alarms, _unanswered(f"Event {unanswered.what}", unanswered))
    faults = [_faults(event, queued=queued) for event in events]
    count = sum(not each for each in faults)
    reason = "; ".join(fault for each in faults for fault in each)
    verdict = Verdict.PASS
    if reason:
        verdict = Verdict.FAIL
    elif len(events) < total:
        verdict, reason = Verdict.NOT_EXERCISED, f"{len(events)} of {plural(total, 'event')} sent"
    line = Result(
        verdict,
        say=say.replace("{count}", str(count)).replace("{total}", str(total)),
        expected=f"{total} accepted, {'queued, ' if queued else ''}none dispatched",
        actual=f"{count} of {total}",
        reason=reason,
        measurement=Measurement(value=count, limit=f"== {total}", unit="events"),
    )
    return (*alarms, line)


def _alarm(event: Sent) -> Result:
    reason = f"A SYNTHETIC EVENT WAS DISPATCHED: {event.what} ({event.event_id}); a message may have left"
    return Result(Verdict.FAIL, reason, "dispatched: false", "dispatched: true", reason)


def _said(event: Sent, name: str) -> Actual:
    document = Body.of(event.response).document if event.response else MISSING
    return document.get(name, MISSING) if isinstance(document, dict) else MISSING


def _faults(event: Sent, *, queued: bool) -> list[str]:
    """What is wrong with the answer to an event; empty when it was accepted as it should be."""
    assert event.response is not None
    if event.response.status != 202:
        return [f"{event.what} was answered {event.response.status}, expected 202"]
    if problem := Body.of(event.response).problem:
        return [f"{event.what} was answered 202, but {problem}"]
    wanted: Mapping[str, Json] = {"accepted": True, "id": event.event_id, "dispatched": False}
    if queued:
        wanted = {**wanted, "queued": True}
    found = {name: _said(event, name) for name in wanted}
    return [
        f"{event.what}: {name} is {one_line(show(found[name]), limit=60)}, expected {show(value)}"
        for name, value in wanted.items()
        if type(found[name]) is not type(value) or found[name] != value
    ]


def judge_after(expect: Iterable[Expectation], sent: Sent) -> tuple[Result, ...]:
    """The lines on the state of the service once the events are in."""
    if sent.response is None:
        return (_unanswered("State after the events", sent),)
    return with_implied(evaluate(expect, sent.response), [success(sent.response)])


def _unanswered(what: str, sent: Sent) -> Result:
    assert sent.fault is not None
    reason = f"{sent.fault.message}; {sent.fault.hint}" if sent.fault.hint else sent.fault.message
    return Result(Verdict.ERROR, f"{what}: no answer", reason=reason, measurement=Measurement(n=0))


def findings_of(
    lines: tuple[Result, ...],
    ctx: Context,
    *,
    probes: Sequence[Sent],
    events: Sequence[Sent] = (),
    after: Sequence[Sent] = (),
) -> Findings:
    """The check as a whole; the line on the events stands for it, where there is one.

    The command line repeats what went wrong; of several the last, which for probes is the one that needs no token.
    """
    answered = [item.response for item in (*events, *probes, *after) if item.response]
    counted = next((line for line in lines if line.measurement.unit == "events"), None)
    wrong = [item for item in events if _status(item) != 202] + [item for item in probes if not _is_refused(item)]
    shown = wrong[-1:] or [*events, *probes][:1]
    return Findings(
        results=lines,
        measurement=counted.measurement if counted else Measurement(n=len(answered)),
        symptom=_symptom(events, probes, after),
        evidence=tuple(response.evidence for response in answered if response.evidence),
        reproduce=ctx.http.curl_of(shown[0].request) if shown else "",
    )


def _status(item: Sent) -> int | None:
    return item.response.status if item.response else None


def _is_refused(probe: Sent) -> bool:
    return _status(probe) in _REFUSALS


def _symptom(events: Sequence[Sent], probes: Sequence[Sent], after: Sequence[Sent]) -> dict[str, str]:
    """What hints may match: the first fault (`symptom`), the first status that an event should not have had
    (`status`), `dispatched` and `bypass`, which are "true" or not there."""
    faults = [item.fault.symptom for item in (*events, *probes, *after) if item.fault]
    statuses = [item.response.status for item in events if item.response and item.response.status != 202]
    statuses += [item.response.status for item in probes if item.response and not _is_refused(item)]
    symptom = {"symptom": faults[0]} if faults else {}
    symptom |= {"status": str(statuses[0])} if statuses else {}
    symptom |= {"dispatched": "true"} if any(_said(event, "dispatched") is True for event in events) else {}
    return symptom | ({"bypass": "true"} if any(_is_accepted(probe) for probe in probes) else {})


def _is_accepted(probe: Sent) -> bool:
    return probe.response is not None and 200 <= probe.response.status <= 299
