"""A launch runs the copy of its playbook that its journal names, or none; one that has lost it is no dead end."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.left import PLAYBOOK, Left, left, refusal
from warroom.cli.amend import amend
from warroom.cli.closing import close
from warroom.cli.launches import launch_named, what_now
from warroom.cli.looking import status
from warroom.cli.purge import purge
from warroom.clock import RealClock, stamp
from warroom.engine.status_drafts import armed, arming
from warroom.errors import UsageError
from warroom.journal.journal import Journal
from warroom.launch.dead_man import Arm
from warroom.playbook.freeze import freeze
from warroom.updates.channel import Delivery, Fate

INCLUDING = PLAYBOOK.replace("warroom: 1\n", "warroom: 1\ninclude: [texts.yaml]\n").replace('first: "first', 'x: "x')
INCLUDED = 'templates:\n  first: "first {{ post.time }}"\n'


@pytest.fixture
def quiet(tmp_path: Path) -> Left:
    return left(tmp_path)


@pytest.fixture
def with_include(tmp_path: Path) -> Left:
    (tmp_path / "texts.yaml").write_text(INCLUDED, "utf-8")
    return left(tmp_path, INCLUDING)


def _another_text(quiet: Left) -> None:
    quiet.copy.write_text(PLAYBOOK.replace("first {{", "second {{"), "utf-8")


def _no_playbook(quiet: Left) -> None:
    quiet.copy.write_text("- nothing\n", "utf-8")


def _gone(quiet: Left) -> None:
    quiet.copy.unlink()


def _folder_gone(quiet: Left) -> None:
    shutil.rmtree(quiet.copy.parent)


ALTERED = [
    pytest.param(_another_text, "is not what was journaled (its SHA-256 is ", id="another text in it"),
    pytest.param(_no_playbook, "cannot be read: ", id="no playbook any more"),
    pytest.param(_gone, "cannot be read: ", id="gone"),
    pytest.param(_folder_gone, "cannot be read: ", id="gone with its folder"),
]


@pytest.mark.parametrize("named", ["path", "name"])
@pytest.mark.parametrize(("alter", "says"), ALTERED)
def test_a_copy_that_is_not_the_one_in_the_journal_is_not_run(
    alter: Callable[[Left], None], says: str, named: str, quiet: Left
) -> None:
    alter(quiet)
    told = refusal(lambda: quiet.opens("" if named == "path" else quiet.folder.name))
    assert f"{quiet.copy}, {says}" in told
    assert f"put it back from the file that it was made of: warroom amend {quiet.folder.name} --state" in told
    assert str(quiet.playbook) in told


@pytest.mark.parametrize(("alter", "says"), ALTERED)
def test_amend_puts_it_back_from_the_original(
    alter: Callable[[Left], None], says: str, quiet: Left, capsys: pytest.CaptureFixture[str]
) -> None:
    alter(quiet)
    with pytest.raises(UsageError, match="nobody to ask"):
        amend("quiet", quiet.playbook, quiet.state, yes=False)
    assert amend("quiet", quiet.playbook, quiet.state, yes=True) == 0
    assert says in capsys.readouterr().out
    assert quiet.copy.read_text("utf-8") == PLAYBOOK
    assert quiet.opens() == quiet.folder.name
    assert amend("quiet", quiet.playbook, quiet.state, yes=True) == 0
    assert capsys.readouterr().out.endswith("nothing differs\n")


@pytest.mark.parametrize("command", ["run", "status"])
def test_a_folder_that_was_renamed_gets_its_name_back_and_goes_on(
    command: str, quiet: Left, capsys: pytest.CaptureFixture[str]
) -> None:
    name, renamed = quiet.folder.name, quiet.folder.rename(quiet.state / "renamed")
    if command == "run":
        told = refusal(lambda: quiet.opens("renamed"))
    else:
        status("renamed", quiet.state, as_json=False)
        told = capsys.readouterr().out
    move = f"mv {renamed} {quiet.state / name}"
    assert f"holds the launch {name}" in told
    assert move in told
    assert "warroom run renamed" not in told
    subprocess.run(shlex.split(move), check=True)
    assert quiet.opens(name) == name


def test_a_copy_of_a_launch_beside_it_is_not_run(quiet: Left) -> None:
    name = quiet.folder.name
    shutil.copytree(quiet.folder, quiet.state / "copied")
    told = what_now(launch_named(quiet.state, "copied"))
    assert f"holds the launch {name}" in told
    assert f"warroom run {name}" in told


def test_what_would_be_put_back_is_shown_first(quiet: Left, capsys: pytest.CaptureFixture[str]) -> None:
    _another_text(quiet)
    with pytest.raises(UsageError, match="nobody to ask"):
        amend("quiet", quiet.playbook, quiet.state, yes=False)
    out = capsys.readouterr().out
    assert '-  first: "second {{ post.time }}"\n' in out
    assert '+  first: "first {{ post.time }}"\n' in out


def test_what_the_playbook_includes_counts_and_is_put_back(with_include: Left) -> None:
    included = with_include.copy.with_name("texts.yaml")
    included.write_text(INCLUDED.replace("first {{", "second {{"), "utf-8")
    assert "is not what was journaled" in refusal(with_include.opens)
    assert amend("quiet", with_include.playbook, with_include.state, yes=True) == 0
    assert included.read_text("utf-8") == INCLUDED
    assert with_include.opens() == with_include.folder.name


def test_a_file_of_another_name_puts_it_back_under_its_own(quiet: Left) -> None:
    _gone(quiet)
    renamed = quiet.playbook.rename(quiet.playbook.with_name("kept.yaml"))
    assert amend("quiet", renamed, quiet.state, yes=True) == 0
    assert quiet.copy.read_text("utf-8") == PLAYBOOK


def test_another_playbook_is_no_way_to_put_it_back(quiet: Left) -> None:
    _gone(quiet)
    quiet.playbook.write_text(PLAYBOOK.replace("first {{", "third {{"), "utf-8")
    told = refusal(lambda: amend("quiet", quiet.playbook, quiet.state, yes=True))
    assert "cannot be read" in told
    assert f"if that is gone or has changed too: warroom close {quiet.folder.name}" in told
    assert not quiet.copy.exists()


@pytest.mark.parametrize(("alter", "says"), ALTERED)
def test_without_it_a_launch_can_be_looked_at_closed_and_deleted(
    alter: Callable[[Left], None], says: str, quiet: Left, capsys: pytest.CaptureFixture[str]
) -> None:
    alter(quiet)
    assert status("quiet", quiet.state, as_json=True) == 3
    told = capsys.readouterr()
    assert says in told.err
    assert json.loads(told.out)["updates"] == []
    assert "to close the launch a reason is needed" in refusal(lambda: close("quiet", " ", quiet.state))
    assert close("quiet", "nobody has it", quiet.state) == 0
    assert "closed without an engine" in capsys.readouterr().out
    closed = launch_named(quiet.state, "quiet").state.closed
    assert closed is not None
    assert closed.reason == "nobody has it"
    assert purge("quiet", quiet.state, keep_journal=False, yes=True) == 0


@pytest.mark.parametrize(("by", "word"), [("", "SILENT"), ("ann", "STOPPED")])
def test_who_closes_it_without_an_engine_hears_what_slack_will_still_say_and_when(
    by: str, word: str, quiet: Left, capsys: pytest.CaptureFixture[str]
) -> None:
    now = RealClock().now()
    alarms = [
        Arm(number, f"wr:{number}", "room", now, now + minutes * timedelta(minutes=1), by)
        for number, minutes in ((1, -5), (2, 10))
    ]
    with Journal.open(quiet.folder, quiet.folder.name, RealClock()) as journal:
        for arm in alarms:
            journal.append_many([arming(arm), armed(arm, Delivery(Fate.CONFIRMED, ref=f"Q{arm.number}"))])
    _gone(quiet)
    assert close("quiet", "nobody has it", quiet.state) == 0
    at = stamp(alarms[1].fires_at)
    out = capsys.readouterr().out
    assert f"Slack may still post ENGINE {word} at {at}: only an engine could have deleted it" in out
    assert out.count("ENGINE") == 1, "the first one's time is past"
    assert status("quiet", quiet.state, as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["dead_man"]["word"], found["dead_man"]["until"]) == ("left behind", at)
    assert found["log"][-1]["text"].endswith(f"which alone can delete it; Slack may post it at {at}")


def test_a_launch_that_an_engine_can_take_up_is_not_closed_without_one(quiet: Left) -> None:
    told = refusal(lambda: close("quiet", "over", quiet.state))
    assert "no engine runs the launch" in told
    assert f"start it with: warroom run {quiet.folder.name}" in told


def test_what_was_changed_after_it_was_read_is_not_frozen(tmp_path: Path, quiet: Left) -> None:
    told = refusal(lambda: freeze(quiet.playbook, "0" * 64, tmp_path / "copy" / "quiet.yaml"))
    assert f"{quiet.playbook} was changed meanwhile" in told
    assert not (tmp_path / "copy").exists()
