"""What the harness waits for, and what it says when that never comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.oracle import standing
from tests.soak.slack_hooks import HookBeats, HookYard
from tests.soak.slack_there import SlackThere
from tests.soak.yard import Beats, ago
from warroom.clock import RealClock
from warroom.journal.journal import Journal
from warroom.simulator.slack_faults import Fault


def test_what_falls_due_later_is_not_owed_now() -> None:
    beats = Beats(last_s=9, channels=("one",), once=(2, 5))
    assert beats.owed(3) == ["one@T+1s", "one@T+2s", "one@T+3s", "once2@T+2s"]
    assert set(beats.owed()) == {*beats.owed(9)}


def test_how_a_slot_stands_is_the_last_that_the_journal_says_of_it(tmp_path: Path) -> None:
    with Journal.open(tmp_path, "soak", RealClock()) as journal:
        journal.append("update.due", {"slot": "one@T+2s", "merged": ["one@T+1s"]})
        journal.append("update.sending", {"slot": "one@T+2s", "attempt": 3})
        journal.append("update.due", {"slot": "once1@T+1s"})
        last = journal.append("update.unknown", {"slot": "once1@T+1s", "reason": "Slack answered 503"})
    at = f"{last.at:%H:%M:%S}"
    merged, once, none = standing(tmp_path, ["one@T+1s", "once1@T+1s", "two@T+1s"])
    assert merged.startswith("one@T+1s: update.sending of one@T+2s, attempt 3, at ")
    assert once == f"once1@T+1s: update.unknown, at {at}: Slack answered 503"
    assert none == "two@T+1s: not in the journal"


def test_a_wait_that_is_given_up_names_what_is_owed(tmp_path: Path) -> None:
    with SlackThere() as slack:
        yard = HookYard(tmp_path, HookBeats(last_s=900, first_s=800, once=(1,)), ago(5), slack)
        slack.ails([Fault("services/*", "status", False, "503", 1_000_000)], 0.0)
        with pytest.raises(AssertionError, match=r"^never: all that was due .+; owed: once1@T\+1s: "):
            yard.catch_up(1.0)
