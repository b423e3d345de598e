"""The auth checks of a launch, run one after the other as the runner would, each with the facts of those before."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from tests.checks.desk import Desk, desk
from warroom.checks import events, jwks, lever, oauth2
from warroom.contract import AnyKind, Needed
from warroom.events import CheckOutcome
from warroom.playbook.loaded import CheckSpec, Gate, Lever, ReadFrom, Tolerance
from warroom.runner.check_run import run_check
from warroom.runner.hiding import redacted
from warroom.simulator.simulator import Simulator
from warroom.verdict import Verdict

TYPES = ("deadline_approaching", "new_match_found")
JWKS_TOLERANCE = Tolerance("gate1", {"status": ("308", "404", "500")}, Verdict.DEGRADED)
M2M_TOLERANCE = Tolerance("gate1", {"status": ("401", "403")}, Verdict.BLOCKED)
EVENTS: Mapping[str, Any] = {
    "target": "app",
    "path": "/events",
    "types": list(TYPES),
    "token": "m2m",
    "gate": "gate1",
    "only_if": {"check": "kill_switch", "lever": "DISABLE_SEND"},
    "after": {
        "path": "/ops/state",
        "expect": [
            {"json": "$.queue.status", "is": '== "stable"', "say": "Queue status: {actual}"},
            {"json": "$.queue.operational", "is": "== true", "say": "Event queue operational"},
            {"json": "$.templates.mode", "is": '== "dry-run"', "say": "Templates rendered in dry-run"},
        ],
    },
}
PROBES: Mapping[str, Any] = {
    **{name: value for name, value in EVENTS.items() if name != "after"},
    "types": [],
    "probe_type": TYPES[0],
}


@dataclass
class Gates:
    """Gate 1 in a fixed state."""

    is_now: str

    async def state(self, gate: str) -> str:
        return self.is_now

    def title(self, gate: str) -> str:
        return "Gate 1"


@dataclass
class Launch:
    """Runs checks; `needed` holds what each came to, by id."""

    desk: Desk
    client: Mapping[str, Any]
    needed: dict[str, Needed] = field(default_factory=dict)

    async def check(
        self, check_id: str, kind: AnyKind, written: Mapping[str, Any], tolerate: Tolerance | None = None
    ) -> CheckOutcome:
        """The outcome of one check whose parameters are `written` as in a playbook."""
        params = kind.params.model_validate(dict(written))
        spec = CheckSpec(check_id, kind, check_id, params, tolerate=tolerate, needs=kind.needs(params))
        context = replace(self.desk.context, check_id=check_id, needed=self.needed)
        judged = await run_check(spec, context, (), mode="dry-run", attempt=1)
        self.needed[check_id] = Needed(judged.outcome.verdict, judged.outcome.reason, judged.fact)
        return cast(CheckOutcome, redacted(judged.outcome, self.desk.redactor))

    def retarget(self, name: str, **keys: Any) -> None:
        """Give a target further keys."""
        targets = self.desk.http._targets
        assert isinstance(targets, dict)
        targets[name] = replace(targets[name], **keys)

    async def jwks(self, **more: Any) -> CheckOutcome:
        return await self.check("jwks", jwks.KIND, {"target": "jwks", **more}, JWKS_TOLERANCE)

    async def m2m(self, **more: Any) -> CheckOutcome:
        return await self.check("m2m", oauth2.KIND, {**self.client, **more}, M2M_TOLERANCE)

    async def kill_switch(self) -> CheckOutcome:
        return await self.check("kill_switch", lever.KIND, {"levers": ["DISABLE_SEND"]})

    async def events(self, **more: Any) -> CheckOutcome:
        return await self.check("events", events.KIND, {**EVENTS, **more})

    async def probes(self, **more: Any) -> CheckOutcome:
        return await self.check("jwt_enforced", events.KIND, {**PROBES, **more})

    async def all(self) -> CheckOutcome:
        """Everything before the events, then the events."""
        for check in (self.jwks, self.m2m, self.kill_switch):
            await check()
        return await self.events()


@contextlib.asynccontextmanager
async def launch(folder: Path, inputs: Mapping[str, str]) -> AsyncIterator[Launch]:
    """A launch with the inputs of the auto_com_center playbook; GATE1_URL may lead nowhere (the gate is unknown)."""
    targets = {
        "app": inputs["AUTO_COM_CENTER_URL"],
        "jwks": inputs["SCHOLAR_AUTH_JWKS_URL"],
        "token": inputs["M2M_TOKEN_URL"],
        "gate1": inputs["GATE1_URL"],
    }
    switch = Lever("DISABLE_SEND", "true", ReadFrom("app", "/ops/state", "$.levers.DISABLE_SEND"), kill_switch=True)
    gate = Gate("gate1", "Gate 1", read=ReadFrom("gate1", "", "$.state"))
    client = {
        "target": "token",
        "client_id": inputs["M2M_CLIENT_ID"],
        "client_secret": inputs["M2M_CLIENT_SECRET"],
        "keys": "jwks",
        "issuer": inputs["M2M_ISSUER"],
        "audience": inputs["M2M_AUDIENCE"],
    }
    async with desk(folder, targets, levers={"DISABLE_SEND": switch}, gates={"gate1": gate}) as ports:
        ports.redactor.add("M2M_CLIENT_SECRET", inputs["M2M_CLIENT_SECRET"])
        yield Launch(ports, client)


@contextlib.asynccontextmanager
async def simulated(folder: Path, scenario: str) -> AsyncIterator[tuple[Launch, Simulator]]:
    """A launch against the simulator."""
    async with Simulator(scenario) as sim, launch(folder, sim.inputs) as run:
        yield run, sim


def said(outcome: CheckOutcome) -> list[tuple[str, str]]:
    """Verdict and line of each result."""
    return [(str(line.verdict), line.say) for line in outcome.results]
