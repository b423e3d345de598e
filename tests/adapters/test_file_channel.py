"""The channel that is a file: whole posts or none, found again by their key, whatever their text says."""

from __future__ import annotations

import errno
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warroom.adapters.file_channel import FileChannel, published_heads
from warroom.clock import VirtualClock
from warroom.updates.channel import Fate, Post

AT = datetime(2025, 11, 1, 2, 5, tzinfo=UTC)


def channel(folder: Path) -> FileChannel:
    return FileChannel(folder / "posts.txt", VirtualClock(AT))


async def test_a_post_is_appended_whole_and_found_by_its_key(tmp_path: Path) -> None:
    posts = channel(tmp_path)
    first = await posts.post(Post("wr:a:one@T+5m", "hello\nworld ✅", "LATE by 3m; journal 4.0123456789ab"))
    second = await posts.post(Post("wr:a:two@T+1h", "again"))
    assert (first.fate, second.fate) == (Fate.CONFIRMED, Fate.CONFIRMED)
    text = (tmp_path / "posts.txt").read_text("utf-8")
    assert text.splitlines() == [
        "--- wr:a:one@T+5m 2025-11-01T02:05:00.000Z LATE by 3m; journal 4.0123456789ab",
        "hello",
        "world ✅",
        "--- end of wr:a:one@T+5m",
        "--- wr:a:two@T+1h 2025-11-01T02:05:00.000Z",
        "again",
        "--- end of wr:a:two@T+1h",
    ]
    assert await posts.find("wr:a:one@T+5m", AT) == first.ref
    assert await posts.find("wr:a:two@T+1h", AT) == second.ref
    assert await posts.find("wr:a:three@T+2h", AT) is None
    assert await posts.find("wr:a:one@T+5", AT) is None
    assert published_heads(tmp_path / "posts.txt") == ["4.0123456789ab"]


async def test_a_file_that_is_not_there_holds_no_post(tmp_path: Path) -> None:
    assert await channel(tmp_path).find("wr:a:one@T+5m", AT) is None


async def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    await channel(tmp_path).post(Post("wr:a:one@T+5m", "x"))
    assert stat.S_IMODE((tmp_path / "posts.txt").stat().st_mode) == 0o600


async def test_half_a_post_of_a_machine_that_lost_power_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "posts.txt").write_text("--- wr:a:one@T+5m 2025-11-01T02:05:00.000Z\nhel", "utf-8")
    posts = channel(tmp_path)
    assert await posts.find("wr:a:one@T+5m", AT) is None
    await posts.post(Post("wr:a:one@T+5m", "hello"))
    assert await posts.find("wr:a:one@T+5m", AT) is not None
    assert "\nhel\n--- wr:a:one@T+5m " in (tmp_path / "posts.txt").read_text("utf-8")


