import dataclasses
import subprocess
import sys

import pytest
from rich.cells import cell_len

from tests.report.states import STATES, finished, green_gate, kill_switch_off, outcome, unreachable
from warroom.errors import ExitCode
from warroom.events import CheckOutcome, Hint, RunFinished
from warroom.report.facts import MEANING, counts, groups, measured, number, seconds
from warroom.report.junit import junit
from warroom.report.markdown import markdown
from warroom.report.text import WIDTH, line, summary, text
from warroom.suite_state import SuiteState
from warroom.verdict import Measurement, Result, Verdict, word

WHY = "a reason that is " + "very " * 40 + "long"


def outcome_of(verdict: Verdict, required: bool = True) -> CheckOutcome:
    result = Result(verdict, "a line", "1", "2", "" if verdict is Verdict.PASS else "the reason")
    return outcome("p95", [result], verdict=verdict, required=required, word=word(verdict, required=required))


@pytest.mark.parametrize("state", STATES)
def test_a_line_is_as_wide_as_a_terminal_of_120_columns_allows(state: str) -> None:
    for one in STATES[state]().checks.values():
        assert one.outcome is not None
        assert cell_len(line(one.outcome)) == WIDTH


@pytest.mark.parametrize(
    "title", ["漢字のタイトル" * 5, "é" * 60, "x" * 200], ids=["double width", "accents", "long"]
)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_lines_stay_aligned_whatever_the_characters(title: str, ascii_only: bool) -> None:
    shown = line(outcome("p95", title=title, reason=WHY), ascii_only=ascii_only)
    assert cell_len(shown) == WIDTH
    assert shown.endswith(" 1.27 s")


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_state_is_a_symbol_and_a_word_whatever_the_terminal(verdict: Verdict, ascii_only: bool) -> None:
    one = outcome_of(verdict)
    first, second = line(one, ascii_only=ascii_only).split()[:2]
    assert len(first) == 1
    assert first.isascii() or not ascii_only
    assert second == one.word.split()[0]


def test_symbols_in_ascii_tell_the_verdicts_apart_as_well_as_the_others_do() -> None:
    shown = {verdict: line(outcome_of(verdict), ascii_only=True)[0] for verdict in Verdict}
    assert len(set(shown.values())) == len({verdict.symbol for verdict in Verdict})


def test_a_line_says_value_limit_and_how_many() -> None:
    assert "41.2ms (limit <= 120ms), n = 30, nearest rank" in line(outcome("p95"))


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (6, "headers", "6 headers"),
        ("4/4", "levers", "4/4 levers"),
        (0.5, "%", "0.5%"),
        (2.0, "s", "2s"),
        (True, "", "true"),
        ("over (HTTP 503)", "ms", "over (HTTP 503)"),
    ],
)
def test_a_unit_that_is_a_word_stands_apart(value: float | str | bool, unit: str, shown: str) -> None:
    assert measured(Measurement(value, unit=unit)) == shown


def test_a_second_try_and_an_optional_check_say_so() -> None:
    shown = line(outcome("p95", attempts=2, required=False))
    assert "(try 2)" in shown
    assert "(optional)" in shown


def test_the_rollback_comes_before_everything_else_and_names_its_check() -> None:
    first, second = summary(kill_switch_off()).splitlines()[:2]
    assert first == "!!! IMMEDIATE ROLLBACK - external sends may occur!"
    assert "Kill-switch" in second
    assert "Environment variable is not set correctly" in second


def test_a_rollback_that_two_checks_ask_for_is_said_once_the_worst_check_first() -> None:
    hint = Hint("the switch is off", "somebody", "ROLL BACK", "critical")
    made = finished(
        [
            outcome("events", verdict=Verdict.NOT_EXERCISED, title="Events", hints=(hint,)),
            outcome("kill_switch", verdict=Verdict.FAIL, title="Kill-switch", hints=(hint,)),
        ]
    )
    first, second, third = summary(made).splitlines()[:3]
    assert (first, third) == ("!!! ROLL BACK", "")
    assert "found by Kill-switch, Events: the switch is off" in second
    assert markdown(made).count("# 🛑 ROLL BACK") == 1


def test_without_a_critical_hint_the_verdict_comes_first() -> None:
    assert (
        summary(STATES["all_green"]())
        .splitlines()[0]
        .startswith("Verification of auto_com_center Production Publish: ✔ GREEN")
    )


