"""Notices to systemd: ready, still alive, stopping. Where no manager listens they do nothing."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping


class Notices:
    """Speaks the protocol of sd_notify(3) over the socket named by NOTIFY_SOCKET."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        mine = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._watched = mine and environ.get("WATCHDOG_USEC", "").isdecimal()

    def ready(self, status: str) -> None:
        """The engine owns its launch and answers."""
        self._send(f"READY=1\nSTATUS={status}")

    def alive(self) -> None:
        """The loop goes round; for a watchdog, where one is set."""
        if self._watched:
            self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The engine is handing back."""
        self._send("STOPPING=1")

    def _send(self, text: str) -> None:
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        # A leading @ stands for a name in the abstract namespace.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.sendto(text.encode(), address)
