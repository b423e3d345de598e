"""What `warroom trigger` asks of a launch."""

from __future__ import annotations

from tests.cli.left import refusal
from warroom.cli.triggers import trigger_body


def test_the_words_in_another_order_are_refused_with_the_right_one() -> None:
    told = refusal(lambda: trigger_body("pause_p95", "snooze", "", "1h"))
    assert "takes snooze, resume or declare, then the trigger, not 'pause_p95' first" in told
    assert "warroom trigger LAUNCH snooze TRIGGER --for 1h" in told
