"""The course of the shipped playbook, and entries to lead a launch along it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from tests.playbook.small import load
from tests.playbook.test_shipped import AUTO_COM_CENTER, ENVIRON, KINDS
from warroom.launch.entries import Entry
from warroom.launch.folding import step
from warroom.launch.state import LaunchState, begin
from warroom.playbook.course import Course

T0 = datetime(2025, 11, 1, 2, 0, tzinfo=UTC)
LAUNCH = "auto_com_center-1"
TIMES = ("T+5m", "T+15m", *(f"T+{hour}h" for hour in range(1, 7)), *(f"T+{hour}h" for hour in range(8, 49, 4)))
SHA256 = "0" * 64
BUILD = {"build_id": "b-4711", "deployed_at": "2025-11-01T02:04:00Z"}


@cache
def course() -> Course:
    """What `playbooks/auto_com_center.yaml` plans."""
    return load(AUTO_COM_CENTER, environ=ENVIRON, kinds=KINDS).course


def entry(state: LaunchState, kind: str, body: Mapping[str, Any], at: datetime, epoch: int = 1) -> Entry:
    """The next entry of a launch that stands at `state`; without hashes, which no fold looks at."""
    return Entry(state.seq + 1, LAUNCH, at, "boot", 0, epoch, "engine", kind, body, "", "")


def after(state: LaunchState, kind: str, at: datetime, epoch: int = 1, /, **body: Any) -> LaunchState:
    """`state` with one more entry."""
    return step(state, entry(state, kind, body, at, epoch))


def opened(t0: datetime | None = T0, plan: Course | None = None) -> LaunchState:
    """A launch that has begun, by default with T0."""
    state = after(begin(plan or course()), "launch.opened", T0, playbook_sha256=SHA256)
    return after(state, "t0.set", T0, at=t0.isoformat(), by="ann", reason="") if t0 else state
