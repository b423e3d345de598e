"""Whatever a part of the engine raises: it is said where it happened, and the rest of the launch goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.engine.stage import Direct, Stage
from tests.exceptions import KINDS
from warroom.adapters.file_channel import FileChannel
from warroom.engine import drafts
from warroom.engine.contained import ends_the_engine
from warroom.engine.engine import Engine
from warroom.engine.ports import KnownGate
from warroom.engine.requests import AddNote, TickStep
from warroom.events import GateInfo
from warroom.journal.audit import audit
from warroom.launch.entries import Draft, Entry
from warroom.launch.ledger import Prepare, RunSuite
from warroom.launch.state import LaunchState
from warroom.launch.state import Stage as PostStage
from warroom.suite_state import SuiteState
from warroom.updates.channel import Delivery, Fate, Post
from warroom.updates.render import post_text

MINUTE = timedelta(minutes=1)


@dataclass
class Trap:
    """Raises what `make` makes while it is `armed`, at most `most` times; `sprung` counts how often."""

    make: Callable[[], BaseException]
    armed: bool = True
    most: int = 1_000_000
    sprung: int = 0

    def step(self) -> None:
        if self.armed and self.sprung < self.most:
            self.sprung += 1
            raise self.make()


@dataclass
class BadChannel:
    """A file that raises before or after a post is written, or when it is searched."""

    inner: FileChannel
    before: Trap | None = None
    after: Trap | None = None
    searched: Trap | None = None

    async def post(self, post: Post) -> Delivery:
        if self.before:
            self.before.step()
        delivery = await self.inner.post(post)
        if self.after:
            self.after.step()
        return delivery

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        if self.searched:
            self.searched.step()
        return await self.inner.find(key, since, thread)


class BadSuites:
    """Suites that raise as they begin, or under way."""

    def __init__(self, stage: Stage, beginning: Trap | None = None, running: Trap | None = None) -> None:
        self._inner = stage.suites
        self._beginning = beginning
        self._running = running

    def prepare(self, run: RunSuite, known: KnownGate) -> Callable[[], Awaitable[SuiteState]]:
        if self._beginning:
            self._beginning.step()
        inner = self._inner.prepare(run, known)

        async def once() -> SuiteState:
            found = await inner()
            if self._running:
                self._running.step()
            return found

        return once


@dataclass
class BadGates:
    """A gate that raises whenever it is asked."""

    stage: Stage
    trap: Trap

    async def ask(self, gate: str) -> GateInfo:
        self.trap.step()
        return await type(self.stage.gates).ask(self.stage.gates, gate)


Install = Callable[[Stage, Trap, pytest.MonkeyPatch], None]


def _channel(stage: Stage) -> FileChannel:
    return FileChannel(stage.folder / "posts.txt", stage.clock)


def _before_the_bytes(stage: Stage, trap: Trap, _: pytest.MonkeyPatch) -> None:
    stage.channel = BadChannel(_channel(stage), before=trap)


def _after_the_bytes(stage: Stage, trap: Trap, _: pytest.MonkeyPatch) -> None:
    stage.channel = BadChannel(_channel(stage), after=trap)


def _in_a_look_up(stage: Stage, trap: Trap, _: pytest.MonkeyPatch) -> None:
    stage.channel = BadChannel(_channel(stage), before=Trap(ConnectionResetError, most=1), searched=trap)


def _in_a_suite(stage: Stage, trap: Trap, _: pytest.MonkeyPatch) -> None:
    stage.suites = BadSuites(stage, running=trap)  # type: ignore[assignment]


def _as_a_suite_begins(stage: Stage, trap: Trap, _: pytest.MonkeyPatch) -> None:
    stage.suites = BadSuites(stage, beginning=trap)  # type: ignore[assignment]


def _in_the_text_of_a_post(_: Stage, trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    def text(state: LaunchState, prepare: Prepare) -> str:
        if prepare.slot.update == "published":
            trap.step()
        return post_text(state, prepare)

    monkeypatch.setattr(drafts, "post_text", text)


def _as_a_gate_is_asked(stage: Stage, trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.gates.says["gate1"] = "green"
    monkeypatch.setattr(stage.gates, "ask", BadGates(stage, trap).ask)


def _in_whoever_follows(stage: Stage, trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "told", _Sink(trap))


def _in_whoever_is_told_of_trouble(stage: Stage, trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.suites.refuse = "evidence cannot be kept"
    monkeypatch.setattr(stage, "trouble", _Sink(trap))


def _in_the_watchdog(stage: Stage, trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage.watched, "alive", trap.step)


def _as_something_is_journaled(_: Stage, trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    append = Direct.append

    async def broken(self: Direct, written: Sequence[Draft]) -> Sequence[Entry]:
        # The launch has been opened; what follows its first step is not.
        if self.journal.head.seq >= 3:
            trap.step()
        return await append(self, written)

    monkeypatch.setattr(Direct, "append", broken)


class _Sink(list[object]):
    """Takes what it is handed as a list does, and raises."""

    def __init__(self, trap: Trap) -> None:
        super().__init__()
        self._trap = trap

    def append(self, what: object) -> None:
        super().append(what)
        self._trap.step()


PLACES: dict[str, Install] = {
    "before a post is written": _before_the_bytes,
    "after a post is written": _after_the_bytes,
    "in a look-up": _in_a_look_up,
    "in a suite": _in_a_suite,
    "as a suite begins": _as_a_suite_begins,
    "in the text of a post": _in_the_text_of_a_post,
    "as a gate is asked": _as_a_gate_is_asked,
    "in whoever follows the journal": _in_whoever_follows,
    "in whoever is told of trouble": _in_whoever_is_told_of_trouble,
    "in the watchdog": _in_the_watchdog,
    "as something is journaled": _as_something_is_journaled,
}
# A thread of the disk that ends the process cannot be told from one that is meant to.
NOT_THERE = {("as something is journaled", "SystemExit")}
CASES = [
    pytest.param(install, make, id=f"{name} {place}")
    for place, install in PLACES.items()
    for name, make in KINDS.items()
    if (place, name) not in NOT_THERE
]


@pytest.mark.parametrize(("install", "make"), CASES)
async def test_what_is_raised_there_stays_there(
    install: Install, make: Callable[[], BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, trap = Stage(tmp_path), Trap(make)
    suites = stage.suites
    install(stage, trap, monkeypatch)
    async with stage.engine(tick_s=60.0) as engine:
        trap.armed = False
        await engine.ask(TickStep("publish", {"build_id": "b-1"}), "ada")
        trap.armed = True
        await stage.advance(30 * MINUTE)
        assert trap.sprung, "the trap lies on the way"
        trap.armed = False
        suites.refuse = ""
        await stage.advance(31 * MINUTE)
        await engine.ask(AddNote("it lives"), "ada")
        assert engine.state.notes[-1].text == "it lives"
        entries = [entry async for entry in _all(engine)]
    posts = stage.posts()
    assert sorted(post.time for post in posts) == ["T+15m", "T+1h", "T+5m"]
    assert "LATE" not in next(post for post in posts if post.time == "T+1h").delivery
    assert audit(tmp_path).problems == ()
    said = "\n".join([*map(str, stage.trouble), *(str(entry.body) for entry in entries), *(p.text for p in posts)])
    assert "hunter22" not in said
    assert "Traceback" not in said


@dataclass
class OddChannel:
    """A file whose first answer to a post, or each to a look-up, no journal takes."""

    inner: FileChannel
    odd: Delivery
    found: str = ""

    async def post(self, post: Post) -> Delivery:
        odd, self.odd = self.odd, Delivery(Fate.CONFIRMED)
        is_taken = odd.fate in (Fate.CONFIRMED, Fate.UNKNOWN)
        delivery = await self.inner.post(post) if is_taken else odd
        return odd if odd != Delivery(Fate.CONFIRMED) else delivery

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        return self.found or await self.inner.find(key, since, thread)


TOO_LONG = "x" * 2_000_000
ODD = [
    pytest.param(Delivery(Fate.CONFIRMED, ref=TOO_LONG), "", PostStage.CONFIRMED, id="taken, at a place of 2 MB"),
    pytest.param(
        Delivery(Fate.UNKNOWN, reason=TOO_LONG), "", PostStage.CONFIRMED, id="in doubt, for 2 MB of reasons"
    ),
    pytest.param(Delivery(Fate.UNKNOWN), TOO_LONG, PostStage.CONFIRMED, id="in doubt, and found at a place of 2 MB"),
    pytest.param(Delivery(Fate.REFUSED, reason=TOO_LONG), "", PostStage.DEAD, id="refused, for 2 MB of reasons"),
    pytest.param(
        Delivery(Fate.NOT_SENT, wait_s=float("nan")), "", PostStage.CONFIRMED, id="not sent, to wait for no number"
    ),
]


@pytest.mark.parametrize(("odd", "found", "stands"), ODD)
async def test_no_answer_of_a_channel_leaves_its_post_under_way_for_ever(
    odd: Delivery, found: str, stands: PostStage, tmp_path: Path
) -> None:
    stage = Stage(tmp_path)
    stage.channel = OddChannel(_channel(stage), odd, found)
    async with stage.engine(tick_s=60.0) as engine:
        await engine.ask(TickStep("publish", {"build_id": "b-1"}), "ada")
        await stage.advance(10 * MINUTE)
        assert engine.state.records["published@T+5m"].stage is stands
    assert [post.time for post in stage.posts()] == ([] if stands is PostStage.DEAD else ["T+5m"])
    assert audit(tmp_path).problems == ()


async def _all(engine: Engine) -> AsyncIterator[Entry]:
    async for entry in engine.events():
        yield entry
        if entry.seq == engine.state.seq:
            return


async def _passes_on(error: BaseException) -> bool:
    try:
        raise error
    except BaseException as raised:  # noqa: BLE001 - that is what is asked about
        return ends_the_engine(raised)


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        *(pytest.param(make(), False, id=f"{name} stays where it is raised") for name, make in KINDS.items()),
        pytest.param(KeyboardInterrupt(), True, id="Ctrl-C is meant for the process"),
        pytest.param(GeneratorExit(), True, id="a coroutine that is closed lets it happen"),
    ],
)
async def test_what_is_meant_for_the_engine(error: BaseException, ends: bool) -> None:
    assert await _passes_on(error) is ends


async def test_a_cancellation_is_obeyed_by_whoever_is_cancelled() -> None:
    async def waits() -> bool:
        try:
            await asyncio.get_running_loop().create_future()
        except BaseException as raised:  # noqa: BLE001 - that is what is asked about
            return ends_the_engine(raised)
        raise AssertionError("nobody comes back from there")

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    task.cancel()
    assert await task is True


@pytest.mark.parametrize("place", [_before_the_bytes, _in_a_suite, _in_the_text_of_a_post, _in_whoever_follows])
def test_ctrl_c_ends_the_engine_and_the_next_one_goes_on(
    place: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, trap = Stage(tmp_path), Trap(KeyboardInterrupt)

    async def runs(minutes: int) -> None:
        async with stage.engine(tick_s=60.0) as engine:
            trap.armed = False
            if not engine.state.ticks:
                await engine.ask(TickStep("publish", {"build_id": "b-1"}), "ada")
                trap.armed = True
            await stage.advance(minutes * MINUTE)

    with monkeypatch.context() as patched, asyncio.Runner() as runner:
        place(stage, trap, patched)
        with pytest.raises(KeyboardInterrupt):
            runner.run(runs(30))
    assert trap.sprung
    stage = Stage(tmp_path)
    stage.clock.suspend(30 * 60)
    with asyncio.Runner() as runner:
        runner.run(runs(35))
    assert sorted(post.time for post in stage.posts()) == ["T+15m", "T+1h", "T+5m"]
    assert audit(tmp_path).problems == ()
