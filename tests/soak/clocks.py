"""Wall clocks that are set, and zones in which they jump, under a real engine: libfaketime moves them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.cli.launching import EngineProcess
from tests.soak.oracle import judge, offset, received
from tests.soak.people import ask
from tests.soak.row import NotHere, Row, Scale
from tests.soak.yard import Beats, Yard, ago, until

_HOUR_S = 3600
_IN_TIME_S = 5.0
_LIBRARY = "faketime/libfaketimeMT.so.1"
_PLACES = ("/usr/lib", "/usr/lib64", "/usr/local/lib")


@dataclass(frozen=True, slots=True)
class Moment:
    """Where and when an engine is run: its zone, and the instant that its wall clock passes."""

    zone: str
    at: datetime | None
    t0_zone: timezone = UTC


MOMENTS: Final = (
    Moment("Pacific/Kiritimati", None, timezone(timedelta(hours=14))),
    Moment("Asia/Kathmandu", None, timezone(-timedelta(hours=12))),
    Moment("America/New_York", datetime(2025, 11, 2, 6, 0, tzinfo=UTC)),
    Moment("America/New_York", datetime(2025, 3, 9, 7, 0, tzinfo=UTC)),
    Moment("Australia/Lord_Howe", datetime(2025, 4, 5, 15, 0, tzinfo=UTC)),
)
"""T0 given at +14:00 and at -12:00; the hours in which summer time ends, begins, and ends by half an hour."""


class FakeClock:
    """The wall clock of one engine, as far off as it is told; the clocks that nobody sets are the machine's own."""

    def __init__(self, file: Path, off_s: float = 0.0) -> None:
        self._file = file
        self.set(off_s)
        self.environ = {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, off_s: float) -> None:
        """Sets the clock to be that many seconds ahead of the machine's."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{off_s:+f}\n", "ascii")
        new.replace(self._file)


class Receiver:
    """Somebody at the other end with a clock of his own: when each slot was first seen, posted or named."""

    def __init__(self, yard: Yard) -> None:
        self.seen: dict[str, datetime] = {}
        self._yard = yard
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            for post in received(self._yard.launch()):
                for slot in (post.slot, *post.named):
                    self.seen.setdefault(slot, datetime.now(UTC))

    def early(self) -> list[str]:
        """The slots that were seen before their time."""
        return [slot for slot, at in self.seen.items() if at < self._yard.t0 + offset(slot)]


def stepped(folder: Path, scale: Scale) -> Iterator[Row]:
    """The wall clock of a running engine is set an hour ahead, back, two hours back, and right again."""
    clock = FakeClock(_made(folder) / "clock")
    yard = Yard(folder, Beats(last_s=900, channels=("one",)), ago(0), environ=clock.environ)
    lasts_s = min(scale.lasts_s, 30.0)
    wrong: list[str] = []
    with yard.engine() as engine, Receiver(yard) as receiver:
        until(lambda: receiver.seen, "the first post")
        for off_s in (_HOUR_S, 0, -2 * _HOUR_S, 0):
            steps = len(_steps(engine.entries)) + 1
            clock.set(off_s)
            until(partial(_has_steps, engine, steps), "the step is journaled")
            before = len(receiver.seen)
            time.sleep(lasts_s)
            stopped = off_s > 0 and len(receiver.seen) == before
            wrong += ["it stopped posting while the clock was ahead"] if stopped else []
        owed = yard.beats.owed(int((datetime.now(UTC) - yard.t0).total_seconds()))
        until(lambda: set(owed) <= set(receiver.seen), "all that was due is posted or named")
        found = [round(step) for step in _steps(engine.entries)]
        wrong += [] if engine.end() == 143 else ["SIGTERM did not end it"]
    wrong += [] if found == [3600, -3600, -7200, 7200] else [f"the steps were journaled as {found}"]
    yield _row("the clock set +1 h, back, -2 h, back", 4, yard, owed, receiver, wrong)


def corrected(folder: Path, scale: Scale) -> Iterator[Row]:
    """A clock that is an hour slow is set right: what is due by it alone is held until somebody agrees with it."""
    clock = FakeClock(_made(folder) / "clock", -_HOUR_S)
    yard = Yard(folder, Beats(last_s=900, channels=("one",)), ago(0), environ=clock.environ)
    wrong: list[str] = []
    with yard.engine() as engine, Receiver(yard) as receiver:
        until(lambda: yard.socket() and yard.launch(), "it answers")
        clock.set(0)
        until(lambda: _steps(engine.entries), "the step is journaled")
        time.sleep(max(3.0, min(scale.lasts_s, 30.0)))
        wrong += ["it posted before anybody agreed with the clock"] if receiver.seen else []
        ask(yard.launch(), "POST", "/requests", {"request": "clock"})
        agreed = time.monotonic()
        until(lambda: receiver.seen, "it posts once somebody agreed")
        took_s = time.monotonic() - agreed
        owed = yard.beats.owed(int((datetime.now(UTC) - yard.t0).total_seconds()))
        until(lambda: set(owed) <= set(receiver.seen), "all that was due is posted or named")
        wrong += [] if engine.end() == 143 else ["SIGTERM did not end it"]
    wrong += [] if took_s <= _IN_TIME_S * scale.slack else [f"it took {took_s:.1f} s after somebody agreed"]
    yield _row("a clock that was an hour slow is set right: held until agreed", 1, yard, owed, receiver, wrong)


def zones(folder: Path, scale: Scale) -> Iterator[Row]:
    """Engines in odd zones, and over the moments at which their local clocks jump."""
    with ThreadPoolExecutor() as pool:
        rows = list(pool.map(lambda pair: _in_zone(folder / str(pair[0]), pair[1], scale), enumerate(MOMENTS)))
    yield Row(
        "T0 at +14:00 and -12:00; over DST both ways, and by half an hour",
        n=len(rows),
        lost=sum(row.lost for row in rows),
        doubled=sum(row.doubled for row in rows),
        early=sum(row.early for row in rows),
        late_s=max(row.late_s or 0.0 for row in rows),
        heads=sum(row.heads for row in rows),
        wrong=tuple(sentence for row in rows for sentence in row.wrong),
    )


def _in_zone(folder: Path, moment: Moment, scale: Scale) -> Row:
    lasts_s = 4 if scale.lasts_s < 10 else 20
    now = ago(0)
    t0 = (moment.at or now) - timedelta(seconds=1 + lasts_s // 2 if moment.at else 0)
    clock = FakeClock(_made(folder) / "clock", (t0 - now).total_seconds())
    environ = {**clock.environ, "TZ": moment.zone}
    yard = Yard(folder, Beats(last_s=lasts_s), t0.astimezone(moment.t0_zone), environ=environ)
    code = yard.finish()
    judged = judge(yard.kept(), t0, yard.beats.owed(), slack=scale.slack)
    wrong = [] if code == 0 else [f"{moment.zone}: the engine ended with {code}"]
    return Row(
        moment.zone,
        1,
        len(judged.lost),
        len(judged.doubled),
        len(judged.early),
        judged.late_s,
        judged.heads,
        (*wrong, *judged.wrong),
    )


def _row(name: str, n: int, yard: Yard, owed: Sequence[str], receiver: Receiver, wrong: Sequence[str]) -> Row:
    # The engine's clock was wrong, so what it says of times is not judged; the receiver's clock is right.
    judged = judge(yard.kept(), yard.t0, owed, in_time_s=None)
    broken = [sentence for sentence in judged.wrong if sentence.startswith("audit")]
    return Row(
        name,
        n=n,
        lost=len(judged.lost),
        doubled=len(judged.doubled),
        early=len(receiver.early()),
        heads=judged.heads,
        wrong=(*wrong, *broken),
    )


def _steps(entries: Sequence[Any]) -> list[float]:
    return [entry["body"]["by_s"] for entry in list(entries) if entry["kind"] == "clock.step"]


def _has_steps(engine: EngineProcess, many: int) -> bool:
    return len(_steps(engine.entries)) >= many


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _library() -> Path:
    for place in _PLACES:
        for found in sorted((*Path(place).glob(_LIBRARY), *Path(place).glob(f"*/{_LIBRARY}"))):
            return found
    raise NotHere("libfaketime is not installed (Debian package: faketime)", installable=True)
