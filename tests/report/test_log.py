import pytest

from tests.report.states import STATES, all_green, kill_switch_off
from warroom.report import log_text
from warroom.report.facts import outcomes
from warroom.suite_state import SuiteState


@pytest.mark.parametrize("state", STATES)
def test_the_log_has_every_check_with_every_line(state: str) -> None:
    made = STATES[state]()
    log = log_text(made)
    for outcome in outcomes(made):
        assert f"{outcome.title} ({outcome.id}, {outcome.kind})" in log
        assert f"{outcome.verdict.symbol} {outcome.word} [{outcome.verdict.value}]" in log
        for result in outcome.results:
            assert f"{result.verdict.symbol} {result.say}" in log
            assert result.expected in log
            assert result.actual in log
            assert result.reason in log
        assert all(name in log for name in outcome.evidence)
        assert all(hint.fix in log for hint in outcome.hints)


def test_the_log_says_who_what_and_when() -> None:
    log = log_text(all_green())
    for fact in (
        "auto_com_center Production Publish",
        "auto_com_center Lead (Comms DRI)",
        "2025-11-01T02:00:00Z",
        "playbooks/auto_com_center.yaml",
        "0" * 64,
        "2025-11-01T02:05:00.100Z",
        "https://auth.example.org/gates/gate1",
    ):
        assert fact in log


def test_the_log_says_how_the_percentile_was_taken_and_timed() -> None:
    lines = [" ".join(row.split()) for row in log_text(all_green()).splitlines()]
    start = lines.index("measured: 41.2ms")
    assert lines[start : start + 5] == [
        "measured: 41.2ms",
        "limit: <= 120ms",
        "n: 30",
        "method: nearest rank",
        "timed by: child process, blocking socket, perf_counter",
    ]


def test_the_log_ends_with_verdict_and_manifest() -> None:
    end = log_text(kill_switch_off()).rpartition("-----\n")[2]
    assert "OVERALL auto_com_center RED" in end
    assert "IMMEDIATE ROLLBACK" in end
    assert "exit code:         1 (a required check failed)" in end
    assert "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef" in end


def test_a_run_that_did_not_finish_has_a_log() -> None:
    assert "the run did not finish" in log_text(SuiteState())
