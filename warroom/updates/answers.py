"""What became of a post, told by how Slack answered: one row per outcome, nothing else decides.

Source: the error codes in the reference of chat.postMessage and of the incoming webhooks.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from warroom.updates.channel import CannotTell, Delivery, Fate

LONGEST_WAIT_S: Final = 3_600.0
_DEFAULT_WAIT_S: Final = 30.0
_SECONDS: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Broken:
    """No whole answer came. `sent` says whether any of the request can have reached the other side."""

    what: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer came. `error` is its error code, empty where it gives none; `ok` is None where the body is not the
    JSON object that was expected. `ts` is the message's, empty where none is named; `thread_ts` that of the message
    in whose thread it stands, empty in the channel itself, None where the answer does not show the message.
    `retry_after` is the header's text, None without one.
    """

    status: int
    ok: bool | None
    error: str = ""
    ts: str = ""
    retry_after: str | None = None
    thread_ts: str | None = None


REFUSED: Final = {
    "invalid_auth": "the token is not valid",
    "not_authed": "no token was given",
    "account_inactive": "the app's account is inactive",
    "token_revoked": "the token was revoked",
    "token_expired": "the token has expired",
    "channel_not_found": "there is no such channel, or the app cannot see it",
    "not_in_channel": "the app is not in the channel: invite it with /invite",
    "is_archived": "the channel is archived",
    "channel_is_archived": "the channel is archived",
    "is_inactive": "the channel is archived, frozen or deleted",
    "missing_scope": "the app lacks a scope",
    "invalid_blocks": "Slack takes the message for malformed",
    "invalid_arguments": "Slack takes the message for malformed",
    "invalid_payload": "Slack takes the message for malformed",
    "invalid_metadata_format": "Slack takes the message's metadata for malformed",
    "msg_too_long": "the message is too long",
    "msg_blocks_too_long": "the message is too long",
    "no_text": "the message is empty",
    "restricted_action": "a rule of the workspace forbids it",
    "action_prohibited": "a rule of the workspace forbids it",
    "no_service": "the webhook was removed or disabled",
    "invalid_token": "the webhook's address is not valid",
    "no_active_hooks": "the webhook is disabled",
}
"""Codes after which the same message is refused for good, with what they mean."""

UNTOLD: Final = "nobody can tell whether it arrived"
"""What is said of a post that is in doubt for ever."""

_NO_CHANNEL: Final = ("channel_not_found", "is_archived", "is_inactive")
_CUT_OFF: Final = (
    *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
    *_NO_CHANNEL,
)
"""Codes of a look-up after which neither it nor a post can ever succeed as things are."""
_BLIND: Final = (
    *("missing_scope", "not_in_channel", "no_permission"),
    *("not_allowed_token_type", "method_not_supported_for_channel_type"),
)
"""Codes of a look-up after which no other one can succeed, while the channel may take posts: with the scope
chat:write.public also those of an app that is not in it."""

_NEW_TOKEN: Final = "get a new token (docs/slack.md) and start the engine with it (warroom stop, warroom run)"
_NEW_HOOK: Final = "make a new webhook and start the engine with it (warroom stop, warroom run)"
_OTHER_CHANNEL: Final = "unarchive the channel, or name another one"
_REPAIRS: Final = {
    **dict.fromkeys(("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"), _NEW_TOKEN),
    **dict.fromkeys(("channel_not_found", "not_in_channel"), "invite the app into the channel, or correct its id"),
    **dict.fromkeys(("is_archived", "channel_is_archived"), _OTHER_CHANNEL),
    "missing_scope": "add the scope and install the app again (docs/slack.md)",
    **dict.fromkeys(("restricted_action", "action_prohibited"), "ask whoever runs the workspace to allow it"),
    **dict.fromkeys(("no_service", "invalid_token", "no_active_hooks"), _NEW_HOOK),
}
_TELL_IT: Final = "tell it yourself, its text is kept; mend what the reason names"


def repair_of(reason: str) -> str:
    """What a person does about the reason for which a post was refused for good; it begins with Slack's code, if it
    has one."""
    return _REPAIRS.get(reason.partition(":")[0], _TELL_IT)


_CLOSED: Final = (
    "thread_not_found",
    "cannot_reply_to_message",
    "restricted_action_thread_locked",
    "restricted_action_non_threadable_channel",
)
"""Codes after which the thread takes no replies, while the channel may take the message."""

_NOT_SENT: Final = ("ratelimited", "rate_limited")


def delivery_of(outcome: Broken | Answered, channel: str, thread_ts: str = "") -> Delivery:
    """What became of the post to `channel` (its id), meant for the thread of the message `thread_ts`, if any."""
    match outcome:
        case Broken(what, sent=False):
            return Delivery(Fate.NOT_SENT, reason=what)
        case Broken(what):
            return Delivery(Fate.UNKNOWN, reason=what)
        case Answered(200, True, ts=ts, thread_ts=seen) if ts:
            # Slack puts a reply into the channel itself, without a word, where the head of its thread is gone.
            return Delivery(Fate.CONFIRMED, ref=ref_of(channel, ts, thread_ts if seen is None else seen))
        case Answered(429) | Answered(_, False, "ratelimited" | "rate_limited"):
            return Delivery(Fate.NOT_SENT, reason="Slack asks to wait", wait_s=wait_of(outcome.retry_after))
        case Answered(status, False, error) if thread_ts and error in _CLOSED and status < 500:
            return Delivery(Fate.NOT_SENT, reason=f"{error}: the thread takes no replies", closed=True)
        case Answered(status, False, error) if error in REFUSED and status < 500:
            return Delivery(Fate.REFUSED, reason=f"{error}: {REFUSED[error]}")
        case Answered(status, _, error):
            return Delivery(Fate.UNKNOWN, reason=f"Slack answered {status}{f' {error}' if error else ''}")


def cannot_tell(status: int, error: str) -> CannotTell:
    """What a look-up comes to that Slack answered with `status`, and `error` where it gives a code."""
    if status == 200 and error in _CUT_OFF:
        return CannotTell(f"{error}: {REFUSED[error]}", takes_posts=False)
    if status == 200 and error in _BLIND:
        return CannotTell(f"{error}: the app may not read the channel's history", takes_posts=True)
    return CannotTell(f"Slack answered {status}{f' {error}' if error else ''}")


def elsewhere(error: CannotTell, channel: str) -> CannotTell:
    """The same for a look-up in a channel that nothing is posted to any more: that one of now may take a post where
    the other is closed to the app."""
    takes_posts = error.takes_posts
    if takes_posts is False and error.reason.partition(":")[0] in _NO_CHANNEL:
        takes_posts = True
    return CannotTell(f"{error.reason}; it was sent to {channel}", takes_posts)


def ref_of(channel: str, ts: str, thread_ts: str = "") -> str:
    """Where a message is: `C1/17.1`, or `C1/17.1/18.1` for a reply in the thread of `17.1`."""
    return f"{channel}/{thread_ts}/{ts}" if thread_ts not in ("", ts) else f"{channel}/{ts}"


def wait_of(retry_after: str | None) -> float:
    """The seconds that a `Retry-After` asks for, at least 1; 30 where it is missing or no number of seconds."""
    text = (retry_after or "").strip()
    if not _SECONDS.fullmatch(text):
        return _DEFAULT_WAIT_S
    return min(LONGEST_WAIT_S, max(1.0, math.ceil(float(text))))
