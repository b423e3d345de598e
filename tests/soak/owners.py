"""Of any number of engines one acts: also while it is stopped, and when two start at once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.cli.launching import Process
from tests.soak.oracle import judge
from tests.soak.row import Row, Scale
from tests.soak.yard import Beats, Yard, ago, until


def stopped(folder: Path, scale: Scale) -> Iterator[Row]:
    """An owner that is stopped keeps the launch: another engine is refused, and nothing comes twice afterwards."""
    yard = Yard(folder, Beats(last_s=600), ago(0))
    wrong: list[str] = []
    refused = 0
    with yard.engine() as engine:
        until(lambda: len(yard.known()) > 2, "the first posts")
        _stop(engine.process)
        end = time.monotonic() + scale.lasts_s
        while time.monotonic() < end or refused < 2:
            second = subprocess_of(yard)
            refused += _is_refused(second, engine.process.pid)
            wrong += [] if _is_refused(second, engine.process.pid) else [f"a second engine: {second}"]
        engine.process.send_signal(signal.SIGCONT)
        due = int((datetime.now(UTC) - yard.t0).total_seconds())
        owed = yard.beats.owed(due)
        until(lambda: set(owed) <= yard.known(), "all that was due is posted or named")
        wrong += [] if engine.end() == 143 else ["SIGTERM did not end it"]
    judged = judge(yard.kept(), yard.t0, owed, in_time_s=scale.lasts_s + 10, slack=scale.slack)
    yield Row(
        f"the owner stopped for {scale.lasts_s:g} s, others try meanwhile",
        n=refused,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*wrong, *judged.wrong),
    )


def taken_over(folder: Path, scale: Scale) -> Iterator[Row]:
    """A stopped owner whose launch is taken over on an explicit command is ended first, and can do nothing more."""
    yard = Yard(folder, Beats(last_s=900), ago(0))
    wrong: list[str] = []
    for _ in range(scale.rounds):
        with yard.engine() as first:
            _posts(yard)
            _stop(first.process)
            with yard.engine("--take-over") as second:
                assert first.process.wait(60), "the stopped owner is ended"
                _posts(yard)
                wrong += [] if second.end() == 143 else ["SIGTERM did not end it"]
    owed = yard.catch_up()
    judged = judge(yard.kept(), yard.t0, owed, in_time_s=20, slack=scale.slack)
    yield Row(
        "a stopped owner is taken over",
        n=scale.rounds,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*wrong, *judged.wrong),
    )


def _posts(yard: Yard) -> None:
    before = len(yard.known())
    until(lambda: len(yard.known()) > before, "it posts")


def pairs(folder: Path, scale: Scale) -> Iterator[Row]:
    """Two engines at once, again and again: one owns the one launch, the other says who does."""
    yard = Yard(folder, Beats(last_s=900, channels=("one",)), ago(0))
    wrong: list[str] = []
    for number in range(scale.pairs):
        wrong += [f"pair {number}: {sentence}" for sentence in _pair(yard)]
    owed = yard.catch_up()
    judged = judge(yard.kept(), yard.t0, owed, slack=scale.slack)
    yield Row(
        "two engines at once",
        n=scale.pairs,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(judged.early),
        late_s=judged.late_s,
        heads=judged.heads,
        wrong=(*wrong, *judged.wrong),
    )


def _pair(yard: Yard) -> list[str]:
    both = [yard.popen() for _ in range(2)]
    try:
        ended = until(lambda: [one for one in both if one.poll() is not None], "one of two gives way")
        (winner,) = (one for one in both if one not in ended) if len(ended) == 1 else (None,)
        if winner is None:
            return ["both ended"]
        until(lambda: yard.socket() and yard.launch(), "the winner answers")
        said = (ended[0].returncode, ended[0].communicate()[1])
        return [] if _is_refused(said, winner.pid) else [f"the second said {said}"]
    finally:
        for one in both:
            one.kill()
            one.communicate()


def subprocess_of(yard: Yard) -> tuple[int, str]:
    """Another engine for the launch: its exit code and what it said."""
    process = yard.popen()
    try:
        return process.wait(60), process.communicate()[1]
    finally:
        process.kill()
        process.wait()


def _is_refused(ended: tuple[int, str], owner: int) -> bool:
    code, said = ended
    told = f"is run by process {owner} since" in said or "is being opened" in said
    return code == 2 and told and "Traceback" not in said


def _stop(process: Process) -> None:
    process.send_signal(signal.SIGSTOP)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), "SIGSTOP did not stop it"
