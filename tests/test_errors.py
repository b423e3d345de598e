"""Exit codes and what a person is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warroom.errors import ExitCode, PlaybookError, Problem, first_exit_code

ORDER = [130, 143, 70, 2, 5, 6, 7, 1, 3, 4, 0]


@given(st.sets(st.sampled_from(ExitCode), min_size=1))
def test_the_first_that_applies_wins(codes: set[ExitCode]) -> None:
    assert first_exit_code(codes) == min(codes, key=lambda code: ORDER.index(int(code)))


def test_every_exit_code_has_its_place() -> None:
    assert sorted(ORDER) == sorted(int(code) for code in ExitCode)
    assert first_exit_code([]) is ExitCode.GREEN


def test_a_problem_is_shown_with_its_place_and_a_caret() -> None:
    problem = Problem("a.yaml", 3, 5, "checks.p95", "unknown key", "did you mean 'limit'?", "    limti: 5")
    assert str(problem) == "a.yaml:3:5: checks.p95: unknown key (did you mean 'limit'?)"
    assert problem.with_caret().splitlines()[1:] == ["        limti: 5", "        ^"]


@pytest.mark.parametrize(("count", "text"), [(1, "1 problem in"), (2, "2 problems in")])
def test_all_problems_are_told_at_once_in_the_order_of_the_file(count: int, text: str) -> None:
    problems = [Problem("a.yaml", line, 1, "", "bad") for line in reversed(range(1, count + 1))]
    error = PlaybookError(problems)
    assert error.message.startswith(text)
    assert [problem.line for problem in error.problems] == list(range(1, count + 1))
