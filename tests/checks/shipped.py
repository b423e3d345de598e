"""Checks as the shipped playbook declares them, so that a test of a requirement tests what users run."""

from pathlib import Path

from warroom.checks import all_kinds
from warroom.playbook.inputs import InputValues
from warroom.playbook.load import load_playbook
from warroom.playbook.loaded import CheckSpec, Playbook

_PATH = Path(__file__).parents[2] / "playbooks" / "auto_com_center.yaml"


def playbook(inputs: dict[str, str]) -> Playbook:
    """The playbook of auto_com_center with the inputs of a simulator."""
    return load_playbook(_PATH, kinds=all_kinds(), inputs=InputValues(environ=inputs))


def check(name: str, inputs: dict[str, str]) -> CheckSpec:
    """One of its checks."""
    return playbook(inputs).checks[name]
