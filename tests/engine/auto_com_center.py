"""The shipped launch on the virtual clock: playbook, sources and actions are the real ones, the service is the
simulator's without a network. What happened is what the service and the war room have.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.cli.running import PLAYBOOK
from tests.engine.stage import T0, Stage
from tests.playbook.small import load
from warroom.adapters.actions import Actions
from warroom.adapters.command import Commands
from warroom.adapters.metrics_source import MetricsSource
from warroom.adapters.probe_source import ProbeSource
from warroom.adapters.probing import Take
from warroom.checks import BUILTIN
from warroom.clock import SteadyClock, VirtualClock, settle
from warroom.contract import Request, Response
from warroom.engine.engine import Engine
from warroom.engine.ports import KnownGate
from warroom.engine.view import state_json
from warroom.errors import CannotMeasure
from warroom.events import CheckInfo, CheckOutcome, RunFinished
from warroom.launch.ledger import RunSuite
from warroom.launch.observing import queries_of
from warroom.playbook.loaded import Playbook
from warroom.simulator.app import AutoComCenter
from warroom.simulator.scenarios import Latency, Scenario, scenario_named
from warroom.simulator.tokens import Authority
from warroom.simulator.world import QUEUE_REST, World
from warroom.slo.samples import ProbeSample
from warroom.slo.source_spec import MetricsSpec, ProbeSpec
from warroom.slo.trigger import Stage as Standing
from warroom.suite_state import DONE, CheckState, SuiteState
from warroom.updates.channel import Delivery, Fate, Post
from warroom.verdict import Measurement, Result, Verdict

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
KEY = "correct-horse-battery"
TRAFFIC = 2_000.0
"""Requests a second: at each look every share that the tests want is a whole number of them."""

INPUTS: Mapping[str, str] = {
    "AUTO_COM_CENTER_URL": "http://app.test",
    "SCHOLAR_AUTH_JWKS_URL": "http://auth.test/jwks",
    "M2M_TOKEN_URL": "http://auth.test/token",
    "M2M_CLIENT_ID": "warroom",
    "M2M_CLIENT_SECRET": "canary-secret-91b2",
    "INTERNAL_KEY": KEY,
    "RUNBOOK_URL": "https://runbooks.test/auto_com_center",
}
KINDS = {kind.name: kind for kind in BUILTIN}


def loaded(inputs: Mapping[str, str] = INPUTS, path: Path = PLAYBOOK) -> Playbook:
    """The shipped playbook, or another one like it."""
    return load(path, environ=inputs, kinds=KINDS)


class Service:
    """The simulated application, asked within the process. `log` is every change that it was asked for."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.world = World(scenario_named("steady"), seed=1, now=clock.now(), traffic=TRAFFIC)
        authority = Authority(issuer="http://auth.test", audience="auto_com_center")
        self._routes = AutoComCenter(self.world, authority, internal_key=KEY, clock=clock).routes()
        self.log: list[str] = []
        self.is_gone = False

    def behave(self, **how: Any) -> None:
        """From now on like the steady one, but for `how`: see `Scenario`."""
        self.world.enter(replace(Scenario("this", "as the test says"), **how), self.clock.now())

    def waits(self, messages: int) -> None:
        """From now on so many messages wait in the queue."""
        self.world._waiting = messages - QUEUE_REST

    def takes(self, milliseconds: float) -> None:
        """From now on every canary takes so long."""
        self.behave(latency=Latency(milliseconds, 0.0))

    async def send(self, request: Request) -> Response:
        """`contract.HttpPort`."""
        if self.is_gone:
            raise CannotMeasure("connection refused: nothing listens", symptom="refused")
        if request.method != "GET":
            self.log.append(f"{request.method} {request.path}")
        heard: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def told(message: Any) -> None:
            heard.append(message)

        headers = [(name.lower().encode(), value.encode()) for name, value in request.headers]
        scope = {"type": "http", "method": request.method, "path": request.path, "headers": headers}
        await self._routes({**scope, "query_string": b"", "root_path": "", "scheme": "http"}, receive, told)
        body = b"".join(part.get("body", b"") for part in heard[1:])
        named = tuple((name.decode(), value.decode()) for name, value in heard[0]["headers"])
        return Response(heard[0]["status"], named, body, self.url_of(request), received_at=self.clock.now())

    def url_of(self, request: Request) -> str:
        """`contract.HttpPort`."""
        return f"http://app.test{request.path}"

    def curl_of(self, request: Request) -> str:
        """`contract.HttpPort`."""
        return f"curl {self.url_of(request)}"


class Probes:
    """Each look at the probe is a sample of it."""

    def __init__(self, service: Service, clock: SteadyClock) -> None:
        self._service = service
        self._clock = clock
        self._takes: list[Take] = []

    def add(self, spec: ProbeSpec, take: Take) -> None:
        """`adapters.probing.Probing`."""
        self._takes.append(take)

    async def ensure(self) -> str:
        """`adapters.probing.Probing`."""
        service, now = self._service, self._clock.now()
        held_s = service.world.behaviour("/canary").hold_s
        for take in self._takes:
            if service.is_gone:
                take(ProbeSample(now, None, ok=False), "connection refused")
            else:
                take(ProbeSample(now, held_s, ok=True), "")
        return ""


