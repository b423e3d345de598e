"""A call to Slack takes as long as it may, whatever the other end does, and nothing of it happens afterwards."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from warroom.adapters.slack_wire import Address, Outcome, call
from warroom.clock import RealClock
from warroom.updates.answers import Broken

CLOCK = RealClock()
LIMIT_S = 0.3
FAR_TOO_LONG_S = 5.0
CONTEXT = ssl.create_default_context()


class Dripping:
    """Answers one connection a byte at a time, for as long as somebody reads, and keeps what it was sent."""

    def __init__(self, begins: bytes) -> None:
        self._begins = begins
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self.heard = b""
        self.connected, self.left = threading.Event(), threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        try:
            wire, _ = self._door.accept()
            with wire:
                self.connected.set()
                self.heard = wire.recv(65_536)
                wire.sendall(self._begins)
                while self.heard and not self.left.wait(0.02):
                    wire.sendall(b"a")
        except OSError:
            pass
        self.left.set()

    def close(self) -> None:
        """Nobody is answered any more."""
        self.left.set()
        self._door.close()


@pytest.fixture
def served() -> Iterator[Callable[[bytes], Dripping]]:
    made: list[Dripping] = []

    def serve(begins: bytes) -> Dripping:
        made.append(Dripping(begins))
        return made[-1]

    yield serve
    for one in made:
        one.close()


def called(host: str) -> tuple[Outcome, float]:
    """How a call of it ends, and after how many seconds."""
    began = time.monotonic()
    address = Address(f"http://{host}/api/", "xoxb-canary", CONTEXT, LIMIT_S)
    return call(address, CLOCK, lambda client: client.auth_test()), time.monotonic() - began


@pytest.mark.parametrize(
    "begins",
    [b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"],
    ids=["before the status", "in the status", "in a header", "in the body"],
)
def test_an_answer_that_drips_ends_in_time_and_its_connection_too(
    served: Callable[[bytes], Dripping], begins: bytes
) -> None:
    slack = served(begins)
    outcome, took_s = called(f"127.0.0.1:{slack.port}")
    assert outcome.end == Broken("Slack did not answer in time", sent=True)
    assert took_s < FAR_TOO_LONG_S
    assert slack.left.wait(FAR_TOO_LONG_S), "nobody reads any more"


def test_a_name_that_is_found_too_late_sends_nothing(
    served: Callable[[bytes], Dripping], monkeypatch: pytest.MonkeyPatch
) -> None:
    slack, found = served(b""), threading.Event()
    real: Any = socket.getaddrinfo

    def looked_up(host: str, *args: Any) -> Any:
        assert found.wait(FAR_TOO_LONG_S)
        return real("127.0.0.1", *args)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    outcome, took_s = called(f"slack.test:{slack.port}")
    found.set()
    assert outcome.end == Broken("Slack did not answer in time", sent=False)
    assert took_s < FAR_TOO_LONG_S
    assert slack.connected.wait(FAR_TOO_LONG_S), "whoever looked it up goes on"
    assert slack.left.wait(FAR_TOO_LONG_S)
    assert slack.heard == b""


def test_calls_whose_names_are_never_found_do_not_pile_up(served: Callable[[bytes], Dripping]) -> None:
    slack, found = served(b""), threading.Event()
    hanging = [threading.Thread(target=found.wait, name="slack call", daemon=True) for _ in range(16)]
    for thread in hanging:
        thread.start()
    outcome, took_s = called(f"127.0.0.1:{slack.port}")
    found.set()
    for thread in hanging:
        thread.join()
    assert isinstance(outcome.end, Broken)
    assert not outcome.end.sent
    assert not slack.connected.is_set()
    assert took_s < FAR_TOO_LONG_S
