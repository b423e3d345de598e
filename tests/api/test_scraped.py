"""A real Prometheus scrapes a launch as docs/operations.md says, and reads its alert rules."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.adapters.prometheus_server import PrometheusServer, running
from tests.api.test_alerts import ALERTS
from tests.api.test_api import ABOUT
from tests.contracts.tree import ROOT
from tests.engine.feeding import MINUTE, Feed
from warroom.api.app import api
from warroom.api.listener import Address
from warroom.api.refusals import Refusals
from warroom.api.tokens import Tokens
from warroom.cli.listening import tcp_listener
from warroom.clock import RealClock


def config_of(page: Path, address: str, token: Path) -> dict[str, Any]:
    """The configuration on the page, with this address and this token."""
    text = page.read_text("utf-8")
    block = re.search(r"```yaml\n(rule_files: .*?)```", text, re.DOTALL)
    assert block
    config: dict[str, Any] = YAML(typ="safe").load(block[1])
    (job,) = config["scrape_configs"]
    del job["scrape_interval"]
    job["authorization"]["credentials_file"] = str(token)
    job["static_configs"] = [{"targets": [address]}]
    return {**config, "rule_files": [str(ALERTS)]}


async def ask(server: PrometheusServer, path: str, **query: str) -> Any:
    """The data of an answer; None where there is none."""

    def get() -> Any:
        with contextlib.suppress(OSError):
            url = f"{server.url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.loads(answer.read())["data"]

    return await asyncio.to_thread(get)


async def test_a_real_prometheus_scrapes_a_launch_with_its_token(tmp_path: Path) -> None:
    stage = Feed(tmp_path / "launch", t0=None)
    stage.fed.values["depth"] = "nothing listens there"
    async with stage.engine() as engine, contextlib.AsyncExitStack() as after:
        await stage.advance(MINUTE)
        token = tmp_path / "token"
        token.write_text(Tokens(stage.folder).make("prometheus", "root", "2025-11-01T02:00:00.000Z"))
        refusals = Refusals(engine.record, stage.clock)
        app = api(engine, stage.clock, lambda _: "root", ABOUT, refusals)
        listener = tcp_listener(Address("127.0.0.1", 0), app, stage.folder, refusals)
        address = str(await listener.open())
        after.push_async_callback(listener.close)
        config = config_of(ROOT / "docs" / "operations.md", address, token)
        server = after.enter_context(running(tmp_path, address, config))
        found: dict[str, dict[str, Any]] = {}

        async def scraped() -> bool:
            result = await ask(server, "query", query='{job="warroom"}') or {"result": []}
            for one in result["result"]:
                found[one["metric"]["__name__"] + one["metric"].get("signal", "")] = one
            return "warroom_launch_open" in found

        assert await wait_for(scraped)
        rules = await ask(server, "rules")
    assert found["warroom_signal_ratioerrors"]["value"][1] == "0.001"
    assert "warroom_signal_numberdepth" not in found
    assert found["warroom_signal_blinddepth"]["value"][1] == "1"
    assert {rule["health"] for rule in rules["groups"][0]["rules"]} <= {"ok", "unknown"}
    assert stage.told[-1].kind != "api.refused"


async def wait_for(ready: Any) -> bool:
    """Whether it comes to hold within 30 s."""
    clock = RealClock()
    end = clock.monotonic() + 30
    while not await ready():
        if clock.monotonic() > end:
            return False
        await clock.sleep(0.1)
    return True
