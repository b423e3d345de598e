"""`python -m warroom.simulator`: serve until stdin closes, SIGTERM or SIGINT.

The first and only line on stdout is a JSON object: `schema`, `scenario`, `control` (a URL), `inputs` and
`slack_inputs` (by name, secrets included: it is meant for the pipe of the program that started this one).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence

from warroom.errors import UsageError
from warroom.simulator.scenarios import SCENARIOS, TRAFFIC, scenario_named

SCHEMA = "warroom.simulator/1"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and serve; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m warroom.simulator", description="Serve the simulated services.")
    parser.add_argument("--scenario", default="steady", metavar="NAME", help="how the services behave")
    parser.add_argument("--seed", type=int, default=1, help="order of latencies, start of flapping")
    parser.add_argument(
        "--traffic", type=float, default=TRAFFIC, metavar="RATE", help="requests a second of everybody else"
    )
    parser.add_argument("--list", action="store_true", help="print the scenarios and exit")
    options = parser.parse_args(arguments)
    if options.list:
        width = max(len(one.name) for one in SCENARIOS)
        sys.stdout.writelines(f"{one.name:{width}}  {one.summary}\n" for one in SCENARIOS)
        return 0
    try:
        scenario_named(options.scenario)
    except UsageError as error:
        parser.error(f"{error.message} ({error.hint})")
    asyncio.run(_serve(options.scenario, options.seed, options.traffic))
    return 0


async def _serve(scenario: str, seed: int, traffic: float) -> None:
    from warroom.simulator.simulator import Simulator

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with Simulator(scenario, seed=seed, traffic=traffic) as sim:
        hello = {
            "schema": SCHEMA,
            "scenario": sim.scenario,
            "control": sim.control_url,
            "inputs": sim.inputs,
            "slack_inputs": sim.slack_inputs,
        }
        sys.stdout.write(json.dumps(hello) + "\n")
        sys.stdout.flush()
        threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True).start()
        await stop.wait()


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Set `stop` when stdin ends: whoever held its other end is gone."""
    # Read by descriptor: a thread that sits in sys.stdin holds its lock and aborts the interpreter's exit.
    # No stdin at all is the same as a closed one.
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    # The loop may have ended by a signal meanwhile.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    sys.exit(main())
