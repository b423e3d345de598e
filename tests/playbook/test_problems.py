"""Every problem of a playbook at once, at the very key or value, in its author's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.playbook.small import SMALL, load, problems_of, said, write

# (sentence, text of the small playbook, what stands there instead, what is said)
FAULTS = [
    (
        "an unknown key at the top",
        "suites:",
        "suits:",
        ["20:1: suits: unknown key (did you mean 'suites'?)"],
    ),
    (
        "an unknown key in a target",
        'app: {url: "${APP_URL}"}',
        'app: {url: "${APP_URL}", titel: x}',
        ["7:28: targets.app.titel: unknown key (did you mean 'title'?)"],
    ),
    (
        "an unknown parameter of a kind",
        "    target: app\n",
        "    target: app\n    sample: 3\n",
        ["17:5: checks.health.sample: unknown key (did you mean 'samples'?)"],
    ),
    (
        "a misspelt key that every check has",
        "    target: app\n",
        "    target: app\n    requierd: false\n",
        ["17:5: checks.health.requierd: unknown key (did you mean 'required'?)"],
    ),
    (
        "a missing parameter, at the check",
        "    kind: probe\n    target: app\n",
        "    kind: probe\n",
        ["14:3: checks.health.target: is missing"],
    ),
    (
        "a missing key of a target, at the target",
        'app: {url: "${APP_URL}"}',
        "app: {title: App}",
        ["7:3: targets.app.url: is missing"],
    ),
    (
        "an unknown kind",
        "kind: probe",
        "kind: prob",
        ["15:11: checks.health.kind: there is no kind 'prob' (did you mean 'probe'?)"],
    ),
    (
        "a kind that is like no other",
        "kind: probe",
        "kind: zzz",
        ["15:11: checks.health.kind: there is no kind 'zzz' (there is: judge, probe)"],
    ),
    (
        "a check without a kind",
        "    kind: probe\n",
        "",
        ["14:3: checks.health.kind: is missing (there is: judge, probe)"],
    ),
    (
        "no YAML 1.1: `yes` is text",
        "response: health",
        "response: health\n    strict: yes",
        ["20:13: checks.judged.strict: should be true or false (YAML 1.2 knows only true and false)"],
    ),
    (
        "a number out of range",
        "    target: app\n",
        "    target: app\n    samples: 0\n",
        ["17:14: checks.health.samples: should be at least 1"],
    ),
    (
        "text for a number",
        "    target: app\n",
        '    target: app\n    samples: "30"\n',
        ["17:14: checks.health.samples: should be a whole number"],
    ),
    (
        "a duration without a unit",
        "    target: app\n",
        "    target: app\n    timeout: 30\n",
        [
            "17:14: checks.health.timeout: a duration needs a unit: which one is '30', 30s, 30m or 30h?",
        ],
    ),
    (
        "a list where a word may stand as well",
        "    target: app\n",
        "    target: app\n    header: {a: b}\n",
        ["17:13: checks.health.header: should be text or a list"],
    ),
    (
        "a mapping in a list, where the word alone would do as well",
        "    target: app\n",
        "    target: app\n    tolerate: {gate: auth, expect: {status: [{}]}, as: blocked}\n",
        ["17:46: checks.health.tolerate.expect.status[0]: should be text"],
    ),
    (
        "a truth value for a condition",
        "    target: app\n",
        "    target: app\n    limit: true\n",
        ["17:12: checks.health.limit: write it as text in quotes, such as '== true'"],
    ),
    (
        "an input whose declaration has a fault, once",
        "APP_URL: {required: true,",
        "APP_URL: {requird: true,",
        ["4:13: inputs.APP_URL.requird: unknown key (did you mean 'required'?)"],
    ),
    (
        "a condition that is none",
        "    target: app\n",
        "    target: app\n    limit: about 120ms\n",
        [
            "17:12: checks.health.limit: 'about 120ms' is not a condition; write for example <= 120ms",
        ],
    ),
    (
        "a fault deep in an assertion",
        "    target: app\n",
        "    target: app\n    expect:\n      - {json: $.a, iss: present}\n",
        [
            "18:9: checks.health.expect[0].is: is missing",
            "18:21: checks.health.expect[0].iss: unknown key (did you mean 'is'?)",
        ],
    ),
    (
        "a JSONPath that is none",
        "    target: app\n",
        "    target: app\n    expect:\n      - {json: '$.[', is: present}\n",
        ["18:16: checks.health.expect[0].json: '$.[' is not a JSONPath such as $.queue.depth: "],
    ),
    (
        "a name with capital letters",
        "  verify:\n",
        "  Verify:\n",
        ["21:3: suites.Verify: should be a name of small letters, digits and _, such as p95"],
    ),
    (
        "an input with small letters",
        "  TOKEN: {secret",
        "  token: {secret",
        ["5:3: inputs.token: should be a name of capital letters, digits and _, such as APP_URL"],
    ),
    (
        "a section that is a list",
        "suites:\n  verify:\n    checks: [health, judged]\n",
        "suites: [verify]\n",
        ["20:9: suites: should be a mapping of keys and values"],
    ),
    (
        "a section without content",
        "suites:\n  verify:\n    checks: [health, judged]\n",
        "suites:\n",
        ["20:1: suites: should be a mapping of keys and values"],
    ),
    (
        "a check that is a word",
        "  health:\n    kind: probe\n    target: app\n",
        "  health: probe\n",
        ["14:11: checks.health: should be a mapping of keys and values"],
    ),
    (
        "a version that is not known",
        "warroom: 1",
        "warroom: 2",
        ["1:10: warroom: should be 1"],
    ),
    (
        "an empty suite",
        "checks: [health, judged]",
        "checks: []",
        ["22:13: suites.verify.checks: should have at least 1"],
    ),
    (
        "a target with two kinds of credentials",
        'app: {url: "${APP_URL}"}',
        'app: {url: "${APP_URL}", bearer: x, basic: "a:b"}',
        ["7:8: targets.app: `bearer` and `basic` exclude each other"],
    ),
    (
        "a secret with a default",
        "TOKEN: {secret: true,",
        "TOKEN: {secret: true, default: swordfish,",
        ["5:10: inputs.TOKEN: a secret has no default: it would stand in the playbook"],
    ),
    (
        "a tolerated verdict that is none",
        "    target: app\n",
        "    target: app\n    tolerate: {gate: auth, expect: {status: [401]}, as: fine}\n",
        ["17:57: checks.health.tolerate.as: should be 'degraded' or 'blocked'"],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_fault_is_named_at_its_place(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    assert SMALL.count(old) == 1
    found = said(write(tmp_path, SMALL.replace(old, new)))
    assert len(found) == len(expected), found
    assert all(line.startswith(wanted) for line, wanted in zip(found, expected, strict=True)), found


def test_the_faults_of_all_sections_are_reported_at_once_in_file_order(tmp_path: Path) -> None:
    text = SMALL
    for _, old, new, _ in FAULTS[1:4]:
        text = text.replace(old, new, 1)
    text = text.replace("title: Small", "titel: Small").replace("read: {target: app, path: /gate}", "reed: {}")
    text = text.replace("checks: [health, judged]", "checks: [health, juged]")
    path = write(tmp_path, text)
    found = problems_of(path, environ={})
    keys = [problem.key for problem in found]
    assert (
        keys
        == [
            "launch.titel",
            "inputs.APP_URL",
            "targets.app.titel",
            "gates.auth.reed",
            "checks.health.requierd",
            "suites.verify.checks[1]",
        ]
        or "checks.health.sample" in keys
    )
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)


def test_the_source_line_stands_below_with_a_caret_under_the_fault(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL.replace("kind: probe", "kind: prob"))
    (problem,) = problems_of(path)
    assert problem.with_caret().splitlines() == [
        f"{path}:15:11: checks.health.kind: there is no kind 'prob' (did you mean 'probe'?)",
        "        kind: prob",
        "              ^",
    ]


def test_terminal_escapes_in_a_playbook_come_out_visible(tmp_path: Path) -> None:
    text = SMALL.replace("kind: probe", 'kind: "\\e[31mprobe\\u202e"')
    (problem,) = problems_of(write(tmp_path, text))
    assert "\\e[31mprobe\\u202e" in problem.message
    assert problem.with_caret().replace("\n", "").isprintable()


def test_words_that_yaml_takes_for_other_things_stay_text(tmp_path: Path) -> None:
    text = SMALL.replace(
        "launch: {id: small, title: Small}",
        "launch: {id: small, title: 1.10, owner: no, mode: 4:00, facts: {GO: 2025-11-01T02:00:00Z, n: 007, t: true}}",
    )
    launch = load(write(tmp_path, text)).launch
    assert (launch.title, launch.owner, launch.mode) == ("1.10", "no", "4:00")
    assert launch.facts == (("GO", "2025-11-01T02:00:00Z"), ("n", "007"), ("t", "true"))


def test_a_number_in_quotes_is_no_number(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL.replace("warroom: 1", 'warroom: "1"'))
    assert said(path) == ["1:10: warroom: should be 1"]


def test_a_fault_of_a_default_is_reported_once_where_it_stands(tmp_path: Path) -> None:
    text = SMALL + "defaults:\n  lever: {kill_swich: true}\n"
    text = text.replace("levers:\n", "levers:\n  OTHER: {expect: x, read: {target: app}}\n")
    found = said(write(tmp_path, text))
    assert found == ["25:11: levers.OTHER.kill_swich: unknown key (did you mean 'kill_switch'?)"]


def test_more_faults_than_anyone_reads_are_counted(tmp_path: Path) -> None:
    text = SMALL + "".join(f"key{i}: 1\n" for i in range(500))
    found = said(write(tmp_path, text))
    assert len(found) == 101
    assert any("400 further problems not shown" in line for line in found)
