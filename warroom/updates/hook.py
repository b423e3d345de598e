"""A post as signed JSON, for a receiver of one's own; and what became of it, told by the receiver's status.

Source of the headers and of what is signed: the Standard Webhooks specification, 1.0.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Final

from warroom.updates.answers import wait_of
from warroom.updates.channel import Delivery, Fate, Post

SCHEMA: Final = "warroom.update/1"
REF: Final = "webhook"

_MAYBE_TAKEN: Final = (408, 409, 425)
"""Statuses that do not say whether the post was taken: timed out, taken just now, too early."""


def body_of(post: Post) -> bytes:
    """The JSON object that is sent, UTF-8: `schema`, `key`, `launch`, `slot`, `severity`, `text`, `delivery`."""
    _, launch, slot = post.key.split(":", 2)
    said = {
        "schema": SCHEMA,
        "key": post.key,
        "launch": launch,
        "slot": slot.partition("~")[0],
        "severity": post.severity,
        "text": post.text,
        "delivery": post.delivery,
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def headers_of(key: str, body: bytes, secret: str, at: datetime) -> tuple[tuple[str, str], ...]:
    """The headers that go with `body` at that instant. The key is there twice: for receivers that know webhooks, and
    for those that know idempotent requests."""
    seconds = str(int(at.timestamp()))
    return (
        ("Content-Type", "application/json"),
        ("Idempotency-Key", key),
        ("Webhook-Id", key),
        ("Webhook-Timestamp", seconds),
        ("Webhook-Signature", signature(secret, key, seconds, body)),
    )


def signature(secret: str, key: str, seconds: str, body: bytes) -> str:
    """`v1,` and, in base64, the HMAC-SHA256 of `KEY.SECONDS.BODY` by the bytes of the secret's UTF-8."""
    signed = f"{key}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode("ascii")


def delivery_of(status: int, retry_after: str | None) -> Delivery:
    """What became of a post that was answered with that status; `retry_after` is the header's text, None without."""
    said = f"the receiver answered {status}"
    match status:
        case _ if 200 <= status <= 299:
            return Delivery(Fate.CONFIRMED, ref=REF)
        case 429:
            return Delivery(Fate.NOT_SENT, reason=f"{said}: it asks to wait", wait_s=wait_of(retry_after))
        case _ if 300 <= status <= 399:
            return Delivery(Fate.REFUSED, reason=f"{said}: redirects are not followed, give the address it leads to")
        case _ if 400 <= status <= 499 and status not in _MAYBE_TAKEN:
            return Delivery(Fate.REFUSED, reason=said)
    return Delivery(Fate.UNKNOWN, reason=said)
