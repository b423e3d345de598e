"""A process whose terminal was closed while nothing of it goes on."""

from __future__ import annotations

import signal
import subprocess
import sys

from warroom.cli.ending import heard_signals
from warroom.errors import ExitCode

_READER = """
import os, select, signal
from warroom.cli.hangup import end_with_terminal

signal.signal(signal.SIGHUP, signal.SIG_IGN)
controller, terminal = os.openpty()
os.dup2(terminal, 0)
os.close(terminal)
end_with_terminal(0)
os.close(controller)
finds = 0
while True:
    if select.select([0], [], [], 0.1)[0]:
        assert os.read(0, 4096) == b""
        finds += 1
    os.write(1, b"%d\\n" % finds)
"""


def test_it_ends_within_a_second_and_reads_the_end_of_its_input_no_more_than_now_and_then() -> None:
    done = subprocess.run([sys.executable, "-c", _READER], stdout=subprocess.PIPE, timeout=30, check=False)
    looks = done.stdout.split()
    assert done.returncode == ExitCode.TERMINATED
    # The end is there in the moment before it was noticed; from then on each look waits for a tenth of a second.
    assert len(set(looks[-3:])) == 1


def test_sighup_does_nothing_while_signals_are_heard_and_afterwards() -> None:
    before = signal.getsignal(signal.SIGHUP)
    try:
        with heard_signals():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
