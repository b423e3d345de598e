"""Whatever stands in any text field, a report is inert: nothing in it is obeyed, and its shape stays the same."""

import json
import re
import unicodedata
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.report.hostile import FRAGMENTS, everywhere, harmless, states
from tests.report.json_schema import problems
from warroom.report import FORMATS
from warroom.report.facts import safe
from warroom.report.github import github, summary_markdown
from warroom.report.json_report import json_text, verify_schema
from warroom.report.junit import junit
from warroom.report.log import log_text
from warroom.report.markdown import markdown
from warroom.report.text import line, summary, text
from warroom.suite_state import SuiteState

REPORTS: dict[str, Callable[[SuiteState], str]] = {**FORMATS, "log": log_text, "summary": summary_markdown}


def unsafe(report: str) -> set[str]:
    """Characters that a terminal obeys, that reorder text, or that nobody sees."""
    return {
        char
        for char in report
        if char != "\n" and (unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
    }


# Azure's and GitHub's runners look for these anywhere in a line, GitHub's for the colons at its beginning.
PIPELINE_COMMAND = re.compile(r"##\w*\[|^\s*::", re.MULTILINE)


@settings(max_examples=300)
@given(states())
def test_no_report_has_unsafe_characters_or_commands_of_a_pipeline(state: SuiteState) -> None:
    for name, render in REPORTS.items():
        report = render(state)
        assert unsafe(report) == set(), name
        if name == "github":
            report = "\n".join(row for row in report.splitlines() if not row.startswith(("::error ", "::warning ")))
        if name not in ("json", "junit"):
            assert not PIPELINE_COMMAND.search(report), name


@pytest.mark.parametrize("render", [text, log_text, github, markdown], ids=lambda render: str(render.__name__))
@settings(max_examples=300)
@given(state=states())
def test_no_text_adds_a_line(render: Callable[[SuiteState], str], state: SuiteState) -> None:
    assert render(state).count("\n") == render(harmless(state)).count("\n")


@settings(max_examples=300)
@given(states())
def test_json_is_ascii_and_as_the_schema_says(state: SuiteState) -> None:
    schema = verify_schema()
    report = json_text(state)
    assert report.isascii()
    assert list(problems(json.loads(report), schema, schema)) == []
    # What a program takes out of it can be printed as it is.
    assert unsafe(json.dumps(json.loads(report), ensure_ascii=False)) == set()


def shape(element: ET.Element) -> list[object]:
    return [element.tag, sorted(element.attrib), [shape(child) for child in element]]


@settings(max_examples=2_000)
@given(states())
def test_junit_is_read_back_by_any_parser_with_the_same_shape(state: SuiteState) -> None:
    xml = junit(state)
    root = ET.fromstring(xml)
    assert xml.isascii()
    assert shape(root) == shape(ET.fromstring(junit(harmless(state))))
    first = root.find("testsuite/testcase")
    outcome = next(iter(state.checks.values())).outcome
    assert first is not None
    assert outcome is not None
    assert first.get("name") == safe(outcome.title)


# What markdown-it calls the parts that our reports consist of.
_PAIRS = ("heading", "paragraph", "strong", "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th", "td")
ALLOWED = {"inline", "text", "code_inline", *(f"{pair}_{end}" for pair in _PAIRS for end in ("open", "close"))}
# What GitHub adds to the text outside of code spans: mentions, issues, commits, addresses, emoji.
PLATFORM = re.compile(r"@\w|#\d|GH-\d|\b[0-9a-f]{7,40}\b|https?://|www\.\w|:\w+:|<!", re.IGNORECASE)


def tokens(report: str) -> list[Token]:
    parser = MarkdownIt("gfm-like", {"linkify": True, "html": True})
    flat = []
    for token in parser.parse(report):
        flat += [token, *(token.children or ())]
    return flat


def skeleton(report: str) -> list[str]:
    return [token.type for token in tokens(report) if token.type not in ("text", "code_inline")]


@pytest.mark.parametrize("render", [markdown, summary_markdown], ids=["comment", "job summary"])
@settings(max_examples=300)
@given(state=states())
def test_markdown_holds_only_our_own_markup(render: Callable[[SuiteState], str], state: SuiteState) -> None:
    assert_inert(render, state)


@pytest.mark.parametrize("text", ["{}", "see {} now", "a {}"])
@pytest.mark.parametrize("fragment", FRAGMENTS, ids=ascii)
def test_markdown_is_inert_for_each_fragment_alone_and_among_words(fragment: str, text: str) -> None:
    assert_inert(markdown, everywhere(text.format(fragment)))


def assert_inert(render: Callable[[SuiteState], str], state: SuiteState) -> None:
    report = render(state)
    parsed = tokens(report)
    assert {token.type for token in parsed} <= ALLOWED
    assert skeleton(report) == skeleton(render(harmless(state)))
    plain = "\n".join(token.content for token in parsed if token.type == "text")
    assert not PLATFORM.search(plain)


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=ascii)
def test_markdown_shows_the_text_as_it_was(fragment: str) -> None:
    shown = safe(fragment).strip()
    found = "\n".join(token.content for token in tokens(markdown(everywhere(f"a{fragment}a"))) if not token.children)
    assert shown in found


def commands(report: str) -> list[tuple[str, dict[str, str], str]]:
    """The workflow commands of some output, read as GitHub's runner reads them (its ActionCommand.TryParseV2)."""
    found = []
    for row in report.splitlines():
        if not row.strip().startswith("::"):
            continue
        head, _, data = row.strip()[2:].partition("::")
        name, _, properties = head.partition(" ")
        pairs = [part.partition("=") for part in properties.split(",") if part]
        found.append((name, {key.strip(): _unescape(value, ":,") for key, _, value in pairs}, _unescape(data)))
    return found


def _unescape(value: str, more: str = "") -> str:
    for char in ("\r", "\n", *more, "%"):
        value = value.replace(f"%{ord(char):02X}", char)
    return value


@settings(max_examples=300)
@given(states())
def test_github_reads_our_own_commands_and_no_other(state: SuiteState) -> None:
    read = commands(github(state))
    outcome = next(iter(state.checks.values())).outcome
    assert outcome is not None
    assert [(name, set(properties)) for name, properties, _ in read] == [
        ("error", {"title"}),
        ("warning", {"title"}),
        ("warning", {"title"}),
    ]
    assert read[0][1]["title"].startswith(safe(outcome.title)[:20])
    assert safe(outcome.reason)[:20] in read[0][2]


SGR = re.compile(r"\x1b\[[0-9;]*m")


@settings(max_examples=300)
@given(states())
def test_colour_is_the_only_thing_that_is_added(state: SuiteState) -> None:
    coloured = summary(state, color=True)
    assert SGR.sub("", coloured) == summary(state)
    for outcome in (check.outcome for check in state.checks.values()):
        assert outcome is not None
        assert SGR.sub("", line(outcome, color=True)) == line(outcome)
        assert line(outcome, ascii_only=True).isascii()
    assert summary(state, ascii_only=True).isascii()
