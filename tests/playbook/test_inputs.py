"""Where inputs come from, what is refused, and that no value of theirs is ever shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.playbook.small import ENVIRON, KINDS, SMALL, load, problems_of, said, write
from warroom.errors import PlaybookError
from warroom.playbook.load import check_playbook

CANARY = "swordfish_canary"


def with_inputs(inputs: str, **changes: str) -> str:
    """The small playbook with other inputs; `title` is the launch's title."""
    head, _, rest = SMALL.partition("inputs:\n")
    rest = rest[rest.index("targets:") :].replace("${APP_URL}", changes.get("url", "http://127.0.0.1:9"))
    return head.replace("title: Small", f"title: '{changes.get('title', 'Small')}'") + f"inputs:\n{inputs}" + rest


def title_of(tmp_path: Path, inputs: str, **given: object) -> str:
    text = with_inputs(inputs, title="${NAME}")
    return load(write(tmp_path, text), **given).launch.title  # type: ignore[arg-type]


def test_all_missing_inputs_are_named_at_once_with_what_they_are_and_how_to_give_them(tmp_path: Path) -> None:
    text = SMALL.replace("TOKEN: {secret: true,", "TOKEN: {secret: true, required: true,")
    app, token = said(write(tmp_path, text), environ={})
    assert app == (
        "4:3: inputs.APP_URL: is required and not set: Address of the app "
        "(set APP_URL in the environment, in --env-file or with --input APP_URL=VALUE)"
    )
    assert token == (
        "5:3: inputs.TOKEN: is required and not set: Token for the app "
        "(set TOKEN in the environment or in --env-file)"
    )


def test_a_required_value_that_is_empty_counts_as_missing(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL)
    for given in ({"environ": {"APP_URL": ""}}, {"environ": {}, "overrides": {"APP_URL": ""}}):
        (line,) = said(path, **given)
        assert line.startswith("4:3: inputs.APP_URL: is required and not set")


def test_missing_inputs_come_together_with_other_problems(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL.replace("kind: probe", "kind: prob"))
    assert [problem.key for problem in problems_of(path, environ={})] == ["inputs.APP_URL", "checks.health.kind"]


def test_a_value_comes_from_the_first_source_that_has_one(tmp_path: Path) -> None:
    inputs = "  NAME: {default: by default, file: name.txt}\n"
    write(tmp_path, "by file\n", "name.txt")
    env_file = write(tmp_path, "NAME=by env-file\n", "values.env")
    everything = {"overrides": {"NAME": "by option"}, "environ": {"NAME": "by environment"}, "env_file": env_file}
    assert title_of(tmp_path, inputs, **everything) == "by option"
    assert title_of(tmp_path, inputs, **{**everything, "overrides": {}}) == "by environment"
    assert title_of(tmp_path, inputs, env_file=env_file) == "by env-file"
    assert title_of(tmp_path, inputs) == "by file"
    assert title_of(tmp_path, "  NAME: {default: by default}\n") == "by default"


def test_an_empty_variable_does_not_hide_the_next_source(tmp_path: Path) -> None:
    assert title_of(tmp_path, "  NAME: {default: by default}\n", environ={"NAME": ""}) == "by default"


def test_a_variable_can_have_another_name_than_the_input(tmp_path: Path) -> None:
    inputs = "  NAME: {env: Other_Name}\n"
    assert title_of(tmp_path, inputs, environ={"Other_Name": "x", "NAME": "y"}) == "x"


def test_an_input_that_is_not_declared_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL)
    assert said(path, overrides={"AP_URL": "x"}) == [
        "--input: AP_URL: the playbook has no such input (did you mean 'APP_URL'?)"
    ]


@pytest.mark.parametrize("content", [None, "no line of an env file\n"], ids=["that is not there", "with a fault"])
def test_of_an_env_file_nobody_is_told_what_it_may_have_given(tmp_path: Path, content: str | None) -> None:
    env_file = tmp_path / "launch.env"
    if content is not None:
        env_file.write_text(content, "utf-8")
    text = SMALL.replace("TOKEN: {secret: true,", "TOKEN: {secret: true, required: true,")
    (line,) = said(write(tmp_path, text), environ={}, env_file=env_file)
    assert ("is not KEY=VALUE" in line) is (content is not None)


def test_a_secret_is_not_taken_from_the_command_line(tmp_path: Path) -> None:
    found = said(write(tmp_path, SMALL), overrides={"TOKEN": CANARY})
    assert found == [
        "--input: TOKEN: a secret given so shows in the process list (use the environment or --env-file)"
    ]


