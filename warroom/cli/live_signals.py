"""Where the signals of a launch come from, for as long as it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from warroom.adapters.command import Commands
from warroom.adapters.credentials import secrets_of
from warroom.adapters.http import Heard, HttpAdapter
from warroom.adapters.sources import MAX_BYTES, Sources
from warroom.cli.composition import allow_file
from warroom.cli.options import RunOptions
from warroom.clock import Clock, SteadyClock
from warroom.engine.ports import SignalPorts
from warroom.engine.threaded import ThreadedSamples
from warroom.journal.samples import SampleFile
from warroom.launch.observing import queries_of
from warroom.playbook.loaded import Playbook
from warroom.redact import Redactor


class LaunchSignals:
    """The sources of `playbook`. What they ask leaves no evidence; what is found goes into the journal, and into
    `folder` for the next engine."""

    def __init__(
        self,
        playbook: Playbook,
        options: RunOptions,
        environ: Mapping[str, str],
        clock: Clock,
        folder: Path,
        heard: Heard | None = None,
    ) -> None:
        self._playbook = playbook
        self._clock = SteadyClock(clock)
        self._http = HttpAdapter(
            playbook.targets, clock, secrets=secrets_of(playbook), heard=heard, max_bytes=MAX_BYTES
        )
        allowed = options.allow_commands
        commands = Commands(clock, allowed=allowed, allow_file=allow_file(environ), environ=environ)
        self._samples = ThreadedSamples(SampleFile(folder))
        self._sources = Sources(playbook.targets, self._clock, wall=clock, http=self._http, commands=commands)

    def ports(self) -> SignalPorts:
        """What the engine looks at."""
        watched = self._playbook.course.watched
        specs = self._playbook.sources.items()
        sources = {name: self._sources.of(spec, queries_of(watched, name)) for name, spec in specs}
        return SignalPorts(sources, self._clock, self._samples, Redactor.of(secrets_of(self._playbook)))

    async def aclose(self) -> None:
        """Closes every connection."""
        await self._sources.aclose()
        await self._http.aclose()
        await asyncio.to_thread(self._samples.close)
