"""The real engine, killed while Slack fails, too: what it accepted in the end is each update once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import slack_hooks, slack_kills, slack_meddled, slack_parts
from tests.soak.proof import proved
from warroom.clock import RealClock
from warroom.journal.journal import Journal
from warroom.simulator.slack_room import Message


def test_kill_9_while_slack_fails_loses_and_doubles_nothing(tmp_path: Path) -> None:
    (row,) = proved(slack_kills.kills, tmp_path)
    assert row.figures["of them accepted"] > 0
    assert row.figures["FAILED"] > 0


def test_kill_9_around_files_and_the_rest_of_long_texts_leaves_each_once(tmp_path: Path) -> None:
    (row,) = proved(slack_parts.kills, tmp_path)
    assert min(row.figures["files"], row.figures["rests"]) > 0


def test_kill_9_while_somebody_edits_and_deletes_messages_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    edited, deleted = proved(slack_meddled.kills, tmp_path)
    assert min(edited.figures["edited in doubt, and found"], edited.figures["edited later"]) > 0
    assert min(deleted.figures["deleted in doubt, and sent once more"], deleted.figures["deleted later"]) > 0


def test_a_slack_that_takes_no_connections_delays_only(tmp_path: Path) -> None:
    (row,) = proved(slack_kills.down, tmp_path)
    assert row.figures["connections refused"] > 0


KEY = "wr:soak:one@T+1s"
FOUND = ("update.confirmed", {"key": KEY, "reason": "found in the channel"})
AWAY = ("update.due", {"slot": "one@T+1s", "reason": "Slack could not be reached: Connection refused"})


@pytest.mark.parametrize(
    ("trouble", "entry", "foreign", "wrong"),
    [
        ("others say our keys", FOUND, {KEY}, []),
        ("others say our keys", FOUND, {"another"}, ["never: found beside others with its key"]),
        (
            "others say our keys",
            ("update.confirmed", {"key": KEY}),
            {KEY},
            ["never: found beside others with its key"],
        ),
        ("down", AWAY, set(), []),
        ("down", ("update.due", {"reason": "Slack asks to wait"}), set(), ["never: connections refused"]),
    ],
)
def test_a_trouble_that_was_none_is_found_out(
    tmp_path: Path, trouble: str, entry: tuple[str, dict[str, str]], foreign: set[str], wrong: list[str]
) -> None:
    with Journal.open(tmp_path, "soak", RealClock()) as journal:
        journal.append(*entry)
    (named,) = [one for one in (*slack_kills.TROUBLES, slack_kills.DOWN) if one.name == trouble]
    assert slack_kills.seen_of((named,), tmp_path, foreign)[1] == wrong


SLOT = "one@T+1s"
SENT = ("sending", "unknown")


@pytest.mark.parametrize(
    ("what", "told", "named", "wrong"),
    [
        ("edited", [*SENT, "confirmed"], (), []),
        ("edited", [*SENT, "due", "sending"], (), [f"{SLOT} was edited in doubt, and was not found"]),
        ("deleted", [*SENT, "due", "sending"], (), []),
        ("deleted", [*SENT, "due"], (SLOT,), []),
        (
            "deleted",
            [*SENT, "due"],
            (),
            [f"{SLOT} was deleted in doubt, and nothing says that it came again"],
        ),
    ],
)
def test_what_became_of_a_message_that_somebody_touched_in_doubt_has_to_be_told(
    tmp_path: Path, what: str, told: list[str], named: tuple[str, ...], wrong: list[str]
) -> None:
    with Journal.open(tmp_path, "soak", RealClock()) as journal:
        for kind in told:
            journal.append(f"update.{kind}", {"slot": SLOT, "key": KEY, "reason": "found in the channel"})
    touched = Message("1.0", "C0WARROOM", "", metadata={"event_payload": {"key": KEY}})
    assert slack_meddled.seen_of(what, tmp_path, [touched], named)[1] == wrong


def test_each_trouble_is_known_by_what_it_is_to_strike() -> None:
    struck = {one.name: one.strikes for one in slack_kills.TROUBLES}
    assert struck["look-ups fail, too"] == {"posts", "look-ups"}
    assert [name for name, what in struck.items() if not what] == ["nothing else is wrong"]


def test_only_what_becomes_visible_later_than_the_settle_time_comes_twice_and_is_never_lost(tmp_path: Path) -> None:
    in_time, too_late = proved(slack_kills.late, tmp_path)
    assert in_time.figures["of them accepted"] > 0
    assert too_late.figures["second copies"] > 0


def test_the_harness_finds_engines_out_that_lose_or_double_in_slack(tmp_path: Path) -> None:
    proved(slack_kills.wrong_engines, tmp_path)


def test_kill_9_while_a_webhook_fails_loses_nothing_and_doubles_nothing_without_a_word(tmp_path: Path) -> None:
    (row,) = proved(slack_hooks.kills, tmp_path)
    assert min(row.figures["of them accepted"], row.figures["told again, saying so"]) > 0
