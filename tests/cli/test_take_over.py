"""`warroom run --take-over` with real processes: the owner goes, whatever it does, and no post is lost or doubled."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.launching import PATIENCE_S, Desk, EngineProcess, ago
from warroom.errors import UsageError
from warroom.journal import takeover
from warroom.journal.audit import audit
from warroom.journal.owner import LOCK
from warroom.journal.takeover import end_owner, holder
from warroom.units import parse_offset

POSTS = 900
PLAYBOOK = f"""
warroom: 1
launch: {{id: beat, title: Beat}}
channels:
  file: {{kind: file, path: war-room.txt}}
updates:
  beat: {{title: Beat, channel: file, template: beat, every: 1s, from: T+1s, until: T+{POSTS}s}}
templates:
  beat: "beat {{{{ post.time }}}}"
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    playbook = tmp_path / "beat.yaml"
    playbook.write_text(PLAYBOOK, "utf-8")
    return Desk(tmp_path / "state", {}, playbook)


def second_of(slot: str) -> int:
    return int(parse_offset(slot.partition("@")[2]).total_seconds())


def stop(engine: EngineProcess) -> None:
    engine.process.send_signal(signal.SIGSTOP)
    _, status = os.waitpid(engine.process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


@pytest.mark.parametrize("stopped", [False, True], ids=["a live owner", "a stopped owner"])
def test_the_owner_is_ended_and_nothing_is_lost_or_doubled(stopped: bool, desk: Desk) -> None:
    with desk.engine("--t0", ago(seconds=0), own_python=True) as first:
        first.wait_for("update.confirmed")
        if stopped:
            stop(first)
        with desk.engine("--take-over") as second:
            ended = second.wait_for("owner.ended")["body"]
            assert (ended["pid"], ended["handed_back"]) == (first.process.pid, True)
            assert first.ended() == 143
            assert f"process {first.process.pid} handed the launch back" in "".join(second.complaints)
            second.wait_for("update.confirmed")
            assert second.end() == 143
    keys = re.findall(r"^--- wr:\S+:(\S+) ", (desk.folder() / "war-room.txt").read_text("utf-8"), re.MULTILINE)
    assert max(Counter(keys).values()) == 1
    merged = [
        name for engine in (first, second) for entry in engine.entries for name in entry["body"].get("merged", ())
    ]
    last = max(map(second_of, keys))
    assert {second_of(name) for name in (*keys, *merged)} >= set(range(1, last + 1))
    assert audit(desk.folder()).problems == ()


def test_who_cannot_go_on_with_a_launch_does_not_end_its_owner(desk: Desk) -> None:
    needed = 'inputs:\n  BEAT_URL: {required: true}\ntargets:\n  beat: {url: "${BEAT_URL}"}\n'
    desk.playbook.write_text(PLAYBOOK + needed, "utf-8")
    given = replace(desk, inputs={"BEAT_URL": "http://127.0.0.1:9"})
    with given.engine("--t0", ago(seconds=0)) as engine:
        engine.wait_for("update.confirmed")
        refused = desk.run("--take-over")
        assert refused.code == 2
        assert "BEAT_URL" in refused.err
        before = len(engine.entries)
        assert engine.later(before, "update.confirmed")
        assert engine.end() == 143


def test_the_status_of_a_launch_whose_engine_is_stopped_is_what_its_journal_says(desk: Desk) -> None:
    with desk.engine("--t0", ago(seconds=0), own_python=True) as engine:
        engine.wait_for("update.confirmed")
        stop(engine)
        begun = time.monotonic()
        ended = desk.ask("status", launch="beat")
        # Three seconds, and what a process takes to start on a busy machine.
        assert time.monotonic() - begun < 10
        assert (ended.code, "does not answer: not within 3 s" in ended.err) == (3, True)
        assert f"process {engine.process.pid} since " in ended.out
        assert "DOES NOT ANSWER" in ended.out
        assert "beat@T+1s" in ended.out
        engine.process.send_signal(signal.SIGCONT)
        assert engine.end() == 143


def test_an_owner_that_does_not_hand_back_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeover, "_HAND_BACK_S", 0.5)
    with deaf(tmp_path) as process:
        ended = end_owner(tmp_path)
        assert ended == takeover.EndedOwner(process.pid, handed_back=False)
        assert process.wait(PATIENCE_S) == -signal.SIGKILL
    assert end_owner(tmp_path) is None


def test_nobody_else_is_ended_although_the_file_names_them(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as bystander:
        try:
            (tmp_path / LOCK).write_text(f'{{"pid": {bystander.pid}, "since": "2025-11-01T02:00:00.000Z"}}')
            assert holder(tmp_path) is None
            assert end_owner(tmp_path) is None
            assert bystander.poll() is None
        finally:
            bystander.kill()


def test_the_process_of_another_user_is_not_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with deaf(tmp_path) as process:
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        with pytest.raises(UsageError, match="belongs to another user"):
            end_owner(tmp_path)
        assert process.poll() is None


def test_where_the_system_does_not_tell_the_owner_nobody_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeover, "LOCKS", tmp_path / "no such file")
    (tmp_path / LOCK).touch()
    with pytest.raises(UsageError, match="does not tell"):
        end_owner(tmp_path)


def test_without_an_owner_it_is_a_plain_run(desk: Desk) -> None:
    with desk.engine("--t0", ago(seconds=0), "--take-over") as engine:
        engine.wait_for("update.confirmed")
        assert "owner.ended" not in engine.kinds()


_DEAF = """
import fcntl, signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
lock = open(sys.argv[1], "a")
fcntl.flock(lock, fcntl.LOCK_EX)
print("ready", flush=True)
signal.pause()
"""


@contextmanager
def deaf(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock and does not hear SIGTERM."""
    command = [sys.executable, "-c", _DEAF, str(folder / LOCK)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()
