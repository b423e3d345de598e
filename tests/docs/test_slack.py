"""What docs/slack.md tells to paste is an app that can do what Warroom does."""

from __future__ import annotations

import re

from tests.contracts.tree import ROOT
from warroom.simulator.slack_methods import SCOPES


def test_the_manifest_asks_for_the_scopes_that_every_call_needs_and_no_other() -> None:
    [scopes] = re.findall(r"^ +bot: \[(.*)\]$", (ROOT / "docs/slack.md").read_text("utf-8"), re.MULTILINE)
    assert tuple(scopes.split(", ")) == SCOPES
