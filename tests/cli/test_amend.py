"""`warroom amend` as a real process: another playbook takes over, and nothing is lost or sent twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.launching import Desk, ago
from tests.cli.running import warroom

PLAYBOOK = """
warroom: 1
launch: {id: quiet, title: Quiet}
channels:
  file: {kind: file, path: war-room.txt}
updates:
  first: {title: First, channel: file, template: first, at: T+1s}
  second: {title: Second, channel: file, template: second, at: T+1h}
  third: {title: Third, channel: file, template: second, at: T+2h}
templates:
  first: "first {{ post.time }}"
  second: "old {{ post.time }}"
"""
AMENDED = PLAYBOOK.replace('"old', '"new').replace("third:", "fourth:").replace("at: T+2h", "at: T+3h")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    playbook = tmp_path / "quiet.yaml"
    playbook.write_text(PLAYBOOK, "utf-8")
    return Desk(tmp_path / "state", {}, playbook)


def amend(desk: Desk, *options: str) -> tuple[int, str, str]:
    ended = desk.ask("amend", str(desk.playbook), *options, launch="quiet")
    return ended.code, ended.out, ended.err


def test_what_is_unsent_follows_the_new_playbook_and_what_was_sent_stays(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        engine.wait_for("update.confirmed", slot="first@T+1s")
        desk.ask("draft", "T+1h", "a remark", launch="quiet")
        desk.playbook.write_text(AMENDED, "utf-8")
        code, out, err = amend(desk)
        assert (code, "there is nobody to ask" in err) == (2, True)
        assert '-  second: "old {{ post.time }}"' in out
        assert '+  second: "new {{ post.time }}"' in out
        code, out, err = amend(desk, "--yes")
        assert code == 0, err
        assert "no longer owed: third@T+2h\n" in out
        assert "newly owed: fourth@T+3h\n" in out
        amended = engine.wait_for("playbook.amended")["body"]
        assert (amended["vanished"], amended["added"]) == (["third@T+2h"], ["fourth@T+3h"])
        assert engine.wait_for("owner.acquired", epoch=2)
        desk.wait_until_it_answers()
        assert desk.ask("post", "T+1h", launch="quiet").code == 0
        engine.wait_for("update.confirmed", slot="second@T+1h")
        state = json.loads(desk.ask("status", "--json", launch="quiet").out)
        assert [post["slot"] for post in state["updates"]] == ["first@T+1s", "second@T+1h", "fourth@T+3h"]
        assert state["playbook_sha256"] == amended["to"]
        assert amend(desk, "--yes")[:2] == (0, "nothing differs\n")
    text = (desk.folder() / "war-room.txt").read_text("utf-8")
    assert text.count("first T+1s") == 1
    assert "new T+1h\nRemark by " in text
    assert "old" not in text
    assert (desk.folder() / "playbook" / "quiet.yaml").read_text("utf-8") == PLAYBOOK
    assert desk.ask("audit", launch="quiet").code == 0


def test_after_a_kill_the_launch_goes_on_with_the_new_playbook(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        desk.playbook.write_text(AMENDED, "utf-8")
        assert amend(desk, "--yes")[0] == 0
        engine.wait_for("owner.acquired", epoch=2)
    assert "fourth@T+3h" in desk.ask("status", launch="quiet").out
    with desk.engine() as engine:
        assert engine.wait_for("owner.acquired")["body"]["epoch"] == 3
        assert "fourth@T+3h" in desk.ask("status", launch="quiet").out
        assert "has changed" not in "".join(engine.complaints)


def test_a_launch_that_was_resumed_is_amended_for_the_environment_it_was_opened_for(desk: Desk) -> None:
    only_there = (
        'inputs:\n  APP_URL: {required: true}\ntargets:\n  app: {url: "${APP_URL}"}\n'
        "environments:\n  staging:\n    targets: {app: {url: 'http://127.0.0.1:9'}}\n"
        "    inputs: {APP_URL: {required: false}}\n"
    )
    desk.playbook.write_text(PLAYBOOK + only_there, "utf-8")
    with desk.engine("--t0", ago(minutes=1), "--environment", "staging") as engine:
        assert engine.end() == 143
    with desk.engine():
        desk.playbook.write_text(AMENDED + only_there, "utf-8")
        assert amend(desk, "--yes")[0] == 0
        assert "fourth@T+3h" in desk.ask("status", launch="quiet").out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(AMENDED.replace("template: first", "template: frist"), "did you mean 'first'", id="a wrong one"),
        pytest.param(
            AMENDED.replace("id: quiet", "id: other"), "the playbook of other, not of quiet", id="another's"
        ),
        pytest.param(
            AMENDED + "inputs: {url: {env: NO_SUCH_URL}}\ntargets: {app: {url: '${url}'}}\n"
            "checks: {c: {kind: http, target: app, path: /}}\nsuites: {s: {checks: [c]}}\n",
            "NO_SUCH_URL",
            id="one with an input that nobody gave",
        ),
    ],
)
def test_a_playbook_that_cannot_be_is_refused_and_nothing_changes(text: str, says: str, desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        desk.playbook.write_text(text, "utf-8")
        code, _, err = amend(desk, "--yes")
        assert (code, says in err) == (2, True), err
        assert desk.ask("note", "still here", launch="quiet").code == 0
        engine.wait_for("note")
        assert "playbook.amended" not in engine.kinds()
        assert [path.name for path in desk.folder().glob("playbook*")] == ["playbook"]


def test_a_playbook_of_another_name_is_compared_with_the_one_that_runs(desk: Desk) -> None:
    other = desk.playbook.with_name("second.yaml")
    other.write_text(AMENDED, "utf-8")
    with desk.engine("--t0", ago(minutes=1)):
        ended = desk.ask("amend", str(other), launch="quiet")
        assert ended.code == 2
        changed = [line for line in ended.out.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        assert len(changed) == 4


def test_without_an_engine_nothing_is_amended(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        engine.end()
    desk.playbook.write_text(AMENDED, "utf-8")
    code, _, err = amend(desk, "--yes")
    assert (code, "no engine runs" in err) == (2, True)
    assert [path.name for path in desk.folder().glob("playbook*")] == ["playbook"]


def test_a_copy_that_was_left_by_a_crash_is_no_hindrance(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        desk.playbook.write_text(AMENDED, "utf-8")
        assert amend(desk, "--yes")[0] == 0
        engine.wait_for("owner.acquired", epoch=2)
        desk.wait_until_it_answers()
        desk.playbook.write_text(PLAYBOOK, "utf-8")
        assert amend(desk, "--yes")[0] == 0
        engine.wait_for("owner.acquired", epoch=3)
        desk.wait_until_it_answers()
        desk.playbook.write_text(AMENDED, "utf-8")
        assert amend(desk, "--yes")[0] == 0
    ended = warroom("launches", "--state", str(desk.state), evidence=desk.state)
    assert ended.code == 0
