"""Credentials that stand in a playbook, or come from an input that is not secret."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from warroom.errors import Problem
from warroom.playbook.masking import SLACK
from warroom.playbook.nodes import Mapping, Path, Scalar, key_path, paths

_OF_CHANNELS: Final = ("token", "webhook", "secret")
_INSTEAD: Final = "take it from a secret input: ${NAME}"


def literal_credentials(top: Mapping, secret: Collection[str]) -> Iterator[Problem]:
    """A problem for each credential that is not from an input in `secret`, in the order of the file; `top` with its
    inputs filled in. No problem shows it."""
    for path, scalar in paths(top):
        if problem := _problem(path, scalar, secret):
            message, instead = problem
            yield scalar.place.problem(key_path(path), message, instead)


def _problem(path: Path, scalar: Scalar, secret: Collection[str]) -> tuple[str, str] | None:
    if len(path) == 3 and path[0] == "channels" and path[2] in _OF_CHANNELS and scalar.shown:
        if not scalar.inputs:
            return "a credential does not belong into a playbook", _INSTEAD
        if not any(name in secret for name in scalar.inputs):
            return f"{scalar.giver} gives it, which is not secret", "declare it with `secret: true`"
    if SLACK.search(scalar.shown):
        return "a credential of Slack does not belong into a playbook", _INSTEAD
    return None
