@pytest.mark.parametrize("by_s", [3_600.0, -7_200.0], ids=["forward", "back"])
def test_when_the_clock_is_set_an_attempt_is_as_long_ago_as_it_was(by_s: float) -> None:
    state = after(doubtful(), "update.absent", SENT_AT + SECOND, slot=CONFIRMATION, reason="not yet")
    state = after(state, "clock.step", SENT_AT + 2 * SECOND, by_s=by_s)
    record = state.records[CONFIRMATION]
    by = timedelta(seconds=by_s)
    assert (record.tried_at, record.absent_at) == (SENT_AT + by, SENT_AT + SECOND + by)
