"""A file in a thread of Slack: an address to upload to, the bytes, and the message that shows it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from warroom.adapters.slack_wire import Address, Outcome, call, upload
from warroom.clock import Clock
from warroom.updates.answers import Answered, delivery_of
from warroom.updates.channel import Delivery, Fate

LARGEST: Final = 4 * 1024 * 1024
"""The largest file that is attached, in bytes."""


def read_file(path: Path) -> bytes | Delivery:
    """The whole file; what is wrong with it where it cannot be attached."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        return Delivery(Fate.REFUSED, reason=f"it cannot be read: {error.strerror}")
    if not content:
        return Delivery(Fate.REFUSED, reason="it is empty")
    if len(content) > LARGEST:
        return Delivery(Fate.REFUSED, reason=f"it is larger than {LARGEST // 1024 // 1024} MiB")
    return content


def shows_file(message: Mapping[str, Any], name: str) -> bool:
    """Whether a message has a file of that name."""
    files = message.get("files")
    return isinstance(files, list) and any(isinstance(one, dict) and one.get("name") == name for one in files)


def attach(address: Address, clock: Clock, place: tuple[str, str], name: str, content: bytes) -> Delivery:
    """Uploads the file and shows it in `place`, the id of a channel and the ts of a thread's head. Tries once, waits
    for it, and never raises. The fate is UNKNOWN only where the file may be shown."""
    channel, thread_ts = place
    begun = call(address, clock, lambda slack: slack.files_getUploadURLExternal(filename=name, length=len(content)))
    file_id, url = str(begun.data.get("file_id") or ""), str(begun.data.get("upload_url") or "")
    if not _is_good(begun) or not file_id:
        return _not_yet(_delivery(begun, channel))
    sent = Outcome(upload(address, clock, url, content), {})
    if not _is_good(sent):
        return _not_yet(_delivery(sent, channel))
    shown = call(
        address,
        clock,
        lambda slack: slack.files_completeUploadExternal(
            files=[{"id": file_id, "title": name}], channel_id=channel, thread_ts=thread_ts
        ),
    )
    return Delivery(Fate.CONFIRMED, ref=f"{channel}/{file_id}") if _is_good(shown) else _delivery(shown, channel)


def _is_good(outcome: Outcome) -> bool:
    return isinstance(outcome.end, Answered) and outcome.end.status == 200 and outcome.end.ok is True


def _delivery(outcome: Outcome, channel: str) -> Delivery:
    delivery = delivery_of(outcome.end, channel)
    if isinstance(outcome.end, Answered) and outcome.end.error == "missing_scope":
        return replace(delivery, reason="missing_scope: the app lacks the scope files:write")
    return delivery


def _not_yet(delivery: Delivery) -> Delivery:
    """Nobody sees a file before it is shown: what went wrong before can be tried again at once."""
    return replace(delivery, fate=Fate.NOT_SENT) if delivery.fate is not Fate.REFUSED else delivery
