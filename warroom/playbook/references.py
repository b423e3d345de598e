"""Whatever names something else in the playbook has to name something that is there and that fits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from warroom.errors import Problem
from warroom.playbook import models, nodes
from warroom.playbook.course_references import CourseReferences, CourseSections
from warroom.playbook.loaded import CheckSpec
from warroom.playbook.nodes import Node, Path, Place, Scalar, find, key_path, paths
from warroom.playbook.procedure_models import Procedure
from warroom.playbook.procedure_references import ProcedureReferences
from warroom.playbook.signal_references import SignalReferences, SignalSections
from warroom.text import did_you_mean

_SPEAKING: Final = ("target", "lever", "gate", "check", "title", "say", "text", "path")
_NAMED: Final = (
    *("targets", "levers", "gates", "checks", "suites"),
    *("sources", "signals", "slos", "baselines", "triggers", "procedures"),
    *("steps", "phases", "channels", "updates", "templates"),
)


@dataclass(frozen=True, slots=True)
class Sections:
    """What could be read of each section. Names count as known also where their entry has faults of its own."""

    top: nodes.Mapping
    targets: Mapping[str, models.Target]
    levers: Mapping[str, models.Lever]
    gates: Mapping[str, models.Gate]
    checks: Mapping[str, CheckSpec]
    suites: Mapping[str, models.Suite]
    hints: Sequence[tuple[int, models.Hint]]
    course: CourseSections
    watched: SignalSections
    procedures: Mapping[str, Procedure]


def reference_problems(sections: Sections) -> list[Problem]:
    """Every name that leads nowhere, or to something that does not fit."""
    return _References(sections).problems()


class _References:
    def __init__(self, sections: Sections) -> None:
        self._all = sections
        self._known = {section: list(sections.top.child(section).entries) for section in _NAMED}
        self._found: list[Problem] = []

    def problems(self) -> list[Problem]:
        for section, entries in (("levers", self._all.levers), ("gates", self._all.gates)):
            for name, model in entries.items():
                if model.read and model.read.target:
                    self._target((section, name), model.read.target)
        for check in self._all.checks.values():
            self._check(check)
        for name, suite in self._all.suites.items():
            self._suite(name, suite)
        for index, hint in self._all.hints:
            for check_id in hint.match.checks:
                self._name(("hints", index, "match", "check"), "checks", check_id)
        self._circles()
        every = self._all
        course = CourseReferences(every.top, every.course, every.targets, every.suites, every.gates, self._name)
        watched = SignalReferences(every.top, every.watched, every.course.phases, self._name, self._target)
        acting = ProcedureReferences(
            every.top, every.levers, every.procedures, every.course.updates, self._name, self._target
        )
        # They report through this one too.
        others = [*course.problems(), *watched.problems(), *acting.problems()]
        return self._found + others

    def _check(self, check: CheckSpec) -> None:
        path: Path = ("checks", check.id)
        for name in check.kind.targets(check.params):
            self._target(path, name)
        for section, names in (
            ("levers", check.kind.levers(check.params)),
            ("gates", check.kind.gates(check.params)),
            ("gates", [check.tolerate.gate] if check.tolerate else []),
        ):
            for name in names:
                self._name(path, section, name)
        for name, wanted in check.needs.items():
            if self._name(path, "checks", name):
                self._fact(path, name, wanted)

    def _fact(self, path: Path, name: str, wanted: type) -> None:
        """Whether the check `name` provides what is wanted of it."""
        other = self._all.checks.get(name)
        if other is None or wanted is object or _gives(other, wanted):
            return
        place, at = self._where(path, name, "checks")
        giving = [check.id for check in self._all.checks.values() if _gives(check, wanted)]
        message = f"'{name}' is a check of kind {other.kind.name}, which gives no {_words(wanted)}"
        self._found.append(place.problem(at, message, "one that does: " + ", ".join(giving) if giving else ""))

    def _suite(self, name: str, suite: models.Suite) -> None:
        seen: set[str] = set()
        for index, check_id in enumerate(suite.checks):
            path: Path = ("suites", name, "checks", index)
            self._name(path, "checks", check_id)
            if check_id in seen:
                place, at = self._where(path, check_id, "checks")
                self._found.append(place.problem(at, f"'{check_id}' is in this suite already"))
            seen.add(check_id)
        until = suite.until
        if until and until.every > until.timeout:
            every = find(self._all.top, ("suites", name, "until", "every")) or self._all.top
            self._found.append(every.place.problem(f"suites.{name}.until.every", "is longer than `timeout`"))

    def _target(self, path: Path, name: str) -> None:
        if self._name(path, "targets", name):
            model = self._all.targets.get(name)
            if model and model.human:
                place, at = self._where(path, name, "targets")
                self._found.append(place.problem(at, f"'{name}' is a link for people and is never requested"))

    def _name(self, path: Path, section: str, name: str) -> bool:
        """Whether `section` has `name`; a problem where it has not."""
        known = self._known[section]
        if name in known:
            return True
        place, at, scalar = self._search(path, name, section)
        if scalar and scalar.unfilled:
            return False
        shown = scalar.shown if scalar else name
        near = "" if scalar and scalar.inputs else did_you_mean(name, known)
        there_is = "there is: " + ", ".join(known) if 0 < len(known) <= 12 else ""
        self._found.append(place.problem(at, f"there is no {section[:-1]} '{shown}'", near or there_is))
        return False

    def _where(self, path: Path, name: str, section: str) -> tuple[Place, str]:
        place, at, _ = self._search(path, name, section)
        return place, at

    def _search(self, path: Path, name: str, section: str) -> tuple[Place, str, Scalar | None]:
        """The value below `path` that is `name`; where there are several, the one whose key speaks of `section`."""
        node = find(self._all.top, path)
        hits = [(inner, scalar) for inner, scalar in paths(node) if scalar.value == name] if node else []
        if hits:
            inner, scalar = min(hits, key=lambda hit: _distance(key_path(hit[0]), section))
            return scalar.place, key_path(path + inner), scalar
        return self._place(path, node), key_path(path), None

    def _place(self, path: Path, node: Node | None) -> Place:
        parent = find(self._all.top, path[:-1])
        if isinstance(parent, nodes.Mapping) and path[-1] in parent.entries:
            return parent.entries[str(path[-1])].key_place
        return (node or self._all.top).place

    def _circles(self) -> None:
        needs = {check.id: list(check.needs) for check in self._all.checks.values()}
        for circle in circles(needs):
            place, at = self._where(("checks", circle[0]), circle[1], "checks")
            self._found.append(place.problem(at, "checks need each other in a circle: " + " -> ".join(circle)))
        channels = self._all.course.channels.items()
        fallbacks = {name: [channel.fallback] for name, channel in channels if channel.fallback}
        for circle in circles(fallbacks):
            place, at = self._where(("channels", circle[0], "fallback"), circle[1], "channels")
            self._found.append(place.problem(at, "fallbacks lead in a circle: " + " -> ".join(circle)))


def circles(needs: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Every circle that a walk along `needs` runs into, as the names passed with the first one again at the end."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in needs:
        trail, ahead = [start], [iter(() if start in done else needs[start])]
        while trail:
            name = next(ahead[-1], None)
            if name is None:
                done.add(trail.pop())
                ahead.pop()
            elif name in trail:
                found.append([*trail[trail.index(name) :], name])
            elif name not in done:
                trail.append(name)
                ahead.append(iter(needs.get(name, ())))
    return found


def _distance(key: str, section: str) -> int:
    """0 where a key speaks of the section, 2 where it speaks of something else, 1 where it does not say."""
    if section[:-1] in key:
        return 0
    return 2 if any(word in key for word in _SPEAKING) else 1


def _gives(check: CheckSpec, wanted: type) -> bool:
    return check.kind.provides is not None and issubclass(check.kind.provides, wanted)


def _words(fact: Any) -> str:
    """`AccessToken` as `access token`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", fact.__name__).lower()
