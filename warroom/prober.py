"""Sends probes on their schedule: `python -I -S prober.py`, a job on stdin, samples on stdout while the job stands.

One process for all probes of a launch, each on a thread of its own that is asleep or waits for its answer nearly all
the time. How a request is sent and its answer read is the sampler's; like it this file imports nothing of ours.

The job is one line of JSON (see `adapters/probing.py`, which writes it): the probes, and what time it is for whoever
asks, so that samples are dated by that clock, whatever becomes of the wall clock. The process ends when stdin closes.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from _thread import stack_size, start_new_thread
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from warroom import sampler
else:
    # At the end: nothing of the standard library is ever found there.
    sys.path.append(__file__.rpartition(os.sep)[0])
    sampler = import_module("sampler")

_S = 1_000_000_000
_STACK = 262_144
# A sleeper wakes late by about as much; the rest is waited for awake, so that the request leaves when it is due.
_EARLY_NS = 300_000
# The clock that goes on while the machine is suspended; on macOS that is what CLOCK_MONOTONIC does.
_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
# The start of this process takes no longer; what lies further apart is not the same clock.
_START_S = 30.0


class Opener(sampler.Opener):
    """Opens connections; the name is looked up anew once one could not be made or broke."""

    def forget(self) -> None:
        """What the name resolved to no longer counts."""
        self._entries = []


class Dates:
    """What time it is by the clock of whoever asked, who said what it was at which boot time."""

    def __init__(self, said_s: float, at_ns: int) -> None:
        here_ns = boot_ns()
        passed_s = (here_ns - at_ns) / _S
        self._base_s = said_s + (passed_s if 0 <= passed_s < _START_S else 0.0)
        self._base_ns = here_ns

    def now(self) -> float:
        """Seconds since 1970."""
        return self._base_s + (boot_ns() - self._base_ns) / _S


class Probe:
    """One request every `every_s` seconds, on one connection that is kept as long as the server keeps it."""

    def __init__(self, number: int, job: dict[str, Any], dates: Dates) -> None:
        self._number, self._job, self._dates = number, job, dates
        self._every_ns, self._limit_ns = int(job["every_s"] * _S), int(job["timeout_s"] * _S)
        self._payload = job["head"].encode("latin-1") + job["body"].encode("latin-1")
        self._opener = Opener(job)
        self._sock: Any = None

    def run(self, first_ns: int) -> None:
        """Samples without end, the first one due at `first_ns`. What was missed (a suspend) is left out."""
        due_ns = first_ns
        while True:
            wait_ns = due_ns - _EARLY_NS - time.perf_counter_ns()
            if wait_ns > 0:
                time.sleep(wait_ns / _S)
            if self._sock is not None and not sampler.is_alive(self._sock):
                self._close()
            at = self._dates.now() + max(0, due_ns - time.perf_counter_ns()) / _S
            sampler.say({"probe": self._number, "at": at, **self.sample(due_ns)})
            due_ns += self._every_ns * max(1, -(-(time.perf_counter_ns() - due_ns) // self._every_ns))

    def sample(self, due_ns: int) -> dict[str, Any]:
        """One request that was due then: all of it has until the limit is over, counted from there."""
        line: dict[str, Any] = {"latency_ns": None, "status": 0, "error": "", "detail": "", "code": 0}
        end_ns = due_ns + self._limit_ns
        try:
            reused = self._sock is not None
            try:
                self._exchange(line, due_ns, end_ns)
            except (OSError, sampler.Failed) as error:
                # Closed by the server just as it was used again; that says nothing of it.
                if not (reused and self._job["idempotent"] and _word(error) == "reset"):
                    raise
                self._close()
                self._exchange(line, due_ns, end_ns)
        except sampler.Failed as failed:
            line |= {"error": failed.word, "detail": failed.detail, "code": failed.code}
        except OSError as error:
            line["error"] = sampler.word_of(error)
        if line["error"]:
            self._close()
            self._opener.forget()
        return line

    def _exchange(self, line: dict[str, Any], due_ns: int, end_ns: int) -> None:
        opened_ns = 0
        if self._sock is None:
            before_ns = time.perf_counter_ns()
            self._sock = self._opener.open(end_ns)
            ready_ns = time.perf_counter_ns()
            # What of it passed before the request was due held nothing up.
            opened_ns = max(0, min(ready_ns - before_ns, ready_ns - due_ns))
        answer = sampler.Answer(self._sock, end_ns, self._job["max_bytes"], has_body=not self._job["is_head"])
        self._sock.settimeout(max(0.001, (end_ns - time.perf_counter_ns()) / _S))
        # All that can be done before it is due is done.
        while time.perf_counter_ns() < due_ns:
            pass
        self._sock.sendall(self._payload)
        status = answer.read()
        if answer.last_ns > end_ns:
            raise sampler.Failed("timeout")
        line["status"], line["latency_ns"] = status, answer.last_ns - due_ns - opened_ns
        if not answer.keep:
            self._close()

    def _close(self) -> None:
        if self._sock is not None:
            self._sock.close()
            self._sock = None


def boot_ns() -> int:
    """Nanoseconds since the machine started."""
    return time.monotonic_ns() if _BOOT_CLOCK is None else time.clock_gettime_ns(_BOOT_CLOCK)


def _word(error: Exception) -> str:
    return error.word if isinstance(error, sampler.Failed) else sampler.word_of(error)


def end_with_thread(broken: Any) -> None:
    """A probe that broke, through a fault of this program, must not just be missing."""
    os.write(2, f"{type(broken.exc_value).__name__}: {broken.exc_value}".encode())
    os._exit(5)


def main() -> None:
    """One job, for as long as whoever gave it is there."""
    if not (line := sys.stdin.buffer.readline()):
        return
    job = json.loads(line)
    dates = Dates(job["now"], job["boot_ns"])
    probes = [Probe(number, one, dates) for number, one in enumerate(job["probes"])]
    gc.freeze()
    sys.unraisablehook = end_with_thread
    stack_size(_STACK)
    start_ns = time.perf_counter_ns()
    for number, (probe, one) in enumerate(zip(probes, job["probes"], strict=True)):
        # Spread over the interval: probes that leave together would wait for each other's answers to be read.
        start_new_thread(probe.run, (start_ns + int(one["every_s"] * _S) * number // len(probes),))
    sampler.end_with_parent()


if __name__ == "__main__":
    main()
