import pytest

from tests.report.golden import FOLDER, REPORTS, file_of
from tests.report.states import STATES


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("state", STATES)
def test_the_report_looks_as_it_was_judged_to_look(state: str, report: str) -> None:
    assert REPORTS[report](STATES[state]()) == file_of(state, report).read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    wanted = {file_of(state, report).name for state in STATES for report in REPORTS}
    assert {path.name for path in FOLDER.iterdir()} == wanted
