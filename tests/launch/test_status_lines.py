"""What the log says of the status message and the dead-man switch: what is news, and not that all is well."""

from __future__ import annotations

from typing import Any

import pytest

from tests.launch.course import T0, entry
from tests.launch.in_slack import in_slack
from warroom.launch.status_folding import APPLY
from warroom.report.launch_lines import log_line

ALARM = {"number": 3, "key": "k", "channel": "c", "since": "x", "fires_at": "2025-11-01T02:15:00.000Z"}
SAID = [
    ("engine.stopping", {"by": "ada"}, "the engine is stopped by ada"),
    ("live.posted", {"number": 1}, "status message 1 stands in Slack"),
    ("live.due", {"number": 1, "reason": "why"}, "status message not posted: why; it is tried again"),
    ("live.unclear", {"number": 1, "reason": "why"}, "status message: checking whether it arrived (why)"),
    ("live.edited", {"number": 1, "again": True}, "status message edited again"),
    ("live.failing", {"number": 1, "reason": "why"}, "status message not edited: why; it is tried again"),
    ("live.gone", {"number": 1, "reason": "why"}, "status message 1 takes no more edits: why"),
    ("deadman.failing", {"number": 3, "reason": "why"}, "dead-man switch not renewed: why; it is tried again"),
    (
        "deadman.stays",
        {"number": 3, "reason": "why"},
        "dead-man switch: the last one is not deleted: why; tried again",
    ),
    ("deadman.fired", {"number": 3, "ref": "r"}, "dead-man switch: Slack posted alarm 3, it is answered"),
    (
        "deadman.arming",
        {**ALARM, "by": "ada"},
        "Slack says at 2025-11-01T02:15:00.000Z that ada stopped the engine, unless one runs by then",
    ),
]
UNSAID = [
    ("live.posting", {"number": 1}),
    ("live.editing", {"number": 1}),
    ("live.edited", {"number": 1, "digest": "d"}),
    ("live.absent", {"number": 1}),
    ("deadman.arming", ALARM),
    ("deadman.armed", {"number": 3, "id": "Q"}),
    ("deadman.disarming", {"number": 3}),
    ("deadman.gone", {"number": 3}),
    ("deadman.leaving", {"number": 3, "reason": "why"}),
    ("deadman.unlisted", {"number": 3}),
    ("deadman.answering", {"number": 3}),
]


@pytest.mark.parametrize(("kind", "body", "text"), SAID, ids=[f"{row[0]} is news" for row in SAID])
def test_what_is_said(kind: str, body: dict[str, Any], text: str) -> None:
    line = log_line(entry(in_slack(), kind, body, T0))
    assert line is not None
    assert line.text == text


@pytest.mark.parametrize(("kind", "body"), UNSAID, ids=[f"{row[0]} is not" for row in UNSAID])
def test_what_is_not(kind: str, body: dict[str, Any]) -> None:
    assert log_line(entry(in_slack(), kind, body, T0)) is None


def test_every_kind_is_one_or_the_other() -> None:
    assert set(APPLY) <= {row[0] for row in (*SAID, *UNSAID)}
