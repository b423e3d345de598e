"""What libraries log while an engine runs."""

from __future__ import annotations

import logging

import pytest

from warroom.cli.library_logging import libraries_say


def test_each_sentence_is_said_once_without_traces_or_values(capfd: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    log = logging.getLogger("asyncio")
    with libraries_say(said.append):
        for number in range(1_000):
            try:
                raise OSError(24, f"secret {number}")
            except OSError:
                log.exception("socket.accept() out of system resource\nsocket: %s", "secret")
        log.warning("took %s", "secret")
        for number in range(1_000):
            log.warning("sentence %s" % number)  # noqa: G002, UP031 - each another template
        log.info("nothing")
    log.debug("after")
    assert said[:2] == ["asyncio: socket.accept() out of system resource (OSError)", "asyncio: took %s"]
    assert len(said) == 100
    assert capfd.readouterr() == ("", "")
