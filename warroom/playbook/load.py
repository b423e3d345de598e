"""Loading a playbook: read, overlay, fill in, validate, resolve references. Every problem at once, nothing sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel

from warroom.contract import AnyKind
from warroom.errors import PlaybookError, Problem
from warroom.playbook import build, course_models, models, nodes, procedure_models, signal_models
from warroom.playbook.assemble import Assembled, read_document, with_defaults, with_environment
from warroom.playbook.check_specs import COMMON, can_have, check_spec
from warroom.playbook.course import Course
from warroom.playbook.course_build import course, hook_access, slack_access
from warroom.playbook.course_references import CourseSections
from warroom.playbook.fields import field_names
from warroom.playbook.inputs import InputValues, Resolved, resolve
from warroom.playbook.interpolate import fill
from warroom.playbook.literals import literal_credentials
from warroom.playbook.loaded import CheckSpec, HookAccess, Playbook, SlackAccess, Target
from warroom.playbook.nodes import Entry, key_path
from warroom.playbook.procedure_build import Procedures
from warroom.playbook.references import Sections, reference_problems
from warroom.playbook.signal_build import source_spec
from warroom.playbook.signal_references import SignalSections
from warroom.playbook.source_models import SOURCES, AnySource
from warroom.playbook.template import Template, parse_template
from warroom.playbook.validate import validate
from warroom.text import did_you_mean

M = TypeVar("M", bound=BaseModel)

_CREDENTIALS: Final[Mapping[str, Collection[str]]] = {
    "targets": ("url", "proxy", "bearer", "basic"),
    "channels": ("token", "webhook", "url", "secret"),
    "sources": ("headers", "env", "through"),
}
_NOT_FILLED: Final = ("warroom", "include", "inputs", "environments", "defaults")


@dataclass(frozen=True, slots=True)
class Partly:
    """A playbook in which the inputs that are not set stand as `${NAME}`, and checks are left out that cannot be
    read without. `declared` are all inputs, `given` names those that have a value, `problems` say what is wrong with
    their values; no value is in any of them.
    """

    playbook: Playbook
    declared: Mapping[str, models.Input]
    given: frozenset[str]
    problems: tuple[Problem, ...]


def load_playbook(
    path: Path,
    *,
    kinds: Mapping[str, AnyKind],
    inputs: InputValues,
    environment: str | None = None,
    folder: Path | None = None,
) -> Playbook:
    """The playbook at `path` with its inputs filled in. Raises PlaybookError with every problem at once.

    Certificates and other files that it names are looked for in `folder`, by default its own.
    """
    loading = _Loading(path, kinds, read_document(path), environment, folder)
    playbook = loading.playbook(inputs)
    if loading.problems or playbook is None:
        raise PlaybookError(_once(loading.problems))
    return playbook


def load_partly(
    path: Path, *, kinds: Mapping[str, AnyKind], inputs: InputValues, environment: str | None = None
) -> Partly:
    """The playbook at `path` with the inputs filled in that there are, for whoever only looks.

    Raises PlaybookError with every problem that is not one of a value of an input; where nothing can be told without
    an input that is not set, with those.
    """
    loading = _Loading(path, kinds, read_document(path), environment)
    playbook = loading.playbook(inputs, partly=True)
    of_inputs = [problem for problem in loading.unset if problem.key.startswith("inputs.")]
    others = [*loading.problems, *(problem for problem in loading.unset if problem not in of_inputs)]
    if others or playbook is None:
        raise PlaybookError(_once(others or of_inputs))
    return Partly(playbook, loading.declared, loading.values, tuple(_once(of_inputs)))


def load_course(path: Path, kinds: Mapping[str, AnyKind], environment: str | None = None) -> Course:
    """What a launch of the playbook goes through, for whoever only looks: no input is needed.

    Where a text names an input without default, the name stands in its place. Raises PlaybookError.
    """
    loading = _Loading(path, kinds, read_document(path), environment)
    loading.playbook(None)
    if loading.problems or loading.document is None:
        raise PlaybookError(_once(loading.problems))
    return loading.course(loading.document)


def check_playbook(path: Path, kinds: Mapping[str, AnyKind]) -> list[Problem]:
    """Every problem of the playbook at `path` by itself and in each of its environments, in file order.

    Reads nothing but the playbook and its includes; inputs that are not set are no problem.
    """
    problems: list[Problem] = []
    try:
        document = read_document(path)
    except PlaybookError as error:
        return list(error.problems)
    for environment in (None, *document.top.child("environments").entries):
        loading = _Loading(path, kinds, document, environment)
        loading.playbook(None)
        problems += loading.problems
    return sorted(_once(problems))


def _once(problems: list[Problem]) -> list[Problem]:
    """Each problem once, also where defaults lay it below many entries: then with the first one's key."""
    first: dict[tuple[str, int, int, str, str], Problem] = {}
    for problem in problems:
        same = (problem.file, problem.line, problem.column, problem.message, "" if problem.line else problem.key)
        first.setdefault(same, problem)
    return list(first.values())


