"""From the models of levers and procedures to what a launch plans, and to what is sent and read for it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from warroom.playbook import models, nodes, procedure_models
from warroom.playbook.loaded import Call, Deed, Look, Target
from warroom.playbook.nodes import Path, Scalar, find
from warroom.playbook.procedures import ActionStep, LeverPlan, ProcedurePlan, StepKind, setting
from warroom.text import clean, one_line
from warroom.units import format_duration

_SHOWN = 200
Targets = Mapping[str, Target]


def lever_plan(name: str, model: models.Lever, top: nodes.Mapping, targets: Targets) -> LeverPlan:
    """A lever, and whether Warroom can set it."""
    return LeverPlan(
        id=name,
        expect=model.expect,
        expect_in=dict(model.expect_in),
        values=tuple(model.values),
        stops=(model.expect if model.stops is None else model.stops) if model.kill_switch else "",
        note=clean(model.note),
        by_person=_sets_by_hand(name, model, top, targets),
        idempotent=model.set_ is None or model.set_.idempotent,
        dangerous=model.dangerous,
        people=model.people,
        every=model.every,
        attest=clean(model.read.attest),
        max_age=model.read.max_age or timedelta(),
    )


def lever_deed(model: models.Lever) -> Deed:
    """How a lever is set; without anything where only a person can."""
    how = model.set_
    if how is None or how.attest:
        return Deed()
    if how.argv:
        return Deed(command=tuple(how.argv))
    return Deed(call=_call(how.target or "", how.method, how.path, how.headers, how.body))


def _sets_by_hand(name: str, model: models.Lever, top: nodes.Mapping, targets: Targets) -> str:
    how = model.set_
    if how is None:
        return "the playbook has no `set` for it"
    if how.attest:
        return clean(how.attest)
    return "" if how.argv else _by_hand(("levers", name, "set"), how.target or "", how.headers, top, targets)


def _by_hand(path: Path, target: str, headers: Mapping[str, str], top: nodes.Mapping, targets: Targets) -> str:
    """Why a request cannot be sent, so that a person has to do what it would do; empty where it can."""
    if not targets[target].url:
        return targets[target].not_configured
    for header, value in headers.items():
        if not value.strip():
            node = find(top, (*path, "headers", header))
            names = node.inputs if isinstance(node, Scalar) else ()
            return f"{' and '.join(names)} is not set" if names else f"the header {clean(header)} is empty"
    return ""


def _call(target: str, method: str, path: str, headers: Mapping[str, str], body: Mapping[str, object] | str) -> Call:
    return Call(target, method, path, tuple(headers.items()), body)


class Procedures:
    """Builds the procedures of a playbook, whose names lead somewhere."""

    def __init__(
        self, document: models.Document, levers: Mapping[str, LeverPlan], top: nodes.Mapping, targets: Targets
    ) -> None:
        self._document = document
        self._levers = levers
        self._top = top
        self._targets = targets

    def plans(self) -> dict[str, ProcedurePlan]:
        """What a launch plans, by id."""
        return {name: self._plan(name, model) for name, model in self._document.procedures.items()}

    def deeds(self) -> Iterator[tuple[tuple[str, str], Deed]]:
        """What is sent and read for the steps that need it, by procedure and step."""
        for name, model in self._document.procedures.items():
            for step in model.steps:
                if step.read:
                    yield (name, step.id), _deed(step, step.read)

    def _plan(self, name: str, model: procedure_models.Procedure) -> ProcedurePlan:
        return ProcedurePlan(
            id=name,
            title=clean(model.title) or name,
            steps=tuple(self._step(("procedures", name, "steps", at), step) for at, step in enumerate(model.steps)),
            budget=model.budget,
            countdown=model.countdown,
            dangerous=model.dangerous,
            people=model.people,
        )

    def _step(self, path: Path, model: procedure_models.ActionStep) -> ActionStep:
        step = self._of_kind(path, model)
        return replace(
            step,
            text=clean(model.title) or step.text,
            probe=model.probe or "",
            within=model.within,
            confirm=model.confirm,
            people=model.people,
        )

    def _of_kind(self, path: Path, model: procedure_models.ActionStep) -> ActionStep:
        kind: StepKind = model.kind  # type: ignore[assignment]
        bare = ActionStep(model.id, kind, "", idempotent=model.may_repeat)
        if model.lever and model.set_ is not None:
            return setting(model.id, self._levers[model.lever], model.set_)
        if model.request:
            return self._request(bare, path, model.request)
        if model.command:
            return replace(bare, text=clean(shlex.join(model.command), limit=_SHOWN))
        if model.check:
            return replace(bare, text=f"check {self._title(model.check)}", check=model.check)
        if model.post:
            title = clean(self._document.updates[model.post].title) or model.post
            return replace(bare, text=f"post {title}", update=model.post)
        if model.wait:
            return replace(bare, text=f"wait {format_duration(model.wait)}", lasts=model.wait)
        link = clean(self._targets[model.link].url) if model.link else ""
        opens = model.opens is not None
        return replace(bare, text=clean(model.do or ""), link=link, expect=clean(model.expect), opens=opens)

    def _request(self, bare: ActionStep, path: Path, request: procedure_models.ActionRequest) -> ActionStep:
        target = self._targets[request.target]
        by_hand = _by_hand((*path, "request"), request.target, request.headers, self._top, self._targets)
        text = one_line(f"{request.method} {request.path or '/'} at {target.title}", limit=_SHOWN)
        return replace(bare, text=text, by_person=by_hand)

    def _title(self, check: str) -> str:
        title = self._document.checks[check].get("title")
        return clean(title) if isinstance(title, str) and title else check


def _deed(step: procedure_models.ActionStep, read: procedure_models.ReadBack) -> Deed:
    path = read.json_path.text if read.json_path else ""
    look = Look(read.is_, read.target or "", read.path, path, tuple(read.headers.items()), tuple(read.argv or ()))
    if step.command:
        return Deed(command=tuple(step.command), look=look)
    assert step.request is not None
    sent = step.request
    return Deed(_call(sent.target, sent.method, sent.path, sent.headers, sent.body), look=look)
