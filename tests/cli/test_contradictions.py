"""What contradicts itself on a command line is refused, and nothing is asked of an engine."""

from __future__ import annotations

from pathlib import Path

from tests.cli.left import refusal
from warroom.cli.launch_commands import t0


def test_an_instant_and_scrub_are_not_taken_together(tmp_path: Path) -> None:
    told = refusal(lambda: t0("quiet", at="2025-11-01T02:00:00Z", reason="rain", scrub=True, state=tmp_path))
    assert "--scrub takes T0 back, and '2025-11-01T02:00:00Z' sets it" in told
