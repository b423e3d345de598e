"""Notices to systemd, heard on a socket as its manager would."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from warroom.adapters.systemd import Notices


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(5)
        yield sock


def test_the_manager_hears_that_it_is_ready_alive_and_stopping(manager: socket.socket) -> None:
    notices = Notices({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "5000000"})
    notices.ready("launch x")
    notices.alive()
    notices.stopping()
    assert [manager.recv(200) for _ in range(3)] == [b"READY=1\nSTATUS=launch x", b"WATCHDOG=1", b"STOPPING=1"]


@pytest.mark.parametrize(
    "environ", [{}, {"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "1"}], ids=["no watchdog", "another's watchdog"]
)
def test_without_a_watchdog_of_its_own_it_is_silent_about_being_alive(
    environ: dict[str, str], manager: socket.socket
) -> None:
    notices = Notices({"NOTIFY_SOCKET": manager.getsockname(), **environ})
    notices.alive()
    notices.stopping()
    assert manager.recv(200) == b"STOPPING=1"


@pytest.mark.parametrize("address", ["", "/nowhere/notify", "@warroom-nobody-listens"])
def test_where_nobody_listens_nothing_happens(address: str) -> None:
    notices = Notices({"NOTIFY_SOCKET": address, "WATCHDOG_PID": str(os.getpid()), "WATCHDOG_USEC": "1"})
    notices.ready("x")
    notices.alive()
    notices.stopping()