@pytest.mark.parametrize("state", STATES)
def test_every_reason_hint_and_command_of_what_is_not_green_is_there_in_full(state: str) -> None:
    made = STATES[state]()
    shown = summary(made)
    for one in groups(made).open:
        assert one.reason in shown
        assert one.reproduce in shown
        assert all(hint.fix in shown for hint in one.hints)
        assert all(name in shown for name in one.evidence)


def test_nothing_is_compared_where_there_is_no_actual() -> None:
    withheld = Result(
        Verdict.NOT_EXERCISED, "2 synthetic events: withheld", "2 accepted events", "", "kill switch off"
    )
    state = finished([outcome("events", [withheld])])
    for report in (summary(state), junit(state), markdown(state)):
        assert "2 accepted events" in report
        assert "actual" not in report


def test_a_hint_of_many_checks_is_said_once() -> None:
    assert summary(unreachable()).count("Wait 2-3 additional minutes") == 1
    assert summary(unreachable()).count("as for Canary v2.7") == 7


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_is_explained(code: ExitCode) -> None:
    state = finished([outcome("p95")], ended=RunFinished(Verdict.FAIL, "RED", int(code)))
    assert f"exit code {int(code)}: {MEANING[code]}" in summary(state)


def test_an_unknown_exit_code_is_no_crash() -> None:
    assert "exit code 99" in summary(finished([outcome("p95")], ended=RunFinished(Verdict.FAIL, "RED", 99)))


def test_groups_take_in_every_check_exactly_once() -> None:
    listed = [
        dataclasses.replace(outcome_of(verdict, required), id=f"{verdict.value}_{required}")
        for verdict in Verdict
        for required in (True, False)
    ]
    found = groups(finished(listed))
    everything = (*found.open, *found.tolerated, *found.warned, *found.skipped, *found.green)
    assert sorted(one.id for one in everything) == sorted(one.id for one in listed)
    assert [one.id for one in found.skipped] == ["skipped_False"]
    assert [one.id for one in found.open[:2]] == ["fail_True", "skipped_True"]
    assert found.open[-1].required is False


def test_the_counts_add_up() -> None:
    assert counts(kill_switch_off()) == "8 checks: 6 GREEN, 1 UNKNOWN, 1 RED"
    assert counts(SuiteState()) == "no checks"


def test_gates_notes_and_evidence_are_named() -> None:
    shown = summary(unreachable())
    assert "- Gate 1: unknown, says GET https://auth.example.org/gates/gate1" in shown
    assert "note (warning): evidence is incomplete" in shown
    assert "_evidence_20251101T020500Z.log" in shown


def test_a_run_that_did_not_finish_says_so() -> None:
    assert "the run did not finish" in summary(SuiteState())
    assert text(SuiteState())


@pytest.mark.parametrize(
    ("value", "shown"),
    [(41.2, "41.2"), (120, "120"), (0.04123, "0.04123"), (1234567.0, "1234567"), (1e300 * 10, "1e+301")],
)
def test_numbers_are_shown_as_people_read_them(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_no_crash(value: float) -> None:
    assert line(outcome("p95", measurement=Measurement(value, unit="ms")))


@pytest.mark.parametrize(
    ("took", "shown"), [(0.0, "0.000 s"), (0.0412, "0.041 s"), (1.2731, "1.27 s"), (95.04, "95.0 s")]
)
def test_durations_have_three_digits(took: float, shown: str) -> None:
    assert seconds(took) == shown


def test_colour_never_stands_alone() -> None:
    red = kill_switch_off().checks["kill_switch"].outcome
    assert red is not None
    assert "\x1b[" in line(red, color=True)
    assert "✖ RED" in line(red, color=True)


def test_gates_that_say_nothing_of_since_are_shown_plainly() -> None:
    gate = dataclasses.replace(green_gate(), since="", source="--gate", reason="")
    assert "- Gate 1: green, says --gate\n" in summary(finished([outcome("p95")], gates=[gate]))


def test_a_hint_on_a_tolerated_check_is_shown() -> None:
    hinted = outcome("jwks", verdict=Verdict.DEGRADED, hints=(Hint("s", "the cause", "the fix"),))
    assert "the cause. the fix" in summary(finished([hinted, outcome("p95")]))


def test_reports_bring_in_no_screen_and_no_http_library() -> None:
    code = "import sys, warroom.report; print({'textual', 'httpx', 'starlette', 'rich.console'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "set()"
