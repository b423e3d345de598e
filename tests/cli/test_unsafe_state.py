"""A state folder that somebody else could have filled is not believed; what lies in the way of a journal is named."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.left import Left, left, refusal
from warroom.cli.amend import amend
from warroom.cli.asking import ask
from warroom.cli.attached import console
from warroom.cli.closing import close
from warroom.cli.looking import launches, status
from warroom.cli.purge import purge
from warroom.cli.stopping import stop
from warroom.client.engine_socket import reachable

COMMANDS: dict[str, Callable[[Left], object]] = {
    "launches": lambda quiet: launches(quiet.state),
    "status": lambda quiet: status("quiet", quiet.state, as_json=False),
    "note": lambda quiet: ask("quiet", quiet.state, {"request": "note", "text": "x"}),
    "console": lambda quiet: console("quiet", quiet.state, read_only=True),
    "stop": lambda quiet: stop("quiet", quiet.state),
    "close": lambda quiet: close("quiet", "over", quiet.state),
    "amend": lambda quiet: amend("quiet", quiet.playbook, quiet.state, yes=True),
    "purge": lambda quiet: purge("quiet", quiet.state, keep_journal=False, yes=True),
}


@pytest.fixture
def quiet(tmp_path: Path) -> Left:
    return left(tmp_path)


def _link(quiet: Left) -> None:
    quiet.state.rename(quiet.state.with_name("real"))
    quiet.state.symlink_to("real")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(
            lambda quiet: quiet.state.chmod(0o777), "can be changed by others (its mode is 0777)", id="0777"
        ),
        pytest.param(_link, "is a symbolic link", id="a link"),
    ],
)
def test_an_unsafe_state_folder_is_refused_by_whoever_looks(
    command: str, spoil: Callable[[Left], object], says: str, quiet: Left
) -> None:
    spoil(quiet)
    told = refusal(lambda: COMMANDS[command](quiet))
    assert f"the state folder {quiet.state} {says}" in told


def test_a_link_to_a_launch_is_no_launch(quiet: Left, capsys: pytest.CaptureFixture[str]) -> None:
    (quiet.state / "evil").symlink_to(quiet.folder)
    assert launches(quiet.state) == 0
    listed = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert [name for name, _ in listed] == ["evil", quiet.folder.name]
    assert listed[0][1].startswith(f"unreadable: {quiet.state / 'evil'} is a symbolic link")
    assert status("evil", quiet.state, as_json=False) == 3
    assert "no engine can run it: " in capsys.readouterr().out
    assert "is a symbolic link" in refusal(lambda: quiet.opens("evil"))
    with closing(socket.socket(socket.AF_UNIX)) as engine, reachable(quiet.folder) as address:
        engine.bind(address)
        engine.listen()
        told = refusal(lambda: ask("evil", quiet.state, {"request": "note", "text": "x"}))
    assert "no engine runs the launch evil" in told
    assert "is a symbolic link" in told


def test_where_a_launch_was_replaced_by_a_link_no_other_is_opened_unasked(quiet: Left) -> None:
    name = quiet.folder.name
    quiet.folder.rename(quiet.state.with_name("moved"))
    (quiet.state / name).symlink_to(quiet.state.with_name("moved"))
    assert f"nobody knows whether the launch {name} is open" in refusal(quiet.opens)


@pytest.mark.parametrize(
    ("name", "put", "says"),
    [
        pytest.param("journal.head", lambda path: path.symlink_to("elsewhere"), "is a symbolic link", id="a link"),
        pytest.param("owner.lock", lambda path: path.mkdir(), "is not a plain file", id="a folder"),
    ],
)
def test_what_lies_where_a_file_of_the_journal_belongs_is_named(
    name: str, put: Callable[[Path], object], says: str, quiet: Left
) -> None:
    (quiet.folder / name).unlink()
    put(quiet.folder / name)
    told = refusal(quiet.opens)
    assert f"{quiet.folder / name} {says}\nlook at it, and move it away" in told


@pytest.mark.parametrize("command", ["status", "note", "console"])
def test_nobody_is_sent_to_run_what_a_newer_warroom_wrote(
    command: str, quiet: Left, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(quiet.folder / "journal.db")) as database:
        database.execute("PRAGMA user_version = 99")
    name = quiet.folder.name
    calls: dict[str, Callable[[], object]] = {
        "status": lambda: status(name, quiet.state, as_json=False),
        "note": lambda: ask(name, quiet.state, {"request": "note", "text": "x"}),
        "console": lambda: console(name, quiet.state, read_only=True),
    }
    told = refusal(calls[command]) if command != "status" else ""
    if command == "status":
        assert calls[command]() == 3
        told = capsys.readouterr().out
    assert "no engine can run it: the journal was written by a newer Warroom" in told
    assert "use that Warroom, or a newer one" in told
    assert "warroom run" not in told
