"""Reports: pure functions from the state of a run to text.

Each is imported when it is asked for: a verification sends its first request before it needs any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from warroom.suite_state import SuiteState

__all__ = ["FORMATS"]


def _text(state: SuiteState) -> str:
    from warroom.report.text import text

    return text(state)


def _json(state: SuiteState) -> str:
    from warroom.report.json_report import json_text

    return json_text(state)


def _junit(state: SuiteState) -> str:
    from warroom.report.junit import junit

    return junit(state)


def _markdown(state: SuiteState) -> str:
    from warroom.report.markdown import markdown

    return markdown(state)


def _github(state: SuiteState) -> str:
    from warroom.report.github import github

    return github(state)


FORMATS: Final[Mapping[str, Callable[[SuiteState], str]]] = MappingProxyType(
    {"text": _text, "json": _json, "junit": _junit, "markdown": _markdown, "github": _github}
)
