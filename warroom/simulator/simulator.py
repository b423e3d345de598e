"""The simulator inside the running event loop."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from warroom.clock import Clock, RealClock
from warroom.simulator.app import AutoComCenter
from warroom.simulator.control import Control
from warroom.simulator.listener import Listener
from warroom.simulator.reqlog import RequestLog, ServedRequest
from warroom.simulator.scenarios import TRAFFIC, scenario_named
from warroom.simulator.scholar_auth import GATE_PATH, JWKS_PATH, TOKEN_PATH, ScholarAuth, gate_response
from warroom.simulator.service import Service
from warroom.simulator.slack import SlackStandIn
from warroom.simulator.tokens import Authority, Credentials
from warroom.simulator.world import World

AUDIENCE = "auto_com_center"
GATE2_PATH = "/gates/gate2"


class Simulator:
    """The three services, a Slack and the control service, each on a free port of 127.0.0.1.

    `async with Simulator("steady") as sim:` serves from the running loop until the block ends. `seed` fixes the
    order of latencies and where flapping starts; `clock` holds answers back and dates what happens; `traffic` is how
    many requests a second `/metrics` counts beside those that really came. Raises `UsageError` for an unknown
    scenario.
    """

    def __init__(
        self, scenario: str = "steady", *, seed: int = 1, clock: Clock | None = None, traffic: float = TRAFFIC
    ) -> None:
        self._clock: Clock = clock or RealClock()
        self._log = RequestLog()
        self._world = World(scenario_named(scenario), seed=seed, now=self._clock.now(), traffic=traffic)
        self._credentials = Credentials()
        self._switching = asyncio.Lock()

    @property
    def inputs(self) -> dict[str, str]:
        """The inputs of the auto_com_center playbook by name, secrets included."""
        auth = self._auth.url
        return {
            "AUTO_COM_CENTER_URL": self._app.url,
            "SCHOLAR_AUTH_JWKS_URL": auth + JWKS_PATH,
            "M2M_TOKEN_URL": auth + TOKEN_PATH,
            "M2M_CLIENT_ID": self._credentials.client_id,
            "M2M_CLIENT_SECRET": self._credentials.client_secret,
            "M2M_ISSUER": auth,
            "M2M_AUDIENCE": AUDIENCE,
            "INTERNAL_KEY": self._credentials.internal_key,
            "GATE1_URL": auth + GATE_PATH,
            "GATE2_URL": self._api.url + GATE2_PATH,
        }

    @property
    def slack_inputs(self) -> dict[str, str]:
        """The inputs that make a launch post to the Slack in here, secrets included; where it has both, a launch uses
        the token and leaves the webhook alone."""
        return {
            "SLACK_BOT_TOKEN": self._credentials.slack_token,
            "SLACK_WEBHOOK_URL": self._slack.webhook_url,
            "SLACK_CHANNEL": "C0WARROOM",
            "SLACK_API_URL": f"{self._slack_listener.url}/api/",
        }

    @property
    def slack(self) -> SlackStandIn:
        """The Slack."""
        return self._slack

    @property
    def control_url(self) -> str:
        """The base URL of the control service."""
        return self._control.url

    @property
    def scenario(self) -> str:
        """The name of the scenario in force."""
        return self._world.scenario.name

    @property
    def requests(self) -> tuple[ServedRequest, ...]:
        """The last 10,000 requests to the three services, oldest first."""
        return self._log.snapshot()

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        self._log.clear()

    def world(self) -> dict[str, Any]:
        """Gates, state, accepted events and counters, as JSON values."""
        return self._world.snapshot(self._clock.now())

    async def set_scenario(self, name: str) -> None:
        """Behave like that scenario from the next request on. Raises `UsageError` for an unknown one."""
        scenario = scenario_named(name)
        async with self._switching:
            self._world.enter(scenario, self._clock.now())
            await (self._app.refuse() if scenario.app == "refuse" else self._app.open())

    async def __aenter__(self) -> Self:
        self._build()
        for listener in (self._auth, self._api, self._slack_listener, self._control):
            await listener.open()
        if self._world.scenario.app != "refuse":
            await self._app.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for listener in (self._app, self._auth, self._api, self._slack_listener, self._control):
            await listener.close()

    def _build(self) -> None:
        clock, world, log = self._clock, self._world, self._log
        self._auth = Listener(clock)
        authority = Authority(issuer=self._auth.url, audience=AUDIENCE)
        center = AutoComCenter(world, authority, internal_key=self._credentials.internal_key, clock=clock)
        auth = ScholarAuth(world, authority, credentials=self._credentials, clock=clock)
        self._slack_listener = Listener(clock)
        secrets = self._credentials
        self._slack = SlackStandIn(clock, token=secrets.slack_token, webhook_secret=secrets.slack_webhook)
        self._slack.base_url = self._slack_listener.url
        self._slack_listener.serve(self._slack)
        control = Control(log, lambda: world.scenario, self.world, self.set_scenario, self._slack)
        self._auth.serve(Service("scholar_auth", auth.routes(), clock=clock, log=log))
        self._app = Listener(clock)
        self._app.serve(
            Service(
                "auto_com_center",
                center.routes(),
                clock=clock,
                log=log,
                behaviour=world.behaviour,
                headers=world.security_headers,
                served=self._served,
            )
        )
        self._api = Listener(clock)
        self._api.serve(Service("scholarship_api", _scholarship_api(world), clock=clock, log=log))
        self._control = Listener(clock)
        self._control.serve(control.routes())

    def _served(self, path: str, status: int, seconds: float) -> None:
        if path != "/metrics":
            self._world.tally.served(status, seconds)


def _scholarship_api(world: World) -> Router:
    async def gate2(request: Request) -> Response:
        return gate_response(world, "gate2")

    return Router([Route(GATE2_PATH, gate2)], redirect_slashes=False)
