"""The control service: looks into the simulator and switches it while it runs. Its own requests are not logged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from warroom.errors import UsageError
from warroom.simulator.app import json_object
from warroom.simulator.reqlog import RequestLog
from warroom.simulator.scenarios import SCENARIOS, Scenario
from warroom.simulator.slack import SlackStandIn
from warroom.simulator.slack_faults import fault_of


@dataclass(frozen=True, slots=True)
class Control:
    """The request handlers of the control service."""

    log: RequestLog
    scenario: Callable[[], Scenario]
    world: Callable[[], dict[str, Any]]
    switch: Callable[[str], Awaitable[None]]
    slack: SlackStandIn

    def routes(self) -> Router:
        """All paths of the control service."""
        return Router(
            [
                Route("/scenario", self._scenario, methods=["GET"]),
                Route("/scenario", self._switch, methods=["PUT"]),
                Route("/scenarios", self._scenarios, methods=["GET"]),
                Route("/requests", self._requests, methods=["GET"]),
                Route("/requests", self._forget, methods=["DELETE"]),
                Route("/world", self._world, methods=["GET"]),
                Route("/slack", self._slack, methods=["GET"]),
                Route("/slack/faults", self._go_wrong, methods=["POST"]),
                Route("/slack/faults", self._go_well, methods=["DELETE"]),
                Route("/slack/clock", self._ahead, methods=["PUT"]),
            ],
            redirect_slashes=False,
        )

    async def _scenario(self, request: Request) -> Response:
        return JSONResponse(_named(self.scenario()))

    async def _scenarios(self, request: Request) -> Response:
        known: Sequence[dict[str, str]] = [_named(scenario) for scenario in SCENARIOS]
        return JSONResponse({"scenarios": known})

    async def _switch(self, request: Request) -> Response:
        name = (await json_object(request) or {}).get("name")
        if not isinstance(name, str):
            return JSONResponse({"error": 'send {"name": "..."}'}, status_code=400)
        try:
            await self.switch(name)
        except UsageError as error:
            return JSONResponse({"error": error.message, "hint": error.hint}, status_code=404)
        return JSONResponse(_named(self.scenario()))

    async def _requests(self, request: Request) -> Response:
        return JSONResponse({"requests": [entry.to_json() for entry in self.log.snapshot()]})

    async def _forget(self, request: Request) -> Response:
        self.log.clear()
        return Response(status_code=204)

    async def _world(self, request: Request) -> Response:
        return JSONResponse(self.world())

    async def _slack(self, request: Request) -> Response:
        return JSONResponse(self.slack.to_json())

    async def _go_wrong(self, request: Request) -> Response:
        try:
            self.slack.faults.queue(fault_of(await json_object(request) or {}))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return Response(status_code=204)

    async def _go_well(self, request: Request) -> Response:
        self.slack.faults.clear()
        return Response(status_code=204)

    async def _ahead(self, request: Request) -> Response:
        ahead_s = (await json_object(request) or {}).get("ahead_s")
        if isinstance(ahead_s, bool) or not isinstance(ahead_s, int | float):
            return JSONResponse({"error": 'send {"ahead_s": SECONDS}'}, status_code=400)
        self.slack.room.ahead_s = float(ahead_s)
        return Response(status_code=204)


def _named(scenario: Scenario) -> dict[str, str]:
    return {"name": scenario.name, "summary": scenario.summary}
