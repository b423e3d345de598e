"""State folders and journals that no engine may use: refused at the command line, with the reason and what to do."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.launching import PATIENCE_S, Desk, ago
from tests.cli.test_draft import PLAYBOOK
from tests.needs import need_mounts

NOBODY = 65534


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk whose launch has been opened, and whose engine has ended."""
    playbook = tmp_path / "quiet.yaml"
    playbook.write_text(PLAYBOOK, "utf-8")
    desk = Desk(tmp_path / "state", {}, playbook)
    with desk.engine("--t0", ago(minutes=1)) as engine:
        engine.end()
    return desk


def _state(desk: Desk) -> Path:
    return desk.state


def _launch(desk: Desk) -> Path:
    return desk.folder()


def _mode(which: Callable[[Desk], Path], mode: int) -> Callable[[Desk], None]:
    return lambda desk: which(desk).chmod(mode)


def _owner(which: Callable[[Desk], Path]) -> Callable[[Desk], None]:
    def give(desk: Desk) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root can give a folder to another user")
        os.chown(which(desk), NOBODY, NOBODY)

    return give


def _link(which: Callable[[Desk], Path]) -> Callable[[Desk], None]:
    def make(desk: Desk) -> None:
        path = which(desk)
        # Beside the state folder: within it, it would be another launch.
        elsewhere = desk.state.parent / "elsewhere"
        path.rename(elsewhere)
        path.symlink_to(elsewhere)

    return make


def _newer(desk: Desk) -> None:
    connection = sqlite3.connect(desk.folder() / "journal.db")
    connection.execute("PRAGMA user_version = 99")
    connection.commit()
    connection.close()


def _foreign(desk: Desk) -> None:
    for path in desk.folder().glob("journal*"):
        path.unlink()
    connection = sqlite3.connect(desk.folder() / "journal.db")
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "says", "hint"),
    [
        pytest.param(_mode(_state, 0o777), "by others (its mode is 0777)", "chmod 700", id="others may write"),
        pytest.param(
            _mode(_launch, 0o755), "be read by others (its mode is 0755)", "chmod 700", id="others may look"
        ),
        pytest.param(_owner(_state), "belongs to another user (uid 65534", "--state DIR", id="another's state"),
        pytest.param(_owner(_launch), "belongs to another user (uid 65534", "--state DIR", id="another's launch"),
        pytest.param(_link(_state), "is a symbolic link", "--state DIR", id="the state folder is a link"),
        pytest.param(_link(_launch), "is a symbolic link", "--state DIR", id="the launch is a link"),
        pytest.param(_newer, "written by a newer Warroom (its schema is 99", "--new", id="a newer schema"),
        pytest.param(_foreign, "is not a journal of Warroom", "--new", id="another program's database"),
    ],
)
def test_no_engine_uses_what_it_may_not(spoil: Callable[[Desk], None], says: str, hint: str, desk: Desk) -> None:
    spoil(desk)
    before = sorted(path.name for path in desk.state.iterdir())
    ended = desk.run()
    assert ended.code == 2, ended.err
    assert says in ended.err
    assert hint in ended.err.partition("hint: ")[2]
    assert sorted(path.name for path in desk.state.iterdir()) == before


def test_beside_a_launch_of_a_newer_warroom_another_can_be_opened_on_request(desk: Desk) -> None:
    _newer(desk)
    process = desk.popen("--new", "--t0", ago(minutes=1))
    try:
        desk.wait_until_it_answers()
    finally:
        process.kill()
        process.communicate()
    assert len(list(desk.state.glob("quiet-*"))) == 2


def test_a_launch_whose_engine_died_before_its_first_entry_is_no_hindrance(desk: Desk) -> None:
    for path in desk.folder().glob("journal*"):
        path.unlink()
    (desk.folder() / "journal.db").touch(mode=0o600)
    process = desk.popen("--t0", ago(minutes=1))
    try:
        desk.wait_until_it_answers()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_network_file_system_is_refused(kind: str, desk: Desk) -> None:
    table = desk.state.parent / "mountinfo"
    place = desk.state.parent.resolve()
    table.write_text(f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n40 22 0:40 / {place} rw - {kind} server:/x rw\n")
    script = f'mount --bind {table} /proc/$$/mountinfo && exec "$@"'
    prefix = ("unshare", "--mount", "--map-root-user", "sh", "-c", script, "sh")
    need_mounts(*prefix)
    process = replace(desk, prefix=prefix).popen()
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert f"is on a network file system ({kind}), where locks fail" in err
    assert "hint: name a folder on a local disk" in err
