import json

import pytest

from tests.benchmarks.__main__ import BEGIN, DOCUMENT, END, documented
from tests.benchmarks.engine import lateness_rows
from tests.benchmarks.rows import Row, as_json, failed, not_measured, table

MET = Row("fast", 0.5, limit=0.5)
MISSED = Row("slow", 0.51, limit=0.5)
BARE = Row("seen", 3.0, "ms")
PEER = not_measured("peer: hey", "not installed", required=False)
BROKEN = not_measured("verify", "it ended with 1")


@pytest.mark.parametrize(
    ("row", "met"),
    [
        pytest.param(MET, True, id="a figure at its limit meets it"),
        pytest.param(MISSED, False, id="a figure over its limit does not"),
        pytest.param(Row("better", 50.0, limit=50.0, at_least=True), True, id="a figure at its floor meets it"),
        pytest.param(Row("better", 49.9, limit=50.0, at_least=True), False, id="a figure below its floor does not"),
        pytest.param(BARE, None, id="a figure without a target is only shown"),
        pytest.param(PEER, None, id="what was not measured meets nothing"),
    ],
)
def test_a_target_is_met(row: Row, met: bool | None) -> None:
    assert row.met is met


@pytest.mark.parametrize(
    ("rows", "in_ci", "bad"),
    [
        pytest.param([MET, BARE], True, [], id="met targets and bare figures pass"),
        pytest.param([MET, MISSED], False, [MISSED], id="a target that is not met fails"),
        pytest.param([BROKEN], False, [BROKEN], id="a figure of ours that is missing fails"),
        pytest.param([PEER], False, [], id="a peer that is not installed is only named"),
        pytest.param([PEER], True, [PEER], id="with CI=true nothing may be missing"),
    ],
)
def test_a_run_fails(rows: list[Row], in_ci: bool, bad: list[Row]) -> None:
    assert failed(rows, nothing_may_miss=in_ci) == bad


def test_the_table_names_what_was_not_measured_and_why() -> None:
    lines = table([MET, MISSED, PEER]).splitlines()
    assert [line.split()[0] for line in lines] == ["what", "fast", "slow", "peer:"]
    assert "yes" in lines[1]
    assert "NO" in lines[2]
    assert "not measured" in lines[3]
    assert lines[3].endswith("not installed")


def test_the_json_has_every_row_with_its_outcome() -> None:
    found = json.loads(as_json([MET, MISSED, PEER], {"quick": True}))
    assert found["quick"] is True
    assert [(row["what"], row["measured"], row["met"]) for row in found["rows"]] == [
        ("fast", 0.5, True),
        ("slow", 0.51, False),
        ("peer: hey", None, None),
    ]


def test_the_document_gets_the_figures_in_the_place_of_the_old_ones() -> None:
    facts = {"at": "2026-01-02T03:04:05Z", "machine": "m", "python": "3", "load": 0.1}
    once = documented(DOCUMENT.read_text(encoding="utf-8"), [MET], facts)
    twice = documented(once, [MISSED], facts)
    assert "| fast | 0.5x | <= 0.5x | yes |  |" in once
    assert once.replace("| fast | 0.5x | <= 0.5x | yes |", "| slow | 0.51x | <= 0.5x | NO |") == twice
    assert once.partition(BEGIN)[0] == DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[0]
    assert once.partition(END)[2] == DOCUMENT.read_text(encoding="utf-8").partition(END)[2]


@pytest.mark.parametrize(
    ("late", "fails"),
    [
        pytest.param([0.0, 0.2, 0.9], 0, id="in time"),
        pytest.param([-0.001, *[0.01] * 200], 1, id="one of many before its time"),
        pytest.param([0.0, 1.5], 1, id="too late"),
    ],
)
def test_a_post_before_its_time_fails_the_run_of_the_engine(late: list[float], fails: int) -> None:
    assert len(failed(lateness_rows(late), nothing_may_miss=False)) == fails
