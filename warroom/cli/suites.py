"""The suites of a launch, each run with ports and evidence of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from warroom.adapters.http import Heard
from warroom.cli.composition import Session, session_of
from warroom.cli.options import RunOptions
from warroom.clock import Clock
from warroom.engine.ports import KnownGate
from warroom.launch.ledger import RunSuite
from warroom.playbook.loaded import Playbook
from warroom.playbook.select import select
from warroom.suite_state import SuiteState


class LaunchSuites:
    """Runs suites of `playbook` for the engine. Evidence goes below `options.evidence`."""

    def __init__(
        self,
        playbook: Playbook,
        options: RunOptions,
        environ: Mapping[str, str],
        clock: Clock,
        heard: Heard | None = None,
    ) -> None:
        self._playbook = playbook
        self._options = options
        self._environ = environ
        self._clock = clock
        self._heard = heard

    def prepare(self, run: RunSuite, known: KnownGate) -> Callable[[], Awaitable[SuiteState]]:
        """What runs it. Raises WarroomError where its evidence cannot be kept."""
        selection = select(self._playbook, suite=run.suite or None, only=run.only, skip=())
        asked = {name for chosen in selection.checks for name in chosen.spec.kind.asks(chosen.spec.params)}
        attest = tuple(item for item in self._options.attest if item.partition("=")[0] in asked)
        # What runs again at once is told at once: nobody waits for a second try.
        wait = "0s" if run.only else self._options.wait
        options = replace(self._options, attest=attest, wait=wait)
        session = session_of(
            self._playbook,
            selection,
            options,
            self._environ,
            self._clock,
            people=False,
            known_gate=known,
            heard=self._heard,
        )
        return lambda: _run(session)


async def _run(session: Session) -> SuiteState:
    try:
        await session.run.run()
    finally:
        await session.aclose()
        session.log.close()
    return await asyncio.to_thread(session.finish)
