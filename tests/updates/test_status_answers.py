"""What became of an edit, of a message that was scheduled, and of its deletion: one row per answer."""

from __future__ import annotations

import pytest

from warroom.updates.answers import Answered, Broken
from warroom.updates.channel import Fate
from warroom.updates.status_answers import deleted_of, edit_of, scheduled_of

BEFORE = Broken("refused", sent=False)
AFTER = Broken("reset", sent=True)
WAIT = Answered(429, False, "ratelimited", retry_after="7")


def no(error: str, status: int = 200) -> Answered:
    return Answered(status, False, error)


EDITS = [
    ("done", Answered(200, True, ts="1.1"), Fate.CONFIRMED, False),
    ("it never left", BEFORE, Fate.NOT_SENT, False),
    ("no answer", AFTER, Fate.UNKNOWN, False),
    ("Slack asks to wait", WAIT, Fate.NOT_SENT, False),
    ("somebody deleted it", no("message_not_found"), Fate.REFUSED, True),
    ("it is not ours to edit", no("cant_update_message"), Fate.REFUSED, True),
    ("too late for an edit", no("edit_window_closed"), Fate.REFUSED, True),
    ("the channel is archived", no("is_inactive"), Fate.REFUSED, False),
    ("the token was revoked", no("token_revoked"), Fate.REFUSED, False),
    ("a code that nobody knows", no("no_such_code"), Fate.UNKNOWN, False),
    ("a lost message, says a broken server", no("message_not_found", 500), Fate.UNKNOWN, False),
    ("HTML", Answered(200, None), Fate.UNKNOWN, False),
]


@pytest.mark.parametrize(("outcome", "fate", "closed"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS])
def test_an_edit(outcome: Broken | Answered, fate: Fate, closed: bool) -> None:
    found = edit_of(outcome, "C1")
    assert (found.fate, found.closed) == (fate, closed)
    assert bool(found.reason) == (fate is not Fate.CONFIRMED)


SCHEDULED = [
    ("done", Answered(200, True), "Q1", Fate.CONFIRMED),
    ("done, and no id", Answered(200, True), "", Fate.UNKNOWN),
    ("it never left", BEFORE, "", Fate.NOT_SENT),
    ("no answer", AFTER, "", Fate.UNKNOWN),
    ("Slack asks to wait", WAIT, "", Fate.NOT_SENT),
    ("too many", no("restricted_too_many"), "", Fate.REFUSED),
    ("in the past", no("time_in_past"), "", Fate.REFUSED),
    ("too far ahead", no("time_too_far"), "", Fate.REFUSED),
    ("not in the channel", no("not_in_channel"), "", Fate.REFUSED),
    ("internal_error", no("internal_error"), "", Fate.UNKNOWN),
]


@pytest.mark.parametrize(
    ("outcome", "which", "fate"), [row[1:] for row in SCHEDULED], ids=[row[0] for row in SCHEDULED]
)
def test_a_message_that_was_to_be_scheduled(outcome: Broken | Answered, which: str, fate: Fate) -> None:
    found = scheduled_of(outcome, which)
    assert (found.fate, found.ref) == (fate, which)


DELETED = [
    ("done", Answered(200, True), Fate.CONFIRMED),
    ("Slack has it no longer", no("invalid_scheduled_message_id"), Fate.CONFIRMED),
    ("it never left", BEFORE, Fate.NOT_SENT),
    ("no answer", AFTER, Fate.UNKNOWN),
    ("Slack asks to wait", WAIT, Fate.NOT_SENT),
    ("the token was revoked", no("token_revoked"), Fate.REFUSED),
    ("internal_error", no("internal_error"), Fate.UNKNOWN),
]


@pytest.mark.parametrize(("outcome", "fate"), [row[1:] for row in DELETED], ids=[row[0] for row in DELETED])
def test_a_deletion(outcome: Broken | Answered, fate: Fate) -> None:
    assert deleted_of(outcome).fate is fate
