"""Whatever levers and procedures name has to be there, and fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from warroom.errors import Problem
from warroom.playbook import course_models, models, nodes, procedure_models
from warroom.playbook.course_references import Name
from warroom.playbook.nodes import Path, find, key_path

Target = Callable[[Path, str], None]
"""Looks up a target that is requested; reports where it is not there, or for people only."""


class ProcedureReferences:
    """Looks through the sections; `name` and `target` are how entries of other sections are looked up."""

    def __init__(
        self,
        top: nodes.Mapping,
        levers: Mapping[str, models.Lever],
        procedures: Mapping[str, procedure_models.Procedure],
        updates: Mapping[str, course_models.Update],
        name: Name,
        target: Target,
    ) -> None:
        self._top = top
        self._levers = levers
        self._procedures = procedures
        self._updates = updates
        self._name = name
        self._target = target
        self._found: list[Problem] = []

    def problems(self) -> list[Problem]:
        """What `name` and `target` do not report themselves."""
        for lever_id, lever in self._levers.items():
            for phase in lever.expect_in:
                self._name(("levers", lever_id, "expect_in", phase), "phases", phase)
            if lever.set_ and lever.set_.target:
                self._target(("levers", lever_id, "set", "target"), lever.set_.target)
        for name, procedure in self._procedures.items():
            for at, step in enumerate(procedure.steps):
                self._step(("procedures", name, "steps", at), step)
        self._posts()
        return self._found

    def _step(self, path: Path, step: procedure_models.ActionStep) -> None:
        for key, section in (("check", "checks"), ("probe", "checks"), ("post", "updates")):
            if named := getattr(step, key):
                self._name((*path, key), section, named)
        if step.lever and self._name((*path, "lever"), "levers", step.lever):
            self._value(path, step.lever, step.set_ or "")
        if step.request:
            self._target((*path, "request", "target"), step.request.target)
        if step.read and step.read.target:
            self._target((*path, "read", "target"), step.read.target)
        if step.link and self._name((*path, "link"), "targets", step.link):
            self._is_for_people((*path, "link"), step.link)

    def _value(self, path: Path, lever: str, value: str) -> None:
        known = self._levers.get(lever)
        if known and known.values and value not in known.values:
            message = f"{lever} cannot be '{value}'"
            self._report((*path, "set"), message, f"it may be {', '.join(known.values)}")

    def _is_for_people(self, path: Path, target: str) -> None:
        human = find(self._top, ("targets", target, "human"))
        if not (isinstance(human, nodes.Scalar) and human.value is True):
            self._report(path, f"'{target}' is no link for people", "give the target `human: true`")

    def _posts(self) -> None:
        """A step that posts, and the update that is posted by a step, belong to each other."""
        posted = {step.post for procedure in self._procedures.values() for step in procedure.steps if step.post}
        # A procedure with a fault of its own may be the one that posts it.
        is_whole = set(self._top.child("procedures").entries) == set(self._procedures)
        for update_id, update in self._updates.items():
            if is_whole and "procedure.post" in update.events and update_id not in posted:
                message = "no step of a procedure posts it, so it could never be owed"
                self._report(("updates", update_id, "on"), message, "name it in a step: `post: " + update_id + "`")
        for name, procedure in self._procedures.items():
            for at, step in enumerate(procedure.steps):
                known = self._updates.get(step.post or "")
                if known and "procedure.post" not in known.events:
                    message = f"'{step.post}' is owed at another time"
                    self._report(("procedures", name, "steps", at, "post"), message, "give it `on: procedure.post`")

    def _report(self, path: Path, message: str, suggestion: str = "") -> None:
        place = (find(self._top, path) or self._top).place
        self._found.append(place.problem(key_path(path), message, suggestion))