def test_a_secret_can_come_from_a_file_without_its_last_line_end(tmp_path: Path) -> None:
    text = SMALL.replace("TOKEN: {secret: true,", "TOKEN: {secret: true, file: token.txt,")
    path = write(tmp_path, text)
    for content in (f"{CANARY}", f"{CANARY}\n", f"{CANARY}\r\n"):
        write(tmp_path, content, "token.txt")
        assert load(path).secrets == {"TOKEN": CANARY}


FILES = [
    ("it is not there", None, "its file token.txt cannot be read: there is no such file"),
    ("it is too large", b"x" * 70_000, "its file token.txt is larger than 64 KiB"),
    ("it has two lines", b"first\nsecond\n", "the value from its file has a line break, another control character"),
    ("it is not UTF-8", b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe", "or bytes that are not UTF-8"),
    ("it holds too little", b"short\n", "the value from its file is shorter than 8 characters"),
]


@pytest.mark.parametrize(("content", "expected"), [f[1:] for f in FILES], ids=[f[0] for f in FILES])
def test_a_file_of_a_secret_is_refused_when(tmp_path: Path, content: bytes | None, expected: str) -> None:
    if content is not None:
        write(tmp_path, content, "token.txt")
    text = SMALL.replace("TOKEN: {secret: true,", "TOKEN: {secret: true, file: token.txt,")
    (line,) = said(write(tmp_path, text))
    assert line.startswith("5:3: inputs.TOKEN: ")
    assert expected in line


def test_a_file_of_a_secret_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token.txt")
    text = SMALL.replace("TOKEN: {secret: true,", "TOKEN: {secret: true, file: token.txt,")
    (line,) = said(write(tmp_path, text))
    assert "its file token.txt is not a regular file" in line


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", "a\x1bb", "a\x7fb", "a\x85b", "a\udc80b"])
def test_a_value_with_control_characters_is_refused_by_the_name_of_its_input(tmp_path: Path, value: str) -> None:
    (line,) = said(write(tmp_path, SMALL), environ={"APP_URL": f"http://127.0.0.1/{value}"})
    assert line.startswith("4:3: inputs.APP_URL: the value from the environment has a line break")
    assert "127.0.0.1" not in line


def test_a_secret_too_short_to_redact_is_refused(tmp_path: Path) -> None:
    (line,) = said(write(tmp_path, SMALL), environ={**ENVIRON, "TOKEN": "seven77"})
    assert "is shorter than 8 characters" in line
    assert "seven77" not in line


def test_secrets_that_are_set_are_known_by_the_name_of_their_input(tmp_path: Path) -> None:
    text = SMALL.replace("TOKEN: {secret: true,", "TOKEN: {secret: true, env: APP_TOKEN,")
    path = write(tmp_path, text)
    playbook = load(path, environ={**ENVIRON, "APP_TOKEN": CANARY})
    assert playbook.secrets == {"TOKEN": CANARY}
    assert load(path).secrets == {}
    assert CANARY not in repr(playbook)


# Places where a secret does not belong: (sentence, old, new)
WRONG_PLACES = [
    ("an address", "${APP_URL}", "${TOKEN}"),
    ("an address with a host", "${APP_URL}", "ftp://${TOKEN}"),
    ("user info", "${APP_URL}", "http://user:${TOKEN}@127.0.0.1"),
    ("a title", "title: Small", 'title: "The ${TOKEN}"'),
    ("a fact", "title: Small", 'facts: {x: "${TOKEN}"}'),
    ("a title of a check", "kind: probe", 'kind: probe\n    title: "${TOKEN}"'),
    ("a lever's value", 'expect: "false"', 'expect: "${TOKEN}"'),
    ("a hint", "suites:\n", 'hints: [{symptom: s, match: {verdict: fail}, fix: "${TOKEN}"}]\nsuites:\n'),
    ("a kind", "kind: probe", 'kind: "${TOKEN}"'),
    ("a target", "    target: app\n", '    target: "${TOKEN}"\n'),
    ("a need", "response: health", 'response: "${TOKEN}"'),
    ("a suite", "checks: [health, judged]", 'checks: ["${TOKEN}"]'),
    ("a duration", "    target: app\n", '    target: app\n    timeout: "${TOKEN}"\n'),
    ("a duration of the kind", "    target: app\n", '    target: app\n    pause: "${TOKEN}"\n'),
    ("a condition", "    target: app\n", '    target: app\n    limit: "<= ${TOKEN}"\n'),
    ("a number", "    target: app\n", '    target: app\n    samples: "${TOKEN}"\n'),
    ("a truth value", "response: health", 'response: health\n    strict: "${TOKEN}"'),
    ("a JSONPath", "    target: app\n", '    target: app\n    expect: [{json: "${TOKEN}", is: present}]\n'),
    ("an assertion", "    target: app\n", '    target: app\n    expect: [{json: $.a, is: "${TOKEN}"}]\n'),
    ("a list of assertions", "    target: app\n", '    target: app\n    expect: "${TOKEN}"\n'),
    ("a say", "    target: app\n", '    target: app\n    expect: [{text: present, say: "{${TOKEN}}"}]\n'),
    ("a mapping", "app: {url: \"${APP_URL}\"}", 'app: "${TOKEN}"'),
    ("a section", "gates:\n  auth: {read: {target: app, path: /gate}}", 'gates: "${TOKEN}"'),
    ("a gate", "kind: probe", 'kind: probe\n    tolerate: {gate: "${TOKEN}", expect: {a: b}, as: blocked}'),
    ("a verdict", "kind: probe", 'kind: probe\n    tolerate: {gate: auth, expect: {a: b}, as: "${TOKEN}"}'),
    ("a file", "app: {url:", 'app: {ca_file: "${TOKEN}", url:'),
    ("a proxy", "app: {url:", 'app: {proxy: "${TOKEN}", url:'),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), [w[1:] for w in WRONG_PLACES], ids=[w[0] for w in WRONG_PLACES])
