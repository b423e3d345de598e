"""What is journaled when a person asks something of a launch, and when it may not be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import singledispatch
from typing import Final

from warroom.clock import stamp
from warroom.engine.requests import (
    AckTrigger,
    AddNote,
    AgreeWithClock,
    AttestLever,
    CaptureBaseline,
    CloseLaunch,
    ConfirmStep,
    DeclareTrigger,
    FinishStep,
    GiveSignal,
    HoldUpdate,
    NoteIncident,
    OpenIncident,
    PostAgain,
    PostNow,
    PullKillSwitch,
    ReleaseUpdate,
    RemarkOnUpdate,
    Request,
    ResolveIncident,
    ResumeTrigger,
    ScrubT0,
    SetLever,
    SetT0,
    SkipStep,
    SnoozeTrigger,
    StartProcedure,
    StateGate,
    StopEngine,
    TaskDone,
    TaskSkipped,
    TickStep,
)
from warroom.errors import UsageError
from warroom.events import GateInfo
from warroom.launch import acting, asking, signal_asking
from warroom.launch.asking import require_reason
from warroom.launch.entries import Draft
from warroom.launch.flips import asked_again, news
from warroom.launch.happenings import SEVERITIES, Incident
from warroom.launch.incident_notes import needless_notes
from warroom.launch.schedule import require_likely_t0
from warroom.launch.standing import Standing, is_resolved, owed
from warroom.launch.state import TRUSTED_STEP_S, LaunchState
from warroom.launch.steps import tick
from warroom.text import clean, did_you_mean

_GATE_STATES: Final = ("green", "red", "unknown", "poll")
_NAMED: Final = 3
"""How many are named, of the updates that stay unsent, that are under way and so on, when a launch is closed."""


@dataclass(frozen=True, slots=True)
class _Asked:
    state: LaunchState
    now: datetime
    by: str


def decide(request: Request, state: LaunchState, now: datetime, by: str) -> tuple[Draft, ...]:
    """What to journal for the request of `by`. Raises UsageError where the launch does not allow it now."""
    if state.closed:
        raise UsageError("the launch is closed", hint="warroom run --new opens another")
    return _decide(request, _Asked(state, now, by))


@singledispatch
def _decide(request: Request, asked: _Asked) -> tuple[Draft, ...]:
    raise TypeError(f"{type(request).__name__} is no request")


@_decide.register
def _(request: SetT0, asked: _Asked) -> tuple[Draft, ...]:
    at = asked.now if request.at is None else request.at
    require_likely_t0(asked.state.course, at, asked.now)
    if asked.state.t0 is not None:
        require_reason(request.reason, f"T0 is {stamp(asked.state.t0)} already; to move it")
    body = {"at": stamp(at), "by": asked.by, "reason": clean(request.reason)}
    return (Draft("t0.set", body, asked.by),)


@_decide.register
def _(request: ScrubT0, asked: _Asked) -> tuple[Draft, ...]:
    if asked.state.t0 is None:
        raise UsageError("T0 is not set, so there is nothing to scrub")
    require_reason(request.reason, "to scrub T0")
    return (Draft("t0.scrubbed", {"by": asked.by, "reason": clean(request.reason)}, asked.by),)


@_decide.register
def _(request: AgreeWithClock, asked: _Asked) -> tuple[Draft, ...]:
    if asked.state.clock_set_s <= TRUSTED_STEP_S:
        raise UsageError("nothing waits for the clock: nobody set it forward")
    body = {"source": asked.by, "apart_s": 0.0, "by": asked.by, "now": stamp(asked.now)}
    return (Draft("clock.agreed", body, asked.by),)


@_decide.register
def _(request: StopEngine, asked: _Asked) -> tuple[Draft, ...]:
    return (Draft("engine.stopping", {"by": asked.by}, asked.by),)


@_decide.register
def _(request: TickStep, asked: _Asked) -> tuple[Draft, ...]:
    return tick(asked.state, request.step, request.values, at=asked.now, by=asked.by)


@_decide.register
def _(request: AddNote, asked: _Asked) -> tuple[Draft, ...]:
    if not request.text.strip():
        raise UsageError("a note needs a text")
    return (Draft("note", {"text": clean(request.text, lines=True), "by": asked.by}, asked.by),)


@_decide.register
def _(request: HoldUpdate, asked: _Asked) -> tuple[Draft, ...]:
    return asking.hold(request.slot, request.reason, asked.state, asked.now, asked.by)


@_decide.register
def _(request: ReleaseUpdate, asked: _Asked) -> tuple[Draft, ...]:
    return asking.release(request.slot, asked.state, asked.now, asked.by)


@_decide.register
def _(request: PostNow, asked: _Asked) -> tuple[Draft, ...]:
    return asking.post_now(request.slot, asked.state, asked.now, asked.by)


@_decide.register
def _(request: PostAgain, asked: _Asked) -> tuple[Draft, ...]:
    return asking.post_again(request.slot, request.reason, asked.state, asked.now, asked.by)


@_decide.register
def _(request: TaskDone, asked: _Asked) -> tuple[Draft, ...]:
    return asking.done(request.slot, request.link, asked.state, asked.now, asked.by)


@_decide.register
def _(request: TaskSkipped, asked: _Asked) -> tuple[Draft, ...]:
    return asking.skip(request.slot, request.reason, asked.state, asked.now, asked.by)


@_decide.register
def _(request: RemarkOnUpdate, asked: _Asked) -> tuple[Draft, ...]:
    return asking.remark(request.slot, request.text, asked.state, asked.now, asked.by)


@_decide.register
def _(request: StateGate, asked: _Asked) -> tuple[Draft, ...]:
    plans = asked.state.course.gates
    if request.gate not in plans:
        hint = did_you_mean(request.gate, list(plans)) or f"there is {', '.join(plans) or 'none'}"
        raise UsageError(f"there is no gate '{clean(request.gate, limit=80)}'", hint=hint)
    if request.state not in _GATE_STATES:
        raise UsageError(f"a gate is {', '.join(_GATE_STATES[:-1])}, or {_GATE_STATES[-1]} to have it asked again")
    known, plan = asked.state.gates.get(request.gate), plans[request.gate]
    if request.state == "poll" and not plan.is_polled and (known is None or not known.by):
        raise UsageError(
            f"nobody asks {plan.id}: the playbook has no `poll` for it", hint="say how it stands instead"
        )
    if request.state == "poll":
        return asked_again(plan.id, known, asked.by)
    require_reason(request.reason, f"to say how {request.gate} stands")
    said = GateInfo(plan.id, plan.title, request.state, f"stated by {asked.by}", clean(request.reason))
    return news(asked.state, said, asked.now, asked.by)


@_decide.register
def _(request: OpenIncident, asked: _Asked) -> tuple[Draft, ...]:
    if not request.text.strip():
        raise UsageError("an incident needs a text: what is wrong")
    if request.severity not in SEVERITIES:
        named = clean(request.severity, limit=80)
        raise UsageError(f"an incident is {', '.join(SEVERITIES[:-1])} or {SEVERITIES[-1]}, not '{named}'")
    incident = f"inc-{len(asked.state.incidents) + 1}"
    body = {"id": incident, "text": clean(request.text), "severity": request.severity, "by": asked.by}
    return (Draft("incident.opened", body, asked.by),)


@_decide.register
def _(request: NoteIncident, asked: _Asked) -> tuple[Draft, ...]:
    incident = _open_incident(request.incident, asked.state)
    if not request.text.strip():
        raise UsageError("a note needs a text")
    body = {"id": incident.id, "text": clean(request.text, lines=True), "by": asked.by}
    return (Draft("incident.noted", body, asked.by),)


@_decide.register
def _(request: ResolveIncident, asked: _Asked) -> tuple[Draft, ...]:
    incident = _open_incident(request.incident, asked.state)
    require_reason(request.reason, f"to resolve {incident.id}")
    body = {"id": incident.id, "reason": clean(request.reason), "by": asked.by}
    why = f"{incident.id} was resolved before anyone wrote a note"
    skipped = (
        Draft("update.skipped", {"slot": slot.id, "reason": why, "by": asked.by})
        for slot in needless_notes(asked.state, incident.id, asked.now)
    )
    return (Draft("incident.resolved", body, asked.by), *skipped)


@_decide.register
def _(request: AckTrigger, asked: _Asked) -> tuple[Draft, ...]:
    return signal_asking.acked(asked.state, request.trigger, request.reason, request.lasts, asked.now, asked.by)


@_decide.register
def _(request: SnoozeTrigger, asked: _Asked) -> tuple[Draft, ...]:
    return signal_asking.snoozed(asked.state, request.trigger, request.reason, request.lasts, asked.now, asked.by)


@_decide.register
def _(request: ResumeTrigger, asked: _Asked) -> tuple[Draft, ...]:
    return signal_asking.resumed(asked.state, request.trigger, request.reason, asked.now, asked.by)


@_decide.register
def _(request: DeclareTrigger, asked: _Asked) -> tuple[Draft, ...]:
    return signal_asking.declared(asked.state, request.trigger, request.reason, asked.now, asked.by)


@_decide.register
def _(request: GiveSignal, asked: _Asked) -> tuple[Draft, ...]:
    return signal_asking.given(asked.state, request.signal, request.value, asked.now, asked.by)


@_decide.register
def _(request: CaptureBaseline, asked: _Asked) -> tuple[Draft, ...]:
    return signal_asking.capture_asked(asked.state, request.baseline, request.reason, asked.by)


@_decide.register
def _(request: StartProcedure, asked: _Asked) -> tuple[Draft, ...]:
    return acting.start(asked.state, request.procedure, asked.by, request.reason, request.typed)


@_decide.register
def _(request: SetLever, asked: _Asked) -> tuple[Draft, ...]:
    return acting.set_lever(asked.state, request.lever, request.value, asked.by, request.reason, request.typed)


@_decide.register
def _(request: AttestLever, asked: _Asked) -> tuple[Draft, ...]:
    return acting.attest(asked.state, request.lever, request.value, asked.by, request.reason)


@_decide.register
def _(request: PullKillSwitch, asked: _Asked) -> tuple[Draft, ...]:
    return acting.kill_switch(asked.state, asked.by, request.reason)


@_decide.register
def _(request: ConfirmStep, asked: _Asked) -> tuple[Draft, ...]:
    return acting.confirm(asked.state, request.run, request.step, asked.by, request.typed)


@_decide.register
def _(request: FinishStep, asked: _Asked) -> tuple[Draft, ...]:
    return acting.tick(asked.state, request.run, request.step, asked.by, request.reason)


@_decide.register
def _(request: SkipStep, asked: _Asked) -> tuple[Draft, ...]:
    return acting.skip(asked.state, request.run, request.step, asked.by, request.reason)


@_decide.register
def _(request: CloseLaunch, asked: _Asked) -> tuple[Draft, ...]:
    require_reason(request.reason, "to close the launch")
    acting.require_nothing_under_way(asked.state, "close")
    left = [one for one in owed(asked.state, asked.now) if one.due and not is_resolved(asked.state, one.slot)]
    under_way = [one.slot.id for one in left if one.standing is Standing.SENDING]
    unclear = [one.slot.id for one in left if one.standing is Standing.CHECKING]
    # Before T0 only those are owed that are owed for what happened; what such a post names goes with it.
    left = [one for one in left if not {one.slot.id, one.into} & {*under_way, *unclear}]
    body = {
        "reason": clean(request.reason),
        "by": asked.by,
        "incidents": [one.id for one in asked.state.incidents.values() if one.resolved_at is None],
        "under_way": under_way[:_NAMED],
        "unclear": unclear[:_NAMED],
        "unsent": len(left),
        "due": sum(one.late_s > 0 for one in left),
        "first": [one.slot.id for one in left[:_NAMED]],
    }
    return (Draft("launch.closed", body, asked.by),)


def _open_incident(name: str, state: LaunchState) -> Incident:
    incident = state.incidents.get(name)
    if incident is None:
        ids = list(state.incidents)
        hint = did_you_mean(name, ids) or f"there is {', '.join(ids) or 'none'}"
        raise UsageError(f"there is no incident '{clean(name, limit=80)}'", hint=hint)
    if incident.resolved_at is not None:
        raise UsageError(f"{incident.id} was resolved at {stamp(incident.resolved_at)}")
    return incident
