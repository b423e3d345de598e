"""An update as a Slack message: plain text in blocks, in which nothing can mention, link or format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from warroom.updates.channel import Post

EVENT_TYPE: Final = "warroom_update"
SECTION: Final = 2_900
SECTIONS: Final = 4
_NOTIFICATION: Final = 300
# The signs of a post for what is not well.
_WRONG: Final = ("❌", "⚠️")


def message_of(post: Post) -> dict[str, Any]:
    """The arguments of chat.postMessage for `post`, without the channel.

    The text goes into plain sections, the delivery line and the key into one below. `text` is what a notification
    shows. What does not fit into `SECTIONS` sections is cut, and the message says so.
    """
    sections = list(_sections(post.text))
    if len(sections) > SECTIONS:
        left = sum(map(len, sections[SECTIONS:]))
        sections = [*sections[:SECTIONS], f"[cut here: {left:,} more characters are in the launch's journal]"]
    foot = " · ".join(part for part in (post.delivery, post.key) if part)
    return {
        "text": escaped(_notification(post.text) or post.key),
        "blocks": [*map(_section, sections), {"type": "context", "elements": [_plain(foot)]}],
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": post.key}},
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _notification(text: str) -> str:
    """What a telephone shows of `text`: its first line, then what is wrong, then the rest from the top. A cut is
    marked, and cannot leave only what is well."""
    first, *others = text.strip().split("\n")
    wrong = [line for line in others if any(sign in line for sign in _WRONG)]
    rest = [line for line in others if line not in wrong]
    told = "\n".join([first, *wrong, *rest])
    return told if len(told) <= _NOTIFICATION else f"{told[: _NOTIFICATION - 1].rstrip()}…"


def escaped(text: str) -> str:
    """`text` with the three characters escaped that Slack reads as markup in a message's text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def key_of(message: dict[str, Any]) -> str:
    """The key in the metadata of a message that Slack gives; empty where it has none."""
    metadata = message.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    key = payload.get("key") if isinstance(payload, dict) else None
    return key if isinstance(key, str) else ""


def _sections(text: str) -> Iterator[str]:
    """`text` in pieces that a section takes, broken at line ends where there are any."""
    rest = text
    while len(rest) > SECTION:
        cut = rest.rfind("\n", 1, SECTION + 1)
        cut = SECTION if cut < 0 else cut
        yield rest[:cut]
        rest = rest[cut:].removeprefix("\n")
    yield rest or " "


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _plain(text)}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
