"""The ports under test, against loopback servers."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from warroom.adapters.http import HttpAdapter
from warroom.adapters.sampling import SamplerProcess
from warroom.clock import RealClock
from warroom.contract import Exchange, Request, Sample, SampleJob
from warroom.errors import CannotMeasure
from warroom.playbook.loaded import Target


def target(url: str, **more: Any) -> Target:
    """The target `app`, titled auto_com_center."""
    return Target("app", url, title="auto_com_center", **more)


@contextlib.asynccontextmanager
async def http_port(*targets: Target, kept: list[Exchange] | None = None, **more: Any) -> AsyncIterator[HttpAdapter]:
    """An adapter for the targets, closed at the end; its exchanges go to `kept`."""

    def record(exchange: Exchange) -> str:
        if kept is not None:
            kept.append(exchange)
        return "kept.json"

    port = HttpAdapter({each.id: each for each in targets}, RealClock(), record=record, **more)
    try:
        yield port
    finally:
        await port.aclose()


async def failure(port: HttpAdapter, request: Request) -> CannotMeasure:
    """The fault that the request meets."""
    with pytest.raises(CannotMeasure) as raised:
        await port.send(request)
    return raised.value


async def samples(app: Target, count: int = 3, timeout_s: float = 30.0, **more: Any) -> tuple[Sample, ...]:
    """Samples of the target's root."""
    job = SampleJob(Request(app.id, **more.pop("request", {})), count, timeout_s=timeout_s, **more)
    return await SamplerProcess({app.id: app}).sample(job, lambda _: None)
