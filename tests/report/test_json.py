import copy
import dataclasses
import json
import math
from typing import Any

import pytest

from tests.report.json_schema import problems
from tests.report.states import STATES, all_green, finished, outcome
from warroom.events import CheckInfo, CheckStarted, Envelope, RunFinished
from warroom.report.json_report import json_text, verify_schema
from warroom.suite_state import SuiteState, fold
from warroom.verdict import Measurement, Verdict


def loaded(state: SuiteState) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(json_text(state))
    return report


@pytest.mark.parametrize("state", STATES)
def test_every_report_is_as_the_published_schema_says(state: str) -> None:
    schema = verify_schema()
    assert list(problems(loaded(STATES[state]()), schema, schema)) == []


def spoil(report: dict[str, Any], *path: str | int, value: object) -> dict[str, Any]:
    spoilt: Any = copy.deepcopy(report)
    at = spoilt
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return spoilt  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "warroom.verify/2"),
        (("verdict",), "green"),
        (("exit_code",), "0"),
        (("checks", 0, "required"), 1),
        (("checks", 0, "duration_s"), "1.2"),
        (("checks", 0, "value"), []),
        (("checks", 0, "results", 0, "verdict"), "ok"),
        (("checks", 0, "surprise"), 1),
        (("evidence", "dir"), 1),
    ],
    ids=str,
)
def test_the_schema_notices(path: tuple[str | int, ...], value: object) -> None:
    schema = verify_schema()
    assert list(problems(spoil(loaded(all_green()), *path, value=value), schema, schema))


def test_the_schema_requires_every_key() -> None:
    schema = verify_schema()
    report = loaded(all_green())
    for key in tuple(report):
        without = {name: value for name, value in report.items() if name != key}
        assert list(problems(without, schema, schema)), key


def test_the_keys_of_the_published_contract_are_there_in_their_types() -> None:
    report = loaded(STATES["kill_switch_off"]())
    p95 = next(check for check in report["checks"] if check["id"] == "p95")
    kill_switch = report["checks"][-1]
    assert (report["schema"], report["launch"], report["word"], report["exit_code"]) == (
        "warroom.verify/1",
        "auto_com_center",
        "RED",
        1,
    )
    assert (p95["value"], p95["limit"], p95["unit"], p95["n"], p95["method"], p95["duration_s"]) == (
        41.2,
        "<= 120ms",
        "ms",
        30,
        "nearest rank",
        1.2731,
    )
    assert p95["evidence"] == ["p95/samples.json"]
    assert kill_switch["hints"][0]["fix"] == "IMMEDIATE ROLLBACK - external sends may occur!"
    assert kill_switch["symptom"] == {"DISABLE_SEND": "false"}
    assert report["gates"][0]["state"] == "green"
    assert [check["id"] for check in report["checks"]] == list(all_green().checks)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_has_no_value(value: float) -> None:
    report = loaded(finished([outcome("p95", measurement=Measurement(value))]))
    assert report["checks"][0]["value"] is None


@pytest.mark.parametrize("value", [True, False, 3, 2.5, "v2.7", None])
def test_a_value_keeps_its_type(value: float | str | bool | None) -> None:
    found = loaded(finished([outcome("p95", measurement=Measurement(value))]))["checks"][0]["value"]
    assert (found, type(found)) == (value, type(value))


def test_a_run_that_did_not_finish_is_unknown_and_lists_every_check() -> None:
    green = all_green()
    assert green.started is not None
    assert green.started_at is not None
    half = fold([Envelope(1, green.started_at, green.started), Envelope(2, green.started_at, CheckStarted("p95"))])
    report = loaded(half)
    assert (report["verdict"], report["exit_code"], report["finished_at"]) == ("inconclusive", 3, None)
    assert {check["verdict"] for check in report["checks"]} == {"inconclusive"}
    assert {check["id"]: check["reason"] for check in report["checks"]}["p95"] == "it did not finish"
    assert len(report["checks"]) == 8


def test_nothing_at_all_is_unknown() -> None:
    report = loaded(SuiteState())
    assert (report["verdict"], report["checks"], report["evidence"]["dir"]) == ("inconclusive", [], None)


def test_a_file_that_could_not_be_written_is_not_named() -> None:
    report = loaded(finished([outcome("p95", evidence=("", "p95/samples.json", ""))]))
    assert report["checks"][0]["evidence"] == ["p95/samples.json"]


def test_the_exit_code_is_the_one_the_run_ended_with() -> None:
    ended = RunFinished(Verdict.INCONCLUSIVE, "UNKNOWN", 130, "stopped")
    report = loaded(finished([outcome("p95")], ended=ended))
    assert (report["exit_code"], report["evidence"]["manifest_sha256"]) == (130, None)


def test_an_optional_check_says_so() -> None:
    optional = dataclasses.replace(outcome("p95"), required=False)
    assert loaded(finished([optional, outcome("canary")]))["checks"][0]["required"] is False


def test_a_declared_check_without_an_outcome_is_not_left_out() -> None:
    state = finished([outcome("p95")])
    assert state.started is not None
    started = dataclasses.replace(state.started, checks=(*state.started.checks, CheckInfo("late", "http", "Late")))
    more = fold([Envelope(99, state.started_at or outcome("p95").started_at, started)], state)
    assert [check["id"] for check in loaded(more)["checks"]] == ["p95", "late"]
