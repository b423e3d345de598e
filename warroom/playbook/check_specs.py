"""Checks: what all have in common by our model, everything else by the model of their kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from warroom.contract import AnyKind, Parameters
from warroom.errors import Problem
from warroom.playbook import nodes
from warroom.playbook.fields import field_names
from warroom.playbook.loaded import CheckSpec, Tolerance
from warroom.playbook.models import Check, Tolerate
from warroom.playbook.models import listed as words
from warroom.playbook.nodes import Scalar, key_path
from warroom.playbook.validate import validate
from warroom.text import clean, did_you_mean
from warroom.units import format_duration
from warroom.verdict import Verdict

# For what a kind does after the time that it may take, such as ending a command.
_SPARE: Final = timedelta(seconds=5)
COMMON: Final = tuple(field_names(Check))


def kind_of(node: nodes.Node, kinds: Mapping[str, AnyKind]) -> AnyKind | None:
    """The kind that a check names; None where it names none that is known."""
    named = node.get("kind") if isinstance(node, nodes.Mapping) else None
    return kinds.get(str(named.value)) if isinstance(named, Scalar) else None


def can_have(node: nodes.Mapping, key: str, kinds: Mapping[str, AnyKind]) -> bool:
    """Whether a check, by its kind, can have `key`."""
    kind = kind_of(node, kinds)
    return key in COMMON or (kind is not None and key in field_names(kind.params))


def check_spec(
    check_id: str, entry: nodes.Entry, kinds: Mapping[str, AnyKind], problems: list[Problem]
) -> CheckSpec | None:
    """The check that stands in `entry`; None with its problems appended where it does not hold."""
    node, path = entry.node, ("checks", check_id)
    if not isinstance(node, nodes.Mapping):
        return None  # the model of the whole says so
    kind = kind_of(node, kinds)
    own = {key: each for key, each in node.entries.items() if key not in COMMON}
    common, found = validate(Check, node.without(*own), path)
    problems += [problem for problem in found if not (problem.key.endswith(".kind") and kind is None)]
    if kind is None:
        problems += _unknown_kind(check_id, node, entry.key_place, kinds)
        return None
    params, found = validate(kind.params, nodes.Mapping(own, entry.key_place), path, also=COMMON)
    problems += found
    if common is None or params is None:
        return None
    problems += _too_short(kind, params, common, node, path)
    return CheckSpec(
        id=check_id,
        kind=kind,
        title=clean(common.title) or check_id,
        params=params,
        required=common.required,
        timeout_s=_deadline_s(kind, params, common),
        tolerate=_tolerance(common.tolerate) if common.tolerate else None,
        max_age_s=common.max_age.total_seconds() if common.max_age else None,
        needs=dict(kind.needs(params)),
        place=str(entry.key_place),
    )


def _lasts(kind: AnyKind, params: Parameters) -> timedelta:
    return getattr(params, kind.lasts) if kind.lasts else timedelta(0)


def _deadline_s(kind: AnyKind, params: Parameters, common: Check) -> float:
    """The check's own where the playbook gives it; else at least as long as the parameters say that it lasts."""
    if "timeout" in common.model_fields_set:
        return common.timeout.total_seconds()
    return max(common.timeout, _lasts(kind, params) + _SPARE).total_seconds()


def _too_short(
    kind: AnyKind, params: Parameters, common: Check, node: nodes.Mapping, path: nodes.Path
) -> list[Problem]:
    """A deadline and a duration that contradict each other: the check would be ended before it may give up."""
    both_given = "timeout" in common.model_fields_set and kind.lasts in params.model_fields_set
    if not both_given or common.timeout > _lasts(kind, params):
        return []
    given, lasts = node.get("timeout") or node, format_duration(_lasts(kind, params))
    message = f"should be longer than `{kind.lasts}` ({lasts}): the check would be ended before"
    return [given.place.problem(key_path((*path, "timeout")), message, "without `timeout` it is long enough")]


def _unknown_kind(
    check_id: str, node: nodes.Mapping, key_place: nodes.Place, kinds: Mapping[str, AnyKind]
) -> list[Problem]:
    named, known = node.get("kind"), sorted(kinds)
    there_is = "there is: " + ", ".join(known)
    key = f"checks.{check_id}.kind"
    if named is None:
        return [key_place.problem(key, "is missing", there_is)]
    if not isinstance(named, Scalar) or named.value is None:
        return [named.place.problem(key, "should be the name of a kind", there_is)]
    if named.unfilled:
        return []
    near = "" if named.inputs else did_you_mean(str(named.value), known)
    return [named.place.problem(key, f"there is no kind '{named.shown}'", near or there_is)]


def _tolerance(model: Tolerate) -> Tolerance:
    expect = {clean(name): words(value) for name, value in model.expect.items()}
    return Tolerance(model.gate, expect, Verdict(model.as_))
