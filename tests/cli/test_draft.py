"""`warroom draft` as a real process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.launching import Desk, ago

PLAYBOOK = """
warroom: 1
launch: {id: quiet, title: Quiet}
channels:
  file: {kind: file, path: war-room.txt}
updates:
  once: {title: Once, channel: file, template: once, at: T+1h}
templates:
  once: "once {{ post.time }}"
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    playbook = tmp_path / "quiet.yaml"
    playbook.write_text(PLAYBOOK, "utf-8")
    return Desk(tmp_path / "state", {}, playbook)


def test_a_remark_is_seen_in_the_status_and_leaves_with_the_post(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        assert desk.ask("draft", "T+1h", "-", launch="quiet", stdin="two\nlines\n").code == 0
        assert "two\\nlines]" in desk.ask("status", launch="quiet").out
        assert desk.ask("post", "T+1h", launch="quiet").code == 0
        engine.wait_for("update.confirmed", slot="once@T+1h")
        refused = desk.ask("draft", "T+1h", "late", launch="quiet")
        assert (refused.code, "is confirmed already" in refused.err) == (2, True)
    text = (desk.folder() / "war-room.txt").read_text("utf-8")
    assert "once T+1h\nRemark by " in text
    assert ": two\n  lines\n" in text
