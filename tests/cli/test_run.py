"""`warroom run --headless` as a real process: killed, stopped, started twice, asked things, and read by an audit."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.launching import LAUNCH, Desk, ago
from tests.cli.running import warroom
from warroom.simulator import SimulatorProcess

BUILD = ("confirm", "--value", "build_id=b-77", "--value", "deployed_at=2025-11-01T02:04:00Z")


def test_a_launch_runs_its_suite_and_posts_with_what_it_found(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=16)) as engine:
        assert desk.ask("step", *BUILD).code == 0
        for slot in ("publish_confirmation@T+5m", "evidence_bundle@T+15m"):
            engine.wait_for("update.confirmed", slot=slot)
        assert engine.end() == 143
    text = (desk.folder() / "war-room.txt").read_text("utf-8")
    assert sorted(desk.posts()) == ["evidence_bundle@T+15m", "publish_confirmation@T+5m"]
    assert "Build ID: b-77" in text
    assert "Kill-Switch: ✅ GREEN" in text
    # The engine has just begun: hardly anybody has looked at a signal, and that is said.
    assert re.search(r"Overall Status: auto_com_center (UNKNOWN: |GREEN \(dry-run\) \(not judged yet: )", text)
    assert text.count("LATE by") == 2
    audited = desk.ask("audit")
    assert audited.code == 0, audited.out
    assert "2 published heads compared" in audited.out


def test_after_kill_9_the_same_command_goes_on_where_it_stopped(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=6)) as engine:
        desk.ask("step", *BUILD)
        engine.wait_for("update.confirmed", slot="publish_confirmation@T+5m")
        assert engine.end(signal.SIGKILL) == -signal.SIGKILL
    status = desk.ask("status")
    assert "NONE runs it" in status.out
    assert "publish_confirmation@T+5m        sent" in status.out
    assert "next    evidence_bundle@T+15m in" in status.out
    with desk.engine() as engine:
        assert engine.wait_for("owner.acquired")["body"]["epoch"] == 2
        assert "launch.opened" not in engine.kinds()
        desk.ask("post", "evidence_bundle@T+15m")
        engine.wait_for("update.confirmed", slot="evidence_bundle@T+15m")
    assert desk.posts() == ["publish_confirmation@T+5m", "evidence_bundle@T+15m"]
    assert desk.ask("audit").code == 0


def test_sigterm_hands_back_within_ten_seconds_also_with_a_suite_under_way_and_a_reader(desk: Desk) -> None:
    with SimulatorProcess("slow") as slow, Desk(desk.state, slow.inputs).engine("--t0", ago(minutes=6)) as engine:
        engine.wait_for("suite.started")
        begun = time.monotonic()
        assert engine.end() == 143
        assert time.monotonic() - begun < 10
    assert not (desk.folder() / "engine.sock").exists()


def test_a_second_engine_says_who_owns_the_launch_since_when_and_how_to_see_it(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        second = desk.run()
        assert second.code == 2
        assert f"process {engine.process.pid} since 20" in second.err
        assert f"warroom console {desk.folder().name} --state {desk.state}" in second.err
        assert "Traceback" not in second.err
        assert engine.process.poll() is None


def test_of_many_engines_started_at_once_one_owns_the_one_launch(desk: Desk) -> None:
    started = [desk.popen("--t0", ago(minutes=1)) for _ in range(6)]
    try:
        end = time.monotonic() + 60
        while sum(process.poll() is None for process in started) > 1:
            assert time.monotonic() < end
            time.sleep(0.05)
        losers = [process for process in started if process.poll() is not None]
        assert [process.returncode for process in losers] == [2] * 5
        assert len([path for path in desk.state.iterdir() if path.is_dir()]) == 1
    finally:
        for process in started:
            process.kill()
            process.communicate()


def test_the_launch_survives_that_nobody_reads_its_pipe_and_that_its_reader_goes(desk: Desk) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, True)
    process = desk.popen("--t0", ago(minutes=6), stdout=writing, stderr=writing)
    os.close(writing)
    try:
        desk.wait_until_it_answers()
        os.close(reading)
        assert desk.ask("step", *BUILD).code == 0
        end = time.monotonic() + 20
        while not (desk.state.exists() and desk.posts()):
            assert time.monotonic() < end
            time.sleep(0.05)
        process.send_signal(signal.SIGHUP)
        assert desk.ask("note", "still here").code == 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 143
    finally:
        process.kill()
        process.wait()


def test_its_folder_and_socket_are_for_its_owner_alone(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)):
        modes = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in desk.folder().iterdir()}
        assert modes["engine.sock"] == 0o600
        assert modes["journal.db"] == 0o600
        assert stat.S_IMODE(desk.folder().stat().st_mode) == 0o700


def test_a_state_folder_with_a_very_long_name_works(desk: Desk, tmp_path: Path) -> None:
    deep = Desk(tmp_path / ("x" * 100) / ("y" * 100), desk.inputs)
    with deep.engine("--t0", ago(minutes=1)):
        assert deep.ask("note", "hello").code == 0


def test_closing_ends_the_engine_and_the_next_run_opens_another_launch(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        assert desk.ask("close", "--reason", "called off").code == 0
        assert engine.ended() == 0
    refused = desk.ask("note", "too late")
    assert refused.code == 2
    assert "no engine runs" in refused.err
    with desk.engine("--t0", ago(minutes=1)):
        listed = _launches(desk)
        assert (listed.count("closed"), listed.count("open, process")) == (1, 1)


def _launches(desk: Desk) -> str:
    return warroom("launches", "--state", str(desk.state), evidence=desk.state).out


def test_a_playbook_that_was_changed_does_not_change_the_open_launch(desk: Desk, tmp_path: Path) -> None:
    playbook = tmp_path / "mine.yaml"
    playbook.write_bytes(desk.playbook.read_bytes())
    mine = Desk(desk.state, desk.inputs, playbook)
    with mine.engine("--t0", ago(minutes=1)):
        pass
    playbook.write_text("this: is no playbook any more\n")
    with mine.engine() as engine:
        mine.ask("close", "--reason", "enough")
        assert engine.ended() == 0
        assert "the playbook has changed since the launch took it" in "".join(engine.complaints)


def test_the_commands_answer_as_json_and_the_export_is_what_the_engine_wrote(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        desk.ask("note", "first\x1b[31m")
        engine.wait_for("note")
        state = json.loads(desk.ask("status", "--json").out)
        assert (state["schema"], len(state["updates"])) == ("warroom.state/1", 19)
        assert state["engine"]["pid"] == engine.process.pid
        exported = [json.loads(line) for line in desk.ask("audit", "--export").out.splitlines()]
        assert exported == engine.entries
        assert "\x1b" not in json.dumps(exported, ensure_ascii=False)


def test_secrets_are_nowhere_in_what_a_launch_keeps(desk: Desk) -> None:
    secret = desk.inputs["M2M_CLIENT_SECRET"]
    with desk.engine("--t0", ago(minutes=16)) as engine:
        desk.ask("step", "confirm", "--value", f"build_id={secret}", "--value", "deployed_at=2025-11-01T02:04:00Z")
        engine.wait_for("update.confirmed", slot="evidence_bundle@T+15m")
        assert secret not in json.dumps(engine.entries)
    kept = b"".join(path.read_bytes() for path in desk.folder().rglob("*") if path.is_file())
    assert secret.encode() not in kept


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["--t0", "tomorrow"], "not an instant", id="a T0 that is no instant"),
        pytest.param(["--t0", "2025-11-01T02:00:00"], "time zone", id="a T0 without a time zone"),
        pytest.param(["--gate", "gate9=green"], "no gate", id="a gate that the playbook does not have"),
    ],
)
def test_what_is_wrong_is_said_before_a_launch_is_opened(arguments: list[str], says: str, desk: Desk) -> None:
    ended = desk.run(*arguments)
    assert ended.code == 2
    assert says in ended.err
    assert not list(desk.state.glob("auto*"))


def test_a_state_folder_that_others_may_write_is_refused(desk: Desk) -> None:
    desk.state.mkdir()
    desk.state.chmod(0o777)
    ended = desk.run("--t0", ago(minutes=1))
    assert ended.code == 2
    assert "by others" in ended.err


def test_a_launch_that_does_not_exist_is_named_with_those_that_do(desk: Desk) -> None:
    ended = desk.ask("status", launch=LAUNCH + "x")
    assert ended.code == 2
    assert "there is no launch" in ended.err


def test_a_journal_that_was_changed_is_found_out_and_no_engine_takes_it_up(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        desk.ask("note", "truth")
        seq = engine.wait_for("note")["seq"]
        engine.end()
    journal = desk.folder() / "journal.db"
    raw = journal.read_bytes()
    assert raw.count(b'"text":"truth"') == 1
    journal.write_bytes(raw.replace(b'"text":"truth"', b'"text":"false"'))
    audited = desk.ask("audit")
    assert (audited.code, f"entry {seq}" in audited.out) == (1, True)
    assert desk.ask("status").code == 3
    assert desk.run().code == 3


def test_after_a_crash_what_is_said_to_paste_works_and_the_id_will_do(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        engine.end(signal.SIGKILL)
    folder = desk.folder()
    command = f"warroom run {folder.name} --state {desk.state} (with the same --env-file and inputs as before)"
    refused = desk.ask("note", "anybody?")
    assert (refused.code, f"start it with: {command}" in refused.err) == (2, True)
    assert f"nothing is posted; start it with: {command}" in desk.ask("status").out
    for name in (LAUNCH, folder.name):
        with replace(desk, playbook=Path(name)).engine() as engine:
            assert "launch.opened" not in engine.kinds()
            assert desk.ask("note", f"here again as {name}").code == 0
    assert desk.folder() == folder


def test_a_launch_that_goes_on_without_its_inputs_is_told_to_give_them_again(desk: Desk) -> None:
    again = "goes on with the same --env-file and inputs as before"
    without = replace(desk, inputs={})
    assert again not in without.run().err
    with desk.engine("--t0", ago(minutes=1)):
        pass
    ended = without.run()
    assert (ended.code, again in ended.err) == (2, True)


def test_a_closed_launch_is_not_said_to_be_started_again(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)) as engine:
        desk.ask("close", "--reason", "done")
        engine.ended()
    assert "the launch is closed" in desk.ask("note", "late").err
    ended = replace(desk, playbook=Path(LAUNCH)).run()
    assert (ended.code, "is closed" in ended.err) == (2, True)
