from collections.abc import AsyncIterator

import httpx
import pytest

from tests.simulator.client import Client
from warroom.simulator.simulator import Simulator


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    # Without traffic the counters are exactly what a test did.
    async with Simulator(traffic=0) as simulator:
        yield simulator


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    # Nothing here speaks TLS, and loading the certificates for it would take longer than most of these tests.
    async with httpx.AsyncClient(trust_env=False, timeout=5, verify=False) as client:
        yield client


@pytest.fixture
def client(sim: Simulator, http: httpx.AsyncClient) -> Client:
    return Client(sim, http)