def test_a_secret_in_the_wrong_place_is_named_and_not_shown(tmp_path: Path, old: str, new: str) -> None:
    text = SMALL.replace(old, new)
    assert text != SMALL
    path = write(tmp_path, text)
    with pytest.raises(PlaybookError) as caught:
        load(path, environ={**ENVIRON, "TOKEN": CANARY})
    shown = str(caught.value) + repr(caught.value) + caught.value.message + caught.value.hint
    assert CANARY not in shown
    assert "TOKEN" in shown
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


FINE_PLACES = [
    ("a bearer token", "app: {url:", 'app: {bearer: "${TOKEN}", url:'),
    ("a password", "app: {url:", 'app: {basic: "me:${TOKEN}", url:'),
    ("an address", "${APP_URL}", "http://127.0.0.1/${TOKEN}"),
    ("a parameter of a check", "    target: app\n", '    target: app\n    header: "${TOKEN}"\n'),
]


@pytest.mark.parametrize(("old", "new"), [f[1:] for f in FINE_PLACES], ids=[f[0] for f in FINE_PLACES])
def test_a_secret_may_be(tmp_path: Path, old: str, new: str) -> None:
    path = write(tmp_path, SMALL.replace(old, new))
    assert said(path, environ={**ENVIRON, "TOKEN": CANARY}) == []


def test_the_linter_finds_a_misplaced_secret_without_its_value(tmp_path: Path) -> None:
    path = write(tmp_path, SMALL.replace("title: Small", "title: '${TOKEN}'"))
    assert [str(problem) for problem in check_playbook(path, KINDS)] == [
        f"{path}:2:28: launch.title: the secret input 'TOKEN' does not belong here: this is shown to people"
    ]


ADDRESSES = [
    ("no scheme", "127.0.0.1:8080", "should begin with http:// or https://"),
    ("another scheme", "file:///etc/passwd", "should begin with http:// or https://"),
    ("no host", "http:///x", "names no host"),
    ("user info", "https://user:pass@example.com", "holds user info; credentials belong into `basic` or `bearer`"),
    ("a user", "https://user@example.com", "holds user info"),
    ("a port that is none", "http://127.0.0.1:99999", "is not an address: its host or port cannot be read"),
    ("an open bracket", "http://[::1", "is not an address: its host or port cannot be read"),
    ("a space", "http://127.0.0.1/a b", "has a space or another character that an address cannot have"),
    ("an override of direction", "http://127.0.0.1/\u202ea", "has a space or another character"),
    ("a backslash", "http://127.0.0.1\\@example.com", "has a space or another character"),
    ("a fragment", "http://127.0.0.1/#a", "has a fragment (#), which is never sent"),
]


@pytest.mark.parametrize(("url", "expected"), [a[1:] for a in ADDRESSES], ids=[a[0] for a in ADDRESSES])
def test_an_address_is_refused_with(tmp_path: Path, url: str, expected: str) -> None:
    (line,) = said(write(tmp_path, SMALL), environ={"APP_URL": url})
    assert line.startswith(f"7:14: targets.app.url: {expected}")
    assert line.endswith("(the input 'APP_URL' gives it)")
    assert url not in line


@pytest.mark.parametrize("url", ["http://127.0.0.1", "https://[::1]:8443/base", "https://bücher.example/?tenant=7"])
def test_an_address_is_fine(tmp_path: Path, url: str) -> None:
    assert load(write(tmp_path, SMALL), environ={"APP_URL": url}).targets["app"].url == url


