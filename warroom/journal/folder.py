"""The folder of a launch: made so that nobody else can read it, refused where somebody else could change it."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

from warroom.errors import UsageError
from warroom.journal.witness import acknowledged
from warroom.text import clean

DATABASE: Final = "journal.db"
MOUNTS: Final = Path("/proc/self/mountinfo")

# File systems on which locks or shared memory do not hold between machines.
_NETWORK: Final = re.compile(
    r"nfs\d?|cifs|smb\w*|9p|afs|ceph|coda|lustre|gfs2?|ocfs2|fuse\.(sshfs|gluster\w*|ceph|s3fs|rclone|davfs)|ncpfs|davfs"
)


def holds_journal(folder: Path) -> bool:
    """Whether a journal is in `folder`, or was: its last acknowledged entry is noted there."""
    return (folder / DATABASE).is_file() or acknowledged(folder) is not None


def prepare(folder: Path) -> None:
    """Makes `folder` (0700) where it is missing, and its parents.

    Raises UsageError, which says what to do, where it or the folder around it is a link, belongs to somebody else or
    can be written by others, where others can look into it, and where it lies on a network file system (on Linux).
    """
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        _require_own(folder.parent, stat.S_IWGRP | stat.S_IWOTH)
        _require_own(folder, stat.S_IRWXG | stat.S_IRWXO)
    except OSError as error:
        raise UsageError(
            f"the state folder {clean(str(folder))} cannot be used: {error.strerror}",
            hint="name another with --state DIR",
        ) from error
    kind = file_system(folder.resolve(), MOUNTS)
    if _NETWORK.fullmatch(kind):
        raise UsageError(
            f"the state folder {clean(str(folder))} is on a network file system ({clean(kind)}), where locks fail",
            hint="name a folder on a local disk with --state DIR",
        )


def prepare_file(path: Path) -> bool:
    """Makes an empty file (0600) at `path`, on the disk when this returns; True when it was not there.

    Raises UsageError where something else than a file of one's own, with one name, is there; OSError.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        require_plain(path)
        return False
    os.close(descriptor)
    sync_folder(path.parent)
    return True


def require_plain(path: Path) -> None:
    """Raises UsageError where something else than a file of one's own, with one name, is at `path`; OSError."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        what = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "not a plain file"
        raise UsageError(f"{clean(str(path))} is {what}", hint="look at it, and move it away")
    _require_mine(path, found)


def require_safe(folder: Path) -> None:
    """Raises UsageError, which says what to do, where the state folder is a link, belongs to somebody else or can be
    written by others. One that is not there is as good as another."""
    try:
        _require_own(folder, stat.S_IWGRP | stat.S_IWOTH)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UsageError(f"the state folder {clean(str(folder))} cannot be used: {error.strerror}") from error


def sync_folder(folder: Path) -> None:
    """Waits until the names in `folder` are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_system(path: Path, mounts: Path) -> str:
    """The type of the file system that `path` (absolute, no links) lies on, `ext4` say; empty where not known."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return ""
    deepest, kind = -1, ""
    for line in lines:
        # proc(5): the fifth field is the mount point, the first after " - " the type. A later mount covers another.
        fields, _, rest = line.partition(" - ")
        point = Path(_unescaped(fields.split(" ")[4]))
        if path.is_relative_to(point) and len(point.parts) >= deepest:
            deepest, kind = len(point.parts), rest.split(" ")[0]
    return kind


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)


def _require_own(folder: Path, refused: int) -> None:
    found = folder.lstat()
    name = clean(str(folder))
    if stat.S_ISLNK(found.st_mode):
        raise UsageError(
            f"the state folder {name} is a symbolic link", hint="name the folder it points to with --state DIR"
        )
    if not stat.S_ISDIR(found.st_mode):
        raise UsageError(f"{name} is not a folder", hint="name a folder with --state DIR")
    shared = refused == stat.S_IWGRP | stat.S_IWOTH
    if not (shared and found.st_uid == 0):
        _require_mine(folder, found)
    # In a folder with the sticky bit, /tmp say, nobody can replace what belongs to somebody else.
    if found.st_mode & refused and not (shared and found.st_mode & stat.S_ISVTX):
        who = "be changed" if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) else "be read"
        raise UsageError(
            f"the state folder {name} can {who} by others (its mode is {stat.S_IMODE(found.st_mode):04o})",
            hint=f"close it to them: chmod 700 {name}",
        )


def _require_mine(path: Path, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        raise UsageError(
            f"{clean(str(path))} belongs to another user (uid {found.st_uid}, this is {os.geteuid()})",
            hint="run as that user, or name a folder of your own with --state DIR",
        )
