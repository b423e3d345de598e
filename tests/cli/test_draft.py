"""`warroom draft` as a real process."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from tests.cli.launching import Desk, ago
from tests.cli.running import warroom
from warroom.cli.folders import as_typed_here
from warroom.client import Fresh
from warroom.client.http import EngineClient
from warroom.clock import RealClock

PLAYBOOK = """
warroom: 1
launch: {id: quiet, title: Quiet}
channels:
  file: {kind: file, path: war-room.txt}
updates:
  once: {title: Once, channel: file, template: once, at: T+1h}
templates:
  once: "once {{ post.time }}"
"""

SLACK = "{kind: slack, channel: C0WARROOM, path: war-room.txt}"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    playbook = tmp_path / "quiet.yaml"
    playbook.write_text(PLAYBOOK, "utf-8")
    return Desk(tmp_path / "state", {}, playbook)


def test_a_remark_is_seen_in_the_status_and_leaves_with_the_post(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        assert desk.ask("draft", "T+1h", "-", launch="quiet", stdin="two\nlines\n").code == 0
        assert "two\\nlines]" in desk.ask("status", launch="quiet").out
        assert desk.ask("post", "T+1h", launch="quiet").code == 0
        engine.wait_for("update.confirmed", slot="once@T+1h")
        assert ", early by 5" in desk.ask("status", launch="quiet").out
        refused = desk.ask("draft", "T+1h", "late", launch="quiet")
        assert (refused.code, "is sent already" in refused.err) == (2, True)
    text = (desk.folder() / "war-room.txt").read_text("utf-8")
    assert "once T+1h\nRemark by " in text
    assert ": two\n  lines\n" in text


def test_an_answer_is_words_and_a_held_post_is_not_announced_as_next(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)):
        held = desk.ask("hold", "T+1h", "--reason", "waiting for legal", launch="quiet").out
        assert held == "post once@T+1h held: waiting for legal\n"
        (told,) = (line for line in desk.ask("status", launch="quiet").out.splitlines() if line.startswith("next"))
        assert told.startswith("next    once@T+1h HELD: waiting for legal (")
        assert "post once@T+1h released\n" in desk.ask("hold", "T+1h", "--release", launch="quiet").out
        posted = desk.ask("post", "T+1h", launch="quiet").out
        shows = f"`warroom status {desk.folder().name} --state {desk.state}` shows when it has left"
        assert posted == f"post once@T+1h asked for now\n{shows}\n"


def test_what_is_refused_is_hinted_at_with_a_command_that_can_be_pasted(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)):
        refused = desk.ask("post", "T+1h", "--again", "--reason", "gone", launch="quiet")
        assert f"warroom post {desk.folder().name} --state {desk.state} once@T+1h" in refused.err


def test_a_name_of_neither_a_playbook_nor_a_launch_is_said_with_the_folder_looked_through(
    desk: Desk,
) -> None:
    with desk.engine("--t0", ago(minutes=1)):
        name = desk.folder().name
    elsewhere = warroom("run", name, "--headless", "--state", str(desk.state.parent / "other"), evidence=desk.state)
    assert elsewhere.code == 2
    assert f"{name} is no playbook, and no launch of that name is in {desk.state.parent}/other" in elsewhere.err
    assert "hint: the folder of launches is named with --state DIR" in elsewhere.err
    near = desk.ask("run", "--headless", launch="quit")
    assert f"quit is no playbook, and no launch of that name is in {desk.state}" in near.err
    assert f"there: {name}" in near.err


def test_whoever_meets_another_engine_is_told_how_to_end_one_that_hangs(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)):
        met = desk.ask("run", "--headless", launch="quiet")
    of_it = f"{desk.folder().name} --state {desk.state}"
    assert f"attach to it with: warroom console {of_it}; if it hangs: warroom run {of_it} --take-over" in met.err


async def test_a_console_is_advised_with_commands_that_can_be_pasted(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)):
        desk.ask("hold", "T+1h", "--reason", "waiting for legal", launch="quiet")
        typed = partial(as_typed_here, folder=desk.folder())
        client = EngineClient(desk.folder(), RealClock(), typed=typed)
        seen = await anext(aiter(client.states()))
        await client.aclose()
    assert isinstance(seen, Fresh)
    [held] = [post for post in seen.launch.updates if post.standing.startswith("held")]
    assert held.do == f"release it: warroom hold {desk.folder().name} --state {desk.state} once@T+1h --release"


def test_a_slack_channel_without_access_is_told_in_the_state_and_the_status(desk: Desk) -> None:
    text = desk.playbook.read_text("utf-8").replace("{kind: file, path: war-room.txt}", SLACK)
    desk.playbook.write_text(text, "utf-8")
    note = "no Slack access, neither token nor webhook: posts go to war-room.txt only"
    with desk.engine("--t0", ago(minutes=1)):
        assert f"channel file: {note}\n" in desk.ask("status", launch="quiet").out
        said = json.loads(desk.ask("status", "--json", launch="quiet").out)
        assert said["channels"] == [{"id": "file", "kind": "file", "note": note}]