def test_a_target_whose_address_is_empty_is_not_configured_and_says_why(tmp_path: Path) -> None:
    text = SMALL.replace("APP_URL: {required: true,", 'APP_URL: {default: "",')
    target = load(write(tmp_path, text), environ={}).targets["app"]
    assert (target.url, target.not_configured) == ("", "APP_URL is not set")


def test_the_linter_asks_for_no_input_and_reads_no_file(tmp_path: Path) -> None:
    text = SMALL.replace("TOKEN: {secret: true,", "TOKEN: {secret: true, required: true, file: token.txt,")
    text = text.replace("    target: app\n", '    target: app\n    pause: "${PAUSE}"\n    limit: "${LIMIT}"\n')
    text = text.replace("inputs:\n", "inputs:\n  PAUSE: {}\n  LIMIT: {default: <= 120ms}\n")
    assert check_playbook(write(tmp_path, text), KINDS) == []


SLACK = """
channels:
  war_room: {{kind: slack, path: war-room.txt, token: "${{TOKEN}}"{channel}, webhook: "${{TOKEN}}"}}
"""
EMPTY = "channels.war_room{}: `channel` is empty while `token` is set: give the id of the Slack channel"


@pytest.mark.parametrize(
    ("channel", "said_of_it"),
    [
        pytest.param(', channel: "${ROOM}"', f"{EMPTY.format('.channel')} (the input 'ROOM' gives it)", id="empty"),
        pytest.param("", EMPTY.format(""), id="left out"),
    ],
)
def test_a_slack_token_without_its_channel_is_one_problem_that_names_the_input(
    tmp_path: Path, channel: str, said_of_it: str
) -> None:
    text = SMALL.replace("inputs:\n", 'inputs:\n  ROOM: {default: ""}\n') + SLACK.format(channel=channel)
    environ = {"APP_URL": "http://127.0.0.1", "TOKEN": "xoxb-12345678"}
    (line,) = said(write(tmp_path, text), environ=environ)
    assert line.partition(": ")[2] == said_of_it


NO_ID = (
    "channels.war_room.channel: should be the id of a Slack channel, such as C0123456789, not its name: "
    "Slack finds nothing by a name. The id is at the bottom of `View channel details` in Slack"
)


@pytest.mark.parametrize("given", ["#war-room", "war-room", "c0123456789", "C0123456789 ", "2025", "xoxb-12345678"])
def test_a_slack_channel_that_is_given_by_its_name_is_refused_and_the_message_says_where_its_id_is(
    tmp_path: Path, given: str
) -> None:
    text = SMALL.replace("inputs:\n", 'inputs:\n  ROOM: {default: ""}\n') + SLACK.format(
        channel=', channel: "${ROOM}"'
    )
    environ = {"APP_URL": "http://127.0.0.1", "TOKEN": "xoxb-12345678", "ROOM": given}
    (line,) = said(write(tmp_path, text), environ=environ)
    assert line.partition(": ")[2] == f"{NO_ID} (the input 'ROOM' gives it)"


def test_the_linter_refuses_a_channel_that_the_playbook_gives_by_its_name_and_none_that_an_input_gives(
    tmp_path: Path,
) -> None:
    (problem,) = check_playbook(write(tmp_path, SMALL + SLACK.format(channel=", channel: '#war-room'")), KINDS)
    assert f"{problem.key}: {problem.message}" == NO_ID
    text = SMALL.replace("inputs:\n", "inputs:\n  ROOM: {}\n") + SLACK.format(channel=', channel: "${ROOM}"')
    assert check_playbook(write(tmp_path, text), KINDS) == []


API_INPUT = SMALL.replace("inputs:\n", 'inputs:\n  API: {default: ""}\n')
API = API_INPUT + SLACK.format(channel=', channel: C0123456789, api: "${API}"')
ACCESS = {"APP_URL": "http://127.0.0.1", "TOKEN": "xoxb-12345678"}


@pytest.mark.parametrize("given", ["http://127.0.0.1:9/api", "http://127.0.0.1:9/api/"])
def test_the_address_of_slack_ends_with_a_slash_however_it_is_given(tmp_path: Path, given: str) -> None:
    playbook = load(write(tmp_path, API), environ={**ACCESS, "API": given})
    assert playbook.slack["war_room"].api_url == "http://127.0.0.1:9/api/"


def test_an_address_of_slack_that_is_none_is_refused(tmp_path: Path) -> None:
    (line,) = said(write(tmp_path, API), environ={**ACCESS, "API": "127.0.0.1:9/api/"})
    assert line.endswith("channels.war_room.api: should begin with http:// or https:// (the input 'API' gives it)")
