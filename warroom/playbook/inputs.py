"""Where the values of inputs come from: --input, the environment, --env-file, a file, the default, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from warroom.errors import PlaybookError, Problem
from warroom.playbook.env_file import read_env_file
from warroom.playbook.interpolate import Known
from warroom.playbook.models import Input
from warroom.playbook.nodes import Mapping as MappingNode
from warroom.playbook.nodes import Place
from warroom.playbook.reading import read_bytes
from warroom.text import clean, did_you_mean

SHORTEST_SECRET: Final = 8
_LONGEST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class InputValues:
    """What a command was given: `overrides` from --input, the environment's variables, the --env-file or None."""

    overrides: Mapping[str, str] = field(default_factory=dict, repr=False)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    env_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The inputs of a playbook with their values: `values` of those that have one, `secrets` those of secret ones."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    declared: tuple[str, ...] = ()
    reported: frozenset[str] = frozenset()

    def known(self, *, lenient: bool = False) -> Known:
        """What interpolation needs."""
        return Known(self.values, self.declared, self.reported, lenient)


def resolve(
    declared: Mapping[str, Input], section: MappingNode, given: InputValues, folder: Path
) -> tuple[Resolved, list[Problem]]:
    """The value of every input, and every problem with them at once; no problem shows a value.

    `section` says where each input is declared; files of secrets are relative to `folder`. An empty value counts as
    not given, except from --input.
    """
    problems = _stray_overrides(list(section.entries), declared, given.overrides)
    sources: list[tuple[str, Mapping[str, str]]] = [("the environment", given.environ)]
    # What a file that cannot be read would have given is not known to be missing.
    is_whole = True
    if given.env_file:
        try:
            sources.append((clean(str(given.env_file)), read_env_file(given.env_file)))
        except PlaybookError as error:
            problems += error.problems
            is_whole = False
    values: dict[str, str] = {}
    reported: set[str] = set()
    for name, model in declared.items():
        place = section.entries[name].key_place if name in section.entries else section.place
        search = _Search(name, model, place, folder, is_whole=is_whole)
        value = search.value(given.overrides, sources)
        if search.problems:
            problems += search.problems
            reported.add(name)
        elif value is not None:
            values[name] = value
        elif not is_whole:
            reported.add(name)
    secrets = {name: value for name, value in values.items() if declared[name].secret and value}
    return Resolved(values, secrets, tuple(declared), frozenset(reported)), problems


def _stray_overrides(names: list[str], declared: Mapping[str, Input], overrides: Mapping[str, str]) -> list[Problem]:
    problems = []
    for name in overrides:
        if name not in names:
            near = did_you_mean(name, names) or "inputs are declared under `inputs` in the playbook"
            problems.append(Problem("--input", 0, 0, clean(name, limit=80), "the playbook has no such input", near))
        elif name in declared and declared[name].secret:
            message, instead = "a secret given so shows in the process list", "use the environment or --env-file"
            problems.append(Problem("--input", 0, 0, name, message, instead))
    return problems


class _Search:
    """The search for one input's value."""

    def __init__(self, name: str, model: Input, place: Place, folder: Path, *, is_whole: bool) -> None:
        self._name = name
        self._model = model
        self._place = place
        self._folder = folder
        self._is_whole = is_whole
        self.problems: list[Problem] = []

    def value(self, overrides: Mapping[str, str], sources: list[tuple[str, Mapping[str, str]]]) -> str | None:
        """The value; None where nothing gives one, or where what gives one has a problem."""
        value, source = self._first(overrides, sources)
        if not value and self._model.required and self._is_whole and not self.problems:
            self._missing()
        elif value:
            self._check(value, source)
        return None if self.problems else value

    def _first(
        self, overrides: Mapping[str, str], sources: list[tuple[str, Mapping[str, str]]]
    ) -> tuple[str | None, str]:
        if self._name in overrides and not self._model.secret:
            return overrides[self._name], "--input"
        variable = self._model.env or self._name
        for source, values in sources:
            if values.get(variable):
                return values[variable], source
        if self._model.file:
            return self._from_file(self._model.file), "its file"
        return self._model.default, "its default"

    def _from_file(self, name: str) -> str | None:
        path = self._folder / name
        try:
            data = read_bytes(path, name, _LONGEST)
        except PlaybookError as error:
            for problem in error.problems:
                self._problem(f"its file {name} {problem.message}")
            return None
        text = data.decode("utf-8", "surrogateescape")
        return text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")

    def _check(self, value: str, source: str) -> None:
        if len(value) > _LONGEST:
            self._problem(f"the value from {source} is longer than {_LONGEST // 1024} KiB")
        elif any(char < " " or "\x7f" <= char <= "\x9f" or "\ud800" <= char <= "\udfff" for char in value):
            self._problem(
                f"the value from {source} has a line break, another control character or bytes that are not UTF-8"
            )
        elif self._model.secret and len(value) < SHORTEST_SECRET:
            self._problem(
                f"the value from {source} is shorter than {SHORTEST_SECRET} characters",
                "a secret that short cannot be told from other text, and so not be kept out of reports",
            )

    def _missing(self) -> None:
        what = f": {self._model.description}" if self._model.description else ""
        variable = self._model.env or self._name
        ways = f"set {variable} in the environment or in --env-file"
        if not self._model.secret:
            ways = f"set {variable} in the environment, in --env-file or with --input {self._name}=VALUE"
        self._problem(f"is required and not set{what}", ways)

    def _problem(self, message: str, suggestion: str = "") -> None:
        self.problems.append(self._place.problem(f"inputs.{self._name}", message, suggestion))
