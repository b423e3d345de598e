"""Numbers and spans of time that people give."""

from datetime import UTC, datetime, timedelta

import pytest

from warroom.slo.manual import ManualSource
from warroom.slo.query import Number, Query
from warroom.slo.source_spec import ManualSpec, StopwatchSpec
from warroom.slo.stopwatch import StopwatchSource

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
HALT = Query(Number("halt"))


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


class TestManual:
    def test_a_number_has_its_giver_and_its_age(self) -> None:
        source = ManualSource(ManualSpec(id="operator"))
        source.enter("halt", 5.1, "ana\x1b[2J", at(0))
        reading = source.reading(HALT, at(60))
        assert (reading.value, reading.at) == (5.1, T0)
        assert reading.reason == "given by ana\\e[2J at 2025-11-01T02:00:00.000Z"

    def test_the_last_number_counts_and_each_name_has_its_own(self) -> None:
        source = ManualSource(ManualSpec(id="operator"))
        for number in (1, 2):
            source.enter("halt", number, "ana", at(number))
        source.enter("lag", 7, "ben", at(3))
        assert [source.reading(Query(Number(name)), at(9)).value for name in ("halt", "lag")] == [2, 7]

    @pytest.mark.parametrize(
        ("seconds", "value"), [pytest.param(60, 3, id="just good"), pytest.param(60.5, None, id="too old")]
    )
    def test_an_old_number_says_nothing(self, seconds: float, value: float | None) -> None:
        source = ManualSource(ManualSpec(id="operator", ttl_s=60))
        source.enter("halt", 3, "ana", at(0))
        reading = source.reading(HALT, at(seconds))
        assert reading.value == value
        assert value or reading.reason == "given by ana at 2025-11-01T02:00:00.000Z, 1m ago; it is good for 1m"

    def test_what_nobody_gave_is_missing(self) -> None:
        assert ManualSource(ManualSpec(id="operator")).reading(HALT, at(0)).reason == "nobody has given halt yet"

    @pytest.mark.parametrize("number", [float("nan"), float("inf")])
    def test_what_is_no_number_is_refused(self, number: float) -> None:
        with pytest.raises(ValueError, match="is not a number"):
            ManualSource(ManualSpec(id="operator")).enter("halt", number, "ana", at(0))


class TestStopwatch:
    def test_a_span_runs_and_stops(self) -> None:
        source = StopwatchSource(StopwatchSpec(id="watch"))
        assert source.reading(HALT, at(0)).reason == "the stopwatch halt was not started yet"
        source.start("halt", "ana", at(10))
        running = source.reading(HALT, at(14.9))
        assert (running.value, running.at) == (4.9, at(14.9))
        assert running.reason == "runs since 2025-11-01T02:00:10.000Z, started by ana"
        source.stop("halt", "ben", at(15))
        stopped = source.reading(HALT, at(99))
        assert (stopped.value, stopped.at) == (5.0, at(15))
        assert stopped.reason == "stopped by ben at 2025-11-01T02:00:15.000Z"

    def test_it_begins_anew(self) -> None:
        source = StopwatchSource(StopwatchSpec(id="watch"))
        for begun in (0, 100):
            source.start("halt", "ana", at(begun))
            source.stop("halt", "ana", at(begun + 3))
        source.start("halt", "ana", at(200))
        assert source.reading(HALT, at(201)).value == 1

    def test_it_stops_once_and_not_before_it_began(self) -> None:
        source = StopwatchSource(StopwatchSpec(id="watch"))
        with pytest.raises(ValueError, match="halt does not run"):
            source.stop("halt", "ana", at(0))
        source.start("halt", "ana", at(10))
        with pytest.raises(ValueError, match="which is later"):
            source.stop("halt", "ana", at(9))
        source.stop("halt", "ana", at(10))
        with pytest.raises(ValueError, match="halt does not run"):
            source.stop("halt", "ana", at(11))
