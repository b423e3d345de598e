"""All scenarios by name, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.soak import (
    actions,
    clocks,
    disks,
    kills,
    owners,
    slack_hooks,
    slack_kills,
    slack_meddled,
    slack_parts,
    storage,
    terminals,
    voyages,
)
from tests.soak.row import Row, Scale

Scenario = Callable[[Path, Scale], Iterator[Row]]

SCENARIOS: Final[Mapping[str, Scenario]] = {
    "kills": kills.at_random,
    "points": kills.at_each_point,
    "wrong-engines": kills.wrong_engines,
    "actions": actions.kills,
    "actions-wrong": actions.wrong_engines,
    "slack-kills": slack_kills.kills,
    "slack-refused": slack_kills.refused,
    "slack-status": slack_kills.status,
    "slack-meddled": slack_meddled.kills,
    "slack-parts": slack_parts.kills,
    "slack-webhook": slack_hooks.kills,
    "slack-wrong": slack_kills.wrong_engines,
    "stopped-owner": owners.stopped,
    "take-over": owners.taken_over,
    "pairs": owners.pairs,
    "full-disk": disks.full,
    "failing-disk": disks.failing,
    "read-only-disk": disks.read_only,
    "broken-disk": disks.broken,
    "unflushed-disk": disks.unflushed,
    "hanging-disk": disks.hanging,
    "clock-steps": clocks.stepped,
    "slow-clock": clocks.corrected,
    "zones": clocks.zones,
    "terminal": terminals.headless,
    "console": terminals.console,
    "signals": terminals.signals,
    "taken-away": storage.taken_away,
    "refused": storage.refused,
    "evidence-disk": storage.evidence_full,
    "voyages": voyages.random_voyages,
    "laws": voyages.laws,
}
