"""Every name in a playbook leads to something that is there and fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.playbook.small import ENVIRON, SMALL, load, said, write
from warroom.playbook.references import circles

FAULTS = [
    (
        "a check's target",
        "    target: app\n",
        "    target: ap\n",
        ["16:13: checks.health.target: there is no target 'ap' (did you mean 'app'?)"],
    ),
    (
        "a lever's target",
        "read: {target: app, path: /state}",
        "read: {target: zzz, path: /state}",
        ["10:42: levers.SEND.read.target: there is no target 'zzz' (there is: app, board)"],
    ),
    (
        "a gate's target",
        "{read: {target: app, path: /gate}}",
        "{read: {target: ap, path: /gate}}",
        ["12:25: gates.auth.read.target: there is no target 'ap' (did you mean 'app'?)"],
    ),
    (
        "a link for people in a check",
        "    target: app\n",
        "    target: board\n",
        ["16:13: checks.health.target: 'board' is a link for people and is never requested"],
    ),
    (
        "a link for people in a gate",
        "{read: {target: app, path: /gate}}",
        "{read: {target: board}}",
        ["12:25: gates.auth.read.target: 'board' is a link for people and is never requested"],
    ),
    (
        "another check",
        "response: health",
        "response: helth",
        ["19:15: checks.judged.response: there is no check 'helth' (did you mean 'health'?)"],
    ),
    (
        "a lever",
        "response: health",
        "response: health\n    lever: SENT",
        ["20:12: checks.judged.lever: there is no lever 'SENT' (did you mean 'SEND'?)"],
    ),
    (
        "a gate",
        "response: health",
        "response: health\n    gate: oauth",
        ["20:11: checks.judged.gate: there is no gate 'oauth' (did you mean 'auth'?)"],
    ),
    (
        "a gate that is tolerated",
        "    target: app\n",
        "    target: app\n    tolerate: {gate: aut, expect: {status: [401]}, as: blocked}\n",
        ["17:22: checks.health.tolerate.gate: there is no gate 'aut' (did you mean 'auth'?)"],
    ),
    (
        "a check in a suite",
        "checks: [health, judged]",
        "checks: [health, juged]",
        ["22:22: suites.verify.checks[1]: there is no check 'juged' (did you mean 'judged'?)"],
    ),
    (
        "a check in a suite twice",
        "checks: [health, judged]",
        "checks: [health, judged, health]",
        ["22:30: suites.verify.checks[2]: 'health' is in this suite already"],
    ),
    (
        "a check in a hint",
        "suites:\n",
        "hints:\n  - {symptom: s, match: {check: [health, helth]}, cause: c, fix: f}\nsuites:\n",
        ["21:42: hints[0].match.check[1]: there is no check 'helth' (did you mean 'health'?)"],
    ),
    (
        "a check that gives something else",
        "response: health",
        "response: other\n  other:\n    kind: judge\n    response: health",
        [
            (
                "19:15: checks.judged.response: 'other' is a check of kind judge, which gives no response "
                "(one that does: health)"
            )
        ],
    ),
    (
        "a check that needs itself",
        "response: health",
        "response: health\n    after: judged",
        ["20:12: checks.judged.after: checks need each other in a circle: judged -> judged"],
    ),
    (
        "a circle of three",
        "response: health",
        (
            "response: health\n    after: b\n  b: {kind: judge, response: health, after: c}\n"
            "  c: {kind: judge, response: health, after: judged}"
        ),
        ["20:12: checks.judged.after: checks need each other in a circle: judged -> b -> c -> judged"],
    ),
    (
        "a pause longer than the whole",
        "checks: [health, judged]",
        "checks: [health, judged]\n    until: {timeout: 1m, every: 2m}",
        ["23:33: suites.verify.until.every: is longer than `timeout`"],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_name_that_leads_nowhere(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    assert SMALL.count(old) == 1
    assert said(write(tmp_path, SMALL.replace(old, new))) == expected


def test_a_name_whose_entry_has_faults_of_its_own_is_known_all_the_same(tmp_path: Path) -> None:
    text = SMALL.replace("    kind: probe\n    target: app\n", "    kind: probe\n    target: app\n    sample: 1\n")
    assert [line.split(": ")[1] for line in said(write(tmp_path, text))] == ["checks.health.sample"]


def test_the_order_of_needs_is_no_matter_of_the_order_in_the_file(tmp_path: Path) -> None:
    text = SMALL.replace("  health:\n    kind: probe\n    target: app\n", "")
    text = text.replace("suites:\n", "  health:\n    kind: probe\n    target: app\nsuites:\n")
    assert list(load(write(tmp_path, text)).checks["judged"].needs) == ["health"]


def test_one_circle_is_reported_once_and_two_are_two(tmp_path: Path) -> None:
    needs = {"a": "b", "b": "a", "c": "d", "d": "c"}
    checks = "".join(f"  {a}: {{kind: judge, response: health, after: {b}}}\n" for a, b in needs.items())
    text = SMALL.replace("suites:\n", checks + "suites:\n")
    found = said(write(tmp_path, text))
    assert [line.rpartition(": ")[2] for line in found] == ["a -> b -> a", "c -> d -> c"]


def test_a_circle_is_found_from_outside_of_it() -> None:
    assert circles({"x": ["a"], "a": ["b"], "b": ["a"]}) == [["a", "b", "a"]]


@pytest.mark.parametrize(
    ("old", "new"), [("kind: probe", 'kind: "${TOKEN}"'), ("response: health", 'response: "${TOKEN}"')]
)
@pytest.mark.parametrize("secret", ["probeprobe", "health00"])
def test_a_suggestion_does_not_tell_what_a_secret_is_like(tmp_path: Path, old: str, new: str, secret: str) -> None:
    found = said(write(tmp_path, SMALL.replace(old, new)), environ={**ENVIRON, "TOKEN": secret})
    assert found
    assert not any("did you mean" in line for line in found)


def test_a_long_chain_of_needs_is_no_circle(tmp_path: Path) -> None:
    chain = "".join(f"  c{i}: {{kind: judge, response: health, after: c{i + 1}}}\n" for i in range(1500))
    text = SMALL.replace("suites:\n", chain + "  c1500: {kind: judge, response: health}\nsuites:\n")
    assert said(write(tmp_path, text)) == []
