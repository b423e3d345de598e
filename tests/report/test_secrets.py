"""Secrets in outcomes reach no report, once an outcome has passed the redactor as the runner passes every one."""

import pytest

from tests.canaries import CANARIES, redactor_of_all, spelled
from tests.report.golden import REPORTS
from tests.report.hostile import everywhere
from warroom.report.github import summary_markdown
from warroom.runner.hiding import redacted
from warroom.suite_state import SuiteState
from warroom.text import clean

ALL = {**REPORTS, "summary": summary_markdown}


def after_the_runner(state: SuiteState) -> SuiteState:
    """`state` with its events' values redacted, check by check."""
    redactor = redactor_of_all()
    checks = {name: redacted(check, redactor) for name, check in state.checks.items()}
    gates = {name: redacted(gate, redactor) for name, gate in state.gates.items()}
    rest = redacted((state.started, state.finished, state.notes), redactor)
    return SuiteState(rest[0], state.started_at, rest[1], state.finished_at, checks, gates, {}, rest[2], state.seq)


@pytest.mark.parametrize("name", CANARIES)
@pytest.mark.parametrize("cleaned", [True, False], ids=["cleaned at the boundary", "as it came"])
def test_no_spelling_of_a_secret_reaches_a_report(name: str, cleaned: bool) -> None:
    for spelling in spelled(CANARIES[name]):
        text = clean(spelling) if cleaned else spelling
        state = after_the_runner(everywhere(f"before {text} after"))
        for report, render in ALL.items():
            shown = render(state)
            assert spelling not in shown, report
            assert clean(spelling) not in shown, report
            assert "before" in shown, report
