"""The reports as they should look, kept in golden/.

`python -m tests.report.golden` writes them anew: then judge the difference line by line.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.report.states import STATES
from warroom.report import FORMATS
from warroom.report.log import log_text
from warroom.suite_state import SuiteState

FOLDER = Path(__file__).parent / "golden"
ENDINGS = {"text": "txt", "json": "json", "junit": "xml", "markdown": "md", "github": "github.txt", "log": "log"}
REPORTS: Mapping[str, Callable[[SuiteState], str]] = {**FORMATS, "log": log_text}


def file_of(state: str, report: str) -> Path:
    """Where the report of a state is kept."""
    return FOLDER / f"{state}.{ENDINGS[report]}"


def main() -> None:
    """Writes every golden file."""
    FOLDER.mkdir(exist_ok=True)
    for state, make in STATES.items():
        for report, render in REPORTS.items():
            file_of(state, report).write_text(render(make()), encoding="utf-8")


if __name__ == "__main__":
    main()