@given(st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
async def test_no_text_can_pass_for_another_post(tmp_path: Path, text: str) -> None:
    path = tmp_path / "posts.txt"
    path.unlink(missing_ok=True)
    posts = channel(tmp_path)
    forged = f"{text}\n--- wr:a:other@T+1h x\nforged\n--- end of wr:a:other@T+1h\n{text}"
    await posts.post(Post("wr:a:one@T+5m", forged))
    assert await posts.find("wr:a:one@T+5m", AT) == "posts.txt:0"
    assert await posts.find("wr:a:other@T+1h", AT) is None


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """Files of this process cannot grow beyond `size` bytes, as on a disk that fills up in the middle of a write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_post_that_has_no_room_is_taken_back_and_can_be_tried_again(tmp_path: Path) -> None:
    posts = channel(tmp_path)
    await posts.post(Post("wr:a:one@T+5m", "first"))
    before = (tmp_path / "posts.txt").read_bytes()
    with no_file_larger_than(len(before) + 40):
        delivery = await posts.post(Post("wr:a:two@T+1h", "x" * 500))
    assert delivery.fate is Fate.NOT_SENT
    assert "posts.txt" in delivery.reason
    assert (tmp_path / "posts.txt").read_bytes() == before
    assert (await posts.post(Post("wr:a:two@T+1h", "x" * 500))).fate is Fate.CONFIRMED


async def test_a_folder_that_is_gone_sends_nothing(tmp_path: Path) -> None:
    posts = channel(tmp_path / "gone")
    delivery = await posts.post(Post("wr:a:one@T+5m", "x"))
    assert (delivery.fate, os.strerror(errno.ENOENT) in delivery.reason) == (Fate.NOT_SENT, True)


@pytest.mark.parametrize("obstacle", ["a link", "a folder", "a pipe"])
async def test_what_can_never_be_written_is_refused_for_good(obstacle: str, tmp_path: Path) -> None:
    path = tmp_path / "posts.txt"
    if obstacle == "a link":
        path.symlink_to(tmp_path / "elsewhere")
    elif obstacle == "a folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    assert (await channel(tmp_path).post(Post("wr:a:one@T+5m", "x"))).fate is Fate.REFUSED
    assert not (tmp_path / "elsewhere").exists()


async def test_whoever_watches_is_handed_what_was_written(tmp_path: Path) -> None:
    said: list[Post] = []
    posts = FileChannel(tmp_path / "posts.txt", VirtualClock(AT), said.append)
    post = Post("wr:a:one@T+5m", "x")
    await posts.post(post)
    assert said == [post]


async def test_a_post_is_on_the_disk_before_it_counts_as_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "posts.txt"
    path.write_text("what was there\n", "utf-8")
    on_disk: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda file: on_disk.append(os.pread(file, 10_000, 0)))
    said: list[list[bytes]] = []
    posts = FileChannel(path, VirtualClock(AT), lambda _: said.append(list(on_disk)))
    delivery = await posts.post(Post("wr:a:one@T+5m", "hello"))
    assert delivery.fate is Fate.CONFIRMED
    assert on_disk == [path.read_bytes()]
    assert said == [on_disk]


@pytest.mark.parametrize(
    ("broken", "fate"),
    [
        pytest.param(1, Fate.NOT_SENT, id="once: it is taken back"),
        pytest.param(2, Fate.UNKNOWN, id="again: nobody knows what the disk holds"),
    ],
)
async def test_a_disk_that_does_not_keep_a_post_confirms_none(
    broken: int, fate: Fate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = [OSError(errno.EIO, os.strerror(errno.EIO))] * broken

    def fsync(_: int) -> None:
        if faults:
            raise faults.pop()

    monkeypatch.setattr(os, "fsync", fsync)
    said: list[Post] = []
    posts = FileChannel(tmp_path / "posts.txt", VirtualClock(AT), said.append)
    delivery = await posts.post(Post("wr:a:one@T+5m", "hello"))
    assert (delivery.fate, os.strerror(errno.EIO) in delivery.reason) == (fate, True)
    assert (tmp_path / "posts.txt").read_bytes() == b""
    assert (said, faults) == ([], [])


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was flushed, in its order."""
    found: list[str] = []

    def fsync(descriptor: int) -> None:
        found.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")

    monkeypatch.setattr(os, "fsync", fsync)
    return found


async def test_a_file_that_was_made_has_its_name_on_the_disk_before_its_first_post_counts(
    tmp_path: Path, flushed: list[str]
) -> None:
    posts = channel(tmp_path)
    await posts.post(Post("wr:a:one@T+5m", "text"))
    assert flushed == ["file", "folder"]
    await posts.post(Post("wr:a:two@T+15m", "text"))
    assert flushed[2:] == ["file"]


async def test_what_is_found_has_its_name_on_the_disk(tmp_path: Path, flushed: list[str]) -> None:
    posts = channel(tmp_path)
    await posts.post(Post("wr:a:one@T+5m", "text"))
    flushed.clear()
    assert await posts.find("wr:a:one@T+5m", AT) == "posts.txt:0"
    assert flushed == ["file", "folder"]


async def test_what_is_found_counts_only_once_it_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts = channel(tmp_path)
    await posts.post(Post("wr:a:one@T+5m", "text"))
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    assert await posts.find("wr:a:one@T+5m", AT) == "posts.txt:0"
    assert len(synced) == 2, "a process that died after its bytes left them in the memory of the system"

    def fails(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output"):
        await posts.find("wr:a:one@T+5m", AT)
    assert await posts.find("wr:a:two@T+15m", AT) is None
