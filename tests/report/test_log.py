from pathlib import Path

import pytest

from tests.report.states import LAUNCH, STATES, T0, TITLES, all_green, finished, kill_switch_off, outcome
from warroom.adapters.evidence import EvidenceStore
from warroom.clock import VirtualClock
from warroom.events import RunFinished
from warroom.redact import Redactor
from warroom.report import FORMATS
from warroom.report.facts import outcomes
from warroom.report.log import log_text
from warroom.suite_state import SuiteState
from warroom.verdict import Verdict


@pytest.mark.parametrize("state", STATES)
def test_the_log_has_every_check_with_every_line(state: str) -> None:
    made = STATES[state]()
    log = log_text(made)
    for one in outcomes(made):
        assert f"{one.title} ({one.id}, {one.kind})" in log
        assert f"{one.verdict.symbol} {one.word} [{one.verdict.value}]" in log
        for result in one.results:
            assert f"{result.verdict.symbol} {result.say}" in log
            assert result.expected in log
            assert result.actual in log
            assert result.reason in log
        assert all(name in log for name in one.evidence)
        assert all(hint.fix in log for hint in one.hints)


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
        "source: child process, blocking socket, perf_counter",
    ]


def test_the_log_ends_with_verdict_and_manifest() -> None:
    end = log_text(kill_switch_off()).rpartition("-----\n")[2]
    assert "OVERALL auto_com_center RED" in end
    assert "IMMEDIATE ROLLBACK" in end
    assert "exit code:         1 (a required check failed)" in end
    assert "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef" in end


@pytest.mark.covers("S3-E01")
def test_the_log_has_the_name_that_people_look_for_and_the_reports_say_where_it_is(tmp_path: Path) -> None:
    store = EvidenceStore(tmp_path, LAUNCH.id, T0, Redactor(), VirtualClock(T0))
    store.open()
    manifest, _ = store.finish()
    outcomes = [outcome(check) for check in TITLES]
    ended = RunFinished(Verdict.PASS, "GREEN (dry-run)", 0, "", str(store.log_path), manifest)
    state = finished(outcomes, ended=ended)
    assert store.write_log(log_text(state)) == ""
    assert store.log_path.name == "auto_com_center_evidence_20251101T020500Z.log"
    log = store.log_path.read_text(encoding="utf-8")
    assert all(f"{one.title} ({one.id}, {one.kind})\n   ✔ GREEN (dry-run)" in log for one in outcomes)
    assert manifest in log
    for report in ("text", "json", "markdown"):
        assert str(store.log_path) in FORMATS[report](state)


def test_a_run_that_did_not_finish_has_a_log() -> None:
    assert "the run did not finish" in log_text(SuiteState())
