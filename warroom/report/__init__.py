"""Reports: pure functions from the state of a run to text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from warroom.report.github import github, summary_markdown
from warroom.report.junit import junit
from warroom.report.log import log_text
from warroom.report.markdown import markdown
from warroom.report.text import text
from warroom.suite_state import SuiteState

__all__ = ["FORMATS", "log_text", "summary_markdown"]


def _json(state: SuiteState) -> str:
    # Imported here: the models of the schema read their own source, which costs 20 ms before the first request.
    from warroom.report.json_report import json_text

    return json_text(state)


FORMATS: Final[Mapping[str, Callable[[SuiteState], str]]] = MappingProxyType(
    {"text": text, "json": _json, "junit": junit, "markdown": markdown, "github": github}
)
