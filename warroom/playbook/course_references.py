"""Whatever steps, phases, updates and templates name has to be there, and fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from warroom.errors import Problem
from warroom.playbook import course_models, models, nodes
from warroom.playbook.event_references import misplaced_values, not_run_again
from warroom.playbook.nodes import Path, find, key_path
from warroom.playbook.template import Template, Value
from warroom.text import did_you_mean

LAUNCH_VALUES: Final = ("id", "title", "owner", "mode", "modes", "t0")
POST_VALUES: Final = ("title", "time", "due")
STEP_VALUES: Final = ("at", "by")
SUITE_VALUES: Final = ("word", "verdict", "reason", "finished_at", "evidence_log")
GATE_VALUES: Final = ("title", "system", "state", "source", "note", "holds")
INCIDENT_VALUES: Final = ("open",)
SIGNAL_VALUES: Final = ("title", "value", "level", "reason", "limits", "at")
TRIGGER_VALUES: Final = ("active",)
EVENT_VALUES: Final = {
    "gate": (*GATE_VALUES, "at"),
    "incident": ("id", "text", "severity", "at", "by", "note", "reason", "resolved_at", "resolved_by", "lasted"),
    "trigger": (
        *("id", "title", "activation", "at", "severity", "mode", "condition", "for", "signal"),
        *("value", "reason", "stage", "runs", "actions", "runbook", "lasted"),
    ),
    "signal": ("id", *SIGNAL_VALUES),
    "procedure": ("id", "title", "run", "cause", "at", "standing", "steps", "took"),
}
"""What a post can say about the gate, incident, trigger, signal or run of a procedure that it is owed for."""

Name = Callable[[Path, str, str], bool]
"""Whether a section has an entry: the path that names it, the section, the name. Reports where it has not."""


@dataclass(frozen=True, slots=True)
class CourseSections:
    """What could be read of the sections about the course of a launch, and what they lean on."""

    steps: Mapping[str, course_models.Step]
    phases: Mapping[str, course_models.Phase]
    channels: Mapping[str, course_models.Channel]
    routes: course_models.Routes | None
    updates: Mapping[str, course_models.Update]
    templates: Mapping[str, Template]


def known_values(
    steps: Mapping[str, Iterable[str]], suites: Iterable[str], gates: Iterable[str], signals: Iterable[str] = ()
) -> tuple[str, ...]:
    """Every dotted name that a template can have; `steps` maps each step to the names of what it asks for."""
    found = [f"launch.{name}" for name in LAUNCH_VALUES] + [f"post.{name}" for name in POST_VALUES]
    found += [f"steps.{step}.{name}" for step, asked in steps.items() for name in (*asked, *STEP_VALUES)]
    found += [f"suites.{suite}.{name}" for suite in suites for name in SUITE_VALUES]
    found += [f"gates.{gate}.{name}" for gate in gates for name in GATE_VALUES]
    found += [f"signals.{signal}.{name}" for signal in signals for name in SIGNAL_VALUES]
    found += [f"triggers.{name}" for name in TRIGGER_VALUES]
    found += [f"{event}.{name}" for event, names in EVENT_VALUES.items() for name in names]
    return (*found, *(f"incidents.{name}" for name in INCIDENT_VALUES))


class CourseReferences:
    """Looks through the sections; `name` is how an entry of a section is looked up."""

    def __init__(
        self,
        top: nodes.Mapping,
        course: CourseSections,
        targets: Mapping[str, models.Target],
        suites: Mapping[str, models.Suite],
        gates: Mapping[str, models.Gate],
        name: Name,
    ) -> None:
        self._top = top
        self._course = course
        self._targets = targets
        self._suites = suites
        self._gates = gates
        self._name = name
        self._found: list[Problem] = []

    def problems(self) -> list[Problem]:
        """What `name` does not report itself."""
        self._steps()
        self._phases()
        self._routes()
        self._channels()
        for update_id, update in self._course.updates.items():
            path: Path = ("updates", update_id)
            for channel in update.channels:
                self._name((*path, "channel"), "channels", channel)
            self._subject(update_id, update)
            if update.suite and self._name((*path, "suite"), "suites", update.suite):
                self._is_run(update_id, update)
            for sort in ("gate", "trigger", "signal"):
                for name in update.subjects if getattr(update, sort) else ():
                    self._name((*path, sort), f"{sort}s", name)
            if self._name((*path, "template"), "templates", update.template):
                self._told(update_id, update)
                self._happening(update_id, update)
        self._reruns()
        self._values()
        return self._found

    def _steps(self) -> None:
        marking = [step_id for step_id, step in self._course.steps.items() if step.marks]
        for step_id in marking[1:]:
            self._report(("steps", step_id, "marks"), f"step {marking[0]} marks T0 already")
        for step_id, step in self._course.steps.items():
            self._link(("steps", step_id, "link"), step.link)

    def _phases(self) -> None:
        for phase_id, phase in self._course.phases.items():
            path: Path = ("phases", phase_id)
            for index, step_id in enumerate(phase.steps):
                self._name((*path, "steps", index), "steps", step_id)
            if phase.suite:
                self._name((*path, "suite"), "suites", phase.suite)
            if phase.update and self._name((*path, "update"), "updates", phase.update):
                ends = self._course.updates.get(phase.update)
                if ends and (ends.events or ends.while_):
                    message = f"'{phase.update}' is owed for what happens, so it ends no phase"
                    self._report((*path, "update"), message, "name one with a time of its own")

    def _routes(self) -> None:
        for severity, channels in self._course.routes.channels.items() if self._course.routes else ():
            for channel in channels:
                self._name(("routes", severity), "channels", channel)

    def _channels(self) -> None:
        for channel_id, channel in self._course.channels.items():
            path: Path = ("channels", channel_id)
            if channel.fallback:
                self._name((*path, "fallback"), "channels", channel.fallback)
            self._link((*path, "link"), channel.link)

    def _subject(self, update_id: str, update: course_models.Update) -> None:
        known = [self._course.channels[name] for name in update.channels if name in self._course.channels]
        if update.subject and len(known) == len(update.channels) and all(one.kind != "manual" for one in known):
            self._report(("updates", update_id, "subject"), "is for a manual channel: this update goes to none")

    def _link(self, path: Path, name: str | None) -> None:
        """A link has to be one for people."""
        if name and self._name(path, "targets", name):
            target = self._targets.get(name)
            if target and not target.human:
                self._report(path, f"'{name}' is no link for people", "give the target `human: true`")

    def _is_run(self, update_id: str, update: course_models.Update) -> None:
        """The suite that a post tells has to be run by somebody, or the post is held for ever."""
        phases = [phase.suite for phase in self._course.phases.values() if phase.suite]
        # A suite of a phase that does not exist is reported there; it may have been meant.
        by_phase = any(suite == update.suite or suite not in self._suites for suite in phases)
        ahead = any(one.suite == update.suite and one.before for one in self._course.updates.values())
        if not (by_phase or ahead or update.events):
            message = f"nothing runs suite {update.suite}, so this post would be held for ever"
            self._report(("updates", update_id, "suite"), message, "add `before`, or a phase with that suite")

    def _told(self, update_id: str, update: course_models.Update) -> None:
        """An update that tells the results of a suite can tell those of its checks alone."""
        suite = self._suites.get(update.suite) if update.suite else None
        template = self._course.templates.get(update.template)
        if suite is None or template is None:
            return
        told = {name for call in template.calls for name in call.checks}
        known = self._top.child("checks").entries
        for name in sorted(told & set(known) - set(suite.checks)):
            message = f"template {update.template} tells check '{name}', which suite {update.suite} does not have"
            self._report(("updates", update_id, "template"), message)

    def _happening(self, update_id: str, update: course_models.Update) -> None:
        """A post about a gate or an incident can say only what is known when it is owed."""
        template = self._course.templates.get(update.template)
        if template is None:
            return
        checks = set(self._top.child("checks").entries)
        problems = (
            *misplaced_values(update, template),
            *not_run_again(update, template, self._gates, checks),
        )
        for key, message in problems:
            self._report(("updates", update_id, key), message)

    def _reruns(self) -> None:
        for gate_id, gate in self._gates.items():
            for index, check in enumerate(gate.on_green.rerun if gate.on_green else ()):
                self._name(("gates", gate_id, "on_green", "rerun", index), "checks", check)

    def _values(self) -> None:
        steps = {name: [ask.name for ask in step.ask] for name, step in self._course.steps.items()}
        faulty = set(self._top.child("steps").entries) - set(steps)
        named = (self._top.child(section).entries for section in ("suites", "gates", "signals"))
        known = known_values(steps, *named)
        for template_id, template in self._course.templates.items():
            path: Path = ("templates", template_id)
            for name in dict.fromkeys(name for call in template.calls for name in call.checks):
                self._name(path, "checks", name)
            for name in dict.fromkeys(name for call in template.calls for name in call.signals):
                self._name(path, "signals", name)
            for name in dict.fromkeys(name for call in template.calls for name in call.levers):
                self._name(path, "levers", name)
            for value in template.values:
                if value.name not in known and not _is_of(value, faulty):
                    near = did_you_mean(value.name, list(known)) or f"they begin with {_beginnings(known)}"
                    self._report(path, f"there is no value '{value.name}'", near)

    def _report(self, path: Path, message: str, suggestion: str = "") -> None:
        place = (find(self._top, path) or self._top).place
        self._found.append(place.problem(key_path(path), message, suggestion))


def _beginnings(known: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(name.partition(".")[0] for name in known))


def _is_of(value: Value, steps: set[str]) -> bool:
    """Whether the value is asked for by one of those steps."""
    parts = value.name.split(".")
    return parts[0] == "steps" and parts[1] in steps
