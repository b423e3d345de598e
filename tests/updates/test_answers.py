"""What became of a post, row by row: what Slack's answer, or the lack of one, says about it."""

from __future__ import annotations

import pytest

from warroom.updates.answers import LONGEST_WAIT_S, REFUSED, Answered, Broken, delivery_of, ref_of, wait_of
from warroom.updates.channel import Fate

CHANNEL, HEAD = "C1", "17.000001"
_CLOSED = (
    "thread_not_found",
    "cannot_reply_to_message",
    "restricted_action_thread_locked",
    "restricted_action_non_threadable_channel",
)
# Those that the design names; the program knows more.
FOR_GOOD = (
    *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "channel_not_found", "not_in_channel"),
    *("is_archived", "missing_scope", "invalid_blocks", "no_text", "restricted_action"),
)
ROWS = [
    ("no connection was made", Broken("refused", sent=False), Fate.NOT_SENT),
    ("it broke off after the first byte", Broken("reset", sent=True), Fate.UNKNOWN),
    ("a message with its time stamp", Answered(200, True, ts="18.2"), Fate.CONFIRMED),
    ("ok without a time stamp", Answered(200, True), Fate.UNKNOWN),
    ("200 that is not the expected JSON", Answered(200, None), Fate.UNKNOWN),
    ("a redirect", Answered(302, None), Fate.UNKNOWN),
    ("429", Answered(429, None), Fate.NOT_SENT),
    ("429 that says ok", Answered(429, True, ts="18.2"), Fate.NOT_SENT),
    ("ratelimited at 200", Answered(200, False, "ratelimited"), Fate.NOT_SENT),
    ("rate_limited at 200", Answered(200, False, "rate_limited"), Fate.NOT_SENT),
    *((f"status {code}", Answered(code, None), Fate.UNKNOWN) for code in (201, 400, 404, 500, 502, 503, 504)),
    *(
        (error, Answered(200, False, error), Fate.UNKNOWN)
        for error in ("internal_error", "fatal_error", "service_unavailable", "request_timeout", "no_such_code", "")
    ),
    *((error, Answered(200, False, error), Fate.REFUSED) for error in sorted({*REFUSED, *FOR_GOOD})),
    *((f"{error} of a webhook", Answered(400, False, error), Fate.REFUSED) for error in ("no_text", "no_service")),
    *((f"{error} at 503", Answered(503, False, error), Fate.UNKNOWN) for error in FOR_GOOD),
]


@pytest.mark.parametrize(("end", "fate"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_an_end_has_one_fate_and_says_why_it_is_not_there(end: Broken | Answered, fate: Fate) -> None:
    delivery = delivery_of(end, CHANNEL)
    assert delivery.fate is fate
    assert bool(delivery.reason) == (fate is not Fate.CONFIRMED)
    assert delivery.ref == (f"{CHANNEL}/18.2" if fate is Fate.CONFIRMED else "")
    assert not delivery.closed


@pytest.mark.parametrize("error", _CLOSED)
def test_a_thread_that_takes_no_replies_sends_the_post_to_the_channel_itself(error: str) -> None:
    delivery = delivery_of(Answered(200, False, error), CHANNEL, HEAD)
    assert (delivery.fate, delivery.closed) == (Fate.NOT_SENT, True)
    assert not delivery_of(Answered(200, False, error), CHANNEL).closed, "where there is no thread it is no reason"


def test_where_a_reply_stands_is_what_slack_shows_of_it() -> None:
    shown = Answered(200, True, ts="18.2", thread_ts=HEAD)
    assert delivery_of(shown, CHANNEL, HEAD).ref == f"{CHANNEL}/{HEAD}/18.2"
    alone = Answered(200, True, ts="18.2", thread_ts="")
    assert delivery_of(alone, CHANNEL, HEAD).ref == f"{CHANNEL}/18.2", "its thread was gone"
    assert delivery_of(Answered(200, True, ts="18.2"), CHANNEL, HEAD).ref == f"{CHANNEL}/{HEAD}/18.2"
    assert ref_of(CHANNEL, HEAD, HEAD) == f"{CHANNEL}/{HEAD}"


WAITS = [
    ("30 s", "30", 30.0),
    ("a part of a second is a whole one", "0.5", 1.0),
    ("so is none", "0", 1.0),
    ("1.5 s are two", "1.5", 2.0),
    ("white space is none", " 7 ", 7.0),
    ("nothing", None, 30.0),
    ("empty", "", 30.0),
    ("words", "soon", 30.0),
    ("less than nothing", "-1", 30.0),
    ("a date", "Wed, 21 Oct 2026 07:28:00 GMT", 30.0),
    ("not a number", "nan", 30.0),
    ("more than an hour", "99999999", LONGEST_WAIT_S),
    ("more than anyone can count", "9" * 400, 30.0),
]


@pytest.mark.parametrize(("text", "wait_s"), [row[1:] for row in WAITS], ids=[row[0] for row in WAITS])
def test_how_long_slack_asks_to_wait(text: str | None, wait_s: float) -> None:
    assert wait_of(text) == wait_s
    assert delivery_of(Answered(429, None, retry_after=text), CHANNEL).wait_s == wait_s
