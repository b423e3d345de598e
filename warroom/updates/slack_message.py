"""An update as Slack messages: plain text in blocks, in which nothing can mention, link or format.

A text that is longer than a message goes on in the thread of its first one, message by message; one that is longer
still is shown there as a file as well. Slack takes 50 blocks, 3,000 characters in a section and 12,000 in all blocks.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from warroom.updates.channel import Post

EVENT_TYPE: Final = "warroom_update"
SECTION: Final = 2_400
SECTIONS: Final = 4
MESSAGES: Final = 4
"""Into how many messages a text goes at most, the first included."""
_NOTIFICATION: Final = 300
# The signs of a post for what is not well.
_WRONG: Final = ("❌", "⚠️")
_NOT_A_NAME: Final = re.compile(r"[^A-Za-z0-9_.]+", re.ASCII)

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """A text by messages, each of them by sections. `cut` is how many characters do not fit into them."""

    messages: tuple[tuple[str, ...], ...]
    cut: int = 0

    @property
    def goes_on(self) -> bool:
        """Whether one message does not hold it."""
        return len(self.messages) > 1


def parts_of(text: str) -> Parts:
    """How `text` is divided; the same text always in the same way."""
    sections = list(_sections(text))
    messages = [tuple(sections[at : at + SECTIONS]) for at in range(0, len(sections), SECTIONS)]
    return Parts(tuple(messages[:MESSAGES]), sum(len(one) for more in messages[MESSAGES:] for one in more))


def message_of(post: Post) -> Message:
    """The arguments of chat.postMessage for `post`, without the channel; for one that is divided its first message.

    The text goes into plain sections, the delivery line and the key into one below. `text` is what a notification
    shows.
    """
    parts = parts_of(post.text)
    where = f"1 of {len(parts.messages)}, goes on in the thread" if parts.goes_on else ""
    return _message(parts.messages[0], (post.delivery, post.key, where), post.key, _notification(post.text))


def rest_of(post: Post) -> Mapping[str, Message]:
    """The messages that `post` goes on with in the thread, by their keys, in their order; empty for one that is not
    divided. The key of one is that of the post with its number behind it."""
    parts = parts_of(post.text)
    count = len(parts.messages)
    found: dict[str, Message] = {}
    for number, sections in enumerate(parts.messages[1:], 2):
        key, where = f"{post.key}/{number}", f"{number} of {count}"
        if parts.cut and number == count:
            more = f"[{parts.cut:,} more characters: the whole text is the file {file_name(post.key)} in this thread]"
            sections = (*sections, more)
        found[key] = _message(sections, (where, post.key), key, f"{where}: {_notification(post.text)}")
    return found


def only_message_of(post: Post) -> Message:
    """The only message that `post` has where there are no threads; what it does not hold is cut, and it says so."""
    parts = parts_of(post.text)
    sections, left = parts.messages[0], parts.cut + sum(len(one) for more in parts.messages[1:] for one in more)
    if left:
        sections = (*sections, f"[cut here: {left:,} more characters are in the launch's journal]")
    return _message(sections, (post.delivery, post.key), post.key, _notification(post.text))


def scheduled_message_of(post: Post) -> Message:
    """The arguments of chat.scheduleMessage for `post`, without the channel and the time.

    Slack never posts a scheduled message that has metadata, and its list shows the text alone: the key is the last
    line of the text.
    """
    message = only_message_of(post)
    del message["metadata"]
    return {**message, "text": f"{escaped(post.text.strip())}\n{post.key}"}


def scheduled_key_of(message: Mapping[str, Any]) -> str:
    """The key of a message that was scheduled, from its text; empty where that has none."""
    last = str(message.get("text") or "").rpartition("\n")[2].strip()
    return last if last.startswith("wr:") else ""


def file_name(key: str) -> str:
    """What the file with the whole text of a post is called: `evidence_bundle-T-15m-acbb235b.txt`. No two keys have
    the same: of T-15m and T+15m, of a post and its second copy, nothing else would tell them apart."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{_NOT_A_NAME.sub('-', key.rpartition(':')[2])}-{digest[:8]}.txt"


def _message(sections: tuple[str, ...], foot: tuple[str, ...], key: str, notification: str) -> Message:
    told = " · ".join(part for part in foot if part)
    return {
        "text": escaped(notification or key),
        "blocks": [*map(_section, sections), {"type": "context", "elements": [_plain(told)]}],
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key}},
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


def key_of(message: Message) -> str:
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
    if rest or not text:
        yield rest or " "


def _section(text: str) -> Message:
    return {"type": "section", "text": _plain(text)}


def _plain(text: str) -> Message:
    return {"type": "plain_text", "text": text, "emoji": False}
