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
    "before the refusal",
    "before a look-up",
    "after a look-up",
)
"""Those of a launch in Slack. The journal's own are in `tests.soak.faulty`."""

PARTS: Final = (
    "before the address",
    "after the address",
    "before the file",
    "in the middle of the file",
    "after the file",
    "before it is shown",
    "while it is shown",
    "after it is shown",
    "before its confirmation",
    "before the bytes",
    "after the bytes",
    "after the answer",
)
"""Those around what belongs to a post beside its message: a file, and the rest of a long text."""

ANSWER_S: Final = 1.0
"""How long an answer of Slack is waited for; 10 s in earnest."""


def install(cross: Callable[[str], None]) -> None:
    """Has `cross` called at each point."""
    from warroom.adapters import slack_wire

    class Wire(http.client.HTTPConnection):
        """A connection that sends a post, and a file, in two halves."""

        path = ""

        def putrequest(self, method: str, url: str, *more: Any, **flags: Any) -> None:
            self.path = url
            super().putrequest(method, url, *more, **flags)

        def send(self, data: Any) -> None:
            middle = _MIDDLE.get(_what(self.path), "")
            if not (isinstance(data, bytes) and middle and data):
                super().send(data)
                return
            super().send(data[: len(data) // 2])
            cross(middle)
            super().send(data[len(data) // 2 :])

    make = slack_wire.Exchange.make

    def made(self: slack_wire.Exchange, url: str, req: Any) -> Any:
        before, after = _AROUND.get(_what(url), ("", ""))
        cross(before)
        found = make(self, url, req)
        cross(after)
        return found

    def connection(self: slack_wire.Exchange, scheme: str, netloc: str) -> http.client.HTTPConnection:
        wire = Wire(netloc, timeout=ANSWER_S)
        respond = wire.getresponse

        def getresponse() -> http.client.HTTPResponse:
            cross(_SENT.get(_what(wire.path), ""))
            return respond()

        wire.getresponse = getresponse  # type: ignore[method-assign]
        return wire

    slack_wire.Exchange.make = made  # type: ignore[method-assign]
    slack_wire.Exchange._connection = connection  # type: ignore[method-assign]


def scale() -> None:
    """Waits on the scale of the settle time: for answers, between two attempts, and when Slack asks to wait."""
    from warroom.adapters import slack_webhook, slack_wire
    from warroom.engine import drafts, engine
    from warroom.updates import answers

    slack_wire.Address = partial(slack_wire.Address, timeout_s=ANSWER_S)  # type: ignore[assignment, misc]
    slack_webhook.HookAddress = partial(slack_webhook.HookAddress, timeout_s=ANSWER_S)  # type: ignore[assignment, misc]
    engine.Pace = partial(engine.Pace, tick_s=0.2, retry_s=0.5, longest_wait_s=1.0)  # type: ignore[assignment, misc]
    drafts._LONGEST_FILE_WAIT_S = 1.0  # type: ignore[misc]
    drafts._LONGEST_UNSURE_WAIT_S = 1.0  # type: ignore[misc]
    answers._DEFAULT_WAIT_S = 1.0  # type: ignore[misc]
    answers.LONGEST_WAIT_S = 2.0  # type: ignore[misc]


def run_when_free() -> int:
    """Runs `warroom` as one who waits for the launch: as long as another owns it, it tries again. The exit code."""
    from warroom.app import run

    while (code := run(sys.argv[1:])) == 2:
        time.sleep(0.05)
    return code


def _what(url: str) -> str:
    """What a request is for: the name of its method, `upload`, or `look-up`. A webhook posts."""
    name = "chat.postMessage" if "/services/" in url else url.rpartition("/")[2]
    return "look-up" if name.startswith("conversations.") else "upload" if "/upload/" in url else name


_AROUND: Final = {
    "chat.postMessage": ("before the bytes", "after the answer"),
    "look-up": ("before a look-up", "after a look-up"),
    "files.getUploadURLExternal": ("before the address", "after the address"),
    "upload": ("before the file", "after the file"),
    "files.completeUploadExternal": ("before it is shown", "after it is shown"),
}
_MIDDLE: Final = {"chat.postMessage": "in the middle of the bytes", "upload": "in the middle of the file"}
_SENT: Final = {"chat.postMessage": "after the bytes", "files.completeUploadExternal": "while it is shown"}
