"""Points around a send to Slack at which an engine can be killed, and an engine on the scale of the harness."""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

POINTS: Final = (
    "before the claim",
    "after the claim",
    "before the bytes",
    "in the middle of the bytes",
    "after the bytes",
    "after the answer",
    "before the confirmation",
    "inside a transaction",
    "before a look-up",
    "after a look-up",
)
"""Those of a launch in Slack. The journal's own are in `tests.soak.faulty`."""

ANSWER_S: Final = 1.0
"""How long an answer of Slack is waited for; 10 s in earnest."""


def install(cross: Callable[[str], None]) -> None:
    """Has `cross` called at each point."""
    from warroom.adapters import slack_wire

    class Wire(http.client.HTTPConnection):
        """A connection that sends a post in two halves."""

        path = ""

        def putrequest(self, method: str, url: str, *more: Any, **flags: Any) -> None:
            self.path = url
            super().putrequest(method, url, *more, **flags)

        def send(self, data: Any) -> None:
            if not (isinstance(data, bytes) and _is_post(self.path) and data):
                super().send(data)
                return
            super().send(data[: len(data) // 2])
            cross("in the middle of the bytes")
            super().send(data[len(data) // 2 :])

    make = slack_wire.Exchange.make

    def made(self: slack_wire.Exchange, url: str, req: Any) -> Any:
        post, look = _is_post(url), "/conversations." in url
        cross("before the bytes" if post else "before a look-up" if look else "")
        found = make(self, url, req)
        cross("after the answer" if post else "after a look-up" if look else "")
        return found

    def connection(self: slack_wire.Exchange, scheme: str, netloc: str) -> http.client.HTTPConnection:
        wire = Wire(netloc, timeout=ANSWER_S)
        respond = wire.getresponse

        def getresponse() -> http.client.HTTPResponse:
            cross("after the bytes" if _is_post(wire.path) else "")
            return respond()

        wire.getresponse = getresponse  # type: ignore[method-assign]
        return wire

    slack_wire.Exchange.make = made  # type: ignore[method-assign]
    slack_wire.Exchange._connection = connection  # type: ignore[method-assign]


def scale() -> None:
    """Waits on the scale of the settle time: for answers, between two attempts, and when Slack asks to wait."""
    from warroom.adapters import slack_wire
    from warroom.engine import engine
    from warroom.updates import answers

    slack_wire.Address = partial(slack_wire.Address, timeout_s=ANSWER_S)  # type: ignore[assignment, misc]
    engine.Pace = partial(engine.Pace, tick_s=0.2, retry_s=0.5, longest_wait_s=1.0)  # type: ignore[assignment, misc]
    answers._DEFAULT_WAIT_S = 1.0  # type: ignore[misc]
    answers.LONGEST_WAIT_S = 2.0  # type: ignore[misc]


def run_when_free() -> int:
    """Runs `warroom` as one who waits for the launch: as long as another owns it, it tries again. The exit code."""
    from warroom.app import run

    while (code := run(sys.argv[1:])) == 2:
        time.sleep(0.05)
    return code


def _is_post(url: str) -> bool:
    return url.endswith("/chat.postMessage")
