"""The console in a real terminal."""

import os
import re
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import pytest

from tests.needs import need_program
from tests.screens.terminal import Terminal

_SEQUENCE = re.compile(rb"\x1b(\[[0-9;?<=>$ ]*[@-~]|[()][0-9A-B]|[=>78])")
# The end of what was read may lie within a sequence.
_BEGUN = re.compile(rb"\x1b(\[[0-9;?<=>$ ]*|\][^\x07]*)?$")
# What the library sends by itself: the shape of the mouse pointer.
_POINTER = b"\x1b]22;default\x07"
_ROW = re.compile(r"✔ GREEN +Kill-switch +6/6 lines +41 ms")
_GREEN = "✔ GREEN (dry-run)"


def controls(sent: bytes) -> set[bytes]:
    """Control bytes outside the sequences that draw."""
    left = _BEGUN.sub(b"", _SEQUENCE.sub(b"", sent.replace(_POINTER, b"")))
    return {left[i : i + 1] for i in range(len(left)) if left[i] < 0x20 or left[i] == 0x7F} - {b"\r", b"\n"}


def test_a_run_is_shown_and_left_with_its_exit_code() -> None:
    with Terminal("green", "--every", "0") as terminal:
        terminal.wait_for(lambda: _GREEN in terminal.text and _ROW.search(terminal.text) is not None)
        terminal.press(b"q")
        assert terminal.wait_for_end() == 0
        assert b"\x1b[?1049l" in terminal.sent


def test_a_red_run_ends_with_one() -> None:
    with Terminal("kill_switch_off", "--every", "0", size=(80, 24)) as terminal:
        terminal.wait_for("IMMEDIATE ROLLBACK - external sends may occur!")
        terminal.press(b"q")
        assert terminal.wait_for_end() == 1


def test_ctrl_c_during_a_run_asks_and_then_ends_with_130() -> None:
    with Terminal("running", "--every", "0") as terminal:
        terminal.wait_for("17/30")
        terminal.press(b"\x03\x03\x03")
        terminal.wait_for("Leave the console?")
        terminal.press(b"n")
        terminal.wait_for(lambda: "Leave the console?" not in terminal.text)
        terminal.press(b"\x11")
        terminal.wait_for("Leave the console?")
        terminal.press(b"y")
        assert terminal.wait_for_end() == 130


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (20, 5), (300, 100)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_hostile_text_sends_no_control_byte(size: tuple[int, int]) -> None:
    with Terminal("everything", "--every", "0", size=size) as terminal:
        terminal.wait_for("RED")
        for key in (b"\r", b"\t", b"jjjj", b"\x1b", b"n", b"\x1b", b"a"):
            terminal.press(key)
        terminal.wait_for(lambda: b"\\e]52;c;cHduZWQ=" in terminal.sent or size == (20, 5))
        assert controls(terminal.sent) == set()
        for payload in (b"\x1b[31mPWN", b"\xc2\x9b", b"\xc2\x9d", b"\xe2\x80\xae", b"\xe2\x80\x8b"):
            assert payload not in terminal.sent
        assert terminal.process.poll() is None


def test_5000_hostile_strings_are_drawn_and_none_of_them_acts() -> None:
    with Terminal("crowd", "--every", "0", size=(220, 200)) as terminal:
        for last in range(99, 5000, 100):
            number = f"<{last:04d}>".encode()
            terminal.wait_for(lambda number=number: number in terminal.sent)  # type: ignore[misc]
            terminal.press(b"j")
        assert terminal.process.poll() is None
        terminal.press(b"q")
        assert terminal.wait_for_end() == 1
    assert controls(terminal.sent) == set()
    text = _SEQUENCE.sub(b"", terminal.sent).decode("utf-8")
    assert len(set(re.findall(r"<\d{4}>", text))) == 5000
    assert {char for char in text if unicodedata.category(char) in ("Cf", "Cs") or "\x80" <= char <= "\x9f"} == set()
    # What a sequence of theirs would look like: every string begins with its number, so none of ours stands there.
    assert re.search(rb"\x1b\[[0-9;]*[@-~]PWN", terminal.sent) is None


