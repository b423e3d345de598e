"""What Slack refuses in a message: the limits of its reference, as the error codes that it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from warroom.simulator.slack_room import Scheduled

MOST_BLOCKS: Final = 50
MOST_FIELDS: Final = 10
LONGEST_SECTION: Final = 3_000
LONGEST_FIELD: Final = 2_000
LONGEST_HEADER: Final = 150
LONGEST_TEXT: Final = 40_000
LONGEST_BLOCKS: Final = 12_000
LONGEST_METADATA: Final = 8_000
LATEST_S: Final = 120 * 86_400
"""How far ahead a message may be scheduled."""
MOST_SCHEDULED: Final = 30
WINDOW_S: Final = 300
"""So many messages a channel takes that are due within so many seconds of each other."""
CANCEL_S: Final = 60
"""A message that is due sooner can no longer be deleted."""
SURE_S: Final = 300
"""The deletion of one that is due sooner is acknowledged, and it is posted all the same: a defect of Slack's that
people have met since 2021."""
_LIVE: Final = re.compile(r"<([@#!][^<>]*|[a-z]+:[^<>]+)>")
_EVENT_TYPE: Final = re.compile(r"[a-z][a-z0-9_]{0,254}")


def message_problem(message: Mapping[str, Any]) -> str:
    """The error code for a message; empty where it is taken."""
    text, blocks = message.get("text", ""), message.get("blocks") or []
    if not isinstance(text, str) or not isinstance(blocks, Sequence) or isinstance(blocks, str):
        return "invalid_arguments"
    if not text and not blocks:
        return "no_text"
    if len(text) > LONGEST_TEXT:
        return "msg_too_long"
    if len(blocks) > MOST_BLOCKS or any(_block_problem(block) for block in blocks):
        return "invalid_blocks"
    if sum(len(part["text"]) for part in _parts(blocks)) > LONGEST_BLOCKS:
        return "msg_blocks_too_long"
    return _metadata_problem(message.get("metadata"))


def schedule_problem(post_at: int, now_s: float, pending: Sequence[Scheduled]) -> str:
    """The error code for a message that is to be posted at `post_at`; empty where it is taken. `pending` are those
    that the channel has already."""
    if post_at <= now_s:
        return "time_in_past"
    if post_at > now_s + LATEST_S:
        return "time_too_far"
    near = sum(abs(one.post_at - post_at) < WINDOW_S for one in pending)
    return "restricted_too_many" if near >= MOST_SCHEDULED else ""


def _block_problem(block: object) -> bool:
    if not isinstance(block, Mapping):
        return True
    match block.get("type"):
        case "divider":
            return False
        case "header":
            return _is_bad(block.get("text"), LONGEST_HEADER, ("plain_text",))
        case "section":
            fields = block.get("fields", [])
            bad = "text" not in block and not fields
            bad = bad or ("text" in block and _is_bad(block["text"], LONGEST_SECTION, ("mrkdwn", "plain_text")))
            return bad or len(fields) > MOST_FIELDS or any(_is_bad(one, LONGEST_FIELD) for one in fields)
        case "context":
            elements = block.get("elements", [])
            return not 1 <= len(elements) <= MOST_FIELDS or any(_is_bad(one, LONGEST_SECTION) for one in elements)
        case _:
            return True


def _is_bad(text: object, longest: int, kinds: Sequence[str] = ("mrkdwn", "plain_text")) -> bool:
    if not isinstance(text, Mapping) or text.get("type") not in kinds:
        return True
    said = text.get("text")
    return not isinstance(said, str) or not 1 <= len(said) <= longest


def _metadata_problem(metadata: object) -> str:
    if metadata is None:
        return ""
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("event_payload"), Mapping):
        return "invalid_metadata_format"
    if not _EVENT_TYPE.fullmatch(str(metadata.get("event_type", ""))):
        return "invalid_metadata_format"
    return "metadata_too_large" if len(str(metadata)) > LONGEST_METADATA else ""


def _parts(blocks: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for block in blocks:
        parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        yield from (part for part in parts if isinstance(part, Mapping))


def live_parts(message: Mapping[str, Any]) -> list[str]:
    """What Slack would make a mention, a channel or a link in a message's texts: `@U1`, `!channel`, `https:..`."""
    formatted = [str(part["text"]) for part in _parts(message.get("blocks") or []) if part["type"] == "mrkdwn"]
    texts = [str(message.get("text", "")), *formatted]
    return [found for text in texts for found in _LIVE.findall(text)]
