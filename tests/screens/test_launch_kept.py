"""What the console says of the status message and the dead-man switch."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from tests.screens import kept, launches
from tests.screens.launch_views import view_of
from warroom.client.values import KeptNow, LaunchNow
from warroom.screens.launch_head import header_lines
from warroom.screens.launch_kept import kept_items, kept_parts, kept_troubles
from warroom.verdict import Verdict

KEPT, UNKEPT = kept.kept(), kept.unkept()
NOW = KEPT.now


def with_both(word: str, reason: str = "") -> LaunchNow:
    one = KeptNow(word, reason, "", "", None, None, None)
    return replace(KEPT, dead_man=one, status_message=one)


@pytest.mark.parametrize(
    ("launch", "parts"),
    [
        (KEPT, ["Dead-man armed to 02:37:00Z", "Slack 12 s ago"]),
        (UNKEPT, ["Dead-man ▲ armed to 02:34:00Z", "Slack ▲ failing"]),
        (with_both("not available", "a webhook"), ["Dead-man not available", "Slack not available"]),
        (with_both("waits for T0"), ["Dead-man waits for T0", "Slack waits for T0"]),
        (with_both("NOT ARMED"), ["Dead-man ▲ NOT ARMED", "Slack ▲ NOT ARMED"]),
        (with_both("a word of a newer engine"), ["Dead-man ▲ a word of a newer engine"] * 1),
        (launches.green(), []),
    ],
    ids=["well", "failing", "not available", "before T0", "not armed", "not known here", "nothing is told of them"],
)
def test_the_head_has_both_with_symbol_and_word(launch: LaunchNow, parts: list[str]) -> None:
    assert [part.plain for part in kept_parts(launch, NOW)][: len(parts) or 2] == parts


def test_a_wide_verdict_leaves_the_dead_man_switch_in_the_head() -> None:
    why = ("P95 latency of the scholarship API: no data",)
    judged = replace(KEPT.overall, verdict=Verdict.INCONCLUSIVE, word="UNKNOWN", why=why)
    head = header_lines(view_of(replace(KEPT, overall=judged)), NOW, timezone(timedelta(hours=8), "CST"), 120, 5)
    assert "Dead-man armed to 02:37:00Z" in "\n".join(row.plain for row in head)


def test_what_is_not_as_it_should_be_is_a_sentence_of_its_own() -> None:
    assert list(kept_troubles(KEPT, NOW)) == []
    assert list(kept_troubles(with_both("not available", "a webhook"), NOW)) == [], "the channel's own line says so"
    reason = "token_revoked: the token was revoked"
    assert list(kept_troubles(UNKEPT, NOW)) == [
        f"Dead-man switch armed until 02:34:00Z for 3m00s: it is not renewed: {reason}",
        f"Status message failing for 3m00s: {reason}",
    ]
    left = replace(with_both("left behind", "it could not be deleted"), status_message=None)
    assert list(kept_troubles(left, NOW + timedelta(hours=1))) == [
        "Dead-man switch left behind: it could not be deleted"
    ]


def test_both_are_told_whole_in_what_is_about_the_launch() -> None:
    assert kept_items(KEPT) == [
        ("Dead-man switch", "armed until 02:37:00Z in war_room"),
        ("Status message", "up to date, edited 02:24:48Z in war_room"),
    ]
    assert kept_items(launches.green()) == []
