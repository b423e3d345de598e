"""The laws of verdicts."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.errors import ExitCode
from warroom.verdict import Measurement, Result, Verdict, of_results, of_suite, word, worst

verdicts = st.sampled_from(Verdict)
OPENS = {Verdict.PASS, Verdict.WARN, Verdict.DEGRADED, Verdict.BLOCKED}


def line(verdict: Verdict, required: bool = True) -> Result:
    return Result(verdict, "a line", reason="because", required=required)


def test_the_verdict_of_nothing_is_inconclusive() -> None:
    assert worst([]) is Verdict.INCONCLUSIVE
    assert of_results([]) is Verdict.INCONCLUSIVE
    assert of_suite({}, {}).exit_code is ExitCode.UNKNOWN


@given(st.lists(verdicts, min_size=1), st.randoms())
def test_the_worst_does_not_depend_on_the_order(found: list[Verdict], random: Random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert worst(found) is worst(shuffled)
    assert all(worst(found).rank >= verdict.rank for verdict in found)


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.tuples(verdicts, st.booleans()), min_size=1), st.data())
def test_leaving_a_result_out_never_makes_a_suite_green(
    checks: dict[str, tuple[Verdict, bool]], data: st.DataObject
) -> None:
    declared = {name: required for name, (_, required) in checks.items()}
    found = {name: verdict for name, (verdict, _) in checks.items()}
    missing = data.draw(st.sampled_from(sorted(declared)))
    left = {name: verdict for name, verdict in found.items() if name != missing}
    before, after = of_suite(declared, found), of_suite(declared, left)
    if declared[missing]:
        assert after.exit_code in (ExitCode.RED, ExitCode.UNKNOWN)
    if before.exit_code is not ExitCode.GREEN:
        assert after.exit_code is not ExitCode.GREEN


@given(st.lists(st.tuples(verdicts, st.booleans()), min_size=1))
def test_no_unknown_or_failed_required_check_is_ever_green(found: list[tuple[Verdict, bool]]) -> None:
    declared = {str(index): required for index, (_, required) in enumerate(found)}
    suite = of_suite(declared, {str(index): verdict for index, (verdict, _) in enumerate(found)})
    required = [verdict for verdict, needed in found if needed]
    assert (suite.exit_code is ExitCode.RED) == (Verdict.FAIL in required)
    if suite.exit_code is ExitCode.GREEN:
        assert set(required) <= OPENS
        assert {Verdict.PASS, Verdict.WARN} & set(required)


def test_a_pass_without_a_measurement_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="at least one measurement"):
        Result(Verdict.PASS, "P95", measurement=Measurement(n=0))


def test_a_skipped_line_must_say_why() -> None:
    with pytest.raises(ValueError, match="reason"):
        Result(Verdict.SKIPPED, "left out")


def test_an_optional_line_never_decides() -> None:
    assert of_results([line(Verdict.PASS), line(Verdict.FAIL, required=False)]) is Verdict.PASS
    assert of_results([line(Verdict.PASS, required=False)]) is Verdict.SKIPPED


WORDS = [
    (Verdict.PASS, True, "GREEN"),
    (Verdict.WARN, True, "YELLOW"),
    (Verdict.FAIL, True, "RED"),
    (Verdict.ERROR, True, "UNKNOWN"),
    (Verdict.STALE, True, "UNKNOWN"),
    (Verdict.NOT_EXERCISED, True, "UNKNOWN"),
    (Verdict.SKIPPED, True, "UNKNOWN"),
    (Verdict.SKIPPED, False, "SKIPPED"),
]


@pytest.mark.parametrize(("verdict", "required", "expected"), WORDS, ids=[f"{v}-{w}" for v, _, w in WORDS])
def test_the_word_a_person_reads(verdict: Verdict, required: bool, expected: str) -> None:
    assert word(verdict, required=required) == expected


def test_words_that_carry_more() -> None:
    assert word(Verdict.PASS, mode="dry-run") == "GREEN (dry-run)"
    assert word(Verdict.DEGRADED, pending="Gate 1") == "DEGRADED - pending Gate 1"
    assert word(Verdict.BLOCKED, pending="Gate 1") == "BLOCKED - pending Gate 1"


def test_no_two_different_states_share_symbol_and_word() -> None:
    shown = {(verdict.symbol, word(verdict)) for verdict in Verdict if not verdict.is_unknown}
    assert len(shown) == len([verdict for verdict in Verdict if not verdict.is_unknown])


SUITES = [
    ("every check passed", [Verdict.PASS, Verdict.PASS], "GREEN (dry-run)", ExitCode.GREEN, ExitCode.GREEN),
    ("a warning", [Verdict.PASS, Verdict.WARN], "GREEN (dry-run) with warnings", ExitCode.GREEN, ExitCode.NOT_STRICT),
    ("a tolerated check", [Verdict.PASS, Verdict.BLOCKED], "GREEN (dry-run)", ExitCode.GREEN, ExitCode.NOT_STRICT),
    ("only tolerated checks", [Verdict.BLOCKED], "UNKNOWN", ExitCode.UNKNOWN, ExitCode.UNKNOWN),
    ("a failed check", [Verdict.ERROR, Verdict.FAIL], "RED", ExitCode.RED, ExitCode.RED),
    ("an undecided check", [Verdict.PASS, Verdict.STALE], "UNKNOWN", ExitCode.UNKNOWN, ExitCode.UNKNOWN),
]


@pytest.mark.parametrize(
    ("found", "label", "code", "strict"), [row[1:] for row in SUITES], ids=[r[0] for r in SUITES]
)
def test_the_verdict_of_a_suite(found: list[Verdict], label: str, code: ExitCode, strict: ExitCode) -> None:
    declared = {str(index): True for index in range(len(found))}
    by_id = {str(index): verdict for index, verdict in enumerate(found)}
    assert (of_suite(declared, by_id, mode="dry-run").word, of_suite(declared, by_id).exit_code) == (label, code)
    assert of_suite(declared, by_id, strict=True).exit_code is strict
