"""Levers as a launch sees them: what they should be in this phase, and what people said that they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.launch.acted import COURSE, MINUTE, SECOND, SEND, Drive
from warroom.errors import UsageError
from warroom.launch import acting
from warroom.launch.levers import LeverStanding, lever_standing
from warroom.playbook.procedures import LeverPlan, setting
from warroom.text import clean

HOUR = timedelta(hours=1)
TOLD = LeverPlan("TOLD", "blue", values=("blue", "red"), by_person="ask", attest="see the board", max_age=HOUR)
PAINT = replace(COURSE.procedures["stop"], id="paint", steps=(setting("paint", TOLD, "blue"),))
ATTESTED = replace(COURSE, levers={"SEND": SEND, "TOLD": TOLD}, procedures={"paint": PAINT})


def standing(drive: Drive, plan: LeverPlan = TOLD) -> LeverStanding:
    return lever_standing(drive.state, plan, None, drive.now)


def test_what_people_say_counts_with_name_and_time_until_its_age_and_is_never_green_after() -> None:
    drive = Drive(ATTESTED)
    before = standing(drive)
    assert (before.as_expected, before.reason) == (None, "nobody has said what it is: see the board")
    drive.take(acting.attest(drive.state, "TOLD", "blue", "ann", "on the left"))
    drive.go(HOUR - SECOND)
    said = standing(drive)
    assert (said.actual, said.as_expected) == ("blue", True)
    assert said.reason == "ann said so, which counts for 1h: on the left"
    assert (said.read_at, drive.entries[-1].actor) == (drive.now - HOUR + SECOND, "ann")
    drive.go(SECOND)
    old = standing(drive)
    assert (old.actual, old.as_expected) == (None, None)
    assert old.reason == "ann said that it is blue, more than 1h ago: see the board"


def test_what_a_lever_should_be_follows_from_the_phase_that_runs() -> None:
    drive = Drive()
    drive.write("t0.set", at=drive.now.isoformat(), by="ann", reason="")
    drive.write("lever.read", lever="SEND", value="true")
    found = []
    for span in (60 * MINUTE - SECOND, SECOND, 60 * MINUTE - SECOND, SECOND):
        drive.now += span
        drive.write("lever.read", lever="SEND", value="true")
        stands = standing(drive, SEND)
        found.append((stands.expected, stands.as_expected))
    assert found == [("true", True), ("false", False), ("false", False), ("true", True)], "open is from T+1h to T+2h"


@pytest.mark.parametrize("value", ["", "x" * 1_000, "two\tparts", "a\u200bb"], ids=["empty", "long", "tab", "unseen"])
def test_a_lever_that_is_as_expected_is_so_however_its_value_is_told(value: str) -> None:
    drive = Drive()
    drive.write("lever.read", lever="SEND", value=clean(value))
    assert standing(drive, replace(SEND, expect=value, expect_in={})).as_expected is True


def test_what_people_say_deviates_like_everything_else() -> None:
    drive = Drive(ATTESTED)
    drive.take(acting.attest(drive.state, "TOLD", "red", "ann", ""))
    assert standing(drive).as_expected is False


def test_a_clock_that_is_set_makes_nothing_older() -> None:
    drive = Drive(ATTESTED)
    drive.take(acting.attest(drive.state, "TOLD", "blue", "ann", ""))
    drive.go(HOUR - MINUTE)
    drive.now += 50 * SECOND
    drive.write("clock.step", by_s=50.0)
    drive.go(MINUTE - SECOND)
    assert standing(drive).as_expected is True
    drive.go(SECOND)
    assert standing(drive).as_expected is None


@pytest.mark.parametrize(
    ("lever", "value", "why"),
    [
        pytest.param("SEND", "true", "SEND is read, nobody has to say what it is", id="one that is read"),
        pytest.param("TOLD", "green", "TOLD cannot be 'green'", id="a value that it cannot have"),
        pytest.param("TOLDD", "blue", "there is no lever 'TOLDD'", id="one that is not there"),
    ],
)
def test_what_makes_no_sense_is_not_believed(lever: str, value: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        acting.attest(Drive(ATTESTED).state, lever, value, "ann", "")


def test_setting_it_is_done_when_a_person_says_so_and_that_is_what_it_is_then() -> None:
    drive = Drive(ATTESTED)
    drive.take(acting.start(drive.state, "paint", "ann", "", ""))
    drive.step("paint-1", "paint", "waiting", **{"for": "to do"})
    drive.take(acting.tick(drive.state, "paint-1", "paint", "bob", "the desk did it"))
    assert drive.run("paint-1").outcome == "done"
    assert drive.stages("paint-1")["paint"].value == "done", "said to be so is no proof: it is not VERIFIED"
    assert standing(drive).reason == "bob said so, which counts for 1h: the desk did it"
