import dataclasses
from collections.abc import Callable

import pytest

from tests.report.states import STATES, TITLES, finished, gate_red, kill_switch_off, outcome
from tests.report.test_hostile import commands
from warroom.events import CheckOutcome, Noted, RunFinished
from warroom.report.github import ANNOTATIONS, SUMMARY_LIMIT, github, summary_markdown
from warroom.report.markdown import COMMENT_LIMIT, cut, lines, markdown
from warroom.suite_state import SuiteState
from warroom.verdict import Result, Verdict


def many(count: int, verdict: Verdict = Verdict.FAIL, say: str = "say") -> list[CheckOutcome]:
    line = Result(verdict, say, "1", "2", "why")
    return [outcome("p95", [line], id=f"check_{number}", verdict=verdict) for number in range(count)]


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.ERROR, Verdict.BLOCKED, Verdict.WARN])
@pytest.mark.parametrize("count", [9, 10, 11, 200])
def test_github_drops_nothing_without_a_word(verdict: Verdict, count: int) -> None:
    found = commands(github(finished([*many(count, verdict), outcome("canary")])))
    assert len(found) == min(count, ANNOTATIONS)
    if count > ANNOTATIONS:
        assert f"{count - ANNOTATIONS + 1} " in found[-1][2]


def test_each_level_has_its_own_ten() -> None:
    found = commands(
        github(finished([*many(30), *[dataclasses.replace(one, id=f"w{one.id}") for one in many(30, Verdict.WARN)]]))
    )
    assert [name for name, _, _ in found] == ["error"] * 10 + ["warning"] * 10


def test_the_rollback_is_the_first_annotation_and_its_first_line() -> None:
    before = many(20)
    loud = kill_switch_off().checks["kill_switch"].outcome
    assert loud is not None
    name, properties, message = commands(github(finished([*before, loud])))[0]
    assert (name, properties["title"]) == ("error", "Kill-switch: RED")
    assert message.splitlines()[0] == "IMMEDIATE ROLLBACK - external sends may occur!"


def test_what_is_tolerated_is_a_warning() -> None:
    assert [(name, properties["title"]) for name, properties, _ in commands(github(gate_red()))] == [
        ("warning", "Auth/JWKS reachability: DEGRADED - pending Gate 1"),
        ("warning", "M2M token flow: BLOCKED - pending Gate 1"),
    ]


def test_an_optional_check_that_is_red_is_a_warning() -> None:
    optional = [dataclasses.replace(one, required=False) for one in many(1)]
    assert [name for name, _, _ in commands(github(finished([*optional, outcome("canary")])))] == ["warning"]


@pytest.mark.parametrize("state", STATES)
def test_an_error_is_shown_where_the_run_fails_and_only_there(state: str) -> None:
    made = STATES[state]()
    assert made.finished is not None
    shown = {name for name, _, _ in commands(github(made))}
    assert ("error" in shown) == (made.finished.exit_code != 0)


def test_a_run_that_fails_though_every_check_passed_shows_an_error() -> None:
    ended = RunFinished(Verdict.INCONCLUSIVE, "UNKNOWN", 3, "the evidence could not be kept")
    state = finished([outcome("canary")], notes=[Noted("disk full", "warning")], ended=ended)
    assert [message for _, _, message in commands(github(state))] == ["the evidence could not be kept", "disk full"]


def test_a_message_is_short_enough_for_an_annotation() -> None:
    long = [dataclasses.replace(one, reason="%" * 20_000, title="t" * 20_000) for one in many(1)]
    assert all(len(row.encode()) < 64 * 1024 for row in github(finished(long)).splitlines())


@pytest.mark.parametrize(
    ("render", "limit", "size"),
    [
        pytest.param(summary_markdown, SUMMARY_LIMIT, lambda text: len(text.encode()), id="the summary of a job"),
        pytest.param(markdown, COMMENT_LIMIT, len, id="a comment"),
    ],
)
def test_a_report_that_is_too_long_loses_whole_lines_and_says_how_many(
    render: Callable[[SuiteState], str], limit: int, size: Callable[[str], int]
) -> None:
    state = finished(many(3_000, say="漢字 " * 100))
    rows = render(state).splitlines()
    assert limit * 0.98 < size(render(state)) <= limit
    left_out = int(rows[-1].removeprefix("**").partition(" ")[0].replace(",", ""))
    assert len(rows) - 2 + left_out == len(lines(state))


@pytest.mark.parametrize("limit", range(70, 120))
def test_a_cut_keeps_within_any_limit(limit: int) -> None:
    rows = [f"line {number}" for number in range(20)]
    shown = cut(rows, limit, len)
    assert len(shown) <= limit
    assert shown.startswith(("\n**20 lines left out", "line 0\n"))


def test_a_comment_shows_the_worst_first() -> None:
    shown = markdown(kill_switch_off())
    places = [shown.index(f"### {mark}") for mark in ("✖ Kill-switch", "? Event ingestion", "✔ Canary v2.7")]
    assert places == sorted(places)
    assert shown.startswith("# 🛑 IMMEDIATE ROLLBACK - external sends may occur!\n")
    assert shown.index("| Check |") < places[0]


def test_every_check_has_a_row_and_a_section() -> None:
    shown = markdown(gate_red())
    for _, title in TITLES.values():
        assert f" {title} |" in shown
        assert f" {title}: " in shown
