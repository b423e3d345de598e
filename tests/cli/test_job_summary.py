"""The summary of a GitHub job: when it is written, and how much of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import verify


def test_the_summary_of_a_job_is_added_for_a_report_of_that_format_too(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    options = ["--only", "providers", "--report", f"github={tmp_path / 'commands'}"]
    ended = verify("provider-failing", tmp_path / "e", *options, inputs={"GITHUB_STEP_SUMMARY": str(summary)})
    assert ended.code == 1
    assert "::error title=Delivery providers" in (tmp_path / "commands").read_text("utf-8")
    assert "Delivery providers" in summary.read_text("utf-8")


@pytest.mark.parametrize(("room", "is_added"), [(1_500, True), (100, False)], ids=["some room", "no room"])
def test_the_summary_of_a_job_keeps_within_what_github_takes_from_a_step(
    room: int, is_added: bool, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("x" * (1_048_576 - room), encoding="utf-8")
    ended = verify("steady", tmp_path / "e", "--format", "github", inputs={"GITHUB_STEP_SUMMARY": str(summary)})
    assert ended.code == 0
    assert summary.stat().st_size <= 1_048_576
    assert ("left out" in summary.read_text("utf-8")[-200:]) == is_added
    assert ("the job summary has no room left" in ended.err) != is_added
