"""A launch at a terminal that can do little: its console is readable there, or says that it needs another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.attaching import SHOWN, WarRoom, leave
from tests.cli.launching import ago
from tests.cli.running import PLAYBOOK
from tests.cli.terminal import Terminal, at_terminal

STATES = ("running", "to do", "GREEN", "untested", "scheduled", "NOTHING TESTED YET")
COLOUR = re.compile(rb"\x1b\[[0-9;:]*\b(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])\b[0-9;:]*m")
NO_UTF8 = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
DUMB = {"TERM": "dumb"}


def shown(terminal: Terminal) -> bytes:
    """Everything that a console sent that showed its states in words and was left by its keys."""
    terminal.wait_for(lambda text: SHOWN in text and all(state in text for state in STATES))
    assert leave(terminal) == 0
    assert b"Traceback" not in terminal.raw
    return terminal.raw


@pytest.mark.parametrize(
    ("kind", "is_coloured", "is_ascii"),
    [
        pytest.param({}, True, False, id="one that can do everything"),
        pytest.param({"NO_COLOR": "1"}, False, False, id="NO_COLOR"),
        pytest.param({"LANG": "C", "PYTHONUTF8": ""}, True, False, id="LANG=C, where Python writes UTF-8"),
        pytest.param({"LC_ALL": "C", "PYTHONUTF8": ""}, True, False, id="LC_ALL=C, where Python writes UTF-8"),
        pytest.param(NO_UTF8, True, True, id="without UTF-8"),
        pytest.param({**NO_UTF8, "NO_COLOR": "1", "TERM": "vt100"}, False, True, id="a vt100 with nothing"),
    ],
)
def test_the_states_of_a_launch_are_words_at(
    kind: Mapping[str, str], is_coloured: bool, is_ascii: bool, room: WarRoom
) -> None:
    poor = replace(room, kind=kind)
    with poor.run("--t0", ago(minutes=1)) as first:
        opened = shown(first)
    with poor.console() as second:
        attached = shown(second)
    for sent in (opened, attached):
        assert (COLOUR.search(sent) is not None, sent.isascii()) == (is_coloured, is_ascii)


def test_a_dumb_terminal_is_none_for_run_console_and_verify_alike(room: WarRoom, tmp_path: Path) -> None:
    dumb = replace(room, kind=DUMB)
    with dumb.run("--t0", ago(minutes=1)) as terminal:
        terminal.wait_for("this is no terminal, so the engine runs here, without a console")
        terminal.wait_for("gate gate2: GREEN")
        with dumb.console() as refused:
            assert refused.ended() == 2
        terminal.press("\x03")
        assert terminal.ended() == 130
    options = ("--suite", "publish", "--wait", "0s", "--evidence", str(tmp_path / "evidence"))
    with at_terminal("verify", str(PLAYBOOK), *options, inputs=room.desk.inputs, kind=DUMB) as verify:
        verify.ended()
    assert b"this is no terminal, so the verification runs headless" in verify.raw
    assert b"a console needs a terminal" in refused.raw
    for sent in (terminal.raw, refused.raw, verify.raw):
        assert b"\x1b" not in sent
        assert b"Traceback" not in sent
