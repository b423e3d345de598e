"""Which instants can be T0, and what is planned of a course."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.launch.course import T0, course
from warroom.errors import UsageError
from warroom.launch.schedule import last_offset, require_likely_t0, require_t0, slots

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
END = last_offset(course()) or timedelta()


@pytest.mark.parametrize(
    ("at", "refused"),
    [
        pytest.param(T0, False, id="now"),
        pytest.param(T0 + 3653 * DAY, False, id="in ten years"),
        pytest.param(T0 - 3653 * DAY, False, id="ten years ago"),
        pytest.param(T0 + 3653 * DAY + timedelta(seconds=1), True, id="in ten years and a second"),
        pytest.param(T0 - 3653 * DAY - timedelta(seconds=1), True, id="ten years and a second ago"),
        pytest.param(datetime.max.replace(tzinfo=UTC), True, id="at the end of time"),
        pytest.param(datetime.min.replace(tzinfo=UTC), True, id="at its beginning"),
    ],
)
def test_t0_is_at_most_ten_years_away(at: datetime, refused: bool) -> None:
    with pytest.raises(UsageError, match="T0 cannot be") if refused else nullcontext():
        require_t0(at, T0)


@pytest.mark.parametrize(
    ("at", "refused"),
    [
        pytest.param(T0, "", id="now"),
        pytest.param(T0 - END - DAY, "", id="so long ago that the launch is over for a day"),
        pytest.param(T0 - END - DAY - SECOND, "the launch would be over since", id="a second longer"),
        pytest.param(T0 + 180 * DAY, "", id="in half a year"),
        pytest.param(T0 + 365 * DAY, "365 days ahead", id="with the year of the next"),
    ],
)
def test_a_t0_that_nobody_means_is_refused(at: datetime, refused: str) -> None:
    with pytest.raises(UsageError, match=refused) if refused else nullcontext():
        require_likely_t0(course(), at, T0)


def test_what_is_planned_is_worked_out_once_for_a_course() -> None:
    assert slots(course()) is slots(course())
    assert slots(course(), 2) is not slots(course())
    assert slots(replace(course(), updates={})) == ()
