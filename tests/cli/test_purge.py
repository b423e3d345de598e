"""`warroom purge` as a real process: what is over goes, what is not stays, and nothing outside is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.launching import Desk, ago
from tests.cli.test_draft import PLAYBOOK
from warroom.journal.audit import audit


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    playbook = tmp_path / "quiet.yaml"
    playbook.write_text(PLAYBOOK, "utf-8")
    return Desk(tmp_path / "state", {}, playbook)


@pytest.fixture
def closed(desk: Desk) -> Desk:
    """A desk whose one launch is closed and has a few links in its folder."""
    with desk.engine("--t0", ago(minutes=1)) as engine:
        assert desk.ask("close", "--reason", "over", launch="quiet").code == 0
        engine.ended()
    outside = desk.state.parent / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "deep" / "precious.txt").write_text("precious")
    evidence = desk.folder() / "evidence" / "one"
    evidence.mkdir(parents=True)
    (evidence / "sample.json").write_text("x" * 1_000)
    (evidence / "link-to-file").symlink_to(outside / "deep" / "precious.txt")
    (evidence / "link-to-folder").symlink_to(outside)
    (desk.folder() / "link").symlink_to(outside)
    return desk


def test_a_closed_launch_goes_and_what_its_links_lead_to_stays(closed: Desk) -> None:
    folder = closed.folder()
    ended = closed.ask("purge", "--yes", launch="quiet")
    assert ended.code == 0, ended.err
    assert ended.out.startswith(f"purged {folder.name}: ")
    count, size = (int(word.replace(",", "")) for word in ended.out.split(": ")[1].split()[::2][:2])
    assert count >= 7
    assert size > 1_000
    assert not folder.exists()
    assert (closed.state.parent / "outside" / "deep" / "precious.txt").read_text() == "precious"
    assert "there is no launch" in closed.ask("status", launch="quiet").err


def test_the_journal_is_kept_on_request(closed: Desk) -> None:
    assert closed.ask("purge", "--yes", "--keep-journal", launch="quiet").code == 0
    assert not (closed.folder() / "evidence").exists()
    assert audit(closed.folder()).problems == ()
    assert closed.ask("audit", launch="quiet").code == 0
    told = closed.ask("status", launch="quiet")
    assert "quiet.yaml, cannot be read: there is no such file" in told.out + told.err


def test_nothing_is_deleted_unless_somebody_says_so(closed: Desk) -> None:
    before = set(closed.folder().rglob("*"))
    ended = closed.ask("purge", launch="quiet")
    assert (ended.code, "say --yes" in ended.err) == (2, True)
    assert before <= set(closed.folder().rglob("*"))


def test_an_open_launch_is_refused_with_or_without_an_engine(desk: Desk) -> None:
    with desk.engine("--t0", ago(minutes=1)):
        ended = desk.ask("purge", "--yes", launch="quiet")
        assert (ended.code, "is open" in ended.err) == (2, True)
    ended = desk.ask("purge", "--yes", launch="quiet")
    assert (ended.code, "is open" in ended.err) == (2, True)
    assert f"warroom close {desk.folder().name} --state {desk.state} --reason TEXT" in ended.err
    assert desk.folder().exists()


def test_a_launch_that_somebody_owns_is_refused(closed: Desk) -> None:
    from tests.cli.test_take_over import deaf

    with deaf(closed.folder()):
        ended = closed.ask("purge", "--yes", launch="quiet")
    assert (ended.code, "is run by" in ended.err) == (2, True)
    assert (closed.folder() / "evidence").exists()


def test_a_journal_that_cannot_be_read_is_not_deleted(closed: Desk) -> None:
    (closed.folder() / "journal.db").write_bytes(b"no database" * 1_000)
    ended = closed.ask("purge", "--yes", launch=closed.folder().name)
    assert (ended.code, "nobody knows whether it is closed" in ended.err) == (2, True)
    assert closed.folder().exists()
