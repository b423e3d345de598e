"""What tests of any course of events have in common.

The same courses of events each time; with `WARROOM_EXAMPLES=2000` so many others.
"""

from __future__ import annotations

import asyncio
import os

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

EXAMPLES = int(os.environ.get("WARROOM_EXAMPLES", "0"))


def hold_the_laws(machine: type[RuleBasedStateMachine], examples: int, steps: int) -> None:
    """Runs so many courses of so many events at most."""
    tried = settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        stateful_step_count=steps,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=tried)


async def cancel_the_rest() -> None:
    """Ends every task but this one."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
