"""base64url as RFC 7515 2 wants it, read so that no two texts mean the same bytes."""

from __future__ import annotations

import base64
import binascii


def from_base64url(text: str) -> bytes:
    """The bytes that `text` stands for: no padding, no other signs, no bits left over. Raises ValueError."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64url") from None
    # Unused bits of the last sign, `+` and `/` of the other alphabet, padding: all give another text on the way back.
    if to_base64url(raw) != text:
        raise ValueError("not base64url in its only valid spelling")
    return raw


def to_base64url(raw: bytes) -> str:
    """`raw` without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
