"""From the models of steps, phases, channels and updates to the course of a launch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from warroom.events import LaunchInfo
from warroom.playbook import course_models, models, nodes
from warroom.playbook.course import Ask, ByHand, Channel, CheckPlan, Course, GatePlan, Phase, Step, Update
from warroom.playbook.loaded import CheckSpec, Gate, HookAccess, SlackAccess, Target
from warroom.playbook.procedure_build import Procedures, lever_plan
from warroom.playbook.signal_build import watched
from warroom.text import clean

_NO_ACCESS: Final = {
    "slack": "no Slack access, neither token nor webhook: posts go to {} only",
    "webhook": "its url is not set: posts go to {} only",
}


def course(
    document: models.Document,
    launch: LaunchInfo,
    targets: Mapping[str, Target],
    gates: Mapping[str, Gate],
    checks: Mapping[str, CheckSpec],
    top: nodes.Mapping,
) -> Course:
    """The course; every name in it leads somewhere. `top` is what `document` was made of."""
    levers = {name: lever_plan(name, model, top, targets) for name, model in document.levers.items()}
    return Course(
        launch=launch,
        mode_for=document.launch.mode_for,
        steps={name: _step(name, model, targets) for name, model in document.steps.items()},
        phases=tuple(_phase(name, model) for name, model in document.phases.items()),
        channels={name: _channel(name, model, targets) for name, model in document.channels.items()},
        updates={name: _update(name, model, document) for name, model in document.updates.items()},
        routes=document.routes.channels,
        gates={name: _gate(gate) for name, gate in gates.items()},
        checks={name: _check(spec) for name, spec in checks.items()},
        suites={name: tuple(model.checks) for name, model in document.suites.items()},
        watched=watched(document),
        levers=levers,
        procedures=Procedures(document, levers, top, targets).plans(),
    )


def slack_access(model: course_models.Channel) -> SlackAccess | None:
    """What is needed to post to Slack; None for a channel that does not."""
    if model.kind != "slack" or not (model.token or model.webhook):
        return None
    # The names of the methods are appended to it.
    api = f"{model.api.rstrip('/')}/" if model.api else ""
    return SlackAccess(model.token, model.channel, "" if model.token else model.webhook, api)


def hook_access(model: course_models.Channel) -> HookAccess | None:
    """What is needed to post to a webhook that is not Slack's; None for a channel that does not."""
    return HookAccess(model.url, model.secret) if model.url else None


def _channel(channel_id: str, model: course_models.Channel, targets: Mapping[str, Target]) -> Channel:
    if model.kind == "manual":
        link = clean(targets[model.link].url) if model.link else ""
        return Channel(channel_id, "manual", by_hand=ByHand(clean(model.medium), clean(model.to), link, model.ahead))
    return replace(_posting(channel_id, model), fallback=model.fallback or "", fallback_after=model.fallback_after)


def _posting(channel_id: str, model: course_models.Channel) -> Channel:
    path, slack = model.path or "", slack_access(model)
    if slack and slack.token:
        made = Channel(channel_id, "slack", path, model.settle, threads=True)
        return replace(made, live=model.live, silent_after=model.silent_after, when_blind=model.on_unknown)
    if slack:
        note = (
            "a Slack webhook, no token: no threads, no attached files, no status message, no dead-man switch, "
            "and nothing is looked up"
        )
        return Channel(channel_id, "slack_webhook", path, on_unknown=model.on_unknown, note=note)
    if hook_access(model):
        return Channel(channel_id, "webhook", path, on_unknown=model.on_unknown)
    # Where it posted to Slack before, it may be asked what arrived there, and cannot tell.
    blind = model.on_unknown if model.kind == "slack" else "resend"
    return Channel(channel_id, "file", path, when_blind=blind, note=_NO_ACCESS.get(model.kind, "").format(path))


def _gate(gate: Gate) -> GatePlan:
    ttl, is_polled = timedelta(seconds=gate.ttl_s), gate.poll_s is not None
    return GatePlan(gate.id, gate.title, gate.system, gate.note, gate.holds, gate.rerun, ttl, is_polled)


def _check(spec: CheckSpec) -> CheckPlan:
    max_age = timedelta(seconds=spec.max_age_s) if spec.max_age_s is not None else None
    return CheckPlan(spec.id, spec.title, spec.required, max_age)


def _step(step_id: str, model: course_models.Step, targets: Mapping[str, Target]) -> Step:
    return Step(
        id=step_id,
        do=clean(model.do),
        link=clean(targets[model.link].url) if model.link else "",
        expect=clean(model.expect),
        marks_t0=model.marks is not None,
        asks=tuple(Ask(ask.name, clean(ask.text), ask.type) for ask in model.ask),
    )


def _phase(phase_id: str, model: course_models.Phase) -> Phase:
    return Phase(
        id=phase_id,
        title=clean(model.title) or phase_id,
        starts=model.from_,
        ends=model.until,
        suite=model.suite or "",
        steps=tuple(model.steps),
        update=model.update or "",
        exit_signals=course_models.names_in(model.exit.signals),
        exit_triggers=course_models.names_in(model.exit.triggers),
    )


def _update(update_id: str, model: course_models.Update, document: models.Document) -> Update:
    return Update(
        id=update_id,
        title=clean(model.title) or update_id,
        channel=model.channels[0],
        template=document.templates[model.template],
        starts=model.from_ if model.at is None else model.at,
        every=model.every,
        ends=model.until,
        suite=model.suite or "",
        before=model.before,
        on=model.events,
        subjects=model.subjects,
        within=model.within or timedelta(),
        during=model.while_ or "",
        copies=model.channels[1:],
        severity=model.severity or "",
        subject=clean(model.subject),
    )
