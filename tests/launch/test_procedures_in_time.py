"""Procedures whose launch is given another time: a clock that is set, a T0 that is scrubbed."""

from __future__ import annotations

from tests.launch.acted import MINUTE, SECOND, Drive, started


def test_a_clock_that_is_set_changes_no_delay() -> None:
    drive = Drive()
    drive.fired("soon")
    drive.now += 50 * SECOND
    drive.write("clock.step", by_s=50.0)
    drive.go(MINUTE - SECOND)
    assert drive.acts() == []
    drive.go(SECOND)
    assert drive.acts() == ["stop-1.send"]


def test_a_clock_that_is_set_changes_no_countdown() -> None:
    drive = started("revert")
    drive.go(4 * MINUTE)
    drive.now += 50 * SECOND
    drive.write("clock.step", by_s=50.0)
    drive.go()
    assert "escalated" not in drive.kinds()
    drive.go(MINUTE)
    assert drive.kinds()[-1] == "escalated"


def test_a_scrubbed_t0_leaves_procedures_as_they_are() -> None:
    drive = started("revert")
    drive.write("t0.set", at=drive.now.isoformat(), by="ann", reason="")
    drive.write("t0.scrubbed", by="ann", reason="too early")
    assert drive.run("revert-1").is_open
    assert drive.happened() == ["procedure.waiting revert-1.revert"]
