"""The samples of a probe: availability and percentiles, and how much was observed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.slo.conditions import evaluate, parse_condition
from warroom.slo.query import Availability, Latency, Query, Rate, Selector
from warroom.slo.samples import MARGIN_S, ProbeLog, ProbeSample

T0 = datetime(2025, 11, 1, 2, tzinfo=UTC)
EVERY = timedelta(seconds=2)
MINUTE = timedelta(minutes=1)
P95, UP = Query(Latency(0.95), MINUTE), Query(Availability(), MINUTE)


def log_of(*latencies_ms: float | None, **more: int) -> ProbeLog:
    """One sample each two seconds, the first just inside the minute before T0 + 60 s; None: no answer."""
    log = ProbeLog(EVERY, MINUTE, **more)
    for place, latency in enumerate(latencies_ms, 1):
        seconds = None if latency is None else latency / 1000
        log.add(ProbeSample(T0 + place * EVERY, seconds, latency is not None))
    return log


NOW = T0 + MINUTE


@pytest.mark.parametrize(
    ("latencies", "value"),
    [
        pytest.param([100] * 28 + [120] * 2, 0.12, id="the 29th of 30 decides"),
        pytest.param([100] * 29 + [900], 0.1, id="one outlier of 30 does not"),
        pytest.param([100] * 29 + [None], 0.1, id="nor does one without an answer"),
    ],
)
def test_the_percentile_is_the_nearest_rank(latencies: list[float | None], value: float) -> None:
    reading = log_of(*latencies).answer(P95, NOW)
    assert (reading.value, reading.n, reading.coverage) == (value, 30, 1.0)


def test_a_percentile_among_samples_without_an_answer_is_beyond_every_limit() -> None:
    reading = log_of(*[100] * 27, *[None] * 3).answer(P95, NOW)
    assert (reading.value, reading.beyond, reading.is_known) == (None, True, True)
    assert reading.reason == "P95 lies among 3 samples without an answer, of 30"
    assert evaluate(parse_condition("> 300ms"), reading).truth is True


def test_a_wrong_answer_is_not_available_and_has_its_latency_all_the_same() -> None:
    log = ProbeLog(EVERY, MINUTE)
    for place in range(1, 31):
        log.add(ProbeSample(T0 + place * EVERY, 0.05, place > 3))
    assert log.answer(UP, NOW).value == 0.9
    assert log.answer(P95, NOW).value == 0.05


@pytest.mark.parametrize(("sent", "coverage"), [(30, 1.0), (24, 0.8), (3, 0.1)])
def test_coverage_is_the_share_of_the_samples_that_were_due(sent: int, coverage: float) -> None:
    assert log_of(*[50] * sent).answer(UP, NOW).coverage == coverage


def test_without_a_sample_in_the_window_there_is_no_data() -> None:
    for query in (P95, UP):
        assert not log_of().answer(query, NOW).is_known
        late = log_of(50).answer(query, NOW + 2 * MINUTE)
        assert (late.value, late.reason, late.coverage) == (None, "no sample in the 1m before", 0.0)


def test_the_window_is_open_at_its_beginning() -> None:
    log = ProbeLog(EVERY, MINUTE)
    for place in range(31):
        log.add(ProbeSample(T0 + place * EVERY, 0.05, True))
    assert log.answer(UP, NOW).n == 30


def test_samples_after_the_moment_do_not_count() -> None:
    assert log_of(*[50] * 30).answer(UP, T0 + 10 * EVERY).n == 10


def test_what_no_window_reaches_and_what_is_too_much_is_forgotten() -> None:
    log = log_of(*[50] * 500)
    assert len(log) <= (MINUTE.total_seconds() + 2 * MARGIN_S) / EVERY.total_seconds() + 1
    small = log_of(*[50] * 500, max_samples=20)
    assert len(small) <= 20
    assert small.answer(UP, T0 + 500 * EVERY).value == 1.0


def test_a_clock_that_is_set_back_forgets_what_lies_ahead() -> None:
    log = log_of(*[50] * 29, None)
    log.add(ProbeSample(T0 + 15 * EVERY, None, False))
    reading = log.answer(UP, T0 + 15 * EVERY)
    assert (reading.n, reading.value) == (15, 14 / 15)


def test_a_measure_of_something_else_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="not a measure of a probe"):
        log_of(50).answer(Query(Rate(Selector("x")), MINUTE), NOW)


@given(st.lists(st.one_of(st.none(), st.integers(1, 500)), min_size=1, max_size=30), st.integers(1, 500))
def test_the_percentile_is_over_a_limit_exactly_when_too_many_samples_are(
    latencies: list[int | None], limit_ms: int
) -> None:
    reading = log_of(*latencies).answer(P95, NOW)
    over = sum(latency is None or latency > limit_ms for latency in latencies)
    found = evaluate(parse_condition(f"> {limit_ms}ms"), reading, min_coverage=0)
    assert found.truth is (over > len(latencies) - -(-95 * len(latencies) // 100))


@pytest.mark.parametrize(("away_s", "filling"), [(0, True), (600, False)])
def test_only_a_probe_that_has_just_begun_fills_its_window(away_s: int, filling: bool) -> None:
    log = ProbeLog(EVERY, MINUTE)
    for place in (*range(-40, 0),) if away_s else ():
        log.add(ProbeSample(T0 + place * EVERY - timedelta(seconds=away_s), 0.05, True))
    for place in range(1, 11):
        log.add(ProbeSample(T0 + place * EVERY, 0.05, True))
    reading = log.answer(UP, T0 + 10 * EVERY)
    assert reading.coverage == pytest.approx(1 / 3)
    assert reading.filling is filling
