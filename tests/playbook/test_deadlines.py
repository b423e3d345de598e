"""A check's own deadline and what its parameters say about how long it takes never contradict each other."""

from pathlib import Path

import pytest

from tests.playbook.small import load, said, write
from warroom.checks import BUILTIN

KINDS = {kind.name: kind for kind in BUILTIN}
PLAYBOOK = """\
warroom: 1
launch: {{id: small}}
targets:
  app: {{url: "http://127.0.0.1:9"}}
{defaults}checks:
  slow:
    kind: {kind}
    {keys}
"""
EVENTUALLY = "target: app\n    every: 5s\n    "
COMMAND = "argv: [/bin/true]"


def playbook(folder: Path, kind: str, keys: str, defaults: str = "") -> Path:
    return write(folder, PLAYBOOK.format(kind=kind, keys=keys, defaults=defaults))


@pytest.mark.parametrize(
    ("kind", "keys", "timeout_s"),
    [
        pytest.param("eventually", EVENTUALLY + "within: 5m", 305, id="it follows a longer within"),
        pytest.param("eventually", EVENTUALLY + "within: 10s", 30, id="a shorter within changes nothing"),
        pytest.param("eventually", EVENTUALLY + "within: 5m\n    timeout: 301s", 301, id="the one given holds"),
        pytest.param("command", COMMAND + "\n    command_timeout: 2m", 125, id="it follows a longer command_timeout"),
        pytest.param("command", COMMAND + "\n    timeout: 4s", 4, id="a default is no contradiction"),
        pytest.param("http", "target: app", 30, id="a kind that does not say how long it lasts"),
    ],
)
def test_the_deadline_of_a_check(tmp_path: Path, kind: str, keys: str, timeout_s: float) -> None:
    assert load(playbook(tmp_path, kind, keys), kinds=KINDS).checks["slow"].timeout_s == timeout_s


WITHIN = "should be longer than `within` (5m): the check would be ended before (without `timeout` it is long enough)"


@pytest.mark.parametrize(
    ("kind", "keys", "defaults", "told"),
    [
        pytest.param(
            "eventually", EVENTUALLY + "within: 5m\n    timeout: 60s", "", f"11:14: checks.slow.timeout: {WITHIN}",
            id="shorter than within",
        ),
        pytest.param(
            "eventually", EVENTUALLY + "within: 5m\n    timeout: 300s", "", f"11:14: checks.slow.timeout: {WITHIN}",
            id="as long as within",
        ),
        pytest.param(
            "eventually", EVENTUALLY + "within: 5m", "defaults:\n  check: {timeout: 20s}\n",
            f"6:20: checks.slow.timeout: {WITHIN}", id="a default for every check, at its own place",
        ),
        pytest.param(
            "command", COMMAND + "\n    command_timeout: 2m\n    timeout: 30s", "",
            f"10:14: checks.slow.timeout: {WITHIN.replace('within` (5m', 'command_timeout` (2m')}",
            id="shorter than command_timeout",
        ),
    ],
)  # fmt: skip
def test_a_deadline_that_ends_the_check_before_it_may_give_up_is_an_error(
    tmp_path: Path, kind: str, keys: str, defaults: str, told: str
) -> None:
    assert said(playbook(tmp_path, kind, keys, defaults), kinds=KINDS) == [told]
