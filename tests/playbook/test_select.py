"""Which checks a command runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.playbook.small import SMALL, load, write
from warroom.errors import ExitCode, NothingSelected, UsageError
from warroom.playbook.loaded import Playbook, Selection
from warroom.playbook.select import select

TEXT = SMALL.replace(
    "suites:\n",
    """\
  third: {kind: judge, response: health, after: judged}
  alone: {kind: probe, target: app}
suites:
""",
).replace("    checks: [health, judged]\n", "    checks: [third, alone]\n  short:\n    checks: [alone]\n")


@pytest.fixture
def playbook(tmp_path: Path) -> Playbook:
    return load(write(tmp_path, TEXT))


def ids(selection: Selection) -> list[str]:
    return [selected.spec.id for selected in selection.checks]


def test_without_a_word_it_is_the_first_suite_with_what_it_needs_last(playbook: Playbook) -> None:
    selection = select(playbook)
    assert selection.suite is playbook.suites["verify"]
    assert ids(selection) == ["third", "alone", "health", "judged"]
    assert [selected.wanted_by for selected in selection.checks] == [(), (), ("third", "judged"), ("third",)]


def test_a_suite_by_name(playbook: Playbook) -> None:
    assert ids(select(playbook, suite="short")) == ["alone"]


def test_checks_by_name_in_the_order_of_the_playbook_and_without_a_suite(playbook: Playbook) -> None:
    selection = select(playbook, only=["alone", "judged"])
    assert ids(selection) == ["judged", "alone", "health"]
    assert selection.suite is None


def test_with_a_suite_the_named_checks_narrow_it_down(playbook: Playbook) -> None:
    assert ids(select(playbook, suite="verify", only=["alone"])) == ["alone"]


def test_a_skipped_check_is_left_out_and_listed(playbook: Playbook) -> None:
    selection = select(playbook, skip=["alone"])
    assert ids(selection) == ["third", "health", "judged"]
    assert selection.skipped == ("alone",)


def test_a_skipped_check_is_not_pulled_in_and_those_that_need_it_get_to_know(playbook: Playbook) -> None:
    selection = select(playbook, skip=["judged"])
    assert ids(selection) == ["third", "alone", "health"]
    assert selection.checks[0].without == ("judged",)
    assert selection.checks[2].wanted_by == ("third",)
    assert selection.skipped == ()


def test_without_suites_it_is_every_check(tmp_path: Path) -> None:
    text = SMALL[: SMALL.index("suites:")]
    assert ids(select(load(write(tmp_path, text)))) == ["health", "judged"]


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        ({"suite": "verfy"}, "there is no suite 'verfy'", "did you mean 'verify'?"),
        ({"suite": "zzz"}, "there is no suite 'zzz'", "there is: verify, short"),
        ({"only": ["helth"]}, "there is no check 'helth'", "did you mean 'health'?"),
        ({"skip": ["helth"]}, "there is no check 'helth'", "did you mean 'health'?"),
    ],
    ids=["a suite", "a suite like no other", "a check", "a check to skip"],
)
def test_a_name_that_is_not_there_is_a_usage_error(
    playbook: Playbook, asked: dict[str, str], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        select(playbook, **asked)
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"suite": "short", "only": ["health"]}, "the suite 'short' has none of the checks asked for: health"),
        ({"suite": "short", "skip": ["alone"]}, "nothing is left to check in the suite 'short': 1 check skipped"),
        (
            {"only": ["alone"], "skip": ["alone"]},
            "nothing is left to check in the suite 'verify': 1 check skipped",
        ),
    ],
    ids=["none of the suite", "all of the suite skipped", "asked for and skipped"],
)
def test_nothing_to_check_has_an_exit_code_of_its_own(
    playbook: Playbook, asked: dict[str, str], message: str
) -> None:
    with pytest.raises(NothingSelected) as caught:
        select(playbook, **asked)
    assert caught.value.message == message
    assert caught.value.exit_code is ExitCode.NOTHING_SELECTED


def test_a_playbook_without_checks_selects_nothing(tmp_path: Path) -> None:
    text = SMALL[: SMALL.index("checks:")]
    with pytest.raises(NothingSelected, match="the playbook has no checks"):
        select(load(write(tmp_path, text)))
