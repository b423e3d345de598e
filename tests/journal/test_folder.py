"""Where somebody else could read, change or share a journal, none is kept."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from warroom.clock import VirtualClock
from warroom.errors import UsageError
from warroom.journal import folder as folders
from warroom.journal.failure import JournalUnavailable
from warroom.journal.journal import Journal

NOBODY = 65534


def _mode(mode: int, which: Callable[[Path], Path]) -> Callable[[Path], None]:
    return lambda folder: which(folder).chmod(mode)


def _link(which: Callable[[Path], Path]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        path = which(folder)
        real = path.with_name("real")
        path.rename(real)
        path.symlink_to(real)

    return make


def _link_to_file(folder: Path) -> None:
    elsewhere = folder.with_name("elsewhere.db")
    elsewhere.touch()
    (folder / "journal.db").symlink_to(elsewhere)


def _second_name(folder: Path) -> None:
    (folder / "journal.db").touch()
    os.link(folder / "journal.db", folder / "other.db")


def _file(folder: Path) -> None:
    folder.rmdir()
    folder.touch()


def own(folder: Path) -> Path:
    return folder


def around(folder: Path) -> Path:
    return folder.parent


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(_mode(0o777, own), "can be changed by others (its mode is 0777)", id="0777"),
        pytest.param(_mode(0o770, own), "can be changed by others (its mode is 0770)", id="0770"),
        pytest.param(_mode(0o755, own), "can be read by others (its mode is 0755)", id="0755"),
        pytest.param(_mode(0o777, around), "can be changed by others (its mode is 0777)", id="0777 around it"),
        pytest.param(_link(own), "is a symbolic link", id="a link"),
        pytest.param(_link(around), "is a symbolic link", id="a link around it"),
        pytest.param(_file, "cannot be used: File exists", id="a file in its place"),
        pytest.param(_link_to_file, "is a symbolic link", id="the database is a link"),
        pytest.param(_second_name, "is not a plain file", id="the database has a second name"),
    ],
)
def test_an_unsafe_state_folder_is_refused(
    folder: Path, clock: VirtualClock, spoil: Callable[[Path], None], says: str
) -> None:
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    spoil(folder)
    with pytest.raises(UsageError) as caught:
        Journal.open(folder, "demo", clock)
    assert says in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("which", [own, around], ids=["its own", "the one around it"])
def test_a_folder_of_another_user_is_refused(
    folder: Path, clock: VirtualClock, which: Callable[[Path], Path]
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    os.chown(which(folder), NOBODY, NOBODY)
    with pytest.raises(UsageError, match=r"belongs to another user \(uid 65534, this is 0\)"):
        Journal.open(folder, "demo", clock)


def test_a_database_of_another_user_is_refused(folder: Path, clock: VirtualClock) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user")
    Journal.open(folder, "demo", clock).close()
    os.chown(folder / "journal.db", NOBODY, NOBODY)
    with pytest.raises(UsageError, match="belongs to another user"):
        Journal.open(folder, "demo", clock)


@pytest.mark.parametrize("mode", [0o755, 0o1777], ids=["others may look", "sticky, as /tmp is"])
def test_the_folder_around_may_be_shared_as_long_as_nobody_can_change_ours(
    folder: Path, clock: VirtualClock, mode: int
) -> None:
    folder.parent.mkdir(parents=True)
    folder.parent.chmod(mode)
    with Journal.open(folder, "demo", clock) as journal:
        assert journal.epoch == 1


@pytest.mark.parametrize("kind", ["nfs4", "nfs", "cifs", "smb3", "9p", "fuse.sshfs", "ceph"])
def test_a_network_file_system_is_refused(
    folder: Path, clock: VirtualClock, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        f"40 22 0:40 / {tmp_path.resolve()} rw shared:9 master:2 - {kind} server:/export rw\n"
    )
    monkeypatch.setattr(folders, "MOUNTS", table)
    with pytest.raises(UsageError, match=f"network file system .{kind}."):
        Journal.open(folder, "demo", clock)
    assert not (folder / "journal.db").exists()


TABLE = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:5 / /data rw shared:2 - nfs4 server:/data rw
24 23 0:6 / /data/local rw - xfs /dev/sdb1 rw
25 22 0:7 / /my\\040disk rw - tmpfs tmpfs rw
26 22 0:8 / /over rw - ext4 /dev/sdc1 rw
27 22 0:9 / /over rw - nfs server:/over rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        pytest.param("/home/ana", "ext4", id="the root's"),
        pytest.param("/data/x", "nfs4", id="a mount"),
        pytest.param("/database", "ext4", id="a name that only begins alike"),
        pytest.param("/data/local/x", "xfs", id="a mount within a mount"),
        pytest.param("/my disk/x", "tmpfs", id="a name with a space"),
        pytest.param("/over/x", "nfs", id="the later of two mounts at one place"),
    ],
)
def test_the_file_system_is_found(path: str, kind: str, tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(TABLE)
    assert folders.file_system(Path(path), table) == kind


def test_where_the_system_does_not_tell_the_file_system_is_not_known(tmp_path: Path) -> None:
    assert folders.file_system(Path("/"), tmp_path / "no such file") == ""


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, clock: VirtualClock) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be used"):
        Journal.open(tmp_path / "file" / "demo", "demo", clock)


def test_a_database_that_is_a_folder_is_refused(folder: Path, clock: VirtualClock) -> None:
    (folder / "journal.db").mkdir(parents=True)
    folder.chmod(0o700)
    folder.parent.chmod(0o700)
    with pytest.raises((UsageError, JournalUnavailable), match="not a plain file"):
        Journal.open(folder, "demo", clock)
