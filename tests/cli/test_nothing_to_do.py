"""A playbook of which a launch would do nothing is none to run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.left import left, refusal

CHECKS = """
warroom: 1
launch: {id: quiet, title: Quiet}
targets: {app: {url: "http://127.0.0.1:9"}}
checks:
  health: {kind: canary, target: app, path: /health}
"""


def test_a_launch_that_would_do_nothing_is_refused_with_what_to_add_and_leaves_nothing(tmp_path: Path) -> None:
    told = refusal(lambda: left(tmp_path, CHECKS))
    assert "would have nothing to do: it has no phases, steps, updates, signals or triggers" in told
    assert f"its checks run with: warroom verify {tmp_path / 'quiet.yaml'}" in told
    assert [path.name for path in (tmp_path / "state").iterdir() if path.is_dir()] == []


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("steps: {publish: {do: Click Publish}}", id="a step"),
        pytest.param("phases: {soak: {from: T+0s}}", id="a phase"),
        pytest.param("gates: {search: {title: Search team}}", id="a gate"),
        pytest.param('levers: {SEND: {expect: "true", read: {target: app, path: /state}}}', id="a lever"),
    ],
)
def test_one_with_anything_to_do_or_to_follow_is_opened(tmp_path: Path, more: str) -> None:
    assert left(tmp_path, f"{CHECKS}{more}\n").folder.is_dir()