@dataclass
class Room:
    """The war room."""

    clock: VirtualClock
    posts: list[tuple[datetime, Post]] = field(default_factory=list)

    async def post(self, post: Post) -> Delivery:
        """`updates.channel.Channel`."""
        self.posts.append((self.clock.now(), post))
        return Delivery(Fate.CONFIRMED, ref="here")

    async def find(self, key: str, since: datetime, thread: str = "") -> str | None:
        """`updates.channel.Channel`."""
        return "here" if any(post.key == key for _, post in self.posts) else None

    def slots(self, part: str = "") -> list[str]:
        """The slots of the posts, oldest first."""
        return [name for _, post in self.posts if part in (name := post.key.split(":", 2)[2])]

    def text(self, slot: str) -> str:
        """The text of a post."""
        (found,) = (post.text for _, post in self.posts if post.key.endswith(f":{slot}"))
        return found

    def at(self, slot: str) -> datetime:
        """When it was posted."""
        (found,) = (at for at, post in self.posts if post.key.endswith(f":{slot}"))
        return found


class Suites:
    """Every check passes after two seconds, save `no_sends`: that one looks whether messages have left."""

    def __init__(self, service: Service, playbook: Playbook) -> None:
        self._service = service
        self._playbook = playbook
        self.ran: list[tuple[str, ...]] = []

    def prepare(self, run: RunSuite, known: KnownGate) -> Callable[[], Awaitable[SuiteState]]:
        """`engine.ports.SuitePort`."""
        names = run.only or self._playbook.suites[run.suite].checks

        async def once() -> SuiteState:
            await self._service.clock.sleep(2.0)
            self.ran.append(tuple(names))
            at = self._service.clock.now()
            return SuiteState(
                finished=RunFinished(Verdict.PASS, "GREEN (dry-run)", 0),
                finished_at=at,
                checks={name: self._found(name, at) for name in names},
            )

        return once

    def _found(self, name: str, at: datetime) -> CheckState:
        state: Any = self._service.world.state(at)
        sends = name == "no_sends" and state["levers"]["DISABLE_SEND"] != "true"
        verdict, word = (Verdict.FAIL, "RED") if sends else (Verdict.PASS, "GREEN")
        line = Result(verdict, f"Queue depth: {state['queue']['depth']}", measurement=Measurement(value=1))
        outcome = CheckOutcome(name, "http", name, True, verdict, word, "", at, 1.0, results=(line,))
        return CheckState(CheckInfo(name, "http", name), DONE, outcome=outcome)


async def _idle() -> None:
    """Until nobody has anything to do at this moment."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    while ready:
        await settle(1)


class Launch(Stage):
    """The shipped launch, or that of another playbook like it. Every source is looked at every `watch_s` seconds; 0:
    as often as the playbook says."""

    def __init__(
        self, folder: Path, *, t0: datetime | None = T0, watch_s: float = 5.0, playbook: Playbook | None = None
    ) -> None:
        playbook = playbook or loaded()
        super().__init__(folder, t0=t0, course=playbook.course)
        self.playbook = playbook
        self.service = Service(self.clock)
        self.room = Room(self.clock)
        self.others = {"war_room": self.room, "undelivered": Room(self.clock)}
        self.suites: Suites = Suites(self.service, playbook)  # type: ignore[assignment]
        self.watch_s = watch_s
        commands = Commands(self.clock, allowed=False)
        self.actions = Actions(playbook.levers, playbook.deeds, self.service, commands)
        self.set_up()

    def set_up(self) -> None:
        """Sources as an engine has them that has just begun."""
        steady = SteadyClock(self.clock)
        watched = self.playbook.course.watched
        self.sources = {}
        for name, spec in self.playbook.sources.items():
            queries, every_s = queries_of(watched, name), self.watch_s or spec.every_s
            match replace(spec, every_s=every_s):
                case MetricsSpec() as metrics:
                    self.sources[name] = MetricsSource(metrics, queries, self.service, steady)
                case ProbeSpec() as probe:
                    self.sources[name] = ProbeSource(probe, queries, Probes(self.service, steady))  # type: ignore[arg-type]

    async def advance(self, span: timedelta) -> None:
        """Lets `span` pass; whatever is to be done at some moment is done before the next one comes."""
        end = self.clock.monotonic() + span.total_seconds()
        while (ahead_s := self.clock.next_due) is not None and self.clock.monotonic() + ahead_s <= end:
            await self.clock.advance(ahead_s)
            await _idle()
        await self.clock.advance(end - self.clock.monotonic())
        await _idle()

    def shown(self, engine: Engine) -> dict[str, Any]:
        """`GET /state`."""
        now = self.clock.now()
        return dict(state_json(engine.state, now, live=engine.signals.live(), levers_read_at=engine.levers_read_at))

    def signal(self, engine: Engine, name: str) -> dict[str, Any]:
        """A signal as the console has it."""
        return next(one for one in self.shown(engine)["signals"] if one["id"] == name)

    def trigger(self, engine: Engine, name: str) -> dict[str, Any]:
        """A trigger as the console has it."""
        return next(one for one in self.shown(engine)["triggers"] if one["id"] == name)

    def run_of(self, engine: Engine, run: str) -> dict[str, Any]:
        """A run of a procedure as the console has it."""
        return next(one for one in self.shown(engine)["procedures"] if one["run"] == run)

    def draft(self, engine: Engine, slot: str) -> str:
        """The text of a post as the console has it, whether it was sent or not."""
        return next(str(one["text"]) for one in self.shown(engine)["updates"] if one["slot"] == slot)

    def journaled(self, prefix: str, **body: object) -> Sequence[Any]:
        """The entries of the kinds that begin so, oldest first."""
        return [one for one in self.told if one.kind.startswith(prefix) and body.items() <= one.body.items()]


def stage_of(engine: Engine, trigger: str) -> Standing:
    """Where a trigger stands in the journal."""
    known = engine.state.triggers.get(trigger)
    return known.state.stage if known else Standing.IDLE
