"""A client that knows the contract of the services and nothing of their code."""

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import httpx

from warroom.simulator.simulator import Simulator


@dataclass(frozen=True)
class Client:
    sim: Simulator
    http: httpx.AsyncClient

    def app(self, path: str) -> str:
        return self.sim.inputs["AUTO_COM_CENTER_URL"] + path

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(self.app(path))

    async def state(self) -> dict[str, Any]:
        return dict((await self.get("/ops/state")).json())

    async def operate(self, method: str, path: str, body: object = None) -> httpx.Response:
        headers = {"X-Internal-Key": self.sim.inputs["INTERNAL_KEY"]}
        return await self.http.request(method, self.app(path), json=body, headers=headers)

    async def jwks(self) -> httpx.Response:
        return await self.http.get(self.sim.inputs["SCHOLAR_AUTH_JWKS_URL"])

    async def jwk(self) -> dict[str, str]:
        return dict((await self.jwks()).json()["keys"][0])

    async def ask_token(self, **form: str) -> httpx.Response:
        """A token request as RFC 6749, section 2.3.1 describes it: id and secret form-encoded, then HTTP Basic."""
        pair = [quote_plus(self.sim.inputs[name]) for name in ("M2M_CLIENT_ID", "M2M_CLIENT_SECRET")]
        data = {"grant_type": "client_credentials", **form}
        return await self.http.post(
            self.sim.inputs["M2M_TOKEN_URL"], data=data, auth=httpx.BasicAuth(pair[0], pair[1])
        )

    async def token(self, **form: str) -> str:
        return str((await self.ask_token(**form)).json()["access_token"])

    async def post_event(self, token: str | None, *, kind: str = "new_match_found", key: str = "") -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        body = {"type": kind, "id": str(uuid.uuid4()), "synthetic": True, "payload": {}}
        return await self.http.post(self.app("/events"), json=body, headers=headers)