def _template(node: nodes.Node) -> Template | None:
    """The text of a post; None where it does not hold, which the model of the whole reports."""
    if not isinstance(node, nodes.Scalar) or not isinstance(node.value, str):
        return None
    try:
        return parse_template(node.value)
    except ValueError:
        return None


def _may_be_secret(path: nodes.Path) -> bool:
    if len(path) < 3:
        return False
    section, key = str(path[0]), path[2]
    if section in ("levers", "procedures"):
        return any(step in ("headers", "body") for step in path[3:])
    return key in _CREDENTIALS[section] if section in _CREDENTIALS else section == "checks" and key not in COMMON


class _Loading:
    """One way through a document. Problems are collected on the way."""

    def __init__(
        self,
        path: Path,
        kinds: Mapping[str, AnyKind],
        document: Assembled,
        environment: str | None,
        folder: Path | None = None,
    ) -> None:
        self._path = path
        self._folder = path.parent if folder is None else folder
        self._kinds = kinds
        self._sha256 = document.sha256
        self._environment = environment
        self.problems: list[Problem] = []
        self.unset: list[Problem] = []
        self.declared: Mapping[str, models.Input] = {}
        self.values: frozenset[str] = frozenset()
        self.document: models.Document | None = None
        self._specs: Mapping[str, CheckSpec] = {}
        self._top = with_environment(document.top, environment, self.problems)

    def playbook(self, given: InputValues | None, *, partly: bool = False) -> Playbook | None:
        """The playbook; None where there are problems, or without inputs (`given` is None). `partly`: what is wrong
        with the values of inputs is `unset`, and no problem."""
        declared = self.declared = self._each("inputs", models.Input)
        resolved = self._inputs(declared, given, self.unset if partly else self.problems)
        self.values = frozenset(name for name, value in resolved.values.items() if value)
        top = with_defaults(self._top, lambda check, key: can_have(check, key, self._kinds))
        self._default_problems()
        self._top = self._filled(top, resolved, lenient=given is None or partly)
        secret = {name for name, each in declared.items() if each.secret}
        self._misplaced_secrets(secret)
        self.problems += literal_credentials(self._top, secret)
        document, found = validate(models.Document, self._top)
        self.problems += found
        self.document = document
        checks = self._specs = self._checks()
        sections = Sections(
            top=self._top,
            targets=self._each("targets", models.Target),
            levers=self._each("levers", models.Lever),
            gates=self._each("gates", models.Gate),
            checks=checks,
            suites=self._each("suites", models.Suite),
            hints=self._hints(),
            course=self._course(),
            watched=self._watched(),
            procedures=self._each("procedures", procedure_models.Procedure),
        )
        self.problems += reference_problems(sections)
        self._address_problems(look=given is not None)
        if document is None or given is None or self.problems:
            return None
        return self._built(document, checks, resolved, declared)

    def _each(self, section: str, model: type[M]) -> dict[str, M]:
        """The entries of a section that hold; the model of the whole reports the others."""
        entries = self._top.child(section).entries.items()
        made = {name: validate(model, entry.node)[0] for name, entry in entries}
        return {name: each for name, each in made.items() if each is not None}

    def _course(self) -> CourseSections:
        templates = self._top.child("templates").entries.items()
        texts = {name: _template(entry.node) for name, entry in templates}
        return CourseSections(
            steps=self._each("steps", course_models.Step),
            phases=self._each("phases", course_models.Phase),
            channels=self._each("channels", course_models.Channel),
            routes=validate(course_models.Routes, self._top.child("routes"))[0],
            updates=self._each("updates", course_models.Update),
            templates={name: text for name, text in texts.items() if text is not None},
        )

    def _watched(self) -> SignalSections:
        return SignalSections(
            sources=self._sources(),
            signals=self._each("signals", signal_models.Signal),
            slos=self._each("slos", signal_models.Slo),
            baselines=self._each("baselines", signal_models.Baseline),
            triggers=self._each("triggers", signal_models.Trigger),
        )

    def _sources(self) -> dict[str, AnySource]:
        """The sources that hold, each of its own kind."""
        found: dict[str, AnySource] = {}
        for name, entry in self._top.child("sources").entries.items():
            kind = entry.node.get("kind") if isinstance(entry.node, nodes.Mapping) else None
            model = SOURCES.get(str(kind.value)) if isinstance(kind, nodes.Scalar) else None
            made = validate(model, entry.node)[0] if model else None
            if made is not None:
                found[name] = made
        return found

    def _hints(self) -> list[tuple[int, models.Hint]]:
        listed = self._top.get("hints")
        items = listed.items if isinstance(listed, nodes.Sequence) else ()
        made = [(index, validate(models.Hint, item)[0]) for index, item in enumerate(items)]
        return [(index, hint) for index, hint in made if hint is not None]

    def _inputs(
        self, declared: Mapping[str, models.Input], given: InputValues | None, told: list[Problem]
    ) -> Resolved:
        section = self._top.child("inputs")
        if given is None:
            values = {name: each.default for name, each in declared.items() if each.default is not None}
            return Resolved(values, {}, tuple(section.entries))
        resolved, problems = resolve(declared, section, given, self._folder)
        told += problems
        # An input whose declaration has a fault is declared all the same, and its fault is reported.
        faulty = frozenset(section.entries) - frozenset(declared)
        return replace(resolved, declared=tuple(section.entries), reported=resolved.reported | faulty)

    def _filled(self, top: nodes.Mapping, resolved: Resolved, *, lenient: bool) -> nodes.Mapping:
        known = resolved.known(lenient=lenient)
        entries = {
            key: entry
            if key in _NOT_FILLED
            else Entry(entry.key_place, fill(entry.node, known, self.problems, (key,)))
            for key, entry in top.entries.items()
        }
        return replace(top, entries=entries)

    def _misplaced_secrets(self, secret: set[str]) -> None:
        """Secrets are for addresses, credentials and the parameters of checks; everything else is shown to people."""
        for path, scalar in nodes.paths(self._top):
            names = [name for name in scalar.inputs if name in secret]
            if names and not _may_be_secret(path):
                message = f"the secret input '{names[0]}' does not belong here: this is shown to people"
                self.problems.append(scalar.place.problem(key_path(path), message))

    def _checks(self) -> dict[str, CheckSpec]:
        entries = self._top.child("checks").entries.items()
        made = {name: check_spec(name, entry, self._kinds, self.problems) for name, entry in entries}
        return {name: check for name, check in made.items() if check is not None}

    def _default_problems(self) -> None:
        """A default for checks has to be known to some kind."""
        known = [*COMMON, *(name for kind in self._kinds.values() for name in field_names(kind.params))]
        for key, entry in self._top.child("defaults").child("check").entries.items():
            if key not in known:
                path = key_path(("defaults", "check", key))
                message = "no kind of check knows this key"
                self.problems.append(entry.key_place.problem(path, message, did_you_mean(key, known)))

    def _address_problems(self, *, look: bool) -> None:
        for name, entry in self._top.child("targets").entries.items():
            if isinstance(entry.node, nodes.Mapping):
                self.problems += build.target_problems(name, entry.node, self._folder, look=look)
        for name, entry in self._top.child("channels").entries.items():
            if isinstance(entry.node, nodes.Mapping):
                self.problems += build.address_problems(f"channels.{name}", entry.node, ("url", "api"))

    def _built(
        self,
        document: models.Document,
        checks: Mapping[str, CheckSpec],
        resolved: Resolved,
        declared: Mapping[str, models.Input],
    ) -> Playbook:
        targets = self._targets(document)
        gates = {name: build.gate(name, model) for name, model in document.gates.items()}
        slack = {name: access for name, model in document.channels.items() if (access := slack_access(model))}
        planned = self.course(document)
        hooks = {name: hook for name, model in document.channels.items() if (hook := hook_access(model))}
        return Playbook(
            path=str(self._path),
            sha256=self._sha256,
            launch=build.launch_info(document.launch, targets),
            targets=targets,
            levers={name: build.lever(name, model) for name, model in document.levers.items()},
            gates=gates,
            checks=checks,
            suites={name: build.suite(name, model) for name, model in document.suites.items()},
            hints=tuple(build.hint(model) for model in document.hints),
            deeds=dict(Procedures(document, planned.levers, self._top, targets).deeds()),
            course=planned,
            environment=self._environment or "",
            slack=slack,
            hooks=hooks,
            sources={name: source_spec(name, model) for name, model in document.sources.items()},
            secrets=_with_credentials(resolved.secrets, slack, hooks),
        )

    def course(self, document: models.Document) -> Course:
        """What a launch goes through."""
        targets = self._targets(document)
        gates = {name: build.gate(name, model) for name, model in document.gates.items()}
        launch = build.launch_info(document.launch, targets)
        return course(document, launch, targets, gates, self._specs, self._top)

    def _targets(self, document: models.Document) -> dict[str, Target]:
        section = self._top.child("targets").entries
        return {
            name: build.target(name, model, section[name].node, self._folder)
            for name, model in document.targets.items()
        }


def _with_credentials(
    secrets: Mapping[str, str], slack: Mapping[str, SlackAccess], hooks: Mapping[str, HookAccess]
) -> dict[str, str]:
    """The secrets, and what gives access to channels, also where the playbook's author did not say that it is
    secret."""
    found = dict(secrets)
    given = [(f"{name}_token", one.token) for name, one in slack.items()]
    given += [(f"{name}_webhook", one.webhook) for name, one in slack.items()]
    given += [(f"{name}_url", one.url) for name, one in hooks.items()]
    given += [(f"{name}_secret", one.secret) for name, one in hooks.items()]
    for name, value in given:
        if value and value not in found.values():
            found[name.upper()] = value
    return found
