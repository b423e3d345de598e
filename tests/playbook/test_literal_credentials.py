"""What gives access to a channel stands in no playbook, and a problem beside it does not show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.playbook.small import KINDS, write
from warroom.errors import PlaybookError
from warroom.playbook.inputs import InputValues
from warroom.playbook.load import check_playbook, load_partly

TOKEN = "xoxb-1111-2222-swordfish"
HOOK = "https://hooks.slack.com/services/T0A/B0A/swordfish"
HEAD = "warroom: 1\nlaunch: {id: small, title: Small}\n"
SECRET = 'inputs:\n  KEY: {default: "", secret: true}\n'
PLAIN = 'inputs:\n  KEY: {default: ""}\n'


def channel(more: str, above: str = "") -> str:
    room = f"    kind: slack\n    channel: C0123456789\n    path: room.txt\n    {more}\n"
    return f"{HEAD}{above}channels:\n  room:\n{room}"


def found(tmp_path: Path, text: str) -> list[tuple[int, str, str]]:
    problems = check_playbook(write(tmp_path, text), KINDS)
    assert "swordfish" not in "".join(problem.with_caret() for problem in problems)
    return [(problem.line, problem.key, f"{problem.message} ({problem.suggestion})") for problem in problems]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("token", TOKEN, id="a bot token"),
        pytest.param("token", "swordfish-of-a-proxy", id="a token of another shape"),
        pytest.param("webhook", HOOK, id="the address of a webhook"),
    ],
)
def test_a_literal_credential_of_a_channel_is_refused_where_it_stands(tmp_path: Path, key: str, value: str) -> None:
    told = "a credential does not belong into a playbook (take it from a secret input: ${NAME})"
    assert found(tmp_path, channel(f"{key}: {value}")) == [(8, f"channels.room.{key}", told)]


def test_the_key_that_signs_posts_is_refused_as_well(tmp_path: Path) -> None:
    text = (
        f"{HEAD}{SECRET}channels:\n  ops: {{kind: webhook, url: '${{KEY}}', secret: swordfish-key, path: ops.txt}}\n"
    )
    [(line, key, _)] = found(tmp_path, text)
    assert (line, key) == (6, "channels.ops.secret")


@pytest.mark.parametrize("key", ["token", "webhook"])
def test_an_input_that_is_not_secret_gives_no_access(tmp_path: Path, key: str) -> None:
    told = "the input 'KEY' gives it, which is not secret (declare it with `secret: true`)"
    assert found(tmp_path, channel(f'{key}: "${{KEY}}"', PLAIN)) == [(10, f"channels.room.{key}", told)]


def test_a_launch_is_refused_with_it_too(tmp_path: Path) -> None:
    path = write(tmp_path, channel('token: "${KEY}"', PLAIN))
    with pytest.raises(PlaybookError) as raised:
        load_partly(path, kinds=KINDS, inputs=InputValues(environ={"KEY": TOKEN}))
    assert [problem.key for problem in raised.value.problems] == ["channels.room.token"]
    assert "swordfish" not in str(raised.value)


def test_a_secret_input_is_well_and_so_is_none(tmp_path: Path) -> None:
    assert found(tmp_path, channel('token: "${KEY}"', SECRET)) == []
    assert found(tmp_path, channel('token: ""')) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + f"inputs:\n  KEY: {{default: {TOKEN}}}\n", id="as the default of an input"),
        pytest.param(channel(f'webhook: "${{KEY:-{HOOK}}}"', SECRET), id="as a default in the text"),
        pytest.param(HEAD + f"inputs:\n  KEY: {{description: such as {TOKEN}}}\n", id="in a description"),
    ],
)
def test_what_looks_like_access_to_slack_is_refused_anywhere(tmp_path: Path, text: str) -> None:
    [(_, _, told)] = found(tmp_path, text)
    assert told == "a credential of Slack does not belong into a playbook (take it from a secret input: ${NAME})"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f"token: {TOKEN}, chanel: C1", id="a misspelt key beside it"),
        pytest.param("token: swordfish-of-a-proxy, chanel: C1", id="beside a token of another shape"),
        pytest.param(f"webhook: {HOOK}, chanel: C1", id="beside a webhook"),
        pytest.param(f'token: "{TOKEN}", token: x', id="a key twice"),
        pytest.param(f"token: {TOKEN}, : ]", id="what is no YAML"),
    ],
)
def test_another_problem_on_the_line_does_not_show_it(tmp_path: Path, line: str) -> None:
    text = f"{HEAD}channels:\n  room: {{kind: slack, path: room.txt, {line}}}\n"
    problems = check_playbook(write(tmp_path, text), KINDS)
    shown = "".join(problem.with_caret() for problem in problems)
    assert "room: {kind: slack" in shown, "the line is shown"
    assert "swordfish" not in shown