def test_without_colour_none_is_sent() -> None:
    with Terminal("kill_switch_off", "--every", "0", "--no-color") as terminal:
        terminal.wait_for("IMMEDIATE ROLLBACK")
        terminal.press(b"?")
        terminal.wait_for("Answer the question")
        styles = re.findall(rb"\x1b\[([0-9;]*)m", terminal.sent)
        assert set(b";".join(styles).split(b";")) <= {b"", b"0", b"1", b"3", b"4", b"7"}


def test_a_terminal_without_utf8_gets_ascii_alone() -> None:
    with Terminal("asking", "--every", "0", "--ascii", size=(80, 24)) as terminal:
        terminal.wait_for("* ASKS YOU")
        terminal.press(b"a")
        terminal.wait_for("1 more after this")
        assert terminal.sent.isascii()


@pytest.mark.parametrize("term", ["xterm", "vt100", "linux", "dumb", "screen"])
def test_poor_terminals_are_readable(term: str) -> None:
    with Terminal("green", "--every", "0", env={"TERM": term, "COLORTERM": ""}) as terminal:
        terminal.wait_for(_GREEN)
        terminal.press(b"q")
        assert terminal.wait_for_end() == 0


@pytest.mark.parametrize("size", [(20, 5), (3, 2), (1, 1)], ids=["20x5", "3x2", "1x1"])
def test_a_tiny_terminal_and_back(size: tuple[int, int]) -> None:
    with Terminal("kill_switch_off", "--every", "0", size=size) as terminal:
        terminal.wait_for("✖")
        terminal.resize((120, 36))
        terminal.wait_for("IMMEDIATE ROLLBACK - external sends may occur!")
        terminal.resize(size)
        terminal.wait_for("✖")
        terminal.press(b"q")
        assert terminal.wait_for_end() == 1


def test_a_closed_terminal_ends_the_console() -> None:
    with Terminal("running", "--every", "0") as terminal:
        terminal.wait_for("17/30")
        terminal.hang_up()
        assert terminal.wait_for_end() != 0


def test_a_crash_is_one_sentence_without_locals_and_gives_the_terminal_back() -> None:
    with Terminal("crash", size=(100, 30)) as terminal:
        terminal.wait_for(lambda: b"\x1b[?1049h" in terminal.sent)
        terminal.press(b"s")
        assert terminal.wait_for_end() == 70
        after = terminal.sent.rpartition(b"\x1b[?1049l")[2].decode()
        assert "The console ended by a defect of its own: KeyError: 'no choices'" in " ".join(after.split())
        assert "s3cret" not in terminal.sent.decode()
        assert "Traceback" not in after


@pytest.mark.parametrize("size", ["120x36", "80x24"])
def test_in_tmux(size: str, tmp_path: Path) -> None:
    tmux = str(need_program("tmux"))
    columns, _, rows = size.partition("x")
    socket = str(tmp_path / "tmux")
    program = f"{sys.executable} -m tests.screens.preview green --every 0"
    env = {key: value for key, value in os.environ.items() if key != "TMUX"} | {"LC_ALL": "C.UTF-8"}

    def run(*arguments: str) -> str:
        done = subprocess.run([tmux, "-S", socket, *arguments], capture_output=True, text=True, check=True, env=env)
        return done.stdout

    run("-u", "-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows, program)
    try:
        end = time.monotonic() + 60
        while _GREEN not in (screen := run("capture-pane", "-p")) or not _ROW.search(screen):
            assert time.monotonic() < end, screen
            time.sleep(0.1)
        assert max(len(row) for row in screen.splitlines()) <= int(columns)
    finally:
        run("kill-server")
