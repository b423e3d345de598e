from xml.etree import ElementTree as ET

import pytest

from tests.report.states import STATES, finished, kill_switch_off, outcome, unreachable
from warroom.errors import ExitCode
from warroom.events import RunFinished
from warroom.report.junit import junit
from warroom.suite_state import SuiteState
from warroom.verdict import Result, Verdict


def suite_of(state: SuiteState) -> ET.Element:
    suite = ET.fromstring(junit(state)).find("testsuite")
    assert suite is not None
    return suite


def tag_of(verdict: Verdict, required: bool) -> str:
    reason = "" if verdict is Verdict.PASS else "why"
    one = outcome("p95", [Result(verdict, "say", reason=reason)], verdict=verdict, required=required)
    tags = {child.tag for child in suite_of(finished([one, outcome("canary")])).findall("testcase")[0]}
    return (tags - {"system-out"}).pop() if tags - {"system-out"} else "passed"


@pytest.mark.parametrize(
    ("verdict", "required", "optional"),
    [
        (Verdict.PASS, "passed", "passed"),
        (Verdict.WARN, "passed", "passed"),
        (Verdict.DEGRADED, "skipped", "skipped"),
        (Verdict.BLOCKED, "skipped", "skipped"),
        (Verdict.SKIPPED, "error", "skipped"),
        (Verdict.NOT_EXERCISED, "error", "skipped"),
        (Verdict.STALE, "error", "skipped"),
        (Verdict.INCONCLUSIVE, "error", "skipped"),
        (Verdict.ERROR, "error", "skipped"),
        (Verdict.FAIL, "failure", "skipped"),
    ],
)
def test_each_verdict_has_its_element(verdict: Verdict, required: str, optional: str) -> None:
    assert (tag_of(verdict, True), tag_of(verdict, False)) == (required, optional)


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("strict", [True, False])
def test_a_file_without_failures_belongs_to_exit_code_0_and_to_no_other(
    verdict: Verdict, required: bool, strict: bool
) -> None:
    reason = "" if verdict is Verdict.PASS else "why"
    one = outcome("p95", [Result(verdict, "say", reason=reason)], verdict=verdict, required=required)
    state = finished([one, outcome("canary")], strict=strict)
    assert state.finished is not None
    suite = suite_of(state)
    bad = int(suite.get("failures", "")) + int(suite.get("errors", ""))
    assert (bad == 0) == (state.finished.exit_code == 0)


def test_evidence_that_was_lost_fails_the_file_though_every_check_passed() -> None:
    ended = RunFinished(Verdict.INCONCLUSIVE, "UNKNOWN", int(ExitCode.UNKNOWN), "the evidence could not be kept")
    suite = suite_of(finished([outcome("canary")], ended=ended))
    last = suite.findall("testcase")[-1]
    assert (last.get("name"), suite.get("errors")) == ("verdict", "1")
    assert "the evidence could not be kept" in ET.tostring(last, encoding="unicode")


@pytest.mark.parametrize("state", STATES)
def test_the_totals_are_those_of_the_cases(state: str) -> None:
    suite = suite_of(STATES[state]())
    cases = suite.findall("testcase")
    assert suite.get("tests") == str(len(cases)) == "8"
    for total, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert suite.get(total) == str(sum(case.find(tag) is not None for case in cases))


def test_times_are_seconds() -> None:
    times = {case.get("classname"): case.get("time") for case in suite_of(kill_switch_off()).findall("testcase")}
    assert times["auto_com_center.p95"] == "1.273"


def test_the_message_of_a_failure_says_why_and_its_text_what_to_do() -> None:
    failure = suite_of(kill_switch_off()).find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "RED: DISABLE_SEND is false, expected true"
    assert "IMMEDIATE ROLLBACK" in (failure.text or "")
    assert "curl -sS" in (failure.text or "")


def test_the_lines_of_a_check_are_its_output() -> None:
    output = suite_of(kill_switch_off()).findall("testcase")[-1].findtext("system-out") or ""
    assert output.splitlines()[1:3] == [
        "✖ DISABLE_SEND=false (expected true, actual false)",
        '✔ Dry-run mode ENABLED (expected == "dry-run", actual dry-run)',
    ]


def test_the_properties_name_run_and_evidence() -> None:
    properties = {one.get("name"): one.get("value") for one in suite_of(unreachable()).iter("property")}
    assert properties["exit_code"] == "3"
    assert properties["gate.gate1"] == "unknown, says GET https://auth.example.org/gates/gate1"
    assert properties["started_at"] == "2025-11-01T02:05:00.100Z"
    assert str(properties["evidence"]).endswith("_evidence_20251101T020500Z")


def test_a_run_without_any_check_is_an_error() -> None:
    assert suite_of(SuiteState()).get("errors") == "1"
