"""What the commands say of a launch that is closed and whose engine is gone, from its journal alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.launching import Desk, ago
from tests.cli.running import PLAYBOOK
from tests.playbook.test_shipped import ENVIRON
from warroom.cli.journaled import ended_in
from warroom.cli.looking import status
from warroom.cli.opened import LaunchOptions, open_launch
from warroom.client.values import LaunchNow
from warroom.clock import VirtualClock
from warroom.errors import UsageError

T0 = datetime(2025, 11, 1, 2, 0, tzinfo=UTC)
FIRST, SECOND = "publish_confirmation@T+5m", "evidence_bundle@T+15m"
Written = tuple[str, Mapping[str, Any]]

CLOSED: Written = ("launch.closed", {"reason": "rolled back", "by": "ada", "unsent": 19, "due": 1, "first": [FIRST]})
DUE: Written = ("update.due", {"slot": FIRST, "key": "k", "text": "text", "late_s": 0.0, "merged": []})
SENDING: Written = ("update.sending", {"slot": FIRST, "key": "k", "attempt": 1})


def launch(state: Path, *written: Written) -> Path:
    """The folder of a launch of the shipped playbook, six minutes old, whose engine wrote this and was killed."""
    clock = VirtualClock(T0 + timedelta(minutes=6))
    opened = open_launch(LaunchOptions(playbook=PLAYBOOK, state=state, t0=T0), dict(ENVIRON), clock)
    for kind, body in written:
        opened.journal.append(kind, body)
    opened.journal.close()
    return opened.folder


def said(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert status(folder.name, folder.parent, as_json=False) == 0
    return capsys.readouterr().out


def line(text: str, start: str) -> str:
    return next(row for row in text.splitlines() if row.startswith(start))


def test_status_of_an_open_launch_that_no_engine_runs_ends_with_3(tmp_path: Path) -> None:
    folder = launch(tmp_path)
    assert status(folder.name, folder.parent, as_json=False) == 3
    assert status(folder.name, folder.parent, as_json=True) == 3


def test_status_of_a_closed_launch_says_what_was_left_and_nothing_is_still_to_come(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(launch(tmp_path, CLOSED), capsys)
    assert line(told, "ended") == f"ended   with exit code 7: 1 update due and not sent: {FIRST}"
    assert line(told, f"post    {FIRST}").endswith("not sent: it was due when the launch was closed")
    assert line(told, f"post    {SECOND}").endswith("not sent: the launch was closed before it was due")
    assert "abandoned, LATE, exit not open: step open is not done" in line(told, "phase   publish ")
    assert line(told, "phase   watch").endswith("never begun")
    assert line(told, "mode") == "mode    dry-run ENDED 2025-11-03T02:00:00.000Z"
    for word in ("scheduled", "waiting", "running", "next  ", "needed", " in "):
        assert word not in told, word


@pytest.mark.parametrize("cut", [(SENDING, CLOSED), (CLOSED,)], ids=["killed after the close", "closed before"])
def test_a_post_that_was_being_sent_when_its_engine_was_killed_is_not_sent_for_ever(
    cut: tuple[Written, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = launch(tmp_path, DUE, *cut)
    was_sent = SENDING in cut
    wanted = (
        "not known whether it arrived: the launch was closed while it was being sent"
        if was_sent
        else "not sent: it was due when the launch was closed"
    )
    told = said(folder, capsys)
    assert line(told, f"post    {FIRST}").endswith(wanted)
    assert line(told, "ended").startswith("ended   with exit code 7: 1 update ")
    ended = ended_in(folder)
    assert isinstance(ended, LaunchNow)
    assert f"{ended.updates[0].standing}: {ended.updates[0].reason}" == wanted
    with pytest.raises(UsageError, match="is closed"):
        open_launch(LaunchOptions(playbook=Path(folder.name), state=tmp_path), dict(ENVIRON), VirtualClock(T0))


def test_the_log_of_an_ended_launch_is_there_without_an_engine(tmp_path: Path) -> None:
    ended = ended_in(launch(tmp_path, CLOSED))
    assert isinstance(ended, LaunchNow)
    assert [entry.kind for entry in ended.log] == ["owner.acquired", "launch.opened", "launch.closed"]
    assert ended_in(launch(tmp_path / "open")) == ""


def test_who_stopped_the_last_engine_is_told_only_where_that_was_its_end(tmp_path: Path) -> None:
    folder = launch(tmp_path, ("engine.stopping", {"by": "ada"}))
    assert ended_in(folder) == "by ada at 02:06:00Z"
    again = open_launch(LaunchOptions(playbook=Path(folder.name), state=tmp_path), dict(ENVIRON), VirtualClock(T0))
    again.journal.close()
    assert ended_in(folder) == ""


def test_an_engine_whose_launch_is_closed_with_posts_due_and_unsent_ends_with_7(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=6)) as engine:
        engine.wait_for("update.held", slot=FIRST)
        assert "(1 due by now)" in desk.ask("close", "--reason", "no Build ID").out
        assert engine.ended() == 7
    assert "ended   with exit code 7: 1 update due and not sent" in desk.ask("status").out
