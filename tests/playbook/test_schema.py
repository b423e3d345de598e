"""The JSON Schema as editors use it: the real yaml-language-server finds faults and offers what can be written."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.needs import need_peer, need_program
from tests.playbook.language_server import LanguageServer
from tests.playbook.small import KINDS as SMALL_KINDS
from tests.playbook.small import SMALL
from tests.playbook.test_shipped import AUTO_COM_CENTER, DEMO, KINDS, SHIPPED
from warroom.playbook.models import Document
from warroom.playbook.schema import playbook_schema

ALL_KINDS = {**KINDS, **SMALL_KINDS}
TEXT = AUTO_COM_CENTER.read_text()
NAMES = (f"play{i}.yaml" for i in itertools.count())


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    package, node = need_peer("yaml-language-server"), need_program("node")
    schema = tmp_path_factory.mktemp("schema") / "schema.json"
    schema.write_text(json.dumps(playbook_schema(ALL_KINDS)))
    with LanguageServer(package, node, schema) as server:
        yield server


def faults(editor: LanguageServer, text: str) -> list[tuple[int, str]]:
    """Line (from 1) and text of everything the editor underlines."""
    found = editor.diagnostics(next(NAMES), text)
    return sorted((fault["range"]["start"]["line"] + 1, fault["message"]) for fault in found)


def line_of(text: str, part: str) -> int:
    """The line, from 1, in which `part` stands; it stands there once."""
    assert text.count(part) == 1
    return text[: text.index(part)].count("\n") + 1


# An editor sees one file: what is completed by an included one lacks something there.
@pytest.mark.parametrize("path", sorted({*SHIPPED} - {DEMO}), ids=lambda path: path.name)
def test_nothing_is_underlined_in_a_shipped_playbook(editor: LanguageServer, path: Path) -> None:
    assert faults(editor, path.read_text()) == []


# (sentence, old, new, part of the line that is underlined, part of the message)
FAULTS = [
    ("a wrong key at the top", "suites:\n", "suits:\n", "suits:", "Property suits is not allowed"),
    ("a wrong key of a target", "title: auto_com_center}", "titel: x}", "titel: x}", "Property titel is not allowed"),
    ("a wrong key of a kind", "samples: 30", "sample: 30", "sample: 30", "Property sample is not allowed"),
    ("a kind that is none", "kind: jwks", "kind: jwk", "kind: jwk\n", "Value is not accepted. Valid values: "),
    ("no kind", "    kind: canary\n", "", "  canary:\n", 'Missing property "kind"'),
    ("no address", 'app: {url: "${AUTO_COM_CENTER_URL}", t', "app: {t", "  app: {t", 'Missing property "url"'),
    ("no parameter", "Auth/JWKS reachability\n    target: jwks\n", "x\n", "  jwks:\n", 'Missing property "target"'),
    ("no condition", ', is: "== true", say: "dep', ', say: "dep', 'say: "dep', 'Missing property "is"'),
    ("a duration without a unit", "timeout: 3m", "timeout: '3'", "timeout: '3'", "A duration has a unit: 90s, 5m"),
    ("text for a number", "samples: 30", "samples: many", "samples: many", "Expected"),
    ("an id with capitals", "  p95:\n    kind", "  P95:\n    kind", "  P95:\n", "Property P95 is not allowed"),
    ("a verdict that is none", "severity: critical", "severity: loud", "severity: loud", "Value is not accepted"),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_fault_is_underlined_in_its_line(
    editor: LanguageServer, old: str, new: str, line: str, message: str
) -> None:
    assert TEXT.count(old) == 1
    text = TEXT.replace(old, new)
    found = faults(editor, text)
    assert [at for at, _ in found] == [line_of(text, line)], found
    assert message in found[0][1]


# What the loader takes, the editor must not underline.
FINE = [
    ("an input for a duration", "timeout: 3m", 'timeout: "${HOW_LONG}"'),
    ("an input for an id", "gate: gate1, expect: {status: [401, 403]}", 'gate: "${GATE}", expect: {status: [401]}'),
    ("numbers and truth values for text", "    CEO GO: ", "    n: 1\n    t: true\n    d: 1.10\n    CEO GO: "),
    ("one symptom", "expect: {status: [401, 403]}", "expect: {status: 401}"),
    ("a read without a default", "  lever:\n", "  target: {connections: 3}\n  lever:\n"),
    ("part of a read", "PROMO_SENDS: {expect", "PROMO_SENDS: {read: {path: /x}, expect"),
    ("an environment", "hints:\n", "environments:\n  staging:\n    checks: {p95: {samples: 5}}\nhints:\n"),
]


@pytest.mark.parametrize(("old", "new"), [f[1:] for f in FINE], ids=[f[0] for f in FINE])
def test_it_is_not_underlined(editor: LanguageServer, old: str, new: str) -> None:
    assert TEXT.count(old) == 1
    assert faults(editor, TEXT.replace(old, new)) == []


def test_with_defaults_for_checks_a_parameter_may_be_missing(editor: LanguageServer) -> None:
    text = SMALL.replace("    target: app\n", "")
    assert [message for _, message in faults(editor, text)] == ['Missing property "target".']
    assert faults(editor, text + "defaults:\n  check: {target: app}\n") == []
    found = faults(editor, text + "defaults:\n  check: {targett: app}\n")
    assert [message for _, message in found] == ["Property targett is not allowed."]


def labels(editor: LanguageServer, text: str) -> list[str]:
    return [item["label"] for item in editor.completions(next(NAMES), text)]


def test_the_keys_of_a_playbook_are_offered_each_once(editor: LanguageServer) -> None:
    offered = labels(editor, "warroom: 1\n|\n")
    expected = [name for name in Document.model_fields if name != "warroom"]
    assert [name for name in offered if name in expected] == expected


def test_the_kinds_are_offered(editor: LanguageServer) -> None:
    assert labels(editor, "warroom: 1\nchecks:\n  a:\n    kind: |\n") == sorted(ALL_KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_parameters_of_a_kind_are_offered_and_no_others(editor: LanguageServer, kind: str) -> None:
    offered = set(labels(editor, f"warroom: 1\nchecks:\n  a:\n    kind: {kind}\n    |\n"))
    own = {info.alias or name for name, info in KINDS[kind].params.model_fields.items()}
    others = {info.alias or name for each in KINDS.values() for name, info in each.params.model_fields.items()} - own
    assert own <= offered
    assert {"title", "required", "timeout", "tolerate"} <= offered
    assert not others & offered


def test_a_key_explains_itself(editor: LanguageServer) -> None:
    text = "warroom: 1\nlaunch: {id: x}\ntargets:\n  app:\n    url: x\n    conne|ctions: 3\n"
    assert "Requests under way at once, 1 to 50." in editor.hover(next(NAMES), text)


def schemas(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from schemas(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from schemas(inner)


def test_every_reference_in_the_schema_leads_somewhere() -> None:
    schema = playbook_schema(ALL_KINDS)
    refs = {each["$ref"] for each in schemas(schema) if isinstance(each.get("$ref"), str)}
    assert refs
    assert refs <= {f"#/$defs/{name}" for name in schema["$defs"]}


def test_the_schema_is_plain_json_and_does_not_change_from_call_to_call() -> None:
    assert json.dumps(playbook_schema(KINDS)) == json.dumps(playbook_schema(dict(reversed(KINDS.items()))))


def test_every_key_of_the_language_has_a_description() -> None:
    schema = playbook_schema({})
    for name, definition in [("top", schema), *schema["$defs"].items()]:
        for key, value in definition.get("properties", {}).items():
            assert value.get("description") or "$ref" in value or name.startswith("check"), (name, key)
