"""`warroom doctor` on the shipped playbook, judged by its lines and by what the Slack has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.running import PLAYBOOK
from warroom.cli.doctor import DoctorOptions, doctor
from warroom.errors import PlaybookError, UsageError
from warroom.simulator import SimulatorProcess


@pytest.fixture
def simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as running:
        yield running


def _options(tmp_path: Path, test_post: str = "") -> DoctorOptions:
    tmp_path.chmod(0o700)
    return DoctorOptions(playbook=PLAYBOOK, state=tmp_path / "state", test_post=test_post)


def test_a_good_set_up_is_clean_and_nothing_is_posted(
    simulator: SimulatorProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {**simulator.inputs, **simulator.slack_inputs}
    code = doctor(_options(tmp_path), given)
    shown = capsys.readouterr()
    assert code == 0, shown.out
    assert "GREEN" in shown.out
    assert re.search(r"GREEN   messages: \d+ posts, each at most [\d,]+ of the 9,600 characters", shown.out)
    assert "in war_room; Slack speaks 15m after the engine's last sign of life" in shown.out
    assert not simulator.slack()["messages"]
    assert given["SLACK_BOT_TOKEN"] not in shown.out + shown.err


def test_a_target_that_was_not_asked_is_not_green(
    simulator: SimulatorProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    playbook = tmp_path / "two.yaml"
    text = "warroom: 1\nlaunch: {id: two, title: Two}\ntargets:\n  app: {url: 'http://127.0.0.1:9'}\n"
    playbook.write_text(text + "  board: {url: 'http://127.0.0.1:9', human: true}\n", "utf-8")
    assert doctor(replace(_options(tmp_path), playbook=playbook), {}) == 0
    shown = capsys.readouterr()
    assert "SKIPPED target app: not asked: its name is known, 127.0.0.1; whether it answers says: warroom verify" in (
        shown.out
    )
    assert "GREEN   target" not in shown.out
    assert shown.err.endswith("warroom: no findings; not asked: target app, target board\n")


def test_a_post_that_may_not_fit_is_a_finding(
    simulator: SimulatorProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    playbook = tmp_path / PLAYBOOK.name
    long = "PUBLISHED ✅" + "x" * 11_000
    playbook.write_text(PLAYBOOK.read_text("utf-8").replace("PUBLISHED ✅", long), "utf-8")
    options = replace(_options(tmp_path), playbook=playbook)
    assert doctor(options, {**simulator.inputs, **simulator.slack_inputs}) == 1
    assert "YELLOW  post publish_confirmation@T+5m: it may have 11" in capsys.readouterr().out


def test_a_test_post_says_where_it_stands(
    simulator: SimulatorProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = doctor(_options(tmp_path, "war_room"), {**simulator.inputs, **simulator.slack_inputs})
    [message] = simulator.slack()["messages"]
    shown = capsys.readouterr().out
    assert code == 0, shown
    assert f"{message['channel']}/{message['ts']}" in shown
    assert message["text"].startswith("TEST")


def test_a_revoked_token_is_a_finding_and_leaves_nothing_green_that_hangs_on_it(
    simulator: SimulatorProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulator.slack_fault(method="auth.test", kind="error", value="token_revoked")
    assert doctor(_options(tmp_path), {**simulator.inputs, **simulator.slack_inputs}) == 1
    shown = capsys.readouterr().out
    assert "RED     token: token_revoked -> the token was revoked" in shown
    assert "UNKNOWN status message and dead-man switch: in war_room; not known" in shown


def test_of_a_slack_that_cannot_be_reached_nothing_is_green(
    simulator: SimulatorProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    away = {**simulator.slack_inputs, "SLACK_API_URL": "http://127.0.0.1:9/api/"}
    assert doctor(_options(tmp_path), {**simulator.inputs, **away}) == 1
    assert re.findall(r"(?m)^. (\w+) +(token|clock|channel C|status message)", capsys.readouterr().out) == [
        ("UNKNOWN", "token"),
        ("UNKNOWN", "clock"),
        ("UNKNOWN", "channel C"),
        ("UNKNOWN", "status message"),
    ]


def test_missing_inputs_are_named_and_nothing_is_asked(
    simulator: SimulatorProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor(_options(tmp_path), simulator.slack_inputs) == 1
    assert "M2M_CLIENT_SECRET" in capsys.readouterr().out
    assert not simulator.slack()["attempts"]


@pytest.mark.parametrize("name", ["#war-room", "war-room"])
def test_a_channel_that_is_given_by_its_name_is_refused_with_what_to_do_and_nothing_is_asked(
    simulator: SimulatorProcess, tmp_path: Path, name: str
) -> None:
    given = {**simulator.inputs, **simulator.slack_inputs, "SLACK_CHANNEL": name}
    with pytest.raises(PlaybookError) as refused:
        doctor(_options(tmp_path), given)
    [problem] = refused.value.problems
    assert problem.key == "channels.war_room.channel"
    assert "The id is at the bottom of `View channel details` in Slack" in problem.message
    assert problem.suggestion == "the input 'SLACK_CHANNEL' gives it"
    assert not simulator.slack()["attempts"]


def test_a_test_post_needs_access_to_slack(simulator: SimulatorProcess, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no access to Slack"):
        doctor(_options(tmp_path, "war_room"), simulator.inputs)
    assert not list(tmp_path.rglob("*.txt"))


def test_through_a_webhook_there_is_neither_status_message_nor_dead_man_switch(
    simulator: SimulatorProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = {"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/x"}
    doctor(_options(tmp_path), {**simulator.inputs, **hook})
    assert "SKIPPED status message and dead-man switch: not available: a webhook can" in capsys.readouterr().out


def test_an_env_file_with_secrets_that_others_can_read_is_a_finding(
    simulator: SimulatorProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {**simulator.inputs, **simulator.slack_inputs}
    env_file = tmp_path / "launch.env"
    env_file.write_text("".join(f"{name}='{value}'\n" for name, value in given.items()))
    options = replace(_options(tmp_path), env_file=env_file)
    told = {}
    for mode in (0o644, 0o600):
        env_file.chmod(mode)
        code = doctor(options, {})
        told[mode] = code, *re.findall(r"(\w+) +env file \S+: (.+)", capsys.readouterr().out)
    repair = f"it holds secrets, and others can get at it (mode 0644) -> chmod 600 {env_file}"
    assert told[0o644] == (1, ("YELLOW", repair))
    assert told[0o600] == (0, ("GREEN", "it holds secrets, and only its owner can read it"))


def test_an_env_file_without_secrets_may_be_read_by_everybody(
    simulator: SimulatorProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env_file = tmp_path / "launch.env"
    env_file.write_text(f"SLACK_CHANNEL={simulator.slack_inputs['SLACK_CHANNEL']}\n")
    env_file.chmod(0o644)
    doctor(replace(_options(tmp_path), env_file=env_file), {**simulator.inputs, **simulator.slack_inputs})
    assert "env file" not in capsys.readouterr().out
