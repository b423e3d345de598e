"""What the shipped playbook measures against the simulated services, for posts to tell."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.cli.running import verify


@cache
def measured(scenario: str, suite: str) -> Any:
    """The JSON report of a real run."""
    with TemporaryDirectory() as folder:
        return verify(scenario, Path(folder), "--suite", suite, patient=False).report


def found(scenario: str, suite: str = "verify", cause: str = "phase:verify") -> dict[str, Any]:
    """The body of `suite.finished` for a real run; what differs from run to run is fixed."""
    report = measured(scenario, suite)
    return {
        "suite": suite,
        "cause": cause,
        **{key: report[key] for key in ("verdict", "word", "reason")},
        "evidence_log": "auto_com_center_evidence_20251101T020502Z.log",
        "outcomes": report["checks"],
    }


def same_every_time(text: str) -> str:
    """The text without what differs from run to run: the latency that was measured, the ports of the services."""
    return re.sub(r"P95: \d+\.\d+ms", "P95: 42.0ms", re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text))
