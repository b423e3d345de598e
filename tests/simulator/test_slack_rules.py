"""The limits of the strict Slack: what is at one is taken, what is beyond it is refused; and what is live is seen."""

from __future__ import annotations

from typing import Any

import pytest

from warroom.simulator.slack_rules import live_parts, message_problem

METADATA = {"event_type": "warroom_update", "event_payload": {"key": "wr:a:1"}}


def text_of(length: int, kind: str = "plain_text") -> dict[str, Any]:
    return {"type": kind, "text": "x" * length}


def sections(number: int, length: int = 1) -> list[dict[str, Any]]:
    return [{"type": "section", "text": text_of(length)} for _ in range(number)]


def fields(number: int, length: int = 1) -> list[dict[str, Any]]:
    return [{"type": "section", "fields": [text_of(length) for _ in range(number)]}]


def context(number: int) -> list[dict[str, Any]]:
    return [{"type": "context", "elements": [text_of(1) for _ in range(number)]}]


def metadata(length: int) -> dict[str, Any]:
    whole = {**METADATA, "event_payload": {"key": ""}}
    return {**METADATA, "event_payload": {"key": "x" * (length - len(str(whole)))}}


@pytest.mark.parametrize(
    ("at_the_limit", "beyond", "error"),
    [
        pytest.param({"text": "x"}, {"text": ""}, "no_text", id="a text of one character"),
        pytest.param({"text": "x" * 40_000}, {"text": "x" * 40_001}, "msg_too_long", id="a text of 40,000"),
        pytest.param({"blocks": sections(50)}, {"blocks": sections(51)}, "invalid_blocks", id="50 blocks"),
        pytest.param(
            {"blocks": sections(1, 3_000)}, {"blocks": sections(1, 3_001)}, "invalid_blocks", id="a section of 3,000"
        ),
        pytest.param({"blocks": sections(1)}, {"blocks": sections(1, 0)}, "invalid_blocks", id="no section is empty"),
        pytest.param({"blocks": fields(10)}, {"blocks": fields(11)}, "invalid_blocks", id="10 fields"),
        pytest.param({"blocks": fields(1, 2_000)}, {"blocks": fields(1, 2_001)}, "invalid_blocks", id="one of 2,000"),
        pytest.param({"blocks": context(10)}, {"blocks": context(11)}, "invalid_blocks", id="10 parts of a context"),
        pytest.param(
            {"blocks": sections(4, 3_000)},
            {"blocks": [*sections(4, 3_000), *sections(1)]},
            "msg_blocks_too_long",
            id="12,000 characters in all blocks",
        ),
        pytest.param(
            {"blocks": [{"type": "header", "text": text_of(150)}]},
            {"blocks": [{"type": "header", "text": text_of(151)}]},
            "invalid_blocks",
            id="a header of 150",
        ),
        pytest.param(
            {"text": "x", "metadata": metadata(8_000)},
            {"text": "x", "metadata": metadata(8_001)},
            "metadata_too_large",
            id="metadata of 8,000",
        ),
        pytest.param(
            {"text": "x", "metadata": METADATA},
            {"text": "x", "metadata": {**METADATA, "event_type": "Warroom"}},
            "invalid_metadata_format",
            id="a type of metadata in small letters",
        ),
    ],
)
def test_what_is_within_a_limit_is_taken_and_what_is_beyond_it_is_not(
    at_the_limit: dict[str, Any], beyond: dict[str, Any], error: str
) -> None:
    assert (message_problem(at_the_limit), message_problem(beyond)) == ("", error)


@pytest.mark.parametrize(
    ("text", "live"),
    [
        ("<!channel> go", ["!channel"]),
        ("<@U0ADA> go", ["@U0ADA"]),
        ("<#C0WARROOM>", ["#C0WARROOM"]),
        ("see <https://example.com|here>", ["https://example.com|here"]),
        ("&lt;!channel&gt; and a < b > c", []),
    ],
    ids=["everybody", "a person", "a channel", "a link", "what is escaped is text"],
)
def test_what_would_mention_or_link_is_seen_in_a_text_and_in_markup_and_not_in_plain_text(
    text: str, live: list[str]
) -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    plain = {"type": "section", "text": {"type": "plain_text", "text": text}}
    assert live_parts({"text": text}) == live
    assert live_parts({"text": "x", "blocks": [block]}) == live
    assert live_parts({"text": "x", "blocks": [plain]}) == []
