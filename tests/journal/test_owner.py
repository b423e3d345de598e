"""Of any number of processes one owns a launch, as long as it lives and no longer."""

import os
import signal
from pathlib import Path

import pytest

from tests.journal.conftest import Open
from tests.journal.processes import Process, child
from warroom.clock import VirtualClock
from warroom.errors import ExitCode
from warroom.journal.audit import audit
from warroom.journal.journal import Journal
from warroom.journal.owner import LaunchOwned, Owner, last_owner


def test_fifty_times_two_processes_open_at_once_and_one_owns(tmp_path: Path) -> None:
    with child() as one, child() as other:
        for number in range(50):
            folder = tmp_path / "state" / f"launch{number}"
            for process in (one, other):
                process.tell(f"open {folder}")
            answers = [one.hear(), other.hear()]
            owners = [answer for answer in answers if "epoch" in answer]
            refused = [answer for answer in answers if "error" in answer]
            assert (len(owners), len(refused)) == (1, 1), answers
            assert refused[0]["error"] == "LaunchOwned"
            for process in (one, other):
                process.ask("close")
            report = audit(folder)
            assert (report.ok, report.entries, report.owners) == (True, 1, 1)


def test_the_second_is_told_who_owns_it_since_when_and_what_to_do(
    folder: Path, clock: VirtualClock, journal: Journal
) -> None:
    with pytest.raises(LaunchOwned) as caught:
        Journal.open(folder, "demo", clock)
    assert caught.value.message == (
        f"the launch demo is run by process {os.getpid()} since 2025-11-01T02:00:00.000Z; one engine acts at a time"
    )
    assert caught.value.hint == "attach to it with: warroom console"
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.owner == last_owner(folder) == Owner(os.getpid(), "2025-11-01T02:00:00.000Z")
    assert journal.append("note", {}).seq == 2


def stop(process: Process) -> None:
    process.popen.send_signal(signal.SIGSTOP)
    _, status = os.waitpid(process.popen.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


def test_a_stopped_owner_keeps_it_and_a_killed_one_does_not(folder: Path, clock: VirtualClock) -> None:
    with child() as process:
        assert process.ask(f"open {folder}") == {"epoch": 1}
        stop(process)
        with pytest.raises(LaunchOwned, match=f"process {process.popen.pid} "):
            Journal.open(folder, "demo", clock)
        process.popen.send_signal(signal.SIGCONT)
        assert process.ask("append")["head"].startswith("2.")
        process.kill()
    assert last_owner(folder) is not None
    with Journal.open(folder, "demo", clock) as journal:
        assert journal.epoch == 2
        assert [entry.kind for entry in journal.entries()] == ["owner.acquired", "note", "owner.acquired"]


def test_a_closed_launch_has_no_owner(folder: Path, open_journal: Open) -> None:
    assert last_owner(folder) is None
    open_journal().close()
    assert last_owner(folder) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"pid": "x", "since": 1}', "\x00" * 100])
def test_what_the_lock_says_is_only_for_people(folder: Path, open_journal: Open, text: str) -> None:
    open_journal().close()
    (folder / "owner.lock").write_text(text)
    assert last_owner(folder) is None
    assert open_journal().epoch == 2


def test_a_program_that_the_owner_starts_does_not_inherit_it(folder: Path, clock: VirtualClock) -> None:
    journal = Journal.open(folder, "demo", clock)
    with child():
        journal.close()
        with Journal.open(folder, "demo", clock) as again:
            assert again.epoch == 2


def test_a_lock_that_is_a_link_is_refused(folder: Path, open_journal: Open, tmp_path: Path) -> None:
    open_journal().close()
    (folder / "owner.lock").rename(tmp_path / "real.lock")
    (folder / "owner.lock").symlink_to(tmp_path / "real.lock")
    with pytest.raises(Exception, match="is a symbolic link"):
        open_journal()
