"""The real engine, killed inside actions: what a trigger runs is done once, and called done only when it was read."""

from __future__ import annotations

from pathlib import Path

from tests.soak import actions
from tests.soak.proof import proved


def test_kill_9_at_each_point_of_an_action_leaves_it_done_once_and_truly_told(tmp_path: Path) -> None:
    (row,) = proved(actions.kills, tmp_path)
    assert min(row.figures["activations"], row.figures["verified"]) > 1


def test_the_harness_finds_engines_out_that_act_twice_or_do_not_read_back(tmp_path: Path) -> None:
    proved(actions.wrong_engines, tmp_path)
